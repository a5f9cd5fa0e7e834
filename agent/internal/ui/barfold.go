package ui

import (
	"time"

	"beside/agent/internal/catalogue"
)

// folding says what a narrow bar leaves out. What is most needed goes last: first the
// organisation, then the minutes, the buttons' words (and where that leaves room, the minutes
// are back until it is needed), the word beside the mark, and the technician's name. The
// buttons themselves never go, and End keeps its words: where there is no room for them, the
// whole bar is drawn smaller.
type folding struct {
	words bool // the buttons but End show their icon alone
	brief bool // without the time
	tight bool // without the word beside the mark too; all lies closer together
	names float64
}

// foldings are the steps, from the widest bar to the narrowest.
var foldings = []folding{{}, {brief: true}, {words: true}, {words: true, brief: true}, {words: true, brief: true, tight: true}}

// folds reports whether a button can do without its words: not End, and none that answers
// what was asked.
func (b *Bar) folds(c chip) bool { return c.id != barEnd && !b.report.open() }

func (b *Bar) chipWidth(p *page, c chip, f folding) float64 {
	switch {
	case f.tight && b.folds(c):
		return buttonH
	case f.words && b.folds(c):
		return buttonH + 6
	}
	w := p.width(c.text, smallBold) + 2*f.side()
	if c.icon != nil {
		w += 16 + 7
	}
	return w
}

func (b *Bar) chipsWidth(p *page, f folding) float64 {
	w := 0.0
	for _, c := range b.chips() {
		w += b.chipWidth(p, c, f) + f.gap()
	}
	return w + 8 // a gap before End
}

// side is what a button keeps free beside its words.
func (f folding) side() float64 {
	if f.tight {
		return chipSide - 4
	}
	return chipSide
}

// sign is the room of a sign.
func (f folding) sign() float64 {
	if f.tight {
		return buttonH + 2
	}
	return signW
}

// talk is the room of the sign of the conversation, with the number beside it.
func (f folding) talk() float64 {
	if f.tight {
		return buttonH + 4
	}
	return signW
}

// gap is between two buttons.
func (f folding) gap() float64 {
	if f.tight {
		return barGap / 2
	}
	return barGap
}

// page measures for the bar.
func (b *Bar) page() *page {
	ts := b.u.loop.ts
	if b.ts != nil {
		ts = b.ts
	}
	return &page{c: newCanvas(0, 0, ts.scale), t: ts}
}

// wish is how wide the bar would like to be. The status replaces the names, so it
// is as wide as the widest of them and does not jump about.
func (b *Bar) wish() float64 {
	p := b.page()
	const most = 520
	w := b.u.words
	names := max(p.width(b.names(), smallBold), b.longestHint(p), p.width(b.view.Notice, smallBold))
	if b.report.open() {
		names = p.width(b.reportAsk(), smallBold)
	} else if !b.view.View {
		names = max(names, p.width(catalogue.Fill(w.Bar.Asking, "technician", b.view.Technician), small))
	} else {
		names = max(names, p.width(w.Bar.Paused, small), p.width(w.Bar.SecretHint, small))
	}
	if b.view.Control {
		names = max(names, p.width(w.Bar.YouMove, small))
	}
	if b.plight.told {
		names = max(names, p.width(w.Bar.Unseen, small))
	}
	return b.leftWidth(p, folding{}) + min(names+2, most) + 20 + b.chipsWidth(p, folding{}) + barSide - 6
}

// fitIn finds the largest letters, up to the user's own, with which all buttons have room
// on a screen of so many pixels.
func (b *Bar) fitIn(pixels int) {
	const most, least, step = 100, 40, 5 // in hundredths of the user's own
	whole := b.u.loop.ts.scale
	for part := most; part >= least; part -= step {
		b.ts = b.u.loop.ts.at(whole * float64(part) / 100)
		if b.least(b.page())*b.ts.scale <= float64(pixels) {
			return
		}
	}
}

// least is the room that the signs and the buttons need.
func (b *Bar) least(p *page) float64 {
	f := foldings[len(foldings)-1]
	return b.leftWidth(p, f) + b.chipsWidth(p, f) + barSide - 6
}

// leftWidth is what stands before the names: the mark and the time.
func (b *Bar) leftWidth(p *page, f folding) float64 {
	w := barSide + 10.0 + 9 + 2*f.sign()
	if b.view.Chat {
		w += f.talk()
	}
	if !f.brief {
		w += b.clockWidth(p) + 14
	}
	if b.view.Recording && !f.tight {
		w += p.width(b.u.words.Bar.Recording, smallBold) + 9
	}
	return w
}

// clockWidth is as wide as the time can get before the bar is laid out again.
func (b *Bar) clockWidth(p *page) float64 {
	if b.longClock {
		return p.width(b.u.words.Elapsed(88*time.Hour+48*time.Minute), clockStyle())
	}
	return p.width(b.u.words.Elapsed(48*time.Minute), clockStyle())
}

func clockStyle() style { return style{size: 13, tabular: true, lines: 1} }

// barBeside lies between what is said and the buttons.
const barBeside = 6

// fold decides what there is room for.
func (b *Bar) fold(p *page, width float64) folding {
	const few = 44 // fewer is not worth reading
	need := b.need(p)
	for _, f := range foldings {
		f.names = width - b.leftWidth(p, f) - (barSide - 6) - b.chipsWidth(p, f) - barBeside
		switch {
		case f.names >= need || f.tight && f.names >= few:
			return f
		case f.tight:
			f.names = 0
			return f
		}
	}
	return folding{} // the tight one always returns
}

// need is the room that who it is must have before anything else gets some, and the
// sentence that stands there instead, in two lines. It is the same whether or not the user's
// hand is on the mouse: the buttons would move away under it.
func (b *Bar) need(p *page) float64 {
	const most = 160
	need := min(p.width(b.view.Technician, smallBold), most)
	if text := b.status(0, folding{}); text != "" {
		need = max(need, p.inTwoLines(text, smallBold))
	}
	if b.view.Control {
		need = max(need, p.inTwoLines(b.u.words.Bar.YouMove, smallBold))
	}
	return need
}

// inTwoLines is how wide a text is that may take two lines.
func (p *page) inTwoLines(text string, s style) float64 {
	const room = 2 // letters are a little wider apart than in their line
	whole := p.width(text, s) + room
	for _, part := range []float64{0.5, 0.6, 0.7, 0.8} {
		if len(p.t.set(text, s, whole*part).lines) <= 2 {
			return whole * part
		}
	}
	return whole
}
