package ui

import (
	"image"
	"strings"
	"testing"
	"time"

	"beside/agent/internal/catalogue"
	"beside/consent"
)

// at is the colour of a pixel.
func (c *canvas) at(x, y int) rgb {
	i := (y*c.w + x) * 4
	return rgb{c.pix[i+2], c.pix[i+1], c.pix[i]}
}

// What shows where a button is and which has the focus stands out from what is round it:
// 3:1 (WCAG 2.2, "non-text contrast").
func TestEdgesStandOut(t *testing.T) {
	t.Parallel()
	for _, look := range []buttonLook{primaryLook, plainLook} {
		c := newCanvas(80, 80, 1)
		p := &page{c: c, t: newTypesetter(1), now: pointerState{focus: 1, focused: true}}
		c.clear(white)
		p.button(1, box{20, 20, 40, 40}, "", nil, look, false)
		most := func(from, to int) (best float64) {
			for x := from; x < to; x++ {
				best = max(best, contrast(c.at(x, 40), white))
			}
			return best
		}
		if ring, edge := most(16, 19), most(20, 22); ring < 3 || edge < 3 {
			t.Errorf("a ring of %.2f:1 and an edge of %.2f:1", ring, edge)
		}
	}
}

// With strong contrast the ground of each question's sign has a line round it.
func TestStrongSignsHaveEdges(t *testing.T) {
	t.Parallel()
	u := paper(newFontBook(), "en", 1, appearance{contrast: true})
	for scope := consent.View; scope <= consent.Voice; scope++ {
		w := &questionWindow{u: u, q: noticed(scope, "en"), fit: fitting{questionW, 1}}
		c := newCanvas(questionW, 200, 1)
		c.tones = u.loop.ts.tones
		p := &page{c: c, t: u.loop.ts}
		c.clear(white)
		w.asked(p, 20, questionW-2*padding)
		if r := contrast(c.at(padding, 40), white); r < 7 {
			t.Errorf("%v: %.1f:1 at the edge of its sign", scope, r)
		}
	}
}

// The mark of how far a list is scrolled stays clear of the round corners of its card, and a
// line that goes on beyond the card fades away there.
func TestListsEndSoftly(t *testing.T) {
	t.Parallel()
	for _, back := range []float64{0, 150, 1e6} {
		c := newCanvas(220, 320, 1)
		p := &page{c: c, t: newTypesetter(1)}
		c.clear(white)
		r := &roll{back: back}
		r.set(make([]float64, 60))
		for i := range r.heights {
			r.heights[i] = 20
		}
		r.tall = rollGap + 60*20
		b := box{10, 10, 200, 300}
		r.paint(p, b, func(_ int, y float64) { c.fill(box{30, y, 100, 20}, ink) })
		for _, y := range []int{10, 15, 304, 309} {
			if got := c.at(int(b.x+b.w)-6, y); contrast(got, card) > 1.2 {
				t.Errorf("scrolled back by %v: the mark reaches %d", back, y)
			}
		}
		first, last := c.at(60, 13), c.at(60, 306)
		if (r.back < r.tall-b.h) != (contrast(first, card) < 1.2 && first != white) && back == 0 {
			t.Errorf("scrolled back by %v: the first line is cut: %v", back, first)
		}
		if back == 150 && (contrast(first, card) > 1.2 || contrast(last, card) > 1.2) {
			t.Errorf("scrolled back by %v: a line is cut: %v, %v", back, first, last)
		}
		if c.at(60, 160) != ink {
			t.Errorf("scrolled back by %v: what is read is covered", back)
		}
	}
}

// The cursor of an empty field stands before what is hinted at, not on it.
func TestCursorStandsBeforeTheHint(t *testing.T) {
	t.Parallel()
	c := newCanvas(240, 120, 1)
	p := &page{c: c, t: newTypesetter(1), now: pointerState{focus: 1, focused: true}}
	c.clear(white)
	var hint image.Rectangle
	c.watch = func(where image.Rectangle, _ rgb) { hint = where }
	down := 0
	p.field(1, box{10, 10, 200, 90}, &field{}, &down, "Write here", false)
	for x := hint.Min.X; x < hint.Max.X; x++ {
		if c.at(x, 10+fieldIn+3) == blue {
			t.Fatalf("the cursor stands at %d, what is hinted at begins at %d", x, hint.Min.X)
		}
	}
}

// Pale answers say why they are pale; and when nobody checked an organisation, the question
// says so where it is seen, as large as what it asks for. PROMISE A15.
func TestQuestionsSayWhatMatters(t *testing.T) {
	t.Parallel()
	fonts := newFontBook()
	for _, l := range catalogue.Languages() {
		u := paper(fonts, l.Tag, 1, appearance{})
		w := &questionWindow{u: u, q: noticed(consent.Control, l.Tag), a: newAnswering(time.Now(), time.Minute, time.Time{}), fit: fitting{questionW, 1}}
		w.p = &panel{state: pointerState{focus: answerNo, focused: true}}
		measure(u.loop.ts, w.paint)
		if !u.loop.ts.hasSet(u.words.Question.Soon) {
			t.Errorf("%s: nothing says why the answers are pale", l.Tag)
		}
		text, large := w.unchecked(), false
		for key := range u.loop.ts.blocks {
			large = large || key.text == text && key.style == bodyBold
			if key.text == text && key.style.size < body.size {
				t.Errorf("%s: that nobody checked is small", l.Tag)
			}
		}
		if text == "" || !large {
			t.Errorf("%s: %q is not seen", l.Tag, text)
		}
		w.wasArmed = true
		clear(u.loop.ts.blocks)
		measure(u.loop.ts, w.paint)
		if u.loop.ts.hasSet(u.words.Question.Soon) {
			t.Errorf("%s: it says that the answers wait, and they do not", l.Tag)
		}
	}
}

// Who asks is told with their whole name, and for whom: in the question, and in the window
// with the number.
func TestLongNamesAreWhole(t *testing.T) {
	t.Parallel()
	ts := func(paint func(u *UI)) *typesetter {
		u := paper(newFontBook(), "en", 1, appearance{})
		paint(u)
		return u.loop.ts
	}
	start := ts(func(u *UI) {
		s := &startWindow{u: u, height: startH, view: exampleStart()}
		s.view.Organisation = longOffice
		measure(u.loop.ts, s.paint)
	})
	asked := ts(func(u *UI) {
		w := &questionWindow{u: u, q: noticed(consent.View, "en"), a: newAnswering(time.Now(), time.Minute, time.Time{}), fit: fitting{questionW, 1}}
		w.q.Party.TechnicianName, w.q.Party.OrganisationName = longName, longOffice
		measure(u.loop.ts, w.paint)
	})
	if !start.hasSet(longOffice) || !asked.hasSet(longOffice) || !asked.hasSet(longName) {
		t.Errorf("a name is cut: %v", strings.Join([]string{longName, longOffice}, ", "))
	}
}

// A bar of 640 says in each language who helps, with everything allowed; and what it says
// over its signs keeps clear of the buttons beside it.
func TestNarrowBarsSayWho(t *testing.T) {
	t.Parallel()
	fonts := newFontBook()
	for _, l := range catalogue.Languages() {
		u := paper(fonts, l.Tag, 1, appearance{})
		b := &Bar{u: u, view: barViews(u.words)["all"]}
		p := &page{c: newCanvas(640, barH, 1), t: u.loop.ts}
		b.paint(p)
		if room := b.fold(p, 640).names; room < p.width(b.view.Technician, smallBold) {
			t.Errorf("%s: there is %v for a name", l.Tag, room)
		}
		for _, id := range []targetID{barReport, barSecret, barPause, barActivity} {
			p := &page{c: newCanvas(640, barH, 1), t: u.loop.ts, now: pointerState{hover: id}}
			b.paint(p)
			text, tip := b.tip(p, 640, b.fold(p, 640))
			if text == nil {
				t.Errorf("%s: nothing says what %d is", l.Tag, id)
				continue
			}
			for _, o := range p.targets {
				left, right := o.box.x+o.box.w, o.box.x
				if gap := max(tip.x-left, right-tip.x-tip.w); gap > -1 && gap < 2 {
					t.Errorf("%s, sign %d: the tip is %.1f from button %d", l.Tag, id, gap, o.id)
				}
			}
		}
	}
}
