package ui

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/jezek/xgb/xproto"
)

// rawOf is a raw event as a server tells of it.
func rawOf(kind, device uint16, detail, at uint32) []byte {
	b := make([]byte, 32)
	binary.LittleEndian.PutUint16(b[8:], kind)
	binary.LittleEndian.PutUint32(b[12:], at)
	binary.LittleEndian.PutUint32(b[16:], detail)
	binary.LittleEndian.PutUint16(b[20:], device)
	return b
}

// THREAT 1: which devices count. The user's own do; those of programs do where the user chose
// so beforehand; those that the server itself speaks by, and such as are not there, never do.
// What is known of a device is forgotten when devices come and go: another may have its number.
// A device that went while its event was under way is asked about like any other.
func TestWhoCounts(t *testing.T) {
	s, _ := desk(t)
	u := running(t, s)
	inLoop(t, u, func() {
		c := u.conn
		kinds := map[string]int{}
		c.eachDevice(xiAllDevices, func(d deviceInfo) {
			id, use, name := d.id, d.use, d.name
			kind, want, synthetic := "the user's own", true, true
			switch {
			case use <= xiMasterKeyboard:
				kind, want, synthetic = "the server's", false, false
			case strings.Contains(string(name), "XTEST"):
				kind, want = "a program's", false
			}
			kinds[kind]++
			for _, chosen := range []bool{false, true} {
				c.synthetic = chosen
				if got := c.own(id); got != (want || chosen && synthetic) {
					t.Errorf("%q, %s: counts %v, where programs may press %v", name, kind, got, chosen)
				}
			}
			c.synthetic = false
			u.loop.moved = 0
			u.dispatchInput(rawOf(xiRawMotion, id, 0, 4711))
			if led := u.loop.moved == 4711; led != want {
				t.Errorf("%q, %s: its motion counts as the user's: %v", name, kind, led)
			}
		})
		if len(kinds) != 3 {
			t.Errorf("devices of %v alone were put to the test", kinds)
		}
		for _, none := range []uint16{0, 1, 999} {
			if c.synthetic = true; c.own(none) {
				t.Errorf("device %d counts", none)
			}
			c.synthetic = false
		}

		c.devices.trusted[999] = true // it was there
		u.loop.hands.down(ownKey{999, codeCtrl}, xproto.ModMaskControl)
		u.dispatchInput(rawOf(xiHierarchyChanged, 0, 0, 1))
		if c.real(999) || len(u.loop.hands.held) > 0 {
			t.Error("a device that went is still the user's")
		}
	})
}

// The server's own windows have the number of no program.
func TestServersOwnWindows(t *testing.T) {
	c := &xconn{mask: 0x1fffff, base: 0x400000}
	for id, want := range map[xproto.Window]bool{0x29b: true, 0x1fffff: true, 0x200001: false, 0x400007: false} {
		if got := c.serversOwn(id); got != want {
			t.Errorf("%#x: the server's own %v, want %v", id, got, want)
		}
	}
}
