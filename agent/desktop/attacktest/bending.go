package attacktest

import (
	"encoding/binary"
	"image"
	"math"

	"github.com/jezek/xgb/xproto"
)

// bending: what the user's own devices do is made into something else. The user goes on
// working; no press is made in the name of their devices.
func bending() []Attack {
	return []Attack{
		{Name: "a key of XTEST made to press the user's mouse, which rests there", NeedsPerson: true, Few: true, Do: func(a *Attacker, on Target, _ int) {
			a.keysPress()
			a.led(on.Spot)
			_ = a.Sync()
			a.chord(codeA)
			a.chord(codeB)
		}, After: func(a *Attacker, _ Target) { a.keysType() }},
		{Name: "the letters under the user's fingers made to press their mouse, which rests there", NeedsPerson: true, Few: true, Do: func(a *Attacker, on Target, _ int) {
			a.keysPress()
			a.led(on.Spot)
			for _, code := range []int{codeA, codeB} {
				_ = a.Person.TapCode(code)
			}
		}, After: func(a *Attacker, _ Target) { a.keysType() }},
		{Name: "the user's mouse bent onto the button", NeedsPerson: true, Few: true, Do: func(a *Attacker, on Target, _ int) {
			a.bend(on.Spot)
			_ = a.Sync()
			a.misled(on.Bounds.Max.Add(image.Pt(40, 40)))
		}, After: func(a *Attacker, _ Target) { a.straighten() }},
		{Name: "the wheel of the user's mouse made its button", NeedsPerson: true, Few: true, Do: func(a *Attacker, on Target, _ int) {
			a.led(on.Spot)
			a.mean(map[int]byte{1: 5, 5: 1})
			_ = a.Person.Wheel(1)
		}, After: func(a *Attacker, _ Target) { a.mean(nil) }},
	}
}

// led has the user bring their pointer to a place, as a hand does.
func (a *Attacker) led(at image.Point) {
	_ = a.Sync()
	for step := 3; step >= 0; step-- {
		_ = a.Person.MoveTo(at.X-2*step, at.Y)
	}
}

// keysPress has two keys press the first button of the user's devices (XkbSA_DeviceBtn); the
// keyboard, which has none, does nothing.
func (a *Attacker) keysPress() {
	const deviceButton = 0x12
	keys := []byte{codeA, codeB}
	for i, id := range a.real() {
		if i < len(keys) {
			a.act(keys[i], []byte{deviceButton, 0, 0, desktopLeft, byte(id)})
		}
	}
}

func (a *Attacker) keysType() {
	for _, key := range []byte{codeA, codeB} {
		a.act(key, nil)
	}
}

// mean has the buttons of the user's devices mean others; all but those mean themselves.
func (a *Attacker) mean(others map[int]byte) {
	was, err := xproto.GetPointerMapping(a.conn).Reply()
	if err != nil {
		return
	}
	for i := range was.Map {
		if was.Map[i] = byte(i + 1); others[i+1] != 0 {
			was.Map[i] = others[i+1]
		}
	}
	_, _ = xproto.SetPointerMapping(a.conn, byte(len(was.Map)), was.Map).Reply()
}

// bend has the user's devices point at one place, wherever they are moved.
func (a *Attacker) bend(at image.Point) {
	const step = 0.01 // of the screen's size, so that they move at all
	x, y := float32(at.X)/float32(a.size.X), float32(at.Y)/float32(a.size.Y)
	a.transform([9]float32{step, 0, x - step*0.7, 0, step, y - step*0.7, 0, 0, 1})
}

func (a *Attacker) straighten() { a.transform([9]float32{1, 0, 0, 0, 1, 0, 0, 0, 1}) }

func (a *Attacker) transform(m [9]float32) {
	var value []byte
	for _, v := range m {
		value = binary.LittleEndian.AppendUint32(value, math.Float32bits(v))
	}
	for _, id := range a.real() {
		a.setDevice(id, "Coordinate Transformation Matrix", a.atom("FLOAT"), 32, value)
	}
}
