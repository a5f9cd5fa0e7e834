// Package attacktest is a corpus of ways in which a program on the user's desktop, such
// as one that a technician started there, may try to answer a question for the user or
// to take the bar away. All of them are tried on the windows alone (agent/internal/ui)
// and in whole sessions (cmd/internal/e2e).
//
// Begin with Attacks. An Attacker is the program: a connection of its own to the X
// server, with all that X lets every program do.
package attacktest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"beside/agent/desktop"
)

// Target is what is attacked.
type Target struct {
	// Window is the question or the bar.
	Window xproto.Window
	Bounds image.Rectangle
	// Spot is what the attacker wants pressed: the question's Yes, the bar's Pause.
	Spot image.Point
}

// Attacker is another program on the user's desktop.
type Attacker struct {
	conn   *xgb.Conn
	root   xproto.Window
	size   image.Point
	xi     byte
	first  byte // number of the first event of XInput 1
	record byte
	xkb    byte
	own    []xproto.Window // the attacker's, taken away by Rest

	// Person is the user at the desktop, who goes on working; nil where nobody is.
	Person *desktop.Person
}

// New connects to the display as any program can.
func New(display string, person *desktop.Person) (*Attacker, error) {
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, err
	}
	screen := xproto.Setup(conn).DefaultScreen(conn)
	a := &Attacker{conn: conn, root: screen.Root, Person: person,
		size: image.Pt(int(screen.WidthInPixels), int(screen.HeightInPixels))}
	for _, name := range []string{"XInputExtension", "XTEST", "SHAPE", "Composite", "RECORD", "XKEYBOARD"} {
		ext, err := xproto.QueryExtension(conn, uint16(len(name)), name).Reply()
		if err == nil && !ext.Present {
			err = errors.New("not there")
		}
		if err != nil {
			conn.Close()
			return nil, fmt.Errorf("attacktest: %s: %w", name, err)
		}
		// Not by Init of its package: that writes to what other connections read.
		conn.ExtLock.Lock()
		conn.Extensions[name] = ext.MajorOpcode
		conn.ExtLock.Unlock()
		switch name {
		case "XInputExtension":
			a.xi, a.first = ext.MajorOpcode, ext.FirstEvent
		case "RECORD":
			a.record = ext.MajorOpcode
		case "XKEYBOARD":
			a.xkb = ext.MajorOpcode
		}
	}
	go func() {
		for {
			if ev, err := conn.WaitForEvent(); ev == nil && err == nil {
				return
			}
		}
	}()
	return a, nil
}

// Close disconnects.
func (a *Attacker) Close() { a.conn.Close() }

// Sync waits until the server has done all of it.
func (a *Attacker) Sync() error {
	_, err := xproto.GetInputFocus(a.conn).Reply()
	return err
}

// Rest takes the attacker's windows away, lets go of what it holds, and gives back what
// it took of the server.
func (a *Attacker) Rest() error {
	xproto.UngrabServer(a.conn)
	xproto.UngrabPointer(a.conn, xproto.TimeCurrentTime)
	xproto.UngrabKeyboard(a.conn, xproto.TimeCurrentTime)
	for _, w := range a.own {
		xproto.DestroyWindow(a.conn, w)
	}
	a.own = nil
	return a.Sync()
}

// Shows reports whether the screen shows the bar: End, in its red, and the bar's dark
// ground, along the row through the middle of the place.
func (a *Attacker) Shows(place image.Rectangle) (bool, error) {
	y := (place.Min.Y + place.Max.Y) / 2
	got, err := xproto.GetImage(a.conn, xproto.ImageFormatZPixmap, xproto.Drawable(a.root),
		int16(place.Min.X), int16(y), uint16(place.Dx()), 1, ^uint32(0)).Reply()
	if err != nil {
		return false, fmt.Errorf("attacktest: look: %w", err)
	}
	red, dark := 0, 0
	for x := 0; x+3 < len(got.Data); x += 4 {
		switch binary.LittleEndian.Uint32(got.Data[x:]) & 0xffffff {
		case 0xdc2626, 0xb91c1c:
			red++
		case 0x1f232b:
			dark++
		}
	}
	return red >= 20 && dark >= place.Dx()/8, nil
}

// window maps a window that no window manager has a say in.
func (a *Attacker) window(r image.Rectangle, depth byte, class uint16, visual xproto.Visualid, mask uint32, values []uint32) xproto.Window {
	id, err := xproto.NewWindowId(a.conn)
	if err != nil {
		return 0
	}
	xproto.CreateWindow(a.conn, depth, id, a.root, int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), 0,
		class, visual, mask, values)
	xproto.MapWindow(a.conn, id)
	a.own = append(a.own, id)
	return id
}

// cover puts an opaque window over r.
func (a *Attacker) cover(r image.Rectangle) xproto.Window {
	return a.window(r, 0, xproto.WindowClassInputOutput, 0, xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{0x336699, 1})
}

// catch puts a window there that is not seen and catches the pointer.
func (a *Attacker) catch(r image.Rectangle) xproto.Window {
	return a.window(r, 0, xproto.WindowClassInputOnly, 0, xproto.CwOverrideRedirect, []uint32{1})
}

// glass puts a wholly transparent window there, if the server has such.
func (a *Attacker) glass(r image.Rectangle) xproto.Window {
	screen := xproto.Setup(a.conn).DefaultScreen(a.conn)
	for _, d := range screen.AllowedDepths {
		if d.Depth != 32 || len(d.Visuals) == 0 {
			continue
		}
		visual := d.Visuals[0].VisualId
		colours, err := xproto.NewColormapId(a.conn)
		if err != nil {
			return 0
		}
		xproto.CreateColormap(a.conn, xproto.ColormapAllocNone, colours, a.root, visual)
		const mask = xproto.CwBackPixel | xproto.CwBorderPixel | xproto.CwOverrideRedirect | xproto.CwColormap
		return a.window(r, 32, xproto.WindowClassInputOutput, visual, mask, []uint32{0, 0, 1, uint32(colours)})
	}
	return a.cover(r)
}

func (a *Attacker) fake(kind, detail byte) { xtest.FakeInput(a.conn, kind, detail, 0, a.root, 0, 0, 0) }

func (a *Attacker) moveTo(p image.Point) {
	xtest.FakeInput(a.conn, xproto.MotionNotify, 0, 0, a.root, int16(p.X), int16(p.Y), 0)
}

func (a *Attacker) click(p image.Point) {
	a.moveTo(p)
	a.fake(xproto.ButtonPress, 1)
	a.fake(xproto.ButtonRelease, 1)
}

// Key codes of a PC keyboard.
const (
	codeEscape, codeTab, codeReturn, codeControl, codeA, codeShift, codeAlt, codeSpace = 9, 23, 36, 37, 38, 50, 64, 65
	codeY, codeE, codeP, codeC, codeB, codeF4, codeSuper                               = 29, 26, 33, 54, 56, 70, 133
)

// chord presses keys together.
func (a *Attacker) chord(codes ...byte) {
	for _, c := range codes {
		a.fake(xproto.KeyPress, c)
	}
	for i := len(codes) - 1; i >= 0; i-- {
		a.fake(xproto.KeyRelease, codes[i])
	}
}

// Tap injects keys that are pressed together, by their codes.
func (a *Attacker) Tap(codes ...byte) { a.chord(codes...) }

func (a *Attacker) configure(w xproto.Window, mask uint16, values ...uint32) {
	xproto.ConfigureWindow(a.conn, w, mask, values)
}

func (a *Attacker) atom(name string) xproto.Atom {
	r, err := xproto.InternAtom(a.conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return 0
	}
	return r.Atom
}

// tell sends a client message about w to the window manager, and to w itself.
func (a *Attacker) tell(w xproto.Window, kind string, data ...uint32) {
	for len(data) < 5 {
		data = append(data, 0)
	}
	m := xproto.ClientMessageEvent{Format: 32, Window: w, Type: a.atom(kind), Data: xproto.ClientMessageDataUnionData32New(data)}
	const manager = xproto.EventMaskSubstructureNotify | xproto.EventMaskSubstructureRedirect
	xproto.SendEvent(a.conn, false, a.root, manager, string(m.Bytes()))
	xproto.SendEvent(a.conn, false, w, 0, string(m.Bytes()))
}

// forge sends an event that nobody made, with the kind and to the window.
func (a *Attacker) forge(w xproto.Window, kind byte, event []byte) {
	event[0] = kind
	xproto.SendEvent(a.conn, false, w, 0, string(event))
}

// input sends a request of XInput.
func (a *Attacker) input(minor byte, body []byte) { a.send(a.xi, minor, body) }

// send sends any request that has no reply.
func (a *Attacker) send(major, minor byte, body []byte) {
	a.conn.NewRequest(request(major, minor, body), a.conn.NewCookie(false, false))
}

// ask sends any request that has a reply; nil is an error.
func (a *Attacker) ask(major, minor byte, body []byte) []byte {
	cookie := a.conn.NewCookie(true, true)
	a.conn.NewRequest(request(major, minor, body), cookie)
	reply, err := cookie.Reply()
	if err != nil {
		return nil
	}
	return reply
}

func request(major, minor byte, body []byte) []byte {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	r := append([]byte{major, minor, 0, 0}, body...)
	binary.LittleEndian.PutUint16(r[2:], uint16(len(r)/4))
	return r
}

// devices lists the ids of all devices that are no masters.
func (a *Attacker) devices() (ids []uint16) {
	cookie := a.conn.NewCookie(true, true)
	a.conn.NewRequest([]byte{a.xi, 48, 2, 0, 0, 0, 0, 0}, cookie) // XIQueryDevice, all
	reply, err := cookie.Reply()
	if err != nil {
		return nil
	}
	le := binary.LittleEndian
	count, b := int(le.Uint16(reply[8:])), reply[32:]
	for ; count > 0 && len(b) >= 12; count-- {
		if use := le.Uint16(b[2:]); use > 2 {
			ids = append(ids, le.Uint16(b))
		}
		classes := int(le.Uint16(b[6:]))
		b = b[12+(int(le.Uint16(b[8:]))+3)&^3:]
		for ; classes > 0; classes-- {
			b = b[4*int(le.Uint16(b[2:])):]
		}
	}
	return ids
}

// setDevice changes a property of a device, one byte or 32 bits wide.
func (a *Attacker) setDevice(id uint16, name string, kind xproto.Atom, format byte, value []byte) {
	le := binary.LittleEndian
	body := le.AppendUint16(nil, id)
	body = append(body, 0, format) // replace
	body = le.AppendUint32(body, uint32(a.atom(name)))
	body = le.AppendUint32(body, uint32(kind))
	body = le.AppendUint32(body, uint32(len(value)*8/int(format)))
	a.input(57, append(body, value...)) // XIChangeProperty
}
