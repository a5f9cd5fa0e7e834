package attacktest

import (
	"image"
	"time"

	"github.com/jezek/xgb/composite"
	"github.com/jezek/xgb/xproto"
)

// deceiving: what the user reads is not what they answer. They press on what they see, with
// a hand of their own.
func deceiving() []Attack {
	return []Attack{
		{Name: "drawn nowhere, with other words below", NeedsPerson: true, Few: true, Asks: true, Do: func(a *Attacker, on Target, _ int) {
			composite.RedirectWindow(a.conn, on.Window, composite.RedirectManual)
			below := a.cover(on.Bounds)
			a.configure(below, xproto.ConfigWindowSibling|xproto.ConfigWindowStackMode, uint32(on.Window), xproto.StackModeBelow)
			_ = a.Sync()
			time.Sleep(glance)
			a.misled(on.Spot)
		}, After: func(a *Attacker, on Target) { composite.UnredirectWindow(a.conn, on.Window, composite.RedirectManual) }},
		{Name: "other words painted on it", NeedsPerson: true, Few: true, Do: func(a *Attacker, on Target, _ int) {
			a.paintOn(on.Window, image.Rectangle{Max: on.Bounds.Size()})
			a.misled(on.Spot)
		}},
		{Name: "another word painted on the button alone", NeedsPerson: true, Few: true, Do: func(a *Attacker, on Target, _ int) {
			at := on.Spot.Sub(on.Bounds.Min)
			a.paintOn(on.Window, image.Rect(at.X-12, at.Y-4, at.X+12, at.Y+4))
			a.misled(on.Spot)
		}},
		{Name: "a window with other words put into it", NeedsPerson: true, Few: true, Do: func(a *Attacker, on Target, _ int) {
			a.within(on.Window, on.Bounds.Size(), xproto.WindowClassInputOutput)
			a.misled(on.Spot)
		}},
		{Name: "the pointer drawn beside itself", NeedsPerson: true, Few: true, Do: func(a *Attacker, on Target, _ int) {
			const aside = 150
			xproto.ChangeWindowAttributes(a.conn, on.Window, xproto.CwCursor, []uint32{uint32(a.pointer(aside+16, 16, aside))})
			a.misled(on.Spot)
		}},
		{Name: "windows put into it", Do: func(a *Attacker, on Target, n int) {
			class := []uint16{xproto.WindowClassInputOutput, xproto.WindowClassInputOnly}[n%2]
			a.within(on.Window, on.Bounds.Size(), class)
			a.click(on.Spot)
		}},
		{Name: "its right end painted over", Do: func(a *Attacker, on Target, _ int) {
			const wide = 60
			r := image.Rectangle{Max: on.Bounds.Size()}
			r.Min.X = r.Max.X - wide
			a.paint(on.Window, r)
		}},
		{Name: "our own other windows put over it", Do: func(a *Attacker, on Target, n int) {
			if n == 0 {
				a.hostTray()
			}
			for _, w := range a.kin(on.Window) {
				xproto.ReparentWindow(a.conn, w, a.root, 0, 0)
				r := on.Bounds
				const all = xproto.ConfigWindowX | xproto.ConfigWindowY | xproto.ConfigWindowWidth | xproto.ConfigWindowHeight | xproto.ConfigWindowStackMode
				a.configure(w, all, uint32(r.Min.X), uint32(r.Min.Y), uint32(r.Dx()), uint32(r.Dy()), xproto.StackModeAbove)
				xproto.MapWindow(a.conn, w)
			}
		}, After: func(a *Attacker, _ Target) { a.leaveTray() }},
		{Name: "drawn nowhere while settings change", Do: func(a *Attacker, on Target, n int) {
			composite.RedirectWindow(a.conn, on.Window, composite.RedirectManual)
			dpi := []byte("Xft.dpi:\t96\n" + string(rune('a'+n%26)))
			xproto.ChangeProperty(a.conn, xproto.PropModeReplace, a.root, xproto.AtomResourceManager, xproto.AtomString, 8, uint32(len(dpi)), dpi)
		}, After: func(a *Attacker, on Target) {
			composite.UnredirectWindow(a.conn, on.Window, composite.RedirectManual)
			xproto.DeleteProperty(a.conn, a.root, xproto.AtomResourceManager)
		}},
		{Name: "said to be a compositing manager, and painted over", Do: func(a *Attacker, on Target, n int) {
			xproto.SetSelectionOwner(a.conn, a.cover(image.Rect(0, a.size.Y-1, 1, a.size.Y)), a.atom(composing), xproto.TimeCurrentTime)
			a.paint(on.Window, image.Rectangle{Max: on.Bounds.Size()})
		}, After: func(a *Attacker, _ Target) {
			xproto.SetSelectionOwner(a.conn, xproto.WindowNone, a.atom(composing), xproto.TimeCurrentTime)
		}},
		{Name: "all windows unmapped", Do: func(a *Attacker, _ Target, _ int) { xproto.UnmapSubwindows(a.conn, a.root) }},
	}
}

// misled has the user go to a place and press there, as a hand does.
func (a *Attacker) misled(at image.Point) {
	_ = a.Sync()
	for step := 3; step >= 0; step-- {
		_ = a.Person.MoveTo(at.X-2*step, at.Y)
	}
	_ = a.Person.Click(desktopLeft)
}

// paint fills a part of somebody else's window.
func (a *Attacker) paint(w xproto.Window, r image.Rectangle) {
	gc, err := xproto.NewGcontextId(a.conn)
	if err != nil {
		return
	}
	xproto.CreateGC(a.conn, gc, xproto.Drawable(w), xproto.GcForeground, []uint32{0x336699})
	xproto.PolyFillRectangle(a.conn, xproto.Drawable(w), gc,
		[]xproto.Rectangle{{X: int16(r.Min.X), Y: int16(r.Min.Y), Width: uint16(r.Dx()), Height: uint16(r.Dy())}})
	xproto.FreeGC(a.conn, gc)
}

// glance is the shortest time in which anybody reads other words and goes by them: what stood
// for less misleads nobody.
const glance = 1200 * time.Millisecond

// paintOn goes on painting until it was read.
func (a *Attacker) paintOn(w xproto.Window, r image.Rectangle) {
	for began := time.Now(); time.Since(began) < glance; {
		a.paint(w, r)
		if a.Sync() != nil {
			return
		}
	}
}

// within puts a window of ours into somebody else's.
func (a *Attacker) within(parent xproto.Window, size image.Point, class uint16) {
	id, err := xproto.NewWindowId(a.conn)
	if err != nil {
		return
	}
	mask, values := uint32(xproto.CwBackPixel|xproto.CwEventMask), []uint32{0x336699, xproto.EventMaskButtonPress}
	if class == xproto.WindowClassInputOnly {
		mask, values = xproto.CwEventMask, values[1:]
	}
	xproto.CreateWindow(a.conn, 0, id, parent, 0, 0, uint16(size.X), uint16(size.Y), 0, class, 0, mask, values)
	xproto.MapWindow(a.conn, id)
	a.own = append(a.own, id)
}

// pointer makes one whose picture is a bar of a size, and which points at x.
func (a *Attacker) pointer(w, h uint16, x uint16) xproto.Cursor {
	bits, err := xproto.NewPixmapId(a.conn)
	if err != nil {
		return 0
	}
	gc, err := xproto.NewGcontextId(a.conn)
	if err != nil {
		return 0
	}
	id, err := xproto.NewCursorId(a.conn)
	if err != nil {
		return 0
	}
	xproto.CreatePixmap(a.conn, 1, bits, xproto.Drawable(a.root), w, h)
	xproto.CreateGC(a.conn, gc, xproto.Drawable(bits), xproto.GcForeground, []uint32{1})
	xproto.PolyFillRectangle(a.conn, xproto.Drawable(bits), gc, []xproto.Rectangle{{Width: w, Height: h}})
	xproto.CreateCursor(a.conn, id, bits, bits, 0, 0, 0, 0xffff, 0xffff, 0xffff, x, h/2)
	return id
}

// Blind gives the root window a pointer as large as that, which lies around it.
func (a *Attacker) Blind(size image.Point) error {
	c := a.pointer(uint16(size.X), uint16(size.Y), uint16(size.X/2))
	xproto.ChangeWindowAttributes(a.conn, a.root, xproto.CwCursor, []uint32{uint32(c)})
	return a.Sync()
}

// kin are the other windows on the screen of the program that has a window.
func (a *Attacker) kin(of xproto.Window) (list []xproto.Window) {
	const mask = 0x1fffff
	tree, err := xproto.QueryTree(a.conn, a.root).Reply()
	if err != nil {
		return nil
	}
	for _, w := range tree.Children {
		if w != of && w&^mask == of&^mask {
			list = append(list, w)
		}
	}
	return list
}

// composing is the selection that compositing managers own.
const composing = "_NET_WM_CM_S0"

const traySelection = "_NET_SYSTEM_TRAY_S0"

// hostTray makes a notification area, into which others then put their entries.
func (a *Attacker) hostTray() {
	host := a.cover(image.Rect(0, a.size.Y-4, 4, a.size.Y))
	selection := a.atom(traySelection)
	xproto.SetSelectionOwner(a.conn, host, selection, xproto.TimeCurrentTime)
	m := xproto.ClientMessageEvent{Format: 32, Window: a.root, Type: a.atom("MANAGER"),
		Data: xproto.ClientMessageDataUnionData32New([]uint32{0, uint32(selection), uint32(host), 0, 0})}
	xproto.SendEvent(a.conn, false, a.root, xproto.EventMaskStructureNotify, string(m.Bytes()))
}

func (a *Attacker) leaveTray() {
	xproto.SetSelectionOwner(a.conn, xproto.WindowNone, a.atom(traySelection), xproto.TimeCurrentTime)
}
