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
	if err := w.arrange(); err != nil {
		return err
	}
	w.p.refresh() // who is told of a question finds it, not what was there before
	w.p.win.name(windowTitle, w.role())
	return nil
}

// paintCaution draws the caution and returns its height.
func (w *questionWindow) paintCaution(p *page) float64 {
	width, inner := w.fit.width, w.column()
	c := w.q.Text.Caution
	p.c.clear(white)
	p.t.keep(w.q.Party.TechnicianName, w.q.Party.OrganisationName)
	y := w.who(p, padding, inner) + 20

	const d = 40
	text := p.t.set(c.Title, style{size: 20, weight: bold}, inner-d-14)
	h := max(text.h, d)
	p.c.round(box{padding, y, d, d}, 12, warnPale)
	p.c.sign(iconWarning, padding+9, y+9, 22, warning)
	p.c.text(p.t, text, padding+d+14, y+(h-text.h)/2, ink)
	y += h + 16

	y = w.apart(p, c.Facts, y, inner)
	top := y + 18
	if w.fit.abreast() {
		top = padding
	}
	for _, line := range c.Advice {
		top += p.point(iconShield, blue, line, body, w.secondX(), top, inner, ink) + 10
	}
	y = w.time(p, max(y, top)+8, width)
	y = w.buttons(p, y+14, width)
	h = y + hintRoom
	p.c.outline(box{0, 0, width, h}, 0, 1, rim, 1)
	return h
}

// apart shows what speaks against who asks, on a ground that stands out.
func (w *questionWindow) apart(p *page, facts []string, y, inner float64) float64 {
	const inset, gap = 14, 6
	h := -float64(gap)
	for _, f := range facts {
		h += p.t.set(f, bodyBold, inner-2*inset).h + gap
	}
	p.c.round(box{padding, y, inner, h + 2*inset}, 12, warnPale)
	ty := y + inset
	for _, f := range facts {
		ty += p.label(f, bodyBold, padding+inset, ty, inner-2*inset, warning) + gap
	}
	return y + h + 2*inset
}
