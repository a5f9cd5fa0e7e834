package ui

// erasure offers to erase what was recorded, and asks once more before it is done. It is
// the user's choice with each recording: it is kept until the day that they were told, or
// nothing of it is (PROMISE E6).
func (o *overWindow) erasure(p *page, x, y, inner float64) float64 {
	const h, gap = 44, 12
	w, v := o.u.words.Over, o.view
	switch {
	case v.Erasure == ErasingNow || v.Erasure == Erased:
		return y
	case o.asks:
		y += p.point(iconWarning, warning, w.EraseAsk, body, x, y, inner, ink) + 10
		bw := (inner - gap) / 2
		p.button(overEraseNo, box{x, y, bw, h}, w.EraseNo, nil, plainLook, false)
		p.button(overEraseYes, box{x + bw + gap, y, bw, h}, w.EraseYes, nil, endLook, false)
		return y + h + 18
	case v.Erasure == NotErased:
		y += p.remark(iconWarning, warning, w.NotErased, x, y, inner) + 6
	}
	p.link(overErase, w.Erase, iconCross, x, y-6)
	return y + 34
}

// erasable reports whether there is a recording that can be erased.
func (o *overWindow) erasable() bool {
	return o.view.Recorded && (o.view.Erasure == 0 || o.view.Erasure == NotErased)
}

// freeKeys takes the page's keys away, which are the bar's where there is one.
func (o *overWindow) freeKeys() {
	if o.u.loop.bar == nil {
		o.u.freeHotkeys()
	}
}

// ask shows the question, or takes it away, and with it the keys that a page may have for
// its answer.
func (o *overWindow) ask(asks bool) {
	o.asks = asks
	if !asks {
		o.freeKeys()
	}
	if asks {
		o.p.set(func(s *pointerState) { s.focus = overEraseNo })
	}
	_ = o.arrange() // a window that cannot be laid out shows itself by not being seen
}
