package ui

import "time"

// readCaution is how long a caution lies in full view before the user can go on: nobody
// reads it faster, and whoever hurries the user has to wait too. Stopping is possible as
// soon as with any question. THREAT 28.
const readCaution = 6 * time.Second

// goOn puts the question itself in the place of the caution: everything begins anew,
// with its own time to be read and its own time to answer.
func (w *questionWindow) goOn(now time.Time) error {
	timeout := w.a.whole
	w.caution, w.yesIn, w.wasArmed = false, 0, false
	w.renew()
	w.a = newAnswering(now, timeout, w.latest)
	w.p.state = pointerState{focus: answerNo, focused: true}
	w.p.win.name(windowTitle, w.role())
	return w.arrange()
}

// paintCaution draws the caution and returns its height.
func (w *questionWindow) paintCaution(p *page) float64 {
	width := w.fit.width
	inner := width - 2*padding
	c := w.q.Text.Caution
	p.c.clear(white)
	y := w.who(p, padding, inner) + 20

	const d = 40
	text := p.t.set(c.Title, style{size: 20, weight: bold}, inner-d-14)
	h := max(text.h, d)
	p.c.round(box{padding, y, d, d}, 12, warnPale)
	p.c.sign(iconWarning, padding+9, y+9, 22, warning)
	p.c.text(p.t, text, padding+d+14, y+(h-text.h)/2, ink)
	y += h + 16

	y = w.facts(p, y, inner) + 18
	for _, line := range c.Advice {
		y += p.point(iconShield, blue, line, body, padding, y, inner, ink) + 10
	}
	y = w.time(p, y+8, width)
	y = w.buttons(p, y+14, width)
	wait := ""
	if w.yesIn > 0 {
		wait = w.u.words.ReadFirst(w.yesIn)
	}
	if w.p == nil || w.p.state.focus != answerYes || w.yesIn > 0 {
		w.hint(p, y, wait)
	}
	h = y + hintRoom
	p.c.outline(box{0, 0, width, h}, 0, 1, rgb{0xb6, 0xbc, 0xc8}, 1)
	return h
}

// facts shows what is known of who asks, on a ground that stands out.
func (w *questionWindow) facts(p *page, y, inner float64) float64 {
	const inset, gap = 14, 6
	h := -float64(gap)
	for _, f := range w.q.Text.Caution.Facts {
		h += p.t.set(f, bodyBold, inner-2*inset).h + gap
	}
	p.c.round(box{padding, y, inner, h + 2*inset}, 12, warnPale)
	ty := y + inset
	for _, f := range w.q.Text.Caution.Facts {
		ty += p.label(f, bodyBold, padding+inset, ty, inner-2*inset, warning) + gap
	}
	return y + h + 2*inset
}
