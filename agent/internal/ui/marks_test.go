package ui

import (
	"bytes"
	"net"
	"testing"

	"github.com/jezek/xgb/xproto"
)

// forged is a connection to a real server of which a test changes what is said, either way.
// What takes the place of something is as long as that.
type forged struct {
	net.Conn
	asks, answers []string // old, new, old, new
}

func (f forged) Write(b []byte) (int, error) { return f.Conn.Write(swapped(b, f.asks)) }

func (f forged) Read(b []byte) (int, error) {
	n, err := f.Conn.Read(b)
	copy(b, swapped(b[:n], f.answers))
	return n, err
}

func swapped(b []byte, pairs []string) []byte {
	for i := 0; i+1 < len(pairs); i += 2 {
		b = bytes.ReplaceAll(b, []byte(pairs[i]), []byte(pairs[i+1]))
	}
	return b
}

// dialForged connects as a window of ours does, through f.
func (s *xserver) dialForged(t *testing.T, f forged) *xconn {
	t.Helper()
	d, err := parseDisplay(s.display)
	if err != nil {
		t.Fatal(err)
	}
	if f.Conn, err = d.dial(); err != nil {
		t.Fatal(err)
	}
	c := &xconn{raw: f, events: newEventQueue(), atoms: map[string]xproto.Atom{}, free: map[xproto.Window]*window{}}
	t.Cleanup(c.close)
	if err := c.start(d); err != nil {
		t.Fatal(err)
	}
	return c
}

// THREAT 1: the devices through which programs press have two marks, and either alone tells
// them: a server that is older than the property, and one that calls them by another name, are
// not taken in.
func TestEachMarkOfAProgramsDeviceIsEnough(t *testing.T) {
	s := xvfb(t, "640x480")
	noProperty, noName := []string{"XTEST Device", "XTEXT Device"}, []string{" XTEST ", " XTEXT "}
	programs := map[uint16]bool{} // every device but the server's own; whether it is a program's
	s.dialForged(t, forged{}).eachDevice(xiAllDevices, func(d deviceInfo) {
		if d.use > xiMasterKeyboard {
			programs[d.id] = bytes.Contains(d.name, []byte(noName[0]))
		}
	})
	for name, c := range map[string]struct {
		forged
		told bool
	}{
		"both":           {forged{}, true},
		"the name alone": {forged{asks: noProperty}, true},
		"the mark alone": {forged{answers: noName}, true},
		"neither":        {forged{asks: noProperty, answers: noName}, false}, // nothing else gave them away
	} {
		conn, kinds := s.dialForged(t, c.forged), map[bool]int{}
		for device, program := range programs {
			kinds[program]++
			if want := !program || !c.told; conn.real(device) != want {
				t.Errorf("%s: device %d, a program's %v, counts as the user's: %v", name, device, program, !want)
			}
		}
		if kinds[true] < 2 || kinds[false] < 2 {
			t.Fatalf("%d devices of programs and %d others are put to the test", kinds[true], kinds[false])
		}
	}
}
