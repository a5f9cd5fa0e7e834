package ui

import (
	"encoding/binary"
	"time"

	"github.com/jezek/xgb/xproto"
)

// pressing is what the user's own devices last pressed, as they tell it themselves (raw
// events, which nothing keeps back), and whether somebody changed what they do: where the
// pointer goes when they move, or which button is the first. THREAT 1.
type pressing struct {
	source uint16
	button uint32    // as it is on the device
	time   uint32    // server's
	at     time.Time // when it was told
	bent   time.Time // when what the devices do was last changed
}

// by notes a button of a device.
func (p *pressing) by(ev xievent, now time.Time) {
	p.source, p.button, p.time, p.at = ev.source, ev.detail, ev.time, now
}

// The buttons that wheels are. Nobody's first button is one, and people turn them while the
// pointer rests wherever it rests.
const firstWheel, lastWheel = 4, 7

// confirm finds out whether a press is firm: the device itself told of it, with something
// that can be a first button, and the devices do for a while what they do now. It returns
// when it was made: another program may hold presses back until a question lies there.
func (u *UI) confirm(ev *xievent, now time.Time) time.Time {
	p := &u.loop.pressing
	settled := now.Sub(p.bent) >= armAfter
	switch {
	case !u.conn.real(ev.source) || u.loop.listens&(1<<xiRawButton) == 0:
		ev.firm = true // others judge it
	case ev.flags&xiEmulated != 0: // a finger has no button
		ev.firm = settled
	case p.source == ev.source && p.time == ev.time:
		ev.firm = settled && (p.button < firstWheel || p.button > lastWheel)
		return p.at
	}
	return now
}

// deviceChanged is told that a property of a device was changed, such as the matrix that says
// where on the screen the pointer goes.
func (u *UI) deviceChanged(b []byte) {
	const deviceAt, nameAt, size = 10, 16, 20
	le := binary.LittleEndian
	if len(b) < size || !u.conn.real(le.Uint16(b[deviceAt:])) {
		return
	}
	// A pen that comes near tells so by a property, which changes nothing.
	if xproto.Atom(le.Uint32(b[nameAt:])) != u.conn.atom("Wacom Serial IDs") {
		u.bent(time.Now())
	}
}

// bent takes what the user's devices do for changed. No press gives anything until the user
// had time to see what they do now, and a question lies anew.
func (u *UI) bent(now time.Time) {
	u.loop.pressing.bent = now
	if w := u.loop.question; w != nil {
		w.a.disturbed()
		w.p.stale = true
	}
}
