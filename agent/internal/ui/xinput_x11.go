package ui

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jezek/xgb/xproto"
)

// XInput 2, as far as we need it (XI2proto.txt of the X.Org xorgproto package):
// every press says which device made it, and so whether a person did. Requests are
// named by their minor opcodes.
const (
	xiSelectEvents      = 46
	xiQueryVersion      = 47
	xiQueryDevice       = 48
	xiGrabDevice        = 51
	xiUngrabDevice      = 52
	xiPassiveGrabDevice = 54
	xiPassiveUngrab     = 55
	xiGetProperty       = 59
)

// The kinds of XInput 2 events that we use.
const (
	xiKeyPress         = 2
	xiKeyRelease       = 3
	xiButtonPress      = 4
	xiButtonRelease    = 5
	xiMotion           = 6
	xiEnter            = 7
	xiLeave            = 8
	xiFocusIn          = 9
	xiFocusOut         = 10
	xiHierarchyChanged = 11
	xiPropertyChanged  = 12
	// Raw events come from the devices themselves, whoever has grabbed the keyboard.
	xiRawKeyPress   = 13
	xiRawKeyRelease = 14
	xiRawButton     = 15
	xiRawMotion     = 17
	xiRawTouchBegin = 22
	xiRawTouchEnd   = 24
)

const (
	xiAllDevices       = 0
	xiAllMasterDevices = 1
	xiMasterKeyboard   = 2 // use field of a device
	xiFloating         = 5
	xiKeyRepeat        = 1 << 16
	xiEmulated         = 1 << 16 // of a button: a finger on glass
	xiGrabKeycode      = 1
)

// xievent is a decoded press, release, motion or crossing.
type xievent struct {
	kind   uint16
	source uint16 // the device that really made it
	detail uint32 // key code or button
	time   uint32
	window xproto.Window
	x, y   float64 // within the window, in pixels
	rootX  float64 // on the screen
	rootY  float64
	mods   uint32
	flags  uint32
	group  byte // the layout of the keyboard
	moved  bool // the device itself made a motion at that time
	firm   bool // a button of the device itself, which means what it meant
}

// parseXI decodes a generic event of XInput. ok is false for other kinds.
func parseXI(b []byte) (ev xievent, ok bool) {
	le := binary.LittleEndian
	if len(b) < 32 {
		return ev, false
	}
	ev.kind = le.Uint16(b[8:])
	ev.window = xproto.Window(le.Uint32(b[24:]))
	ev.time = le.Uint32(b[12:])
	switch ev.kind {
	case xiKeyPress, xiKeyRelease, xiButtonPress, xiButtonRelease, xiMotion:
		if len(b) < 80 {
			return ev, false
		}
		ev.detail = le.Uint32(b[16:])
		ev.rootX, ev.rootY = fixed1616(b[32:]), fixed1616(b[36:])
		ev.x, ev.y = fixed1616(b[40:]), fixed1616(b[44:])
		ev.source = le.Uint16(b[52:])
		ev.flags = le.Uint32(b[56:])
		ev.mods, ev.group = le.Uint32(b[72:]), b[79]
		return ev, true
	case xiEnter, xiLeave, xiFocusIn, xiFocusOut:
		if len(b) < 48 {
			return ev, false
		}
		ev.source = le.Uint16(b[16:])
		ev.x, ev.y = fixed1616(b[40:]), fixed1616(b[44:])
		return ev, true
	}
	return ev, false
}

// parseRaw decodes a raw event (xXIRawEvent): which device, which key, when.
func parseRaw(b []byte) (ev xievent, ok bool) {
	le := binary.LittleEndian
	if len(b) < 32 {
		return ev, false
	}
	ev.kind, ev.detail, ev.source = le.Uint16(b[8:]), le.Uint32(b[16:]), le.Uint16(b[20:])
	ev.time = le.Uint32(b[12:])
	return ev, true
}

func fixed1616(b []byte) float64 {
	return float64(int32(binary.LittleEndian.Uint32(b))) / 65536
}

// openXInput agrees on version 2.2.
func (c *xconn) openXInput() error {
	const name = "XInputExtension"
	r, err := xproto.QueryExtension(c.x, uint16(len(name)), name).Reply()
	if err != nil {
		return err
	}
	if !r.Present {
		return errors.New("the X server has no XInput extension")
	}
	c.xinput = r.MajorOpcode
	reply, err := c.call(newRequest(c.xinput, xiQueryVersion).u16(2).u16(2))
	if err != nil {
		return fmt.Errorf("XInput version: %w", err)
	}
	if v := binary.LittleEndian.Uint16(reply[8:]); v < 2 {
		return fmt.Errorf("XInput %d is too old", v)
	}
	c.devices = deviceTable{trusted: map[uint16]bool{}, used: map[uint16]bool{}, first: map[byte]bool{1: true}}
	c.selectXI(c.root, xiAllDevices, 1<<xiHierarchyChanged|1<<xiPropertyChanged)
	return nil
}

// selectXI asks for XInput events on a window.
func (c *xconn) selectXI(w xproto.Window, device uint16, mask uint32) {
	c.send(newRequest(c.xinput, xiSelectEvents).
		u32(uint32(w)).u16(1).u16(0).u16(device).u16(1).u32(mask))
}

// userMask is what our windows listen to.
const userMask = 1<<xiKeyPress | 1<<xiKeyRelease | 1<<xiButtonPress | 1<<xiButtonRelease |
	1<<xiMotion | 1<<xiEnter | 1<<xiLeave | 1<<xiFocusIn | 1<<xiFocusOut

// masterKeyboard returns the first master keyboard.
func (c *xconn) masterKeyboard() uint16 {
	var master uint16
	c.eachDevice(xiAllMasterDevices, func(d deviceInfo) {
		if d.use == xiMasterKeyboard && master == 0 {
			master = d.id
		}
	})
	return master
}

// deviceInfo is what the server says of a device.
type deviceInfo struct {
	id, use uint16
	enabled bool
	name    []byte
}

func (c *xconn) eachDevice(which uint16, visit func(deviceInfo)) {
	reply, err := c.call(newRequest(c.xinput, xiQueryDevice).u16(which).u16(0))
	if err != nil {
		return
	}
	le := binary.LittleEndian
	count, b := int(le.Uint16(reply[8:])), reply[32:]
	for ; count > 0 && len(b) >= 12; count-- {
		d := deviceInfo{id: le.Uint16(b), use: le.Uint16(b[2:]), enabled: b[10] != 0}
		classes, n := int(le.Uint16(b[6:])), int(le.Uint16(b[8:]))
		b = b[12:]
		if len(b) < (n+3)&^3 {
			return
		}
		d.name = b[:n]
		visit(d)
		b = b[(n+3)&^3:]
		for ; classes > 0 && len(b) >= 4; classes-- {
			size := int(le.Uint16(b[2:])) * 4
			if size < 4 || size > len(b) {
				return
			}
			b = b[size:]
		}
	}
}

// keyMask are the events of a grabbed key or keyboard. The raw ones of our own grab come
// only when it asks for them.
const keyMask = 1<<xiKeyPress | 1<<xiKeyRelease | 1<<xiRawKeyPress | 1<<xiRawKeyRelease

// grabKeyboard takes the keyboard for w, reporting whether it was free.
func (c *xconn) grabKeyboard(w xproto.Window, keyboard uint16) bool {
	const async = 1
	reply, err := c.call(newRequest(c.xinput, xiGrabDevice).
		u32(uint32(w)).u32(0).u32(0).u16(keyboard).u8(async).u8(async).u8(0).u8(0).
		u16(1).u32(keyMask))
	return err == nil && reply[8] == 0
}

func (c *xconn) ungrabKeyboard(keyboard uint16) {
	c.send(newRequest(c.xinput, xiUngrabDevice).u32(0).u16(keyboard).u16(0))
}

// freeKey reports whether no program has the key in the way of before XInput 2, which
// the server does not hold against grabKey.
func (c *xconn) freeKey(keycode byte, mods []uint32) bool {
	free := true
	for _, m := range mods {
		const async = xproto.GrabModeAsync
		err := xproto.GrabKeyChecked(c.x, false, c.root, uint16(m), xproto.Keycode(keycode), async, async).Check()
		if err == nil {
			xproto.UngrabKey(c.x, xproto.Keycode(keycode), c.root, uint16(m))
		}
		free = free && err == nil
	}
	return free
}

// grabKey takes one key with each of the modifier sets, for the whole screen. It
// returns how many of them another program already has.
func (c *xconn) grabKey(keycode byte, mods []uint32) (taken int) {
	const async = 1
	r := newRequest(c.xinput, xiPassiveGrabDevice).
		u32(0).u32(uint32(c.root)).u32(0).u32(uint32(keycode)).
		u16(xiAllMasterDevices).u16(uint16(len(mods))).u16(1).
		u8(xiGrabKeycode).u8(async).u8(async).u8(0).u16(0).
		u32(keyMask)
	for _, m := range mods {
		r.u32(m)
	}
	reply, err := c.call(r)
	if err != nil {
		return len(mods)
	}
	return int(binary.LittleEndian.Uint16(reply[8:]))
}

// ungrabKey gives back what grabKey took.
func (c *xconn) ungrabKey(keycode byte, mods []uint32) {
	r := newRequest(c.xinput, xiPassiveUngrab).
		u32(uint32(c.root)).u32(uint32(keycode)).
		u16(xiAllMasterDevices).u16(uint16(len(mods))).u8(xiGrabKeycode).u8(0).u16(0)
	for _, m := range mods {
		r.u32(m)
	}
	c.send(r)
}

// rawMask are the raw events to listen to: the user's keys and buttons while there is a
// bar, and the motion and buttons of their devices while something that gives can be pressed.
func rawMask(bar, gives bool) uint32 {
	mask := uint32(0)
	if bar {
		mask |= 1<<xiRawKeyPress | 1<<xiRawKeyRelease | 1<<xiRawButton
	}
	if gives {
		mask |= 1 << xiRawButton
	}
	for kind := xiRawTouchBegin; gives && kind <= xiRawTouchEnd; kind++ {
		mask |= 1<<kind | 1<<xiRawMotion
	}
	return mask
}
