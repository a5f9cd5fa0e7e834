package capture

import (
	"errors"
	"time"

	"beside/consent"
)

// Cursor is the pointer, which is never part of a frame.
type Cursor struct {
	X, Y    int // the hot spot, in the frame's pixels
	Visible bool
	Serial  uint32
	Shape   *CursorShape // set when Serial is new
}

// CursorShape is RGBA, not premultiplied.
type CursorShape struct {
	Width, Height, HotX, HotY int
	RGBA                      []byte
}

// The pointer is read at most pointerTick apart while it moves. After restTicks
// without movement the loop sleeps until the window system reports motion.
const (
	pointerTick = time.Second / 60
	restTicks   = 18
)

// Cursors delivers pointer changes, newest wins. Closed with the capture.
func (c *Capture) Cursors() <-chan Cursor { return c.cursors }

// PointerMoved has the pointer read soon. Whoever warps the pointer calls it, because
// a warp is no motion of a device and the window system does not report it.
func (c *Capture) PointerMoved() { signal(c.screen.pointer) }

// followPointer is the one writer of the cursors channel.
func (c *Capture) followPointer() {
	defer close(c.cursors)
	var last Cursor
	for {
		select {
		case <-c.closed:
			return
		case <-c.grant.Done():
			return
		case <-c.screen.lost:
			return
		case <-c.screen.pointer:
		}
		if !c.trackPointer(&last) {
			return
		}
	}
}

// trackPointer reads the pointer until it rests. It reports false when the capture is
// over; a pause of the grant only ends the tracking.
func (c *Capture) trackPointer(last *Cursor) bool {
	tick := time.NewTicker(pointerTick)
	defer tick.Stop()
	for still := 0; still < restTicks; still++ {
		moved, err := c.readPointer(last, still == restTicks-1)
		switch {
		case errors.Is(err, consent.ErrRevoked), errors.Is(err, ErrClosed), errors.Is(err, ErrLost):
			return false
		case err != nil:
			c.awaitMotion()
			return true
		case moved:
			still = 0
		}
		select {
		case <-c.closed:
			return false
		case <-c.grant.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}

// readPointer reads the pointer once, inside the grant, and passes on what is new.
// When resting it first asks the window system to report motion again, so that none
// falls between this reading and the report.
func (c *Capture) readPointer(last *Cursor, resting bool) (moved bool, err error) {
	err = c.grant.Use(func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.over {
			return ErrClosed
		}
		c.screen.reportMotion(resting)
		now, err := c.screen.readCursor(last.Serial)
		if err != nil {
			return err
		}
		moved = now.X != last.X || now.Y != last.Y || now.Visible != last.Visible || now.Shape != nil
		if moved {
			*last = now
			last.Shape = nil
			c.deliver(now)
		}
		return nil
	})
	return moved, err
}

// awaitMotion has motion reported again after a pause kept the pointer from being read.
func (c *Capture) awaitMotion() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over {
		c.screen.reportMotion(true)
	}
}

// deliver replaces a cursor that nobody took yet, keeping a shape that is still news.
func (c *Capture) deliver(now Cursor) {
	select {
	case old := <-c.cursors:
		if now.Shape == nil && old.Serial == now.Serial {
			now.Shape = old.Shape
		}
	default:
	}
	c.cursors <- now
}

// shapeOf turns premultiplied ARGB pixels into a shape.
func shapeOf(width, height, hotX, hotY int, argb []uint32) *CursorShape {
	s := &CursorShape{Width: width, Height: height, HotX: hotX, HotY: hotY, RGBA: make([]byte, 4*width*height)}
	for i, p := range argb[:min(len(argb), width*height)] {
		a := p >> 24
		if a == 0 {
			continue
		}
		o := s.RGBA[4*i : 4*i+4]
		o[0] = straight(p>>16&0xff, a)
		o[1] = straight(p>>8&0xff, a)
		o[2] = straight(p&0xff, a)
		o[3] = byte(a)
	}
	return s
}

// straight undoes the multiplication by alpha, rounding to nearest.
func straight(v, a uint32) byte { return byte(min((v*255+a/2)/a, 255)) }

// opaque reports whether anything of the shape can be seen.
func (s *CursorShape) opaque() bool {
	for i := 3; i < len(s.RGBA); i += 4 {
		if s.RGBA[i] != 0 {
			return true
		}
	}
	return false
}
