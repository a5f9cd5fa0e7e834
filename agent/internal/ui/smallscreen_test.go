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

// On the smallest screens in use the last window lies whole within the screen, below the
// title that a window manager gives it, with all its buttons and no text cut; and its letters
// are as large as the user chose them, or hardly smaller.
func TestOverFitsSmallScreens(t *testing.T) {
	t.Parallel() // it needs no screen
	fonts := newFontBook()
	for _, l := range catalogue.Languages() {
		for _, c := range []struct {
			screen      image.Point
			look        appearance
			least, long float64 // letters, of those of a large screen
		}{
			{image.Pt(1366, 768), appearance{}, 1, 1}, {image.Pt(1366, 768), appearance{big: true}, 0.8, 0.6},
			{image.Pt(1024, 600), appearance{}, 0.95, 0.8}, {image.Pt(1024, 600), appearance{big: true}, 0.65, 0.55},
		} {
			u := paper(fonts, l.Tag, 1, c.look)
			views := overViews(u.words)
			views["long"] = longOver(u)
			if c.look.big { // the highest of them are enough
				views = map[string]OverView{"said": views["said"], "long": views["long"]}
			}
			for name, v := range views {
				o := &overWindow{u: u, view: v, asks: name == "said"}
				o.fitIn(c.screen)
				at := fmt.Sprintf("%s, %v, %+v, %s", l.Tag, c.screen, c.look, name)
				if o.size.X > c.screen.X || o.size.Y+headroom > c.screen.Y {
					t.Errorf("%s: it is %v", at, o.size)
				}
				least := c.least
				if name == "long" {
					least = c.long
				}
				if part := o.fit.scale / u.loop.ts.scale; part < least-0.001 {
					t.Errorf("%s: its letters are %.0f %% of what they should be", at, 100*part)
				}
				p := &page{c: newCanvas(0, 0, o.fit.scale), t: o.ts}
				o.paint(p)
				if !slices.ContainsFunc(p.targets, func(t target) bool { return t.id == overClose }) {
					t.Errorf("%s: it cannot be closed", at)
				}
				for i, a := range p.targets {
					if !a.box.pixels(o.fit.scale).In(image.Rectangle{Max: o.size}) {
						t.Errorf("%s: %d is not on the screen", at, a.id)
					}
					for _, b := range p.targets[i+1:] {
						if a.box.inset(1).overlaps(b.box.inset(1)) {
							t.Errorf("%s: %d and %d lie over one another", at, a.id, b.id)
						}
					}
				}
				if name != "long" {
					wholeTexts(t, at, o.ts)
				}
			}
		}
	}
}

func (b box) overlaps(o box) bool {
	return b.x < o.x+o.w && o.x < b.x+b.w && b.y < o.y+o.h && o.y < b.y+b.h
}
