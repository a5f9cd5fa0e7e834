package agent

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol/wire"
)

// PROMISE D1, THREAT 28: a rating and a report stand in the signed receipt and on its page
// at once, and leave the machine only when the user presses Send; whoever was reported is
// a stranger from then on, with a word about it.
func TestFeedback(t *testing.T) {
	a := begin(t)
	a.look()
	a.person.press(t, ui.EndSession)
	a.person.awaitOver(t, "the summary", func(v ui.OverView) bool { return v.Rating == 0 && !v.Reported })
	a.person.press(t, ui.Rate4)
	a.person.awaitOver(t, "the rating", func(v ui.OverView) bool { return v.Rating == 4 })
	a.person.press(t, ui.ReportSession)
	a.person.awaitOver(t, "the report", func(v ui.OverView) bool { return v.Rating == 4 && v.Reported && v.Told == 0 })

	a.person.comment = "Quick and\u202e friendly.\n\nThank you!\x1b[2J" + strings.Repeat("x", 2*ui.CommentMost)
	a.person.press(t, ui.CommentSession)
	a.person.awaitOver(t, "the comment", func(v ui.OverView) bool { return v.Comment != "" && v.Told == 0 })

	page, receipt := a.receipts(t)
	if _, err := receipt.Verify(); err != nil {
		t.Fatal(err)
	}
	closing, err := receipt.Closing()
	const clean = "Quick and friendly.\n\nThank you!"
	if c := closing.Feedback; c == nil || !strings.HasPrefix(c.Comment, clean) || strings.ContainsAny(c.Comment, "\u202e\x1b") || utf8.RuneCountInString(c.Comment) > ui.CommentMost {
		t.Errorf("the receipt has the comment %+v", c)
	}
	if !strings.Contains(page, "Quick and friendly.") {
		t.Error("the page does not have the comment")
	}
	if err != nil || closing.Feedback == nil || closing.Feedback.Rating != 4 || !closing.Feedback.Reported || closing.Feedback.Time.IsZero() {
		t.Errorf("the receipt states %+v, %v", closing.Feedback, err)
	}
	if !strings.Contains(page, "4 / 5") || !strings.Contains(page, "Reported as suspicious") {
		t.Error("the page does not say what the user said")
	}
	if got := a.relay.heard(); len(got) != 0 {
		t.Errorf("sent without a press: %q", got)
	}

	a.relay.refuse(http.StatusServiceUnavailable)
	a.person.press(t, ui.SendFeedback)
	a.person.awaitOver(t, "the failure", func(v ui.OverView) bool { return v.Told == ui.NotTold })
	a.relay.refuse(0)
	a.person.press(t, ui.SendFeedback)
	a.person.awaitOver(t, "the arrival", func(v ui.OverView) bool { return v.Told == ui.Told })
	got := a.relay.heard()
	if len(got) != 2 || !strings.HasPrefix(got[1], "Bearer "+uploadToken+" ") || !strings.Contains(got[1], `"rating":4`) || !strings.Contains(got[1], `"reported":true`) || !strings.Contains(got[1], "Quick and friendly.") {
		t.Errorf("the relay heard %q", got)
	}
	if got := a.remembered(); !got.Known || !got.Reported {
		t.Errorf("remembered as %+v", got)
	}
	a.person.press(t, ui.CloseOver)
	if err := receive(t, "the agent's end", a.ended); err != nil {
		t.Error(err)
	}
}

// remembered is what the user's machine knows of the technician.
func (a *attended) remembered() consent.Acquaintance {
	party := consent.Party{
		TechnicianID: ana.GetId(), TechnicianName: ana.GetName(), OrganisationID: acme.GetId(), OrganisationName: acme.GetName(),
	}
	list := acquaintances{path: knownPath(a.cfg.StateDir), relay: "127.0.0.1", log: testLog(a.t)}
	return list.as(party)
}

// PROMISE D1, THREAT 28: whoever reports the session while it goes on ends it by that, at
// once; the report stands in the sealed receipt without another press, and leaves the
// machine by Send alone.
func TestReportEndsTheSession(t *testing.T) {
	a := begin(t)
	a.look()
	a.person.press(t, ui.ReportSession)
	a.person.awaitOver(t, "the summary", func(v ui.OverView) bool { return v.Reported && v.Told == 0 && v.ReceiptPath != "" })
	page, receipt := a.receipts(t)
	if _, err := receipt.Verify(); err != nil {
		t.Fatal(err)
	}
	closing, err := receipt.Closing()
	if err != nil || closing.Feedback == nil || !closing.Feedback.Reported || closing.Feedback.Time.IsZero() {
		t.Errorf("the receipt states %+v, %v", closing.Feedback, err)
	}
	if !strings.Contains(page, "Reported as suspicious") {
		t.Error("the page does not say it")
	}
	if got := a.relay.heard(); len(got) != 0 {
		t.Errorf("sent without a press: %q", got)
	}
	a.person.press(t, ui.Rate1) // what is said later adds to it
	a.person.awaitOver(t, "the rating", func(v ui.OverView) bool { return v.Rating == 1 && v.Reported })
	a.person.press(t, ui.SendFeedback)
	a.person.awaitOver(t, "the arrival", func(v ui.OverView) bool { return v.Told == ui.Told })
	if got := a.relay.heard(); len(got) != 1 || !strings.Contains(got[0], `"reported":true`) {
		t.Errorf("the relay heard %q", got)
	}
	if got := a.remembered(); !got.Known || !got.Reported {
		t.Errorf("remembered as %+v", got)
	}
	a.person.press(t, ui.CloseOver)
	if err := receive(t, "the agent's end", a.ended); err != nil {
		t.Error(err)
	}
}

// The user can report somebody before they were shown anything: the last window and a
// receipt are there then too.
func TestReportBeforeAYes(t *testing.T) {
	a := begin(t)
	a.sendOffer(a.prepareOffer())
	a.ask(wire.Scope_SCOPE_VIEW)
	receive(t, "a question", a.person.questions)
	a.person.press(t, ui.ReportSession)
	v := a.person.awaitOver(t, "the summary", func(v ui.OverView) bool { return v.Reported })
	if len(v.Allowed) > 0 {
		t.Errorf("allowed %v", v.Allowed)
	}
	_, receipt := a.receipts(t)
	if closing, err := receipt.Closing(); err != nil || closing.Feedback == nil || !closing.Feedback.Reported {
		t.Errorf("the receipt states %+v, %v", closing, err)
	}
	a.person.press(t, ui.CloseOver)
	if err := receive(t, "the agent's end", a.ended); err != nil {
		t.Error(err)
	}
}

// The page to read is whole in every language: no placeholder is left, and the language
// is named, for those who have it read aloud. PROMISE A15.
func TestReceiptPageInEveryLanguage(t *testing.T) {
	for _, l := range catalogue.Languages() {
		data := examplePage()
		data.T = catalogue.For(l.Tag)
		data.Said = &consent.Feedback{Rating: 4, Comment: "Quick", Reported: true}
		data.Lines = nil
		for _, kind := range []consent.EventKind{consent.Asked, consent.Granted, consent.Refused, consent.Expired, consent.Withdrawn, consent.Released, consent.Ended} {
			e := consent.Statement{Event: consent.EventSection{Type: kind.String(), Scope: "record", Actor: "user"}}
			data.Lines = append(data.Lines, receiptLine{"07:12:03", describeStatement(data.T, e), "printer"})
		}
		var page strings.Builder
		if err := receiptPage.Execute(&page, data); err != nil {
			t.Fatal(err)
		}
		_, body, _ := strings.Cut(page.String(), "<main>")
		if strings.ContainsAny(body, "{}") || !strings.Contains(page.String(), `<html lang="`+l.Tag+`">`) {
			t.Errorf("%s: %s", l.Tag, body)
		}
		if dir := os.Getenv("PICTURES"); dir != "" { // to look at it
			if err := os.WriteFile(dir+"/receipt-"+l.Tag+".html", []byte(page.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}
