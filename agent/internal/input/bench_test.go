package input

import (
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
)

// BenchmarkInject is the cost of one event, the look at its target included.
func BenchmarkInject(b *testing.B) {
	for name, inject := range map[string]func(d *desk, n int) error{
		"move":   func(d *desk, n int) error { return d.Move(200+n%100, 200) },
		"button": func(d *desk, n int) error { return d.Button(200, 200, 0, n%2 == 0) },
		"wheel":  func(d *desk, n int) error { return d.Wheel(200, 200, 0, 1) },
		"key":    func(d *desk, n int) error { return d.Key(Key{Code: "KeyA", Key: "a", Down: n%2 == 0}) },
		"text":   func(d *desk, n int) error { return d.Text("é") },
	} {
		b.Run(name, func(b *testing.B) {
			d := furnish(b, servers["Xorg"])
			for n := 0; b.Loop(); n++ {
				must(b, inject(d, n))
			}
		})
	}
}

// Each question to the server wakes both programs. Beside who gets it, a letter takes one
// about the keyboard, and one that waits until it is pressed. Letting go takes that alone.
func TestAKeyAsksLittle(t *testing.T) {
	d := newDesk(t)
	i := d.openLooking(t, d.grant, time.Hour) // so that nothing else asks meanwhile
	requests := func(act func() error) uint16 {
		t.Helper()
		before := xproto.GetInputFocus(i.sys.conn)
		_, err := before.Reply()
		must(t, err)
		must(t, act())
		after := xproto.GetInputFocus(i.sys.conn)
		_, err = after.Reply()
		must(t, err)
		return after.Sequence - before.Sequence - 1
	}
	press := func(letter string, down bool) func() error {
		return func() error { return i.Key(Key{Code: "Key" + strings.ToUpper(letter), Key: letter, Down: down}) }
	}
	const state, input = 1, 2 // the latter with what waits for it
	target := requests(i.focused)
	down, up := requests(press("a", true)), requests(press("a", false))
	for _, letter := range []string{"b", "c", "d", "e"} { // the server tells of the key map once or twice at first
		down, up = min(down, requests(press(letter, true))), min(up, requests(press(letter, false)))
	}
	if down != target+state+input || up != input {
		t.Errorf("pressed with %d requests beside %d for the target, let go with %d, want %d and %d", down-target, target, up, state+input, input)
	}
}
