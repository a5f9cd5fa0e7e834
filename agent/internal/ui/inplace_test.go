package ui

import (
	"testing"
	"time"
)

// THREAT 1: a press on a window that another program had moved under the user's finger is
// told by where on the screen it was, also when the window is back already.
func TestInPlace(t *testing.T) {
	p := &panel{win: &window{rect: rectOf(400, 0, 600, 40), free: true}, cv: newCanvas(600, 40, 1)}
	press := func(x, y, rootX, rootY float64) xievent {
		return xievent{kind: xiButtonPress, firm: true, x: x, y: y, rootX: rootX, rootY: rootY, flags: xiEmulated}
	}
	for name, c := range map[string]struct {
		ev   xievent
		want bool
	}{
		"where it is":     {press(50.4, 20, 450, 20), true},
		"moved sideways":  {press(50, 20, 470, 20), false},
		"moved downwards": {press(50, 20, 450, 80), false},
	} {
		p.input(c.ev, keyTable{}, time.Now())
		if p.hand.led != c.want {
			t.Errorf("%s: counts %v, want %v", name, p.hand.led, c.want)
		}
	}
	p.win.free = false
	if !p.inPlace(press(50, 20, 470, 90)) {
		t.Error("a window that a manager places does not count")
	}
}
