package ui

import (
	"encoding/binary"

	"github.com/jezek/xgb/xproto"
)

// offer is a text that the user copied from a window of ours, by a button of it. It is
// nothing but that text: what the technician and the user copy is package clipboard's.
type offer struct {
	win  xproto.Window
	text string
}

// offerText makes a window the owner of the clipboard, with text.
func (u *UI) offerText(w *window, text string) bool {
	c := u.conn
	xproto.SetSelectionOwner(c.x, w.id, c.atom("CLIPBOARD"), xproto.TimeCurrentTime)
	r, err := xproto.GetSelectionOwner(c.x, c.atom("CLIPBOARD")).Reply()
	if err != nil || r.Owner != w.id {
		return false
	}
	u.loop.offer = offer{w.id, text}
	return true
}

// takeBack empties the clipboard again, unless somebody copied something since.
func (u *UI) takeBack() {
	c, o := u.conn, u.loop.offer
	if o.win == 0 {
		return
	}
	if r, err := xproto.GetSelectionOwner(c.x, c.atom("CLIPBOARD")).Reply(); err == nil && r.Owner == o.win {
		xproto.SetSelectionOwner(c.x, xproto.WindowNone, c.atom("CLIPBOARD"), xproto.TimeCurrentTime)
	}
	u.loop.offer = offer{}
}

// copied reports whether what is on the clipboard is still what the window offered.
func (o *offer) copied() bool { return o.win != 0 }

// dispatchOffer answers programs that paste, and notes when another text was copied.
func (u *UI) dispatchOffer(b []byte) {
	le := binary.LittleEndian
	if b[0] == xproto.SelectionClear {
		if o := &u.loop.offer; o.win == xproto.Window(le.Uint32(b[8:])) {
			*o = offer{}
		}
		return
	}
	asks := xproto.SelectionNotifyEvent{
		Time: xproto.Timestamp(le.Uint32(b[4:])), Requestor: xproto.Window(le.Uint32(b[12:])),
		Selection: xproto.Atom(le.Uint32(b[16:])), Target: xproto.Atom(le.Uint32(b[20:])), Property: xproto.Atom(le.Uint32(b[24:])),
	}
	if asks.Property == xproto.AtomNone {
		asks.Property = asks.Target // programs from before ICCCM
	}
	if !u.hand(xproto.Window(le.Uint32(b[8:])), asks) {
		asks.Property = xproto.AtomNone
	}
	xproto.SendEvent(u.conn.x, false, asks.Requestor, xproto.EventMaskNoEvent, string(asks.Bytes()))
}

// hand writes what is offered into the property of who asked for it; false where there is
// none in that form. Clipboard managers are asked not to keep it.
func (u *UI) hand(owner xproto.Window, asks xproto.SelectionNotifyEvent) bool {
	const secretHint = "x-kde-passwordManagerHint"
	c, o := u.conn, u.loop.offer
	if o.win == 0 || owner != o.win || asks.Selection != c.atom("CLIPBOARD") {
		return false
	}
	kind, format, data := asks.Target, byte(8), []byte(o.text)
	switch asks.Target {
	case c.atom("TARGETS"):
		kind, format = xproto.AtomAtom, 32
		data = words(uint32(c.atom("TARGETS")), uint32(c.atom(secretHint)), uint32(c.atom("UTF8_STRING")), uint32(c.atom("text/plain;charset=utf-8")), uint32(xproto.AtomString))
	case c.atom(secretHint):
		data = []byte("secret")
	case c.atom("UTF8_STRING"), c.atom("text/plain;charset=utf-8"), xproto.AtomString: // an address is ASCII
	default:
		return false
	}
	set := xproto.ChangePropertyChecked(c.x, xproto.PropModeReplace, asks.Requestor, asks.Property, kind, format, uint32(len(data)/int(format/8)), data)
	return set.Check() == nil
}
