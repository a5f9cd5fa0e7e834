package ui

import (
	"fmt"
	"image"
	"slices"
	"testing"
	"time"

	"beside/agent/internal/catalogue"
	"beside/consent"
)

// On the smallest screens in use each question lies whole within the screen, in all
// languages and with larger text too, with both answers on it; and its letters stay large
// enough to be read. PROMISE A15.
func TestQuestionsFitSmallScreens(t *testing.T) {
	t.Parallel() // it needs no screen
	fonts := newFontBook()
	for _, l := range catalogue.Languages() {
		for _, c := range []struct {
			screen image.Point
			look   appearance
			least  float64 // letters, of those of a large screen
		}{
			{image.Pt(1366, 768), appearance{}, 0.9}, {image.Pt(1366, 768), appearance{big: true}, 0.6},
			{image.Pt(1024, 600), appearance{}, 0.7}, {image.Pt(1024, 600), appearance{big: true}, 0.5},
		} {
			u := paper(fonts, l.Tag, 1, c.look)
			for name, w := range u.tallQuestions() {
				w.fitIn(c.screen)
				name = fmt.Sprintf("%s, %v, %s", l.Tag, c.screen, name)
				if w.size.X > c.screen.X || w.size.Y > c.screen.Y {
					t.Errorf("%s: it is %v", name, w.size)
				}
				if part := w.fit.scale / u.loop.ts.scale; part < c.least {
					t.Errorf("%s: its letters are %.0f %% of what they should be", name, 100*part)
				}
				w.answersLie(t, name)
			}
		}
	}
}

// tallQuestions are those that need most room.
func (u *UI) tallQuestions() map[string]*questionWindow {
	all := map[string]*questionWindow{}
	for _, name := range []string{"share", "control", "record", "caution", "long"} {
		scope := map[string]consent.Scope{"control": consent.Control, "record": consent.Record, "long": consent.Record}[name]
		if scope == 0 {
			scope = consent.View
		}
		w := &questionWindow{u: u, q: noticed(scope, u.words.Tag), a: newAnswering(time.Now(), 90*time.Second, time.Now().Add(time.Hour)), wasArmed: true}
		w.p = &panel{state: pointerState{focus: answerYes, focused: true}}
		switch name {
		case "share":
			w.share = &sharing{monitors: []image.Rectangle{image.Rect(0, 0, 1024, 600), image.Rect(1024, 0, 2048, 600)}, hiding: true}
			for n := range shareRows + 1 {
				w.share.windows = append(w.share.windows, userWindow{uint32(n + 1), "Printer settings"})
			}
			w.q = w.q.Showing(w.share.extent())
		case "caution":
			w.q.Party.OrganisationVerified = false
			w.q.Text.Caution = consent.CautionFor(w.q.Party, consent.Acquaintance{Reported: true}, u.words.Tag, time.Now())
			w.caution, w.yesIn = true, 3
		case "long":
			w.q.Party.TechnicianName, w.q.Party.OrganisationName, w.q.Party.OrganisationVerified = longName, longOffice, false
			w.q.Reason, w.q.Ticket = longReason(), "INC-20817-ESCALATION-SECOND-LEVEL-2026"
			w.q.Text = consent.NoticeFor(scope, w.q.Party, u.words.Tag)
		}
		all[name] = w
	}
	return all
}

// answersLie looks that both answers lie within the window.
func (w *questionWindow) answersLie(t *testing.T, name string) {
	t.Helper()
	p := &page{c: newCanvas(0, 0, w.fit.scale), t: w.ts(), now: w.p.state}
	w.paint(p)
	for _, id := range []targetID{answerNo, answerYes} {
		i := slices.IndexFunc(p.targets, func(t target) bool { return t.id == id })
		if i < 0 || !p.targets[i].box.pixels(w.fit.scale).In(image.Rectangle{Max: w.size}) {
			t.Errorf("%s: answer %d is not on the screen", name, id)
		}
	}
}
