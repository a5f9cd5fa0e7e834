//go:build linux

package input

import (
	"errors"
	"fmt"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// The few requests of the X Keyboard Extension that are needed here, made by hand: which
// layout and modifiers are on, switching Caps Lock and Num Lock without pressing their
// keys, and being told of a new key map (who uses the extension gets no core event).
const (
	xkbUseExtension   = 0
	xkbSelectEvents   = 1
	xkbGetState       = 4
	xkbLatchLockState = 5
	xkbUseCoreKbd     = 0x100

	xkbNewKeyboard = 1 << 0
	xkbMap         = 1 << 1
)

type xkb struct {
	conn   *xgb.Conn
	opcode byte
	events byte // the type of its events
}

// lockState is the keyboard's state: modifiers that are on for whatever reason, those
// that are locked, and the layout in use, from 0.
type lockState struct {
	mods, locked uint8
	group        int
}

func newXkb(conn *xgb.Conn) (*xkb, error) {
	const name = "XKEYBOARD"
	extension, err := xproto.QueryExtension(conn, uint16(len(name)), name).Reply()
	if err != nil {
		return nil, fmt.Errorf("input: keyboard: %w", err)
	}
	if !extension.Present {
		return nil, errors.New("input: the X server has no keyboard extension")
	}
	k := &xkb{conn: conn, opcode: extension.MajorOpcode, events: extension.FirstEvent}
	cookie := conn.NewCookie(true, true)
	conn.NewRequest([]byte{k.opcode, xkbUseExtension, 2, 0, 1, 0, 0, 0}, cookie)
	reply, err := cookie.Reply()
	if err != nil || reply[1] == 0 {
		return nil, fmt.Errorf("input: the X server's keyboard extension is another one (%w)", err)
	}
	return k, nil
}

// listen asks to be told of new key maps and keyboards.
func (k *xkb) listen() error {
	request := make([]byte, 16)
	request[0], request[1], request[2] = k.opcode, xkbSelectEvents, 4
	xgb.Put16(request[4:], xkbUseCoreKbd)
	xgb.Put16(request[6:], xkbNewKeyboard|xkbMap)  // which are meant
	xgb.Put16(request[10:], xkbNewKeyboard|xkbMap) // all details of them
	cookie := k.conn.NewCookie(true, false)
	k.conn.NewRequest(request, cookie)
	if err := cookie.Check(); err != nil {
		return fmt.Errorf("input: listen for key maps: %w", err)
	}
	return nil
}

// isEvent reports whether an event is one of those.
func (k *xkb) isEvent(event []byte) bool { return event[0]&^0x80 == k.events }

func (k *xkb) state() (lockState, error) {
	request := []byte{k.opcode, xkbGetState, 2, 0, 0, 0, 0, 0}
	xgb.Put16(request[4:], xkbUseCoreKbd)
	cookie := k.conn.NewCookie(true, true)
	k.conn.NewRequest(request, cookie)
	reply, err := cookie.Reply()
	if err != nil {
		return lockState{}, fmt.Errorf("input: keyboard state: %w", err)
	}
	return lockState{mods: reply[8], locked: reply[11], group: int(reply[12])}, nil
}

// lock locks the modifiers in on and unlocks the others of mask.
func (k *xkb) lock(mask, on uint8) error {
	request := []byte{k.opcode, xkbLatchLockState, 4, 0, 0, 0, mask, on, 0, 0, 0, 0, 0, 0, 0, 0}
	xgb.Put16(request[4:], xkbUseCoreKbd)
	cookie := k.conn.NewCookie(true, false)
	k.conn.NewRequest(request, cookie)
	if err := cookie.Check(); err != nil {
		return fmt.Errorf("input: lock keys: %w", err)
	}
	return nil
}
