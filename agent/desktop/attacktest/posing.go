package attacktest

import (
	"encoding/binary"
	"image"
)

// Requests of XInput, RECORD and XKB that are made by hand here.
const (
	xiChangeHierarchy = 43
	xiGrabDevice      = 51
	xiUngrabDevice    = 52

	recordUnregister = 3
	recordDisable    = 6

	xkbUse    = 0
	xkbGetMap = 8
	xkbSetMap = 9
)

// posing: presses that bear the name of the user's own devices, and devices that do not
// reach us any more.
func posing() []Attack {
	le := binary.LittleEndian
	return []Attack{
		{Name: "presses in the name of the user's devices", Do: func(a *Attacker, on Target, _ int) { a.pose(on.Spot) }},
		{Name: "the watch over such presses put out before", Few: true, Alone: true, Do: func(a *Attacker, on Target, _ int) {
			const few, mask = 64, 0x1fffff
			for n := uint32(0); n < few; n++ {
				id := uint32(on.Window)&^mask + n
				const allClients = 3
				body := le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, id), 1), allClients)
				a.send(a.record, recordUnregister, body)
				a.send(a.record, recordDisable, le.AppendUint32(nil, id))
			}
			a.pose(on.Spot)
		}},
		{Name: "the letters under the user's fingers passed on as Tab and Space", NeedsPerson: true, Few: true, Do: func(a *Attacker, _ Target, _ int) {
			a.redirect(map[byte]byte{codeA: codeTab, codeB: codeSpace})
			_ = a.Sync()
			for _, code := range []int{codeA, codeB} {
				_ = a.Person.TapCode(code)
			}
		}, After: func(a *Attacker, _ Target) { a.redirect(map[byte]byte{codeA: 0, codeB: 0}) }},
		{Name: "the buttons of the user's mouse changed about", Do: func(a *Attacker, on Target, _ int) {
			a.mean(map[int]byte{1: 3, 3: 1})
			a.click(on.Spot)
		}, After: func(a *Attacker, _ Target) { a.mean(nil) }},
		{Name: "the user's devices taken from their pointer", Alone: true, Do: func(a *Attacker, on Target, _ int) {
			const detach = 4
			for _, id := range a.real() {
				a.hierarchy(detach, id, 0)
			}
			a.click(on.Spot)
		}, After: func(a *Attacker, _ Target) {
			const attach, pointer, keyboard = 3, 2, 3 // the one that does not fit is an error
			for _, id := range a.real() {
				a.hierarchy(attach, id, pointer)
				a.hierarchy(attach, id, keyboard)
			}
		}},
		{Name: "the user's devices grabbed and frozen", Alone: true, Do: func(a *Attacker, on Target, _ int) {
			for _, id := range a.real() {
				body := le.AppendUint32(nil, uint32(a.root))
				body = le.AppendUint32(le.AppendUint32(body, 0), 0) // now, with any pointer
				body = le.AppendUint16(body, id)
				body = append(body, 0, 0, 0, 0) // frozen
				a.ask(a.xi, xiGrabDevice, le.AppendUint16(body, 0))
			}
			a.click(on.Spot)
		}, After: func(a *Attacker, _ Target) {
			for _, id := range a.real() {
				a.input(xiUngrabDevice, le.AppendUint16(le.AppendUint32(nil, 0), id))
			}
		}},
	}
}

// real are the devices that XTEST does not press by itself.
func (a *Attacker) real() (ids []uint16) {
	const first = 6 // behind two masters and their XTEST devices, from 2 on
	for _, id := range a.devices() {
		if id >= first {
			ids = append(ids, id)
		}
	}
	return ids
}

// hierarchy makes one change to a device.
func (a *Attacker) hierarchy(change, device, master uint16) {
	le := binary.LittleEndian
	body := le.AppendUint16([]byte{1, 0, 0, 0}, change)
	body = le.AppendUint16(body, 2) // words
	a.input(xiChangeHierarchy, le.AppendUint16(le.AppendUint16(body, device), master))
}

// pose presses at a place, and then Tab and Space, in the name of every device
// (XTestFakeDeviceMotionEvent and its like).
func (a *Attacker) pose(at image.Point) {
	for _, id := range a.real() {
		for step := 3; step >= 0; step-- {
			a.motionOf(id, at.Sub(image.Pt(2*step, 0)))
		}
		const keyDown, keyUp, down, up = 1, 2, 3, 4 // after the first event's number
		a.press(id, down, 1)
		a.press(id, up, 1)
		for _, code := range []byte{codeTab, codeSpace} {
			a.press(id, keyDown, code)
			a.press(id, keyUp, code)
		}
	}
}

// press has XTEST press a key or a button in the name of a device.
func (a *Attacker) press(device uint16, kind, detail byte) {
	body := make([]byte, 32)
	body[0], body[1], body[31] = a.first+kind, detail, byte(device)
	a.send(a.opcode("XTEST"), xtestFakeInput, body)
}

const xtestFakeInput = 2

// motionOf has it move a device with absolute axes.
func (a *Attacker) motionOf(device uint16, to image.Point) {
	const motion, axisMost = 5, 0xffff
	le := binary.LittleEndian
	body := make([]byte, 64)
	body[0], body[31] = a.first+motion, byte(device)
	axes := body[32:] // a DeviceValuator event
	axes[0], axes[1], axes[6] = a.first, byte(device), 2
	le.PutUint32(axes[8:], uint32((2*to.X+1)*axisMost/(2*a.size.X)))
	le.PutUint32(axes[12:], uint32((2*to.Y+1)*axisMost/(2*a.size.Y)))
	a.send(a.opcode("XTEST"), xtestFakeInput, body)
}

func (a *Attacker) opcode(name string) byte {
	a.conn.ExtLock.RLock()
	defer a.conn.ExtLock.RUnlock()
	return a.conn.Extensions[name]
}

// redirect has the server pass keys on as others (XkbSA_RedirectKey); 0 is as themselves.
func (a *Attacker) redirect(keys map[byte]byte) {
	const redirectKey = 0x11
	for from, to := range keys {
		act := []byte{redirectKey, to}
		if to == 0 {
			act = nil
		}
		a.act(from, act)
	}
}

// act has a key do something else than type (an action of XKB); nil is nothing.
func (a *Attacker) act(key byte, action []byte) {
	const core, symbols, actions = 0x100, 1 << 1, 1 << 4
	le := binary.LittleEndian
	a.ask(a.xkb, xkbUse, []byte{1, 0, 0, 0})
	get := le.AppendUint16(le.AppendUint16(le.AppendUint16(nil, core), 0), symbols)
	get = append(get, 0, 0, key, 1)
	reply := a.ask(a.xkb, xkbGetMap, append(get, make([]byte, 14)...))
	const head, syms = 40, 6
	if len(reply) < head+8 {
		return
	}
	count := le.Uint16(reply[head+syms:])
	set := le.AppendUint16(le.AppendUint16(le.AppendUint16(nil, core), actions), 0)
	set = append(set, reply[10], reply[11]) // least and greatest code
	set = append(set, make([]byte, 6)...)   // no types, no symbols
	set = append(set, key, 1)
	set = le.AppendUint16(set, count)
	set = append(set, make([]byte, 14)...)
	set = append(set, byte(count), 0, 0, 0)
	for range count {
		set = append(set, append(action[:len(action):len(action)], make([]byte, 8-len(action))...)...)
	}
	a.send(a.xkb, xkbSetMap, set)
}
