package ui

import (
	"bytes"
	"encoding/binary"

	"github.com/jezek/xgb/xproto"
)

// deviceTable remembers which devices are the user's own. THREAT 1.
type deviceTable struct {
	trusted map[uint16]bool
	used    map[uint16]bool // by the user, since the program began, or plugged in since
	there   map[uint16]bool // at the last look; nil before a session
	// first are the buttons that meant the first one when the session began.
	first map[byte]bool
}

// use notes that the user has pressed something on a device of their own.
func (t *deviceTable) use(device uint16) { t.used[device] = true }

// forget is called when devices come or go.
func (t *deviceTable) forget() { clear(t.trusted) }

// greet takes devices that were plugged in during the session for used: desktops switch a
// touchpad off once there is a mouse.
func (c *xconn) greet() {
	c.eachDevice(xiAllDevices, func(d deviceInfo) {
		switch {
		case c.devices.there == nil || c.devices.there[d.id]:
		case c.real(d.id):
			c.devices.use(d.id)
		}
	})
	c.census()
}

// census notes which devices there are.
func (c *xconn) census() {
	c.devices.there = map[uint16]bool{}
	c.eachDevice(xiAllDevices, func(d deviceInfo) { c.devices.there[d.id] = true })
}

// own reports whether what device does counts in our windows: that of the devices that
// a person holds, and where the user chose so beforehand, that of programs.
func (c *xconn) own(device uint16) bool { return c.real(device) || c.synthetic && c.exists(device) }

// exists reports whether device is no master: events that a server makes up by itself,
// when a program moves the pointer, have a master for their source.
func (c *xconn) exists(device uint16) bool {
	_, use, ok := c.queryDevice(device)
	return ok && use > xiMasterKeyboard
}

// real reports whether device is one that a person holds: it exists, and it is not
// one of the server's XTEST devices, through which programs inject. When in doubt
// it is not.
func (c *xconn) real(device uint16) bool {
	if yes, known := c.devices.trusted[device]; known {
		return yes
	}
	yes := c.askDevice(device)
	c.devices.trusted[device] = yes
	return yes
}

// askDevice asks the server for the property that marks XTEST devices.
func (c *xconn) askDevice(device uint16) bool {
	if device <= xiAllMasterDevices {
		return false
	}
	prop := c.atom("XTEST Device")
	reply, err := c.call(newRequest(c.xinput, xiGetProperty).
		u16(device).u8(0).u8(0).u32(uint32(prop)).u32(0).u32(0).u32(1))
	if err != nil {
		return false
	}
	items := binary.LittleEndian.Uint32(reply[16:])
	if items > 0 && (len(reply) < 33 || reply[32] != 0) {
		return false
	}
	// A server older than the property still names its devices so.
	name, use, ok := c.queryDevice(device)
	return ok && use > xiMasterKeyboard && !bytes.Contains(name, []byte("XTEST"))
}

// queryDevice returns a device's name and use (3 slave pointer, 4 slave keyboard).
func (c *xconn) queryDevice(device uint16) (name []byte, use uint16, ok bool) {
	found := false
	c.eachDevice(device, func(d deviceInfo) {
		if d.id == device {
			name, use, found = d.name, d.use, true
		}
	})
	return name, use, found
}

// takenAway reports whether no device that the user has pressed anything on reaches us any
// more, though it is still there: another program has switched it off, taken it from its
// pointer, or grabbed it for itself. Devices that were pulled out are no such thing.
func (c *xconn) takenAway() bool {
	there := map[uint16]bool{}
	c.eachDevice(xiAllDevices, func(d deviceInfo) {
		if c.devices.used[d.id] {
			there[d.id] = d.enabled && d.use != xiFloating
		}
	})
	taken := false
	for id := range c.devices.used {
		switch works, found := there[id]; {
		case !found:
			delete(c.devices.used, id)
		case works:
			return false
		default:
			taken = true
		}
	}
	return taken
}

// learnButtons notes which buttons are the first one now (SetPointerMapping).
func (c *xconn) learnButtons() {
	r, err := xproto.GetPointerMapping(c.x).Reply()
	if err != nil {
		return
	}
	clear(c.devices.first)
	for i, means := range r.Map {
		if means == 1 {
			c.devices.first[byte(i+1)] = true
		}
	}
	if len(c.devices.first) == 0 {
		c.devices.first[1] = true
	}
}
