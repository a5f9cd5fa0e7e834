package ui

import (
	"context"
	"time"

	"beside/agent/internal/catalogue"
)

// HereView is what the window that asks whether somebody is there shows.
type HereView struct {
	Technician string
	// Waits is when what the technician does is held. Zero means that it is held: the
	// window then waits for the user, for as long as they like.
	Waits time.Time
}

const hereYes targetID = 1

// hereWindow asks whether somebody is there. It has one large button, and nothing that
// a person who is slow could lose by it: whatever they touch says that they are there.
type hereWindow struct {
	u      *UI
	p      *panel
	top    topmost
	view   HereView
	second time.Time
	clock  box
}

const hereW = 520

// ShowHere shows the window, or changes the one that is shown.
func (u *UI) ShowHere(v HereView) {
	_ = u.do(context.Background(), func() {
		h := u.loop.here
		if h == nil {
			h = &hereWindow{u: u, view: v}
			if h.open() == nil {
				u.loop.here = h
			}
			return
		}
		h.view = v
		_ = h.arrange()
	})
}

// HideHere takes it away.
func (u *UI) HideHere() { _ = u.do(context.Background(), func() { u.loop.here.close() }) }

func (h *hereWindow) open() error {
	place, err := h.u.fit(hereW, 0, h.paint)
	if err != nil {
		return err
	}
	win, err := h.u.conn.newWindow(place.rect, true, white)
	if err != nil {
		return err
	}
	win.name(windowTitle, "here")
	h.top = topmost{win: win, dirty: true, urgent: true}
	h.p = &panel{win: win, ts: place.ts, paint: func(p *page) { h.paint(p) }, press: h.press}
	h.u.adopt(h.p)
	win.show()
	win.raise()
	return nil
}

// close takes the window away; nil and closed ones have gone already.
func (h *hereWindow) close() {
	if h == nil || h.u.loop.here != h {
		return
	}
	h.u.loop.here = nil
	h.u.drop(h.p)
}

// press lets it go on, unless the window or the pointer was moved under the user's
// finger.
func (h *hereWindow) press(_ targetID, by trigger, _ time.Time) {
	if by != byPointer || !h.top.seen || h.top.struck || !h.top.truthful(h.p) {
		return
	}
	h.close()
	h.u.emit(ImHere)
}

func (h *hereWindow) note(n notice) {
	if _, gone := h.top.note(n); gone {
		h.top.gone = true
	}
}

// tick keeps it on top, makes it anew when it was taken away, and counts down.
func (h *hereWindow) tick(now time.Time) (time.Time, error) {
	look, err := h.top.keep(now)
	if err != nil {
		return look, err
	}
	if h.top.gone {
		h.u.drop(h.p)
		if err := h.open(); err != nil {
			return look, err
		}
		return now.Add(raiseAgain), nil
	}
	if h.view.Waits.IsZero() {
		return look, nil
	}
	if !now.Before(h.second) {
		h.second = now.Add(time.Second)
		if h.p.drawn && !h.p.stale {
			h.p.repaint(h.clock.pixels(h.p.cv.scale))
		}
	}
	return earliest(look, h.second), nil
}

func (h *hereWindow) arrange() error {
	place, err := h.u.fit(hereW, 0, h.paint)
	if err != nil {
		return err
	}
	h.p.ts = place.ts
	h.p.win.place(place.rect)
	h.top.placed()
	h.p.resize()
	return nil
}

// paint draws the window and returns its height.
func (h *hereWindow) paint(p *page) float64 {
	w, v := h.u.words.Here, h.view
	heading, text, button := w.Title, w.Text, w.ImHere
	if v.Waits.IsZero() {
		heading, text, button = w.AwayTitle, w.AwayText, w.GoOn
	}
	fill := func(s string) string { return catalogue.Fill(s, "technician", v.Technician) }
	const inner = hereW - 2*padding
	p.c.clear(white)
	p.t.keep(v.Technician, "")
	y := float64(padding + 4)
	y += p.label(fill(heading), title, padding, y, inner, ink) + 10
	y += p.label(fill(text), body, padding, y, inner, ink) + 18
	const high = 76
	p.button(hereYes, box{padding, y, inner, high}, button, iconCheck, primaryLook, false)
	y += high
	if !v.Waits.IsZero() {
		st := style{size: 13, tabular: true, lines: 1}
		h.clock = box{padding, y + 10, inner, 24}
		rest := catalogue.Fill(w.PausesIn, "time", left(time.Until(v.Waits)))
		p.middle(rest, st, box{padding, y + 10, inner, 24}, 3, secondary)
		y += 30
	}
	y += padding
	p.c.outline(box{0, 0, hereW, y}, 0, 1, rim, 1)
	return y
}
