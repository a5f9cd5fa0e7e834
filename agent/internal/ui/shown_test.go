package ui

import (
	"image"
	"testing"
	"time"

	"beside/consent"
)

// PROMISE A15, B4: what is hashed and signed is what lies on the screen. Every line of a
// question's text, and of the caution before it, is painted, word for word, and so is a text
// that no notice has.
func TestAQuestionShowsItsWholeText(t *testing.T) {
	t.Parallel() // it needs no screen
	fonts := newFontBook()
	for tag, scopes := range map[string][]consent.Scope{
		"en": {consent.View, consent.Control, consent.Record, consent.Clipboard, consent.Files, consent.Voice},
		"ja": {consent.Record}, // what paints knows of no language
	} {
		u := paper(fonts, tag, 1, appearance{})
		for _, scope := range scopes {
			u.showsWhole(t, noticed(scope, tag), false)
		}
		q := noticed(consent.View, tag)
		q.Party.OrganisationVerified = false
		q.Text.Caution = consent.CautionFor(q.Party, consent.Acquaintance{Reported: true}, tag, time.Now())
		u.showsWhole(t, q, true)
	}
	paper(fonts, "en", 1, appearance{}).showsWhole(t, exampleQuestion(consent.Control), false)
}

// showsWhole paints one question, or its caution, and looks for its lines in what was set.
func (u *UI) showsWhole(t *testing.T, q consent.Question, caution bool) {
	t.Helper()
	clear(u.loop.ts.blocks) // of the question before
	w := &questionWindow{u: u, q: q, a: newAnswering(time.Now(), time.Minute, time.Time{}), wasArmed: true, caution: caution}
	w.p, w.fit = &panel{state: pointerState{focus: answerNo, focused: true}}, fitting{760, u.loop.ts.scale}
	measure(u.loop.ts, w.paint) // everything that painting does but for the pixels
	var lines []string
	if c := q.Text.Caution; caution {
		lines = append(append([]string{c.Title, c.Stop, c.GoOn}, c.Facts...), c.Advice...)
	} else {
		lines = append(append([]string{q.Text.Title, q.Text.Undo, q.Text.Yes, q.Text.No}, q.Text.Allows...), q.Text.Not...)
		lines = append(lines, q.Text.Details...)
	}
	for _, line := range lines {
		if line != "" && !u.loop.ts.hasSet(line) {
			t.Errorf("%s, %v: %q is signed and not on the screen", q.Language, q.Scope, line)
		}
	}
}

// hasSet reports whether a text was set whole.
func (t *typesetter) hasSet(text string) bool {
	for key, b := range t.blocks {
		if key.text == text && !b.cut {
			return true
		}
	}
	return false
}

// PROMISE E1: whatever else is going on, the bar and the frame say that the session is being
// recorded: red, with the word as long as there is room for one, and not red otherwise.
func TestTheBarSaysRecording(t *testing.T) {
	t.Parallel() // it needs no screen
	fonts := newFontBook()
	for _, tag := range []string{"en", "ja"} {
		u := paper(fonts, tag, 1, appearance{})
		views := barViews(u.words)
		for _, name := range []string{"view", "all", "paused", "secret", "away"} {
			for _, recorded := range []bool{true, false} {
				b := &Bar{u: u, view: views[name]}
				b.view.Recording = recorded
				for _, width := range []int{int(b.wish()) + 1, 480} {
					c := newCanvas(width, barH, 1)
					word := false // beside the dot
					c.watch = func(where image.Rectangle, ink rgb) {
						word = word || where.Min.X < barSide+2*10+9 && ink == white
					}
					p := &page{c: c, t: u.loop.ts}
					b.paint(p)
					if red := colours(c, image.Rect(0, 0, barSide+10, barH), barRed); (red > 40) != recorded {
						t.Errorf("%s, %s, %d wide, recorded %v: the dot has %d red pixels", tag, name, width, recorded, red)
					}
					if tight := b.fold(p, float64(width)).tight; word != (recorded && !tight) {
						t.Errorf("%s, %s, %d wide, recorded %v: the word is there: %v", tag, name, width, recorded, word)
					}
				}
				if red := b.frameColour() == recording; red != recorded {
					t.Errorf("%s, recorded %v: the frame is red: %v", name, recorded, red)
				}
			}
		}
	}
}

// colours counts the pixels of one colour.
func colours(c *canvas, r image.Rectangle, want rgb) (n int) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if px := c.pix[(y*c.w+x)*4:]; px[2] == want.r && px[1] == want.g && px[0] == want.b {
				n++
			}
		}
	}
	return n
}
