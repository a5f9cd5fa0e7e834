package ui

import (
	"math"
	"testing"

	"beside/agent/internal/catalogue"
)

// Letters stand as far apart at every scale as at any other: the shaper knows whole sizes
// alone, and big letters were set as wide as larger ones.
func TestLettersKeepTheirDistance(t *testing.T) {
	t.Parallel()
	const text = "Nothing can be done on this computer from outside"
	fonts := newFontBook()
	for _, s := range []style{small, smallBold, body, heading, title} {
		wide := 0.0
		for _, scale := range []float64{1, 0.87, 1.25, 1.4, 1.5, 1.75, 2, 2.8} {
			ts := newTypesetter(scale)
			ts.fonts = fonts
			run := ts.set(text, s, 0).lines[0].runs[0]
			got := float64(run.Advance) / float64(run.Size)
			if wide == 0 {
				wide = got
			}
			if math.Abs(got/wide-1) > 0.02 { // the shaper rounds a little
				t.Errorf("size %v at %v: %.3f of its size wide, and %.3f at 1", s.size, scale, got, wide)
			}
			if size := float64(run.Size) / 64; math.Abs(size-s.size*scale) > 0.5 {
				t.Errorf("size %v at %v: set at %v", s.size, scale, size)
			}
		}
	}
}

// A word of Korean that just fits is not parted by a fraction of a pixel.
func TestKoreanWordsStayWhole(t *testing.T) {
	t.Parallel()
	text := catalogue.Fill(catalogue.For("ko").Here.Text, "technician", "Ana")
	fonts := newFontBook()
	for _, scale := range []float64{1, 1.25, 1.4, 2} {
		ts := newTypesetter(scale)
		ts.fonts = fonts
		ts.speak("ko")
		for width := 480.0; width > 160; width -= 0.3 {
			runes := []rune(text)
			for _, end := range ts.breaks(runes, body, width) {
				if end < len(runes) && runes[end-1] != ' ' {
					t.Fatalf("at %v, %v wide: a word is broken", scale, width)
				}
			}
		}
	}
}

// The long mark of kana and the dot between words come from the font of their letters,
// in its weight.
func TestMarksOfKana(t *testing.T) {
	t.Parallel()
	fonts := newFontBook()
	for _, lang := range []string{"ja", "en", "zh"} {
		fonts.speak(lang)
		for _, w := range []weight{regular, bold} {
			letter := fonts.find(w, 'ボ')
			for _, mark := range "ー・゛゠" {
				if _, has := letter.NominalGlyph(mark); has && fonts.find(w, mark) != letter {
					t.Errorf("%s, weight %d: %c comes from another font than its letters", lang, w, mark)
				}
			}
		}
	}
}

// What the bar says over its signs covers whole buttons or none, never End, and lies on
// the bar.
func TestTipsCoverWholeButtons(t *testing.T) {
	t.Parallel()
	fonts := newFontBook()
	tips := 0
	for _, l := range catalogue.Languages() {
		u := paper(fonts, l.Tag, 1, appearance{})
		for width := 640.0; width <= 1500; width += 47 {
			b := &Bar{u: u, view: barViews(u.words)["all"]}
			b.view.Unread = 3
			for _, id := range []targetID{barActivity, barReport, barChat, barControl, barRecording, barClipboard, barFiles, barVoice, barMute, barPause, barSecret} {
				p := &page{c: newCanvas(int(width), barH, 1), t: u.loop.ts, now: pointerState{hover: id}}
				b.paint(p)
				text, tip := b.tip(p, width, b.fold(p, width))
				if text == nil {
					continue
				}
				tips++
				if tip.x < 0 || tip.x+tip.w > width || tip.w < text.w+8 {
					t.Fatalf("%s, %v wide, sign %d: the tip goes from %v to %v, its text is %v wide", l.Tag, width, id, tip.x, tip.x+tip.w, text.w)
				}
				for _, o := range p.targets {
					from, to := max(tip.x, o.box.x), min(tip.x+tip.w, o.box.x+o.box.w)
					if whole := to-from >= o.box.w-0.01; from < to && (!whole || o.id == barEnd || o.id == id) {
						t.Fatalf("%s, %v wide, sign %d: button %d is covered from %v to %v", l.Tag, width, id, o.id, from, to)
					}
				}
			}
		}
	}
	if tips == 0 {
		t.Error("no bar was narrow enough for a tip")
	}
}

// A bar without room for all names says who alone, whole, before it leaves letters out.
func TestNarrowBarNamesThePerson(t *testing.T) {
	t.Parallel()
	u := paper(newFontBook(), "en", 1, appearance{})
	b := &Bar{u: u, view: barViews(u.words)["all"]}
	p := &page{c: newCanvas(10, 10, 1), t: u.loop.ts}
	all, who := b.names(), b.view.Technician
	for room, want := range map[float64]string{
		p.width(all, smallBold) + 1: all, p.width(all, smallBold) - 1: who, p.width(who, smallBold) - 1: who,
	} {
		if got := b.namesIn(p, room); got != want {
			t.Errorf("in %v: %q, want %q", room, got, want)
		}
	}
}

// With strong contrast a filled button on white has a dark line round it, and one on the
// bar a light one: none becomes smaller by it than the plain one beside it.
func TestStrongButtonsHaveEdges(t *testing.T) {
	t.Parallel()
	ts := newTypesetter(1)
	ts.tones = strong()
	for _, ground := range []rgb{white, barGround} {
		for _, look := range []buttonLook{primaryLook, endLook} {
			c := newCanvas(60, 60, 1)
			c.tones = ts.tones
			p := &page{c: c, t: ts}
			c.clear(ground)
			p.button(1, box{10, 10, 40, 40}, "", nil, look, false)
			at := func(x, y int) rgb { i := (y*c.w + x) * 4; return rgb{c.pix[i+2], c.pix[i+1], c.pix[i]} }
			if r := contrast(at(11, 30), at(5, 30)); r < 7 {
				t.Errorf("on %v: the edge of a button has %.1f:1 against what is round it", ground, r)
			}
		}
	}
}

// The name of an office never pushes what the link does out of it: it is broken instead.
func TestLongLinksAreWhole(t *testing.T) {
	t.Parallel()
	fonts := newFontBook()
	for _, l := range catalogue.Languages() {
		u := paper(fonts, l.Tag, 1, appearance{})
		v := overViews(u.words)["said"]
		high := func(office string) float64 {
			v.Organisation = office
			p := &page{c: newCanvas(overW, 1200, 1), t: u.loop.ts}
			(&overWindow{u: u, view: v}).paint(p)
			for _, o := range p.targets {
				if o.id == overSend {
					if o.box.x+o.box.w > overW-padding+linkSide {
						t.Errorf("%s: the link to %q goes beyond the margin", l.Tag, office)
					}
					return o.box.h
				}
			}
			t.Fatalf("%s: no link to send", l.Tag)
			return 0
		}
		if short, long := high("Acme"), high(longOffice); math.Abs(short-linkHigh) > 0.01 || long < short+10 {
			t.Errorf("%s: the link is %v high, and %v for a long name", l.Tag, short, long)
		}
	}
}

// The summary says how many more files there were, in words, and not in place of a single one.
func TestSummaryCountsFiles(t *testing.T) {
	t.Parallel()
	w := catalogue.For("en")
	for n, want := range map[int]string{1: "a", 5: "a\nb\nc\nd\ne", 6: "a\nb\nc\nd\nand 2 more"} {
		names := []string{"a", "b", "c", "d", "e", "f"}[:n]
		if got := namesOf(w, names); got != want {
			t.Errorf("%d files: %q, want %q", n, got, want)
		}
	}
}
