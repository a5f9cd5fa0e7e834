package ui

import (
	"image"
	"time"

	"github.com/jezek/xgb/xproto"
)

// robbed is a press on the bar that another program may keep from it, by having grabbed
// the pointer. The device's raw event comes all the same: when the press itself has not
// followed soon, the button is pressed nevertheless, if it is one that takes something
// away. PROMISE A5, THREAT 3.
type robbed struct {
	target targetID // 0 is none
	time   uint32   // server's
	due    time.Time
}

// robbedAfter is how long a press may take behind its raw event.
const robbedAfter = 60 * time.Millisecond

// arrived says that the press of that moment came as it should.
func (r *robbed) arrived(at uint32) {
	if r.time == at {
		r.target = 0
	}
}

// rawButton looks where the pointer is when one of the user's own devices presses.
func (u *UI) rawButton(b []byte) {
	ev, ok := parseRaw(b)
	if !ok || !u.conn.real(ev.source) {
		return
	}
	u.conn.devices.use(ev.source)
	u.loop.pressing.by(ev, time.Now())
	if !u.conn.devices.first[byte(ev.detail)] {
		return
	}
	u.loop.reader.pressed, u.loop.reader.touched = time.Now(), time.Now()
	bar := u.loop.bar
	if bar == nil {
		return
	}
	defer u.conn.expect()()
	at, err := xproto.QueryPointer(u.conn.x, u.conn.root).Reply()
	if err != nil {
		return
	}
	p := image.Pt(int(at.RootX), int(at.RootY)).Sub(bar.p.win.rect.Min)
	id := bar.p.at(float64(p.X), float64(p.Y))
	if id != 0 && !bar.gives(id) {
		bar.robbed = robbed{id, ev.time, time.Now().Add(robbedAfter)}
	}
}

// recover presses what was kept from the bar, and returns when that is due.
func (b *Bar) recover(now time.Time) time.Time {
	r := &b.robbed
	if r.target == 0 || now.Before(r.due) {
		if r.target == 0 {
			return time.Time{}
		}
		return r.due
	}
	b.act(r.target)
	r.target = 0
	return time.Time{}
}
