//go:build linux

package input

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// The few requests of the X Input Extension that are needed here, made by hand: who
// moved the mouse, and which keys the XTEST devices have down.
const (
	xiQueryDeviceState = 30 // version 1
	xiSelectEvents     = 46 // version 2, from here on
	xiQueryVersion     = 47
	xiQueryDevice      = 48

	xiAllDevices       = 0
	xiAllMasterDevices = 1

	// Raw events come from the devices, before any grab or window.
	xiRawKeyPress   = 13
	xiRawMotion     = 17
	xiRawTouchBegin = 22
	xiRawTouchEnd   = 24

	xiHierarchyChanged = 11
)

// xinput speaks the X Input Extension.
type xinput struct {
	conn   *xgb.Conn
	opcode byte
	// simulated are the devices that XTEST presses when this is called.
	simulated []uint16
	// persons are all others, as far as they are known. Any program can have the server make
	// more of XTEST's: a device that came later is nobody's until the server was asked.
	persons atomic.Pointer[map[uint16]bool]
	news    chan struct{} // holds one token while there are devices to ask about
}

// device is one input device.
type device struct {
	id   uint16
	name string
}

func newXinput(conn *xgb.Conn) (*xinput, error) {
	const name = "XInputExtension"
	extension, err := xproto.QueryExtension(conn, uint16(len(name)), name).Reply()
	if err != nil {
		return nil, fmt.Errorf("input: who presses: %w", err)
	}
	if !extension.Present {
		return nil, errors.New("input: the X server cannot say who presses (no XInput)")
	}
	x := &xinput{conn: conn, opcode: extension.MajorOpcode, news: make(chan struct{}, 1)}
	// Since 2.1 raw events also arrive while a program has grabbed the device.
	version, err := x.call(xiQueryVersion, 2, 0, 2, 0)
	if err != nil {
		return nil, fmt.Errorf("input: who presses: %w", err)
	}
	if major, minor := xgb.Get16(version[8:]), xgb.Get16(version[10:]); major != 2 || minor < 1 {
		return nil, fmt.Errorf("input: the X server is too old to say who presses (XInput %d.%d)", major, minor)
	}
	x.simulated, err = x.learn()
	if err != nil {
		return nil, err
	}
	return x, nil
}

// learn asks which devices there are, and returns those of XTEST.
func (x *xinput) learn() (simulated []uint16, err error) {
	devices, err := x.devices()
	if err != nil {
		return nil, err
	}
	persons := map[uint16]bool{}
	for _, d := range devices {
		if strings.HasSuffix(d.name, "XTEST pointer") || strings.HasSuffix(d.name, "XTEST keyboard") {
			simulated = append(simulated, d.id)
			continue
		}
		persons[d.id] = true
	}
	for _, id := range simulated {
		persons[id] = false
	}
	x.persons.Store(&persons)
	return simulated, nil
}

// follow learns anew when devices come or go, until the connection has ended.
func (x *xinput) follow(ended <-chan struct{}) {
	for {
		select {
		case <-ended:
			return
		case <-x.news:
			if _, err := x.learn(); err != nil {
				return // with the connection
			}
		}
	}
}

// request is the head of a request and its body, padded to words.
func (x *xinput) request(minor byte, body ...byte) []byte {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	r := []byte{x.opcode, minor, 0, 0}
	binary.LittleEndian.PutUint16(r[2:], uint16(1+len(body)/4))
	return append(r, body...)
}

func (x *xinput) call(minor byte, body ...byte) ([]byte, error) {
	cookie := x.conn.NewCookie(true, true)
	x.conn.NewRequest(x.request(minor, body...), cookie)
	return cookie.Reply()
}

// devices lists the input devices (XIQueryDevice).
func (x *xinput) devices() ([]device, error) {
	reply, err := x.call(xiQueryDevice, xiAllDevices, 0, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("input: list devices: %w", err)
	}
	count, b := int(xgb.Get16(reply[8:])), reply[32:]
	var devices []device
	for range count {
		if len(b) < 12 {
			return nil, errors.New("input: list devices: cut off")
		}
		d := device{id: xgb.Get16(b)}
		classes, length := int(xgb.Get16(b[6:])), int(xgb.Get16(b[8:]))
		b = b[12:]
		if len(b) < xgb.Pad(length) {
			return nil, errors.New("input: list devices: cut off")
		}
		d.name, b = string(b[:length]), b[xgb.Pad(length):]
		for range classes {
			if len(b) < 4 || len(b) < 4*int(xgb.Get16(b[2:])) {
				return nil, errors.New("input: list devices: cut off")
			}
			b = b[4*int(xgb.Get16(b[2:])):]
		}
		devices = append(devices, d)
	}
	return devices, nil
}

// listen asks for the raw events of all devices.
func (x *xinput) listen(root xproto.Window) error {
	body := make([]byte, 24)
	binary.LittleEndian.PutUint32(body, uint32(root))
	binary.LittleEndian.PutUint16(body[4:], 2)                  // two masks
	binary.LittleEndian.PutUint16(body[8:], xiAllMasterDevices) // for them
	binary.LittleEndian.PutUint16(body[10:], 1)                 // of one word
	var mask uint32
	for event := xiRawKeyPress; event <= xiRawTouchEnd; event++ {
		if event <= xiRawMotion || event >= xiRawTouchBegin {
			mask |= 1 << event
		}
	}
	binary.LittleEndian.PutUint32(body[12:], mask)
	binary.LittleEndian.PutUint16(body[16:], xiAllDevices)
	binary.LittleEndian.PutUint16(body[18:], 1)
	binary.LittleEndian.PutUint32(body[20:], 1<<xiHierarchyChanged)
	cookie := x.conn.NewCookie(true, false)
	x.conn.NewRequest(x.request(xiSelectEvents, body...), cookie)
	if err := cookie.Check(); err != nil {
		return fmt.Errorf("input: listen for the user's devices: %w", err)
	}
	return nil
}

// byPerson reports whether a raw event came from a person's device (XIRawEvent). What a
// program has sent did not, whatever it says.
func (x *xinput) byPerson(event []byte) bool {
	if event[0] != genericEvent || event[1] != x.opcode {
		return false
	}
	if xgb.Get16(event[8:]) == xiHierarchyChanged {
		x.persons.Store(&map[uint16]bool{}) // another device may have the number
		x.ask()
		return false
	}
	yes, known := (*x.persons.Load())[xgb.Get16(event[20:])]
	if !known {
		x.ask()
	}
	return yes
}

// ask has follow learn anew. It does not wait.
func (x *xinput) ask() {
	select {
	case x.news <- struct{}{}:
	default:
	}
}

// pressed are the keys and buttons that a device has down (XQueryDeviceState).
func (x *xinput) pressed(id uint16) (keys, buttons []byte, err error) {
	reply, err := x.call(xiQueryDeviceState, byte(id), 0, 0, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("input: what is held: %w", err)
	}
	const keyClass, buttonClass = 0, 1
	b := reply[32:]
	for range int(reply[8]) {
		if len(b) < 4 || b[1] < 4 || len(b) < int(b[1]) {
			break
		}
		switch class := b[:b[1]]; class[0] {
		case keyClass:
			keys = append(keys, bits(class[4:])...)
		case buttonClass:
			buttons = append(buttons, bits(class[4:])...)
		}
		b = b[b[1]:]
	}
	return keys, buttons, nil
}

// bits are the numbers of the bits that are set, the lowest of each byte first.
func bits(mask []byte) (set []byte) {
	for i := range 8 * min(len(mask), 32) {
		if mask[i/8]&(1<<(i%8)) != 0 {
			set = append(set, byte(i))
		}
	}
	return set
}
