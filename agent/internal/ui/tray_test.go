package ui

import (
	"image"
	"testing"

	"github.com/jezek/xgb/xproto"
)

// paperTray is a notification area: it takes the icons that ask for it.
type paperTray struct {
	*client
	host  xproto.Window
	icons chan xproto.Window
}

// notificationArea opens one and tells everybody, as panels do when they start.
func (c *client) notificationArea(at image.Rectangle) *paperTray {
	c.t.Helper()
	a := &paperTray{client: c, host: c.window(at), icons: make(chan xproto.Window, 8)}
	atom := func(name string) xproto.Atom {
		r, err := xproto.InternAtom(c.x, false, uint16(len(name)), name).Reply()
		if err != nil {
			c.t.Fatal(err)
		}
		return r.Atom
	}
	selection, opcode := atom("_NET_SYSTEM_TRAY_S0"), atom("_NET_SYSTEM_TRAY_OPCODE")
	go func() {
		for {
			ev, err := c.x.WaitForEvent()
			if ev == nil && err == nil {
				return
			}
			m, ok := ev.(xproto.ClientMessageEvent)
			if !ok || m.Type != opcode || m.Data.Data32[1] != 0 {
				continue
			}
			icon := xproto.Window(m.Data.Data32[2])
			xproto.ReparentWindow(c.x, icon, a.host, 0, 0)
			xproto.ConfigureWindow(c.x, icon, xproto.ConfigWindowWidth|xproto.ConfigWindowHeight, []uint32{uint32(at.Dy()), uint32(at.Dy())})
			xproto.MapWindow(c.x, icon)
			a.icons <- icon
		}
	}()
	if err := xproto.SetSelectionOwnerChecked(c.x, a.host, selection, xproto.TimeCurrentTime).Check(); err != nil {
		c.t.Fatal(err)
	}
	manager := xproto.ClientMessageEvent{Format: 32, Window: c.root, Type: atom("MANAGER"),
		Data: xproto.ClientMessageDataUnionData32New([]uint32{0, uint32(selection), uint32(a.host), 0, 0})}
	xproto.SendEvent(c.x, false, c.root, xproto.EventMaskStructureNotify, string(manager.Bytes()))
	c.flush()
	return a
}

// PROMISE A5: Pause and End are in the notification area too, whenever that comes, and
// only for the person.
func TestTray(t *testing.T) {
	s, me := desk(t)
	u := running(t, s)
	b, _, _ := shownBar(t, u) // without one nothing is missing
	defer b.Hide()
	area := s.client(t).notificationArea(rectOf(1200, 990, 80, 24))
	icon := <-area.icons
	c := s.client(t)
	c.enter("XTEST")
	ready := func() bool { return u.loop.tray.p != nil && drawn(u.loop.tray.p) }
	until(t, u, "the entry", ready)
	open := func() {
		t.Helper()
		me.click(image.Pt(1212, 1002))
		until(t, u, "the menu", func() bool { return u.loop.tray.menu != nil && drawn(u.loop.tray.menu.p) })
	}
	if !u.Ours(uint32(icon)) || u.Ours(uint32(area.host)) {
		t.Error("the entry is not ours, or all of the notification area is")
	}
	for range 20 {
		c.fakeClick(image.Pt(1212, 1002))
	}
	c.flush()
	if acts := acted(t, u); len(acts) != 0 {
		t.Errorf("injected: %v", acts)
	}
	inLoop(t, u, func() {
		if u.loop.tray.menu != nil {
			t.Error("an injected press opened the menu")
		}
	})
	for id, want := range map[targetID]Action{trayPause: PauseSession, trayEnd: EndSession} {
		open()
		c.keep("tray")
		var at image.Point
		inLoop(t, u, func() { at = targetAt(u.loop.tray.menu.p, id) })
		for range 20 {
			c.fakeClick(at)
		}
		c.flush()
		me.click(at)
		if acts := acted(t, u); len(acts) != 1 || acts[0] != want {
			t.Errorf("target %d: %v, want %d", id, acts, want)
		}
	}
	// A report is asked about on the bar, like one that begins there.
	open()
	var at image.Point
	inLoop(t, u, func() { at = targetAt(u.loop.tray.menu.p, trayReport) })
	for range 20 {
		c.fakeClick(at)
	}
	c.flush()
	inLoop(t, u, func() {
		if b.report.open() {
			t.Error("an injected press asks about a report")
		}
	})
	me.click(at)
	until(t, u, "what the bar asks", func() bool { return b.report.open() })
	inLoop(t, u, b.endReport)
	// A pause is ended on the bar alone.
	v := exampleBar()
	v.Paused = true
	b.Update(v)
	open()
	inLoop(t, u, func() {
		for _, target := range u.loop.tray.menu.p.targets {
			if target.id == trayPause {
				t.Error("the menu goes on after a pause")
			}
		}
	})
	// A notification area that ends and comes again takes the entry again.
	xproto.DestroyWindow(area.x, area.host)
	area.flush()
	until(t, u, "the entry to go", func() bool { return u.loop.tray.p == nil })
	again := s.client(t).notificationArea(rectOf(0, 990, 80, 24))
	<-again.icons
	until(t, u, "the entry", ready)
}
