package capture

import (
	"image"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// await takes cursors until one is right, and returns it.
func await(t *testing.T, c *Capture, what string, right func(Cursor) bool) Cursor {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case got, more := <-c.Cursors():
			if !more {
				t.Fatal("the cursors channel is closed")
			}
			if right(got) {
				return got
			}
		case <-late:
			t.Fatalf("no cursor that is %s", what)
		}
	}
}

func TestCursorMoves(t *testing.T) {
	startX(t, "640x480x24")
	p := newPainter(t)
	c, _ := open(t, Options{})
	first := await(t, c, "the first", func(Cursor) bool { return true })
	if first.Shape == nil || !first.Visible || first.Serial == 0 {
		t.Errorf("the first cursor is %+v, want a visible shape with a serial", first)
	}
	if _, err := find(p.conn, "XTEST"); err != nil {
		t.Fatal(err)
	}
	for _, to := range []image.Point{{10, 20}, {300, 200}, {639, 479}} {
		p.check(xtest.FakeInputChecked(p.conn, xproto.MotionNotify, 0, 0, p.root, int16(to.X), int16(to.Y), 0).Check())
		got := await(t, c, "there", func(k Cursor) bool { return k.X == to.X && k.Y == to.Y })
		if got.Shape != nil && got.Serial == first.Serial {
			t.Error("a known shape came again")
		}
	}
}

// A warp is no motion of a device; it is seen when whoever warped says so, or when it
// changes the screen.
func TestCursorWarps(t *testing.T) {
	startX(t, "640x480x24")
	p := newPainter(t)
	c, _ := open(t, Options{})
	next(t, c)
	p.warp(50, 60)
	c.PointerMoved()
	await(t, c, "at 50,60", func(k Cursor) bool { return k.X == 50 && k.Y == 60 })
	p.warp(70, 80)
	p.fill(red, image.Rect(0, 0, 5, 5))
	next(t, c)
	await(t, c, "at 70,80", func(k Cursor) bool { return k.X == 70 && k.Y == 80 })
}

func TestCursorShape(t *testing.T) {
	startX(t, "640x480x24")
	p := newPainter(t)
	c, _ := open(t, Options{})
	first := await(t, c, "the first", func(Cursor) bool { return true })
	p.cursor(9, 5, 0xffff)
	got := await(t, c, "a new shape", func(k Cursor) bool { return k.Shape != nil && k.Serial != first.Serial })
	s := got.Shape
	if s.Width != 16 || s.Height != 16 || s.HotX != 9 || s.HotY != 5 || !got.Visible {
		t.Errorf("got %dx%d, hot spot %d,%d, visible %v", s.Width, s.Height, s.HotX, s.HotY, got.Visible)
	}
	if [4]byte(s.RGBA[:4]) != [4]byte{255, 128, 0, 255} {
		t.Errorf("got colour %v, want orange", s.RGBA[:4])
	}
	p.cursor(0, 0, 0)
	await(t, c, "invisible", func(k Cursor) bool { return !k.Visible && k.Shape != nil })
}

// cursor sets the root window's cursor: orange where the mask's row has bits.
func (p *painter) cursor(hotX, hotY uint16, mask uint16) {
	p.t.Helper()
	pixmap, err := xproto.NewPixmapId(p.conn)
	p.check(err)
	gc, err := xproto.NewGcontextId(p.conn)
	p.check(err)
	cursor, err := xproto.NewCursorId(p.conn)
	p.check(err)
	p.check(xproto.CreatePixmapChecked(p.conn, 1, pixmap, xproto.Drawable(p.root), 16, 16).Check())
	p.check(xproto.CreateGCChecked(p.conn, gc, xproto.Drawable(pixmap), xproto.GcForeground, []uint32{uint32(mask) & 1}).Check())
	p.check(xproto.PolyFillRectangleChecked(p.conn, xproto.Drawable(pixmap), gc, []xproto.Rectangle{{Width: 16, Height: 16}}).Check())
	p.check(xproto.CreateCursorChecked(p.conn, cursor, pixmap, pixmap, 0xffff, 0x8080, 0, 0, 0, 0, hotX, hotY).Check())
	p.check(xproto.ChangeWindowAttributesChecked(p.conn, p.root, xproto.CwCursor, []uint32{uint32(cursor)}).Check())
}

// A slow reader gets the newest position, and does not lose the shape.
func TestCursorNewestWins(t *testing.T) {
	c := &Capture{cursors: make(chan Cursor, 1)}
	shape := &CursorShape{}
	c.deliver(Cursor{X: 1, Serial: 7, Shape: shape})
	c.deliver(Cursor{X: 2, Serial: 7})
	c.deliver(Cursor{X: 3, Serial: 7})
	if got := <-c.cursors; got.X != 3 || got.Shape != shape {
		t.Errorf("got %+v, want the newest position with the shape", got)
	}
	c.deliver(Cursor{X: 4, Serial: 7})
	if got := <-c.cursors; got.Shape != nil {
		t.Error("a shape that was taken came again")
	}
	newer := &CursorShape{}
	c.deliver(Cursor{Serial: 8, Shape: shape})
	c.deliver(Cursor{Serial: 9, Shape: newer})
	if got := <-c.cursors; got.Serial != 9 || got.Shape != newer {
		t.Errorf("got %+v, want the newer shape", got)
	}
}

func TestShapeIsNotPremultiplied(t *testing.T) {
	for _, c := range []struct {
		argb uint32
		want [4]byte
	}{
		{0x00000000, [4]byte{0, 0, 0, 0}},
		{0x00ffffff, [4]byte{0, 0, 0, 0}},
		{0xff102030, [4]byte{0x10, 0x20, 0x30, 255}},
		{0x80402000, [4]byte{128, 64, 0, 128}},
		{0x01010000, [4]byte{255, 0, 0, 1}},
		{0x10ff0000, [4]byte{255, 0, 0, 16}}, // not a valid colour; stays in range
	} {
		s := shapeOf(1, 1, 0, 0, []uint32{c.argb})
		if got := [4]byte(s.RGBA); got != c.want {
			t.Errorf("%08x: got %v, want %v", c.argb, got, c.want)
		}
	}
}
