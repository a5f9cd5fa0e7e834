package ui

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"beside/agent/internal/catalogue"
)

// On a bar of any width, in any state and language: nothing lies over anything else or
// leaves the bar, every button is there, End with all its words; the sentences are whole
// where the screen is not very small; and what goes for want of room goes in the order that
// folding says.
func TestBarOfAnyWidth(t *testing.T) {
	t.Parallel() // it needs no screen
	fonts := newFontBook()
	for _, l := range catalogue.Languages() {
		u := paper(fonts, l.Tag, 1, appearance{})
		for name, b := range barStates(u) {
			narrower := -1 // how much the wider bar before left out
			for width := 1920; width >= 320; width -= 40 {
				b.fitIn(width)
				at := fmt.Sprintf("%s, %s, %d wide", l.Tag, name, width)
				logical := float64(width) / b.ts.scale
				p := b.page()
				b.lay(p, logical)
				f := b.fold(p, logical)
				b.liesWell(t, at, p, logical, f)
				out := b.leftOut(p, f)
				if out < narrower {
					t.Errorf("%s: leaves out %v, more room and it was %v", at, out, narrower)
				}
				narrower = out
				if t.Failed() {
					return
				}
			}
		}
	}
}

// barStates are the bars of barViews, each recorded too and with new messages.
func barStates(u *UI) map[string]*Bar {
	all := map[string]*Bar{}
	for name, v := range barViews(u.words) {
		for _, recorded := range []bool{false, true} {
			v.Recording = v.Recording || recorded
			v.Unread = 120
			b := &Bar{u: u, view: v}
			if name == "report" {
				b.report.until = time.Now().Add(time.Hour)
			}
			all[fmt.Sprintf("%s, recorded %v", name, recorded)] = b
		}
	}
	return all
}

// leftOut is how far a bar is in the order of folding.
func (b *Bar) leftOut(p *page, f folding) int {
	if b.ts != b.u.loop.ts {
		return 100 // smaller; then a name may have room again
	}
	step := 3 * slices.Index([]folding{{}, {brief: true}, {words: true}, {brief: true, words: true}, {brief: true, words: true, tight: true}},
		folding{words: f.words, brief: f.brief, tight: f.tight})
	switch {
	case step < 0:
		return -1
	case f.names == 0:
		step += 2
	case b.namesIn(p, f.names) != b.names():
		step++
	}
	return step
}

// liesWell looks at one bar.
func (b *Bar) liesWell(t *testing.T, at string, p *page, width float64, f folding) {
	t.Helper()
	whole := b.view.Technician
	switch room := p.width(whole, smallBold); {
	case !f.brief && f.names < room:
		t.Errorf("%s: the minutes take the room of the name, which has %.0f of %.0f", at, f.names, room)
	case f.tight && !(f.brief && f.words), f.names == 0 && !f.tight, b.ts != b.u.loop.ts && f.names > room:
		t.Errorf("%s: it leaves out %+v", at, f)
	}
	left := b.leftWidth(p, f) + f.names
	ids := map[targetID]bool{}
	for i, a := range p.targets {
		ids[a.id] = true
		if a.box.x < 0 || a.box.x+a.box.w > width+0.01 || a.box.y < 0 || a.box.y+a.box.h > barH {
			t.Errorf("%s: %d lies outside: %v", at, a.id, a.box)
		}
		for _, o := range p.targets[i+1:] {
			if a.box.x < o.box.x+o.box.w-0.01 && o.box.x < a.box.x+a.box.w-0.01 {
				t.Errorf("%s: %d and %d lie over one another", at, a.id, o.id)
			}
		}
		if i := slices.IndexFunc(b.chips(), func(c chip) bool { return c.id == a.id }); i >= 0 {
			if a.box.x < left {
				t.Errorf("%s: %d at %v begins within what is said, which goes to %.0f", at, a.id, a.box, left)
			}
			if c := b.chips()[i]; (c.id == barEnd || c.id == barReportNo || c.id == barReportYes) && a.box.w < p.width(c.text, smallBold)+faceSide {
				t.Errorf("%s: %q is cut", at, c.text)
			}
		} else if a.box.x+a.box.w > left-f.names {
			t.Errorf("%s: the sign %d at %v lies in what is said", at, a.id, a.box)
		}
	}
	for _, c := range b.chips() {
		if !ids[c.id] {
			t.Errorf("%s: %q is not there", at, c.text)
		}
	}
	text, s, _ := b.said(p, f)
	if said := p.t.set(text, s, f.names+barBeside/2); width >= 800 && (said.cut || said.h > barH) {
		t.Errorf("%s: %q is cut", at, text)
	}
}
