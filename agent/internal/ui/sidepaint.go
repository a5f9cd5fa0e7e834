package ui

import (
	"strconv"

	"beside/agent/internal/catalogue"
)

// The side window's measures, logical.
const (
	sideW     = 420
	sideH     = 640
	sideEdge  = 20
	sideInner = sideW - 2*sideEdge
	sideTop   = 68 // below the tabs
	tabY      = 8
	tabH      = 44
	sideFoot  = 46 // the height of the buttons
)

// paint draws the whole window, and returns its height.
func (w *sideWindow) paint(p *page) float64 {
	p.c.clear(white)
	p.t.keep(w.technician(), "")
	w.tabs(p)
	if w.tab == tabChat {
		w.chat.paint(p)
	} else {
		w.list.paint(p)
	}
	return sideH
}

// tabs draws both, the one that is shown with a line under it. Tab goes to that one, and
// the arrows from there to the other.
func (w *sideWindow) tabs(p *page) {
	const half = sideInner / 2
	p.c.fill(box{0, tabY + tabH, sideW, 1}, hairline)
	for i, t := range []struct {
		id   targetID
		text string
		icon icon
		news int
	}{
		{tabChat, w.u.words.Chat.Tab, iconChat, w.chat.view.Unread},
		{tabActivity, w.u.words.Activity.Button, iconList, 0},
	} {
		b := box{sideEdge + float64(i*half), tabY, half, tabH}
		w.tabOf(p, b, t.id, t.text, t.icon, t.news)
	}
}

// tabOf draws one tab, with how much behind it is new.
func (w *sideWindow) tabOf(p *page, b box, id targetID, text string, i icon, news int) {
	const size, gap, markH = 18, 8, 20
	on := w.tab == id
	p.targets = append(p.targets, target{id: id, box: b, mute: !on})
	if p.now.hover == id && !on {
		p.c.roundAt(b.inset(2), 8, blue, 0.08)
	}
	col := secondary
	if on {
		col = blue
		p.c.fill(box{b.x, b.y + b.h - 2, b.w, 3}, blue)
	}
	t := p.t.set(text, oneLine(bodyBold), b.w-size-2*gap-34)
	number := p.t.set(strconv.Itoa(min(news, 99)), oneLine(smallBold), 0)
	mark := box{w: max(number.w+12, markH), h: markH}
	whole := size + gap + t.w
	if news > 0 {
		whole += gap + mark.w
	}
	x := b.x + (b.w-whole)/2
	p.c.sign(i, x, b.y+(b.h-size)/2, size, col)
	p.c.text(p.t, t, x+size+gap, b.y+(b.h-t.h)/2, col)
	if news > 0 {
		mark.x, mark.y = x+size+2*gap+t.w, b.y+(b.h-markH)/2
		p.c.round(mark, markH/2, blue)
		p.c.text(p.t, number, mark.x+(mark.w-number.w)/2, mark.y+(markH-number.h)/2, white)
	}
	if p.now.focused && p.now.focus == id {
		p.c.outline(b.inset(2), 8, 3, blue, ringStrength)
	}
}

// head says what is under a tab, and returns where that begins.
func (p *page) head(title, text string) float64 {
	y := float64(sideTop)
	y += p.label(title, oneLine(heading), sideEdge, y, sideInner, ink) + 4
	return y + p.label(text, small, sideEdge, y, sideInner, secondary) + 12
}

// roll is a list that is longer than its place: its end is in view unless it is scrolled
// back, and what is read stays where it is when something is added.
type roll struct {
	heights []float64 // of its lines, with the gaps after them; nil before they are known
	tall    float64   // of all of it
	back    float64   // how far it is scrolled back
	high    float64   // of its place, as it was painted last
}

// rollGap is before the first line of a roll.
const rollGap = 12

// set takes the heights of the lines.
func (r *roll) set(heights []float64) {
	tall := float64(rollGap)
	for _, h := range heights {
		tall += h
	}
	if r.heights != nil && r.back > 0 {
		r.back = max(r.back+tall-r.tall, 0)
	}
	r.heights, r.tall = heights, tall
}

// paint draws the lines that are in view on a card.
func (r *roll) paint(p *page, b box, line func(i int, y float64)) {
	p.c.round(b, 12, card)
	if p.c.tones != nil {
		p.c.outline(b, 12, 1, ink, 1)
	}
	r.high = b.h
	r.back = max(min(r.back, r.tall-b.h), 0)
	at := b.y + rollGap
	if r.tall > b.h {
		at = b.y + b.h - r.tall + r.back + rollGap
	}
	clip := p.c.clip
	p.c.clip = clip.Intersect(box{b.x, b.y + 2, b.w, b.h - 4}.pixels(p.c.scale))
	for i, h := range r.heights {
		if at+h > b.y && at < b.y+b.h {
			line(i, at)
		}
		at += h
	}
	p.c.clip = clip
	if r.tall <= b.h {
		return
	}
	r.veil(p, b)
	const round = 12 // the corners of the card, which the bar keeps clear of
	way := b.h - 2*round
	size := max(way*b.h/r.tall, 16)
	top := (way - size) * (1 - r.back/(r.tall-b.h))
	p.c.round(box{b.x + b.w - 7, b.y + round + top, 3, size}, 1.5, secondary)
}

// veil lets the lines that go on beyond the place fade away at its edge, instead of being cut.
func (r *roll) veil(p *page, b box) {
	const high, in = 26, 2
	over := box{b.x + in, b.y + in, b.w - 2*in, high}
	if r.back < r.tall-b.h-rollGap {
		p.c.fade(over, card, 1)
	}
	if over.y = b.y + b.h - in - high; r.back > rollGap {
		p.c.fade(over, card, -1)
	}
}

// nobody draws what stands in an empty card.
func (p *page) nobody(text string, b box) {
	t := p.t.set(text, body, b.w-48)
	p.c.textCentred(p.t, t, b.x+24, b.y+(b.h-t.h)/2, b.w-48, secondary)
}

// fillName puts the technician's name into a text.
func fillName(text, technician string) string { return catalogue.Fill(text, "technician", technician) }
