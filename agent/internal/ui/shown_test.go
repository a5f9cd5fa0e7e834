package ui

import (
	"image"
	"testing"
	"time"

	"beside/agent/internal/catalogue"
	"beside/consent"
)

// PROMISE A15, B4: what is hashed and signed is what lies on the screen. Every line of a
// question's text, and of the caution before it, is painted in every language, word for word,
// and so is a text that no notice has.
func TestAQuestionShowsItsWholeText(t *testing.T) {
	t.Parallel() // it needs no screen
	fonts := newFontBook()
	for _, l := range catalogue.Languages() {
		for scope := consent.View; scope <= consent.Voice; scope++ {
			showsWhole(t, fonts, l.Tag, noticed(scope, l.Tag), false)
		}
		q := noticed(consent.View, l.Tag)
		q.Party.OrganisationVerified = false
		q.Text.Caution = consent.CautionFor(q.Party, consent.Acquaintance{Reported: true}, l.Tag, time.Now())
		showsWhole(t, fonts, l.Tag, q, true)
	}
	showsWhole(t, fonts, "en", exampleQuestion(consent.Control), false)
}

// showsWhole paints one question, or its caution, and looks for its lines in what was set.
func showsWhole(t *testing.T, fonts *fontBook, tag string, q consent.Question, caution bool) {
	t.Helper()
	u := paper(fonts, tag, 1, appearance{})
	w := &questionWindow{u: u, q: q, a: newAnswering(time.Now(), time.Minute, time.Time{}), wasArmed: true, caution: caution}
	w.p, w.fit = &panel{state: pointerState{focus: answerNo, focused: true}}, fitting{760, u.loop.ts.scale}
	u.onPaper("question", w.fit.width, 0, w.p.state, w.paint)
	var lines []string
	if c := q.Text.Caution; caution {
		lines = append(append([]string{c.Title, c.Stop, c.GoOn}, c.Facts...), c.Advice...)
	} else {
		lines = append(append([]string{q.Text.Title, q.Text.Undo, q.Text.Yes, q.Text.No}, q.Text.Allows...), q.Text.Not...)
		lines = append(lines, q.Text.Details...)
	}
	for _, line := range lines {
		if line != "" && !u.loop.ts.hasSet(line) {
			t.Errorf("%s, %v: %q is signed and not on the screen", tag, q.Scope, line)
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
	for _, l := range catalogue.Languages() {
		for name, v := range barViews(paper(fonts, l.Tag, 1, appearance{}).words) {
			for _, width := range []int{0, 1024, 480} {
				for _, recorded := range []bool{true, false} {
					u := paper(fonts, l.Tag, 1, appearance{})
					b := &Bar{u: u, view: v}
					b.view.Recording = recorded
					room := width
					if width == 0 {
						room = int(b.wish()) + 1
					}
					c := newCanvas(room, barH, 1)
					word := false // beside the dot
					c.watch = func(where image.Rectangle, ink rgb) {
						word = word || where.Min.X < barSide+2*10+9 && ink == white
					}
					p := &page{c: c, t: u.loop.ts}
					b.paint(p)
					mark := image.Rect(0, 0, barSide+10, barH) // where the dot is
					if red := colours(c, mark, recording); (red > 40) != recorded {
						t.Errorf("%s, %s, %d wide, recorded %v: %d red pixels", l.Tag, name, room, recorded, red)
					}
					if tight := b.fold(p, float64(room)).tight; word != (recorded && !tight) {
						t.Errorf("%s, %s, %d wide, recorded %v: the word is there: %v", l.Tag, name, room, recorded, word)
					}
					if red := b.frameColour() == recording; red != recorded {
						t.Errorf("%s, recorded %v: the frame is red: %v", name, recorded, red)
					}
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
