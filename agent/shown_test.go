package agent

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/ui"
	"beside/consent"
	"beside/recording"
)

// PROMISE A15: the questions are put in the language that the windows speak, the caution
// too, and the records say which language that was and hold those very words.
func TestQuestionsAreInTheUsersLanguage(t *testing.T) {
	for _, l := range catalogue.Languages() {
		t.Run(l.Tag, func(t *testing.T) {
			a := start(t, Config{})
			a.person.language = l.Tag
			a.run()
			a.join()
			a.ask(view)
			q := receive(t, "the question", a.person.questions)
			want := consent.NoticeFor(consent.View, q.Party, l.Tag)
			want.Caution = consent.CautionFor(q.Party, consent.Acquaintance{}, l.Tag, time.Now())
			if q.Language != l.Tag || q.Text.Hash() != want.Hash() {
				t.Errorf("asked in %q: %+v", q.Language, q.Text)
			}
			q.reply <- no
			a.decided(view, refused)
			a.person.awaitStart(t, "the reason", func(v ui.StartView) bool { return v.Problem != "" })
			_, receipt := a.receipts(t)
			statements, err := receipt.Verify()
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range statements {
				if s.Notice == nil {
					continue // the end concerns no scope
				}
				if s.Notice.Language != l.Tag || s.Notice.Hash != want.Hash() || s.Notice.Text.Title != want.Title {
					t.Errorf("%s was recorded as %s in %q", s.Event.Type, s.Notice.Text.Title, s.Notice.Language)
				}
			}
		})
	}
}

// PROMISE E1: REC stays on the bar until the last of the recording is sealed, because until
// then it is the truth.
func TestTheBarOutlivesTheRecording(t *testing.T) {
	a := begin(t, recordable(t))
	release := a.relay.hold() // so that what is sealed stays where it is
	defer release()
	a.look()
	var sealed bool
	a.bar.goes = func() {
		found, err := filepath.Glob(filepath.Join(a.cfg.StateDir, "*", recording.ManifestName))
		sealed = err == nil && len(found) == 1
	}
	a.recordOnce(func() { a.person.press(t, ui.EndSession) })
	receive(t, "the bar to go", a.bar.hidden)
	if !sealed {
		entries, _ := os.ReadDir(a.cfg.StateDir)
		t.Errorf("the bar went before the recording was sealed: %v", entries)
	}
}

// PROMISE A7, A1: the summary names every scope that the user said yes to, voice among them.
func TestTheSummaryNamesEveryScope(t *testing.T) {
	var o outcome
	all := []consent.Scope{consent.View, consent.Control, consent.Record, consent.Clipboard, consent.Files, consent.Voice}
	for _, kind := range []consent.EventKind{consent.Asked, consent.Granted, consent.Withdrawn, consent.Granted} {
		for _, scope := range all {
			o.note(consent.Statement{Event: consent.EventSection{Type: kind.String(), Scope: scope.String()}})
		}
	}
	for i, scope := range all {
		if len(o.allowed) != len(all) || o.allowed[i] != scope {
			t.Fatalf("allowed %v, want %v", o.allowed, all)
		}
	}
	var refusal outcome
	for _, kind := range []consent.EventKind{consent.Asked, consent.Refused, consent.Expired} {
		refusal.note(consent.Statement{Event: consent.EventSection{Type: kind.String(), Scope: consent.Voice.String()}})
	}
	if len(refusal.allowed) > 0 || !refusal.asked {
		t.Errorf("of what was refused %v counts as allowed", refusal.allowed)
	}
}
