package ui

import "image"

// The width of the last window, and how wide it can get where it is too high in two columns
// of the usual width.
const overW, overMost = 520, 1240

// fitTo measures the window and finds its place in the middle of the main monitor.
func (o *overWindow) fitTo() (image.Rectangle, error) {
	monitors, err := o.u.conn.monitors()
	if err != nil {
		return image.Rectangle{}, err
	}
	m := monitors[0]
	o.fitIn(m.Size())
	at := m.Min.Add(m.Size().Sub(o.size).Div(2))
	at.X, at.Y = max(at.X, m.Min.X), max(at.Y, m.Min.Y)
	return image.Rectangle{Min: at, Max: at.Add(o.size)}, nil
}

// fitIn finds the largest letters, up to the user's own, with which all of it fits a screen
// of so many pixels, below a window manager's title: in one column, else in two. There is
// room from the first for what appears once the user has said something.
func (o *overWindow) fitIn(screen image.Point) {
	const most, least, step = 100, 40, 5 // in hundredths of the user's own
	for part := most; part >= least; part -= step {
		scale := o.u.loop.ts.scale * float64(part) / 100
		o.ts = o.u.loop.ts.at(scale)
		widest := min(max(float64(screen.X)/scale-columnGap, abreastW), overMost)
		for _, width := range []float64{overW, abreastW, widest} {
			if width < abreastW && part < most && abreastW*scale <= float64(screen.X) {
				continue // two columns are less high
			}
			o.fit = fitting{width, scale}
			o.size = pixelSize(width, measure(o.ts, o.paint), scale)
			full := *o
			full.view.Rating = max(o.view.Rating, 1)
			if h := measure(o.ts, full.paint) * scale; o.size.X <= screen.X && h+headroom <= float64(screen.Y) {
				return
			}
		}
	}
}

// column is how wide what is to be read is.
func (o *overWindow) column() float64 {
	inner := max(o.fit.width, overW) - 2*padding
	if o.fit.abreast() {
		return (inner - columnGap) / 2
	}
	return inner
}

// paint draws the summary and returns its height: that it is over, what happened, and what
// the user has to say of it; or what happened beside the rest.
func (o *overWindow) paint(p *page) float64 {
	inner := o.column()
	p.c.clear(white)
	p.t.keep(o.view.Technician, o.view.Organisation)
	y := o.headline(p, padding, inner)
	if !o.fit.abreast() {
		y = o.happened(p, padding, y, inner)
		return o.buttons(p, o.saying(p, y, inner)) + padding
	}
	beside := o.happened(p, padding+inner+columnGap, padding, inner)
	return o.buttons(p, max(o.saying(p, y, inner), beside)) + padding
}

// headline says that it is over.
func (o *overWindow) headline(p *page, y, inner float64) float64 {
	const d = 52
	middle := padding + inner/2
	p.c.disc(middle, y+d/2, d/2, goodPale)
	p.c.sign(iconCheck, middle-15, y+d/2-15, 30, good)
	y += d + 10
	p.middle(o.u.words.Over.Title, oneLine(style{size: 32, weight: bold}), box{padding, y, inner, 0}, 0, ink)
	y += lineHeight(32) + 8
	text := p.t.set(o.view.Sentence(o.u.words), body, inner)
	p.c.textCentred(p.t, text, padding, y, inner, secondary)
	return y + text.h + 18
}

// happened is the table, and what can be done about a recording.
func (o *overWindow) happened(p *page, x, y, inner float64) float64 {
	y = o.table(p, x, y, inner) + 18
	if o.view.Recorded {
		y = o.erasure(p, x, y, inner)
	}
	return y
}

// saying is what the user has to say, where there is a receipt to keep it.
func (o *overWindow) saying(p *page, y, inner float64) float64 {
	if o.view.ReceiptPath == "" {
		return y
	}
	return o.feedback(p, y, inner) + 18
}

// table lists what happened.
func (o *overWindow) table(p *page, x, y, inner float64) float64 {
	rows := o.view.Rows(o.u.words)
	const inset, gap = 16, 8
	nameW := p.nameWidth(rows, body, (inner-2*inset)*0.45)
	top := y
	paint := func(p *page, y float64) float64 {
		y += inset - 2
		for _, r := range rows {
			y += p.row(r[0], r[1], body, x+inset, y, nameW, inner-2*inset) + gap
		}
		return y - gap + inset - 2
	}
	end := paint(&page{c: newCanvas(0, 0, p.t.scale), t: p.t}, y)
	p.c.round(box{x, top, inner, end - top}, 12, card)
	return paint(p, y)
}

func (o *overWindow) buttons(p *page, y float64) float64 {
	const gap, h = 12, 46
	inner := max(o.fit.width, overW) - 2*padding
	w := o.u.words
	closing := w.Over.Close
	if o.view.Delivery == Finishing {
		closing = w.Over.CloseNow
	}
	if o.view.ReceiptPath == "" {
		p.button(overClose, box{padding, y, inner, h}, closing, nil, primaryLook, false)
		return y + h
	}
	bw := (inner - gap) / 2
	p.button(overReceipt, box{padding, y, bw, h}, w.Over.OpenReceipt, nil, plainLook, false)
	p.button(overClose, box{padding + bw + gap, y, bw, h}, closing, nil, primaryLook, false)
	return y + h
}
