package ui

import (
	"image"
	"math"
	"slices"
	"time"

	"github.com/jezek/xgb/xproto"
)

// trigger is what pressed a target.
type trigger uint8

const (
	byPointer trigger = iota + 1
	byEnter
	bySpace
	// byStray is a press of the user's own where the pointer did not come by their own
	// hand: a program moved it there under their finger. It may take away, never give.
	byStray
)

// panel is a window with things to read and to press: it paints a page, and turns
// the user's pointer and keys into presses. Injected events never come here.
type panel struct {
	win   *window
	cv    *canvas
	ts    *typesetter
	paint func(*page)
	press func(id targetID, by trigger, now time.Time)
	// down is told of every press of a button on a target; optional.
	pressed func(id targetID, now time.Time)
	// escape is what Esc does; optional.
	escape func(now time.Time)
	// keyed is told of keys before all else, and reports whether it took them; optional.
	keyed func(k key, now time.Time) bool
	// stray is told of a key that types something, where nothing is to be typed; optional.
	stray func()
	// typed is told of keys with what they type, repeated ones too, and before keyed;
	// optional.
	typed func(ev xievent, keys keyTable, now time.Time) bool
	// wheel is told of notches, positive down; optional.
	wheel func(notches int)

	state   pointerState
	targets []target
	stale   bool // must be painted again
	drawn   bool // the whole picture has been sent once
	drag    func(ev xievent) bool

	hand hand
}

// hand is where the user's own device brought the pointer to, within the window. When a
// program moves the pointer the server tells of motion too, in the device's name; but the
// device itself made none then: there is no raw event of that moment. One moment may be a
// coincidence; a hand on its way to a button makes more. THREAT 1.
type hand struct {
	x, y  float64
	last  uint32 // server's time of the last motion
	steps int    // moments at which the device moved here
	led   bool   // the button went down where it brought the pointer
}

// follow notes where the user's device is, and whether a press comes from there.
func (h *hand) follow(ev xievent, scale float64) {
	switch ev.kind {
	case xiMotion, xiEnter:
		switch {
		case !ev.moved:
			h.steps = 0
		case ev.time != h.last:
			h.steps++
		}
		h.x, h.y, h.last = ev.x, ev.y, ev.time
	case xiLeave:
		h.steps = 0
	case xiButtonPress:
		const enough = 2
		near := 3 * scale
		touched := ev.flags&xiEmulated != 0 // a finger presses where it is
		brought := touched || h.steps >= enough && math.Abs(ev.x-h.x) <= near && math.Abs(ev.y-h.y) <= near
		h.led = ev.firm && brought
	}
}

// trigger is what a button of the pointer counts as.
func (h *hand) trigger() trigger {
	if h.led {
		return byPointer
	}
	return byStray
}

// measure runs a painting that draws nothing and returns what it returned.
func measure(ts *typesetter, paint func(*page) float64) float64 {
	c := newCanvas(0, 0, ts.scale)
	return paint(&page{c: c, t: ts})
}

// pixelSize is a logical size in whole pixels.
func pixelSize(w, h, scale float64) image.Point {
	return image.Pt(int(math.Ceil(w*scale)), int(math.Ceil(h*scale)))
}

// resize gives the panel a canvas of its window's size.
func (p *panel) resize() {
	size := p.win.rect.Size()
	if p.cv == nil || p.cv.w != size.X || p.cv.h != size.Y || p.cv.scale != p.ts.scale {
		p.cv, p.drawn = newCanvas(size.X, size.Y, p.ts.scale), false
	}
	p.cv.tones = p.ts.tones
	p.stale = true
}

// refresh paints everything and sends it.
func (p *panel) refresh() {
	p.stale = false
	p.repaint(image.Rect(0, 0, p.cv.w, p.cv.h))
	p.drawn = true
}

// repaint paints and sends the part r, in pixels.
func (p *panel) repaint(r image.Rectangle) {
	p.cv.clip = r.Intersect(image.Rect(0, 0, p.cv.w, p.cv.h))
	pg := &page{c: p.cv, t: p.ts, now: p.state}
	p.paint(pg)
	p.targets = pg.targets
	p.win.c.put(p.win.id, p.cv, p.cv.clip)
}

// expose sends again what the server lost.
func (p *panel) expose(r image.Rectangle) {
	if p.drawn && !p.stale {
		p.win.c.put(p.win.id, p.cv, r)
		return
	}
	p.stale = true
}

// at finds the target at a point in pixels.
func (p *panel) at(x, y float64) targetID {
	lx, ly := x/p.cv.scale, y/p.cv.scale
	for _, t := range p.targets {
		if !t.off && t.box.has(lx, ly) {
			return t.id
		}
	}
	return 0
}

// set changes the shown state and has it painted if it differs.
func (p *panel) set(change func(*pointerState)) {
	before := p.state
	change(&p.state)
	p.stale = p.stale || p.state != before
}

// inPlace reports whether the window was where its program put it when the button went
// down: another program may have moved it under the user's finger, and back since. What a
// window manager places is told of in other ways.
func (p *panel) inPlace(ev xievent) bool {
	const near = 1.5 // of rounding
	at := p.win.rect.Min
	return !p.win.free || math.Abs(ev.rootX-ev.x-float64(at.X)) < near && math.Abs(ev.rootY-ev.y-float64(at.Y)) < near
}

// input takes one event of a device that a person holds.
func (p *panel) input(ev xievent, keys keyTable, now time.Time) {
	p.hand.follow(ev, p.cv.scale)
	if ev.kind == xiButtonPress && !p.inPlace(ev) {
		p.hand.led = false
	}
	if p.drag != nil && p.drag(ev) {
		return
	}
	switch ev.kind {
	case xiMotion, xiEnter:
		id := p.at(ev.x, ev.y)
		p.set(func(s *pointerState) { s.hover = id })
	case xiLeave:
		p.set(func(s *pointerState) { s.hover = 0 })
	case xiButtonPress:
		p.buttonDown(ev, now)
	case xiButtonRelease:
		p.buttonUp(ev, now)
	case xiKeyPress:
		if p.typed != nil && p.typed(ev, keys, now) {
			return
		}
		if p.stray != nil && keys.types(ev) {
			p.stray()
		}
		if ev.flags&xiKeyRepeat == 0 {
			p.key(keys.meaning[byte(ev.detail)], ev.mods, now)
		}
	}
}

func (p *panel) buttonDown(ev xievent, now time.Time) {
	if p.wheel != nil && (ev.detail == 4 || ev.detail == 5) {
		p.wheel(int(ev.detail)*2 - 9)
		return
	}
	if ev.detail != 1 {
		return
	}
	id := p.at(ev.x, ev.y)
	p.set(func(s *pointerState) { s.hover, s.down = id, id })
	if id != 0 && p.pressed != nil {
		p.pressed(id, now)
	}
}

// buttonUp presses what the button went down on, if it is still there.
func (p *panel) buttonUp(ev xievent, now time.Time) {
	if ev.detail != 1 {
		return
	}
	id, down := p.at(ev.x, ev.y), p.state.down
	p.set(func(s *pointerState) { s.hover, s.down = id, 0 })
	if id == 0 || id != down {
		return
	}
	by := p.hand.trigger()
	if !p.win.c.honest() {
		by = byStray
	}
	p.press(id, by, now)
}

func (p *panel) key(k key, mods uint32, now time.Time) {
	const held = xproto.ModMaskControl | xproto.ModMask1 | xproto.ModMask4
	if mods&held != 0 || (k == keyEnter || k == keySpace) && !p.win.c.honest() {
		return
	}
	if p.keyed != nil && p.keyed(k, now) {
		return
	}
	switch k {
	case keyTab, keyRight, keyLeft:
		back := k == keyLeft || mods&xproto.ModMaskShift != 0
		p.moveFocus(back)
	case keyEnter, keySpace:
		by := byEnter
		if k == keySpace {
			by = bySpace
		}
		if p.state.focused && p.state.focus != 0 {
			p.press(p.state.focus, by, now)
		}
	case keyEscape:
		if p.escape != nil {
			p.escape(now)
		}
	}
}

// moveFocus goes to the next target, or the one before, around the ends.
func (p *panel) moveFocus(back bool) {
	stops := slices.DeleteFunc(slices.Clone(p.targets), func(t target) bool { return t.mute })
	if len(stops) == 0 {
		return
	}
	i := -1
	for k, t := range stops {
		if t.id == p.state.focus {
			i = k
		}
	}
	n := len(stops)
	switch {
	case back && i <= 0:
		i = n - 1
	case back:
		i--
	default:
		i = (i + 1) % n
	}
	id := stops[i].id
	p.set(func(s *pointerState) { s.focus, s.focused = id, true })
}
