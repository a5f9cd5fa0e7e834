package ui

import (
	"image"
	"time"

	"github.com/jezek/xgb/xproto"
)

// tray is the entry in the desktop's notification area, for as long as a session goes
// on: the mark of the bar, and behind it a menu with Pause and End. It only ever takes
// away: what gives more, such as going on after a pause, is pressed on the bar. Where
// there is no notification area nothing is missing. PROMISE A5.
//
// Its window belongs to another program (System Tray Protocol, XEmbed), which may place
// it where it likes, so a press there does nothing but open the menu.
type tray struct {
	u    *UI
	p    *panel // nil while there is no notification area
	menu *trayMenu
}

const (
	trayW    = 22  // logical; the notification area decides
	trayMost = 512 // pixels
)

// The targets of the entry and its menu.
const (
	trayIcon targetID = iota + 1
	trayPause
	trayReport
	trayEnd
)

// dock asks the notification area, if there is one, to take the entry in.
func (t *tray) dock() {
	if t.p != nil {
		return
	}
	host := t.u.conn.trayHost()
	if host == 0 {
		return
	}
	size := pixelSize(trayW, trayW, t.u.loop.ts.scale)
	win, err := t.u.conn.newWindow(image.Rectangle{Max: size}, true, barGround)
	if err != nil {
		return
	}
	win.guest = true
	win.name(windowTitle, "tray")
	const version, mapped = 0, 1
	info := t.u.conn.atom("_XEMBED_INFO")
	win.set(info, info, 32, words(version, mapped))
	t.p = &panel{win: win, ts: t.u.loop.ts, paint: t.paint, press: t.press}
	t.u.adopt(t.p)
	t.u.conn.requestDock(host, win.id)
}

func (t *tray) undock() {
	t.menu.close()
	if t.p != nil {
		t.u.drop(t.p)
		t.p = nil
	}
}

func (t *tray) paint(p *page) {
	b := t.u.loop.bar
	p.c.clear(barGround)
	side := min(float64(p.c.w), float64(p.c.h)) / p.c.scale
	at := box{(float64(p.c.w)/p.c.scale - side) / 2, (float64(p.c.h)/p.c.scale - side) / 2, side, side}
	p.targets = append(p.targets, target{id: trayIcon, box: at})
	col := blue
	if b != nil {
		col = b.frameColour()
	}
	p.c.round(at.inset(side*0.06), side*0.25, col)
	p.c.sign(iconLogo, at.x+side*0.2, at.y+side*0.2, side*0.6, white)
}

// press opens the menu, or closes it.
func (t *tray) press(targetID, trigger, time.Time) {
	if t.menu != nil {
		t.menu.close()
		return
	}
	t.menu = t.openMenu()
}

func (t *tray) tick(now time.Time) (time.Time, error) {
	if t.menu == nil {
		return time.Time{}, nil
	}
	return t.menu.tick(now)
}

func (t *tray) note(n notice) {
	switch {
	case n.kind == noticeTray:
		t.dock()
	case t.p != nil && n.window == t.p.win.id && n.kind == noticeDestroyed:
		// With the notification area, whose child it was.
		delete(t.u.loop.panels, n.window)
		t.p = nil
	case t.p != nil && n.window == t.p.win.id && n.kind == noticeMoved:
		if n.rect.Dx() > trayMost || n.rect.Dy() > trayMost {
			t.undock() // no notification area wants it so
			return
		}
		t.p.win.rect = n.rect
		t.p.resize()
	}
}

func (t *tray) arrange() error {
	t.menu.close()
	if t.p != nil {
		t.p.stale = true
	}
	return nil
}

// trayMenu is the entry's menu. It closes when the pointer has left it for a while.
type trayMenu struct {
	t    *tray
	p    *panel
	away time.Time // since when the pointer is not on it
}

const (
	menuW    = 248
	menuStay = 4 * time.Second
)

func (t *tray) openMenu() *trayMenu {
	m := &trayMenu{t: t, away: time.Now()}
	size := pixelSize(menuW, measure(t.u.loop.ts, m.paint), t.u.loop.ts.scale)
	win, err := t.u.conn.newWindow(t.menuPlace(size), true, white)
	if err != nil {
		return nil
	}
	win.name(windowTitle, "tray menu")
	m.p = &panel{win: win, ts: t.u.loop.ts, paint: func(p *page) { m.paint(p) }, press: m.press}
	t.u.adopt(m.p)
	win.show()
	win.raise()
	return m
}

// menuPlace is beside the entry and within its monitor.
func (t *tray) menuPlace(size image.Point) image.Rectangle {
	at, _ := t.u.conn.onScreen(t.p.win)
	monitors, _ := t.u.conn.monitors()
	within := at
	for _, m := range monitors {
		if at.Min.In(m) {
			within = m
		}
	}
	x := min(max(at.Min.X, within.Min.X), max(within.Max.X-size.X, within.Min.X))
	y := at.Max.Y
	if y+size.Y > within.Max.Y {
		y = at.Min.Y - size.Y
	}
	return image.Rectangle{Max: size}.Add(image.Pt(x, max(y, within.Min.Y)))
}

func (m *trayMenu) paint(p *page) float64 {
	const h, gap = 40, 8
	w := m.t.u.words
	p.c.clear(white)
	y := 12.0
	if b := m.t.u.loop.bar; b != nil && b.view.View && !b.view.Paused {
		p.button(trayPause, box{12, y, menuW - 24, h}, w.Bar.Pause, iconPause, plainLook, false)
		y += h + gap
	}
	p.button(trayReport, box{12, y, menuW - 24, h}, w.Bar.Report, iconFlag, plainLook, false)
	y += h + gap
	p.button(trayEnd, box{12, y, menuW - 24, h}, w.Bar.End, nil, endLook, false)
	y += h + 12
	p.c.outline(box{0, 0, menuW, y}, 0, 1, rim, 1)
	return y
}

func (m *trayMenu) press(id targetID, _ trigger, _ time.Time) {
	if b := m.t.u.loop.bar; b != nil {
		switch id {
		case trayPause:
			if !b.view.Paused {
				b.act(barPause)
			}
		case trayReport:
			b.act(barReport) // asked on the bar
		case trayEnd:
			b.act(barEnd)
		}
	}
	m.close()
}

func (m *trayMenu) tick(now time.Time) (time.Time, error) {
	if m.p.state.hover != 0 {
		m.away = now
	}
	if due := m.away.Add(menuStay); now.Before(due) {
		return due, nil
	}
	m.close()
	return time.Time{}, nil
}

// close takes the menu away; nil and closed ones have gone already.
func (m *trayMenu) close() {
	if m == nil || m.t.menu != m {
		return
	}
	m.t.menu = nil
	m.t.u.drop(m.p)
}

// trayHost is the window of the notification area; 0 is none.
func (c *xconn) trayHost() xproto.Window {
	r, err := xproto.GetSelectionOwner(c.x, c.atom("_NET_SYSTEM_TRAY_S0")).Reply()
	if err != nil {
		return 0
	}
	return r.Owner
}

// requestDock sends SYSTEM_TRAY_REQUEST_DOCK.
func (c *xconn) requestDock(host, icon xproto.Window) {
	const dock = 0
	message := xproto.ClientMessageEvent{
		Format: 32, Window: host, Type: c.atom("_NET_SYSTEM_TRAY_OPCODE"),
		Data: xproto.ClientMessageDataUnionData32New([]uint32{xproto.TimeCurrentTime, dock, uint32(icon), 0, 0}),
	}
	xproto.SendEvent(c.x, false, host, xproto.EventMaskNoEvent, string(message.Bytes()))
}

// onScreen is where a window that is inside another lies on the screen.
func (c *xconn) onScreen(w *window) (image.Rectangle, error) {
	at, err := xproto.TranslateCoordinates(c.x, w.id, c.root, 0, 0).Reply()
	if err != nil {
		return w.rect, err
	}
	return image.Rectangle{Max: w.rect.Size()}.Add(image.Pt(int(at.DstX), int(at.DstY))), nil
}
