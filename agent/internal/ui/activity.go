package ui

import (
	"context"
	"slices"
	"time"

	"beside/agent/internal/catalogue"
)

// ActivityView is the list of what was done, in the user's words.
type ActivityView struct {
	Technician string
	Lines      []ActivityLine // in order
}

// ActivityLine is one thing that was asked, answered or done.
type ActivityLine struct {
	At   time.Time
	Text string
}

// The list's measures, logical.
const (
	activityW     = 420
	activityLines = 400 // high
	activityClose = targetID(1)
)

// activityWindow lists what was done, the newest at the end. The user opens it from the
// bar; it is an ordinary window that can lie beside everything else. Nothing in it is
// ever content. PROMISE A4.
type activityWindow struct {
	u    *UI
	p    *panel
	view ActivityView
	back float64 // how far it is scrolled back from the end, logical
	tall float64 // of all lines, logical
}

// ShowActivity shows the list, or what is new in the one that is shown.
func (u *UI) ShowActivity(v ActivityView) {
	_ = u.do(context.Background(), func() {
		if w := u.loop.activity; w != nil {
			w.view = v
			w.p.stale = true
			return
		}
		w := &activityWindow{u: u, view: v}
		if w.open() == nil {
			u.loop.activity = w
		}
	})
}

// UpdateActivity changes the list if the user has it open.
func (u *UI) UpdateActivity(v ActivityView) {
	_ = u.do(context.Background(), func() {
		if w := u.loop.activity; w != nil && !slices.Equal(w.view.Lines, v.Lines) {
			w.view = v
			w.p.stale = true
		}
	})
}

// HideActivity takes the list away.
func (u *UI) HideActivity() {
	_ = u.do(context.Background(), func() {
		if w := u.loop.activity; w != nil {
			w.close()
		}
	})
}

func (w *activityWindow) open() error {
	s, err := w.u.fit(activityW, 0, w.paint)
	if err != nil {
		return err
	}
	win, err := w.u.openOrdinary("activity", s.rect)
	if err != nil {
		return err
	}
	w.p = &panel{
		win: win, ts: s.ts, paint: func(p *page) { w.paint(p) }, press: func(targetID, trigger, time.Time) { w.close() },
		keyed: w.keyed, wheel: func(notches int) { w.scroll(-60 * float64(notches)) },
		state: pointerState{focus: activityClose, focused: true},
	}
	w.p.escape = func(time.Time) { w.close() }
	w.u.adopt(w.p)
	win.show()
	return nil
}

func (w *activityWindow) close() {
	if w.u.loop.activity == w {
		w.u.loop.activity = nil
		w.u.drop(w.p)
	}
}

func (w *activityWindow) keyed(k key, _ time.Time) bool {
	switch k {
	case keyUp:
		w.scroll(40)
	case keyDown:
		w.scroll(-40)
	case keyPageUp:
		w.scroll(activityLines - 40)
	case keyPageDown:
		w.scroll(40 - activityLines)
	default:
		return false
	}
	return true
}

func (w *activityWindow) scroll(by float64) {
	w.back = max(min(w.back+by, w.tall-activityLines), 0)
	w.p.stale = true
}

func (w *activityWindow) note(n notice) {
	if n.window != w.p.win.id {
		return
	}
	switch n.kind {
	case noticeClose:
		w.close()
	case noticeDestroyed:
		w.u.loop.activity = nil
		w.u.drop(w.p)
	}
}

func (w *activityWindow) tick(time.Time) (time.Time, error) { return time.Time{}, nil }

func (w *activityWindow) arrange() error {
	s, err := w.u.fit(activityW, 0, w.paint)
	if err != nil {
		return err
	}
	w.p.ts = s.ts
	if s.rect.Size() != w.p.win.rect.Size() {
		w.p.win.place(s.rect)
		w.p.win.describe(windowTitle, "activity")
	}
	w.p.resize()
	return nil
}

// paint draws the list and returns its height.
func (w *activityWindow) paint(p *page) float64 {
	const inner = activityW - 2*padding
	words := w.u.words.Activity
	p.c.clear(white)
	y := float64(padding)
	y += p.label(words.Title, title, padding, y, inner, ink) + 4
	y += p.label(catalogue.Fill(words.Intro, "technician", w.view.Technician), small, padding, y, inner, secondary) + 14
	w.lines(p, y, inner)
	y += activityLines + 16
	p.button(activityClose, box{padding, y, inner, 46}, w.u.words.Over.Close, nil, plainLook, false)
	return y + 46 + padding
}

// lines draws what is in view, the newest at the end unless it is scrolled back.
func (w *activityWindow) lines(p *page, y, inner float64) {
	const timeW, gap = 64, 8
	p.c.round(box{padding, y, inner, activityLines}, 12, card)
	heights := make([]float64, len(w.view.Lines))
	w.tall = 2 * gap
	for i, line := range w.view.Lines {
		heights[i] = p.t.set(line.Text, body, inner-timeW-2*14).h + gap
		w.tall += heights[i]
	}
	at := y + gap
	if w.tall > activityLines {
		at = y + activityLines - w.tall + gap + w.back
	}
	clip := p.c.clip
	p.c.clip = clip.Intersect(box{padding, y + 1, inner, activityLines - 2}.pixels(p.c.scale))
	for i, line := range w.view.Lines {
		if at+heights[i] > y && at < y+activityLines {
			p.label(line.At.Local().Format("15:04"), style{size: 15, tabular: true, lines: 1}, padding+14, at, timeW, secondary)
			p.label(line.Text, body, padding+14+timeW, at, inner-timeW-2*14, ink)
		}
		at += heights[i]
	}
	p.c.clip = clip
}

// iconList is lines of writing.
func iconList(p *pen, at func(...float64) []float64, u float64) {
	for _, y := range []float64{6, 12, 18} {
		p.stroke(iconLine*u, at(9, y, 20, y)...)
		o := at(4.5, y)
		p.dot(o[0], o[1], 1.4*u)
	}
}
