package ui

import (
	"context"
	"image"
	"slices"
	"time"

	"beside/protocol"
)

// The targets of the side window: its tabs, and what is under them.
const (
	tabChat targetID = iota + 1
	tabActivity
	sideClose
	chatField
	chatSend
	chatDont
	chatAnyway
)

// sideWindow is the one window beside everything else, with a tab for the conversation
// and one for the list of what was done. It opens at the tab that the user asks for on the
// bar, and by itself, at the conversation and without taking the keyboard, when the
// technician writes. While it is open nothing but the user turns its tabs.
//
// It is one for the life of the windows: it holds what both tabs show while it is closed.
type sideWindow struct {
	u    *UI
	p    *panel // nil while it is closed
	tab  targetID
	chat chatPane
	list activityPane
}

func newSide(u *UI) *sideWindow {
	w := &sideWindow{u: u, tab: tabActivity}
	w.chat.side, w.list.side = w, w
	w.chat.field.most = protocol.MaxChat
	return w
}

// ShowActivity shows the list of what was done.
func (u *UI) ShowActivity(v ActivityView) {
	_ = u.do(context.Background(), func() {
		w := u.loop.side
		w.list.change(v)
		w.show(tabActivity, true)
	})
}

// UpdateActivity changes the list, which the user may have open.
func (u *UI) UpdateActivity(v ActivityView) {
	_ = u.do(context.Background(), func() {
		if w := u.loop.side; !slices.Equal(w.list.view.Lines, v.Lines) {
			w.list.change(v)
		}
	})
}

// ShowChat shows the conversation. asked says that the user wants it: then it gets the
// keyboard. Else it opens only where the window is closed: who reads the list sees at its
// tab that there is something new.
func (u *UI) ShowChat(v ChatView, talk Talk, asked bool) {
	_ = u.do(context.Background(), func() {
		w := u.loop.side
		w.chat.talk = talk
		w.chat.change(v)
		w.show(tabChat, asked)
	})
}

// UpdateChat changes the conversation, which the user may have open.
func (u *UI) UpdateChat(v ChatView, talk Talk) {
	_ = u.do(context.Background(), func() {
		u.loop.side.chat.talk = talk
		u.loop.side.chat.change(v)
	})
}

// HideSide takes the window away at the session's end, and with it all that it showed and
// what the user has not sent.
func (u *UI) HideSide() {
	_ = u.do(context.Background(), func() {
		w := u.loop.side
		w.close()
		w.chat.field.clear()
		w.chat.view, w.chat.talk, w.list.view = ChatView{}, nil, ActivityView{}
	})
}

// show opens the window at a tab. One that is open turns to it, and gets the keyboard, if
// the user asked.
func (w *sideWindow) show(tab targetID, asked bool) {
	switch {
	case w.p == nil:
		w.tab = tab
		if w.open(asked) != nil {
			return
		}
	case asked:
		w.turn(tab)
	}
	if asked {
		w.enter()
		w.p.win.raise()
		w.p.win.focus()
	}
}

func (w *sideWindow) open(asked bool) error {
	s, err := w.place()
	if err != nil {
		return err
	}
	win, err := w.u.openOrdinary("side", s.rect)
	if err != nil {
		return err
	}
	if !asked {
		win.quiet()
	}
	w.p = &panel{
		win: win, ts: s.ts, paint: func(p *page) { w.paint(p) }, press: w.press, keyed: w.keyed, typed: w.typed, drag: w.touched,
		wheel:  func(notches int) { w.scroll(-60 * float64(notches)) },
		escape: func(time.Time) { w.escape() },
	}
	w.measure()
	w.u.adopt(w.p)
	win.show()
	return nil
}

// place is in the lower right corner of the main monitor, out of the way.
func (w *sideWindow) place() (sheet, error) {
	s, err := w.u.fit(sideW, sideH, func(*page) float64 { return sideH })
	if err != nil {
		return s, err
	}
	monitors, err := w.u.conn.monitors()
	if err != nil {
		return s, err
	}
	m, size, margin := monitors[0], s.rect.Size(), int(24*s.ts.scale)
	at := image.Pt(max(m.Max.X-size.X-margin, m.Min.X), max(m.Max.Y-size.Y-margin-headroom, m.Min.Y))
	s.rect = image.Rectangle{Min: at, Max: at.Add(size)}
	return s, nil
}

// close takes the window away. What the user has not sent is kept for the next time.
func (w *sideWindow) close() {
	if w.p == nil {
		return
	}
	w.u.drop(w.p)
	w.p = nil
	w.list.roll = roll{}
	w.chat.closed()
}

// turn shows a tab, and puts the focus on it.
func (w *sideWindow) turn(tab targetID) {
	if tab == w.tab {
		return
	}
	w.tab = tab
	w.p.set(func(s *pointerState) { s.focus = tab })
	w.p.stale = true
	if tab == tabChat {
		w.chat.turnedTo()
	}
}

// enter goes to what the tab is for: the field, or Close under the list.
func (w *sideWindow) enter() {
	if w.tab == tabChat {
		w.chat.enter()
		return
	}
	w.p.set(func(s *pointerState) { s.focus, s.focused = sideClose, true })
}

func (w *sideWindow) press(id targetID, by trigger, now time.Time) {
	switch id {
	case tabChat, tabActivity:
		w.turn(id)
		if by == byPointer && id == w.tab { // who turns by the keyboard goes on from the tab
			w.enter()
			w.p.win.focus()
		}
	case sideClose:
		w.close()
	default:
		if w.tab == tabChat {
			w.chat.press(id, by, now)
		}
	}
}

func (w *sideWindow) escape() {
	if w.tab == tabChat && w.chat.doubting() {
		w.chat.dont()
		return
	}
	w.close()
}

// touched notes that the user is at the window.
func (w *sideWindow) touched(ev xievent) bool {
	if ev.kind == xiMotion || ev.kind == xiButtonPress || ev.kind == xiKeyPress && w.p.state.focused {
		w.saw()
	}
	return false
}

// saw tells the conversation that it was seen, if it is what is shown.
func (w *sideWindow) saw() {
	if w.tab == tabChat {
		w.chat.saw()
	}
}

// typed is told of every press of a key, and hands it to the conversation.
func (w *sideWindow) typed(ev xievent, keys keyTable, now time.Time) bool {
	return w.tab == tabChat && w.chat.typed(ev, keys, now)
}

// keyed turns the tabs and scrolls.
func (w *sideWindow) keyed(k key, _ time.Time) bool {
	focus := w.p.state.focus
	onTab := w.p.state.focused && (focus == tabChat || focus == tabActivity)
	switch k {
	case keyLeft, keyRight:
		if onTab {
			w.turn(map[targetID]targetID{tabChat: tabActivity, tabActivity: tabChat}[w.tab])
		}
		return onTab
	case keyUp:
		w.scroll(40)
	case keyDown:
		w.scroll(-40)
	case keyPageUp:
		w.scroll(w.rolled().high - 40)
	case keyPageDown:
		w.scroll(40 - w.rolled().high)
	case keyEnter, keySpace:
		return w.tab == tabChat && focus == chatField // Enter elsewhere presses
	default:
		return false
	}
	return true
}

// rolled is what scrolls now.
func (w *sideWindow) rolled() *roll {
	if w.tab == tabChat {
		return &w.chat.roll
	}
	return &w.list.roll
}

func (w *sideWindow) scroll(by float64) {
	r := w.rolled()
	r.back = max(r.back+by, 0) // not beyond the first: see roll.paint
	w.p.stale = true
	w.saw()
}

// measure finds how high everything in both tabs is.
func (w *sideWindow) measure() {
	w.chat.measure()
	w.list.measure()
}

func (w *sideWindow) note(n notice) {
	if w.p == nil || n.window != w.p.win.id {
		return
	}
	if n.kind == noticeClose || n.kind == noticeDestroyed {
		w.close()
	}
}

func (w *sideWindow) tick(now time.Time) (time.Time, error) {
	if w.p == nil || w.tab != tabChat {
		return time.Time{}, nil
	}
	return w.chat.tick(now), nil
}

func (w *sideWindow) arrange() error {
	s, err := w.place()
	if err != nil {
		return err
	}
	w.p.ts = s.ts
	w.chat.roll.heights, w.list.roll.heights = nil, nil
	w.measure()
	if s.rect.Size() != w.p.win.rect.Size() {
		w.p.win.place(s.rect)
		w.p.win.describe(windowTitle, "side")
	}
	w.p.resize()
	return nil
}
