package agent

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol/wire"
)

func examplePage() receiptData {
	return receiptData{
		Session: "5f0c6a61c5d34f2a", Technician: "Ana Pérez", Organisation: "Acme IT", Controller: "Acme GmbH, Berlin",
		Processor: "Beside Hosting", Region: "Germany", Started: "22 November 2026, 07:12", Duration: catalogue.For("en").Spoken(754 * time.Second), T: catalogue.For("en"),
		Witness: catalogue.Fill(catalogue.For("en").Receipt.WitnessBoth, "number", "1041"), KeptUntil: "22 December 2026", JSON: "Beside 2026-11-22 07.12.03.json", Shown: true, Recorded: true,
		Recordings: []string{strings.Repeat("0f", 16), strings.Repeat("1e", 16)},
		Lines: []receiptLine{
			{"07:12:03", "Seeing your screen: asked", "You wrote that your printer prints blank pages."},
			{"07:12:09", "Seeing your screen: you said yes", ""}, {"07:20:40", "Recording: you took it back", ""}, {"07:24:37", "You ended it", ""},
		},
	}
}

// THREAT 11: a name is a name on the page, whatever is in it.
func TestReceiptPageEscapes(t *testing.T) {
	data := examplePage()
	data.Technician = `<script>alert(1)</script>`
	data.Lines[0].Reason = `"><img src=x onerror=alert(1)>`
	var page bytes.Buffer
	if err := receiptPage.Execute(&page, data); err != nil {
		t.Fatal(err)
	}
	if text := page.String(); strings.Contains(text, "<script") || strings.Contains(text, "<img") {
		t.Errorf("the page runs what a name says:\n%s", text)
	}
	if path := os.Getenv("RECEIPT_PAGE"); path != "" { // to look at it
		page.Reset()
		if err := receiptPage.Execute(&page, examplePage()); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, page.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A receipt that cannot be kept is told in the summary, with the reason.
func TestReceiptThatCannotBeKeptIsTold(t *testing.T) {
	a := begin(t)
	a.look()
	if err := os.RemoveAll(a.cfg.ReceiptDir); err != nil {
		t.Fatal(err)
	}
	a.person.press(t, ui.EndSession)
	o := a.person.awaitOver(t, "the summary", func(ui.OverView) bool { return true })
	if o.ReceiptPath != "" || !strings.Contains(o.ReceiptProblem, "could not be kept") {
		t.Errorf("summary %+v", o)
	}
}

// Two sessions in one second have two receipts.
func TestReceiptsDoNotReplaceOneAnother(t *testing.T) {
	s := &session{Agent: &Agent{cfg: Config{ReceiptDir: t.TempDir()}, windows: &person{}, log: testLog(t)}, agreed: &agreed{
		joined: &wire.TechnicianJoined{}, organisation: acme,
	}}
	s.testimony = newTestimony(s.joined, s.log)
	o := outcome{started: time.Now()}
	one, err := s.writeReceipt(consent.Receipt{SessionID: "one"}, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	two, err := s.writeReceipt(consent.Receipt{SessionID: "two"}, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{one: "one", two: "two"} {
		r, err := consent.ReadReceipt(strings.TrimSuffix(path, ".html") + ".json")
		if err != nil || r.SessionID != want {
			t.Errorf("%s: session %q, %v", path, r.SessionID, err)
		}
	}
}

// What the page says of every event, by whom it was caused.
func TestReceiptWords(t *testing.T) {
	for _, c := range []struct {
		kind  consent.EventKind
		scope consent.Scope
		by    consent.Actor
		want  string
	}{
		{consent.Asked, consent.Control, consent.ByTechnician, "Mouse and keyboard: asked"},
		{consent.Refused, consent.View, consent.ByUser, "Seeing your screen: you said no"},
		{consent.Refused, consent.View, consent.ByBarLost, "Seeing your screen: the question could not be shown to you, which means no"},
		{consent.Released, consent.Record, consent.ByTechnician, "Recording: the technician gave it back"},
		{consent.Released, consent.Record, consent.ByAgent, "Recording: Beside stopped it, because it failed"},
		{consent.Ended, 0, consent.ByTechnician, "The technician ended it"},
		{consent.Ended, 0, consent.ByConnection, "The connection was lost, which ended it"},
	} {
		s := consent.Statement{Event: consent.EventSection{Type: c.kind.String(), Actor: c.by.String()}}
		if c.scope != 0 {
			s.Event.Scope = c.scope.String()
		}
		if got := describeStatement(catalogue.For("en"), s); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// The receipt says how long there was a talk, however it ended.
func TestReceiptTellsOfTalks(t *testing.T) {
	began := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	at := func(seconds int, kind consent.EventKind, scope consent.Scope) consent.Statement {
		e := consent.EventSection{Time: began.Add(time.Duration(seconds) * time.Second), Type: kind.String(), Actor: consent.ByUser.String()}
		if scope != 0 {
			e.Scope = scope.String()
		}
		return consent.Statement{Event: e}
	}
	lines := receiptLines(catalogue.For("en"), []consent.Statement{
		at(0, consent.Granted, consent.View), at(1, consent.Granted, consent.Voice), at(2, consent.Granted, consent.Files),
		at(3, consent.Withdrawn, consent.Files), at(121, consent.Withdrawn, consent.Voice),
		at(130, consent.Granted, consent.Voice), at(135, consent.Ended, 0),
	})
	for i, line := range lines {
		_, talked, found := strings.Cut(line.What, ". ")
		want := map[int]string{4: "Talked with you for 2 minutes", 6: "Talked with you for 5 seconds"}[i]
		if found != (want != "") || talked != want {
			t.Errorf("line %d: %q, want %q at its end", i, line.What, want)
		}
	}
}
