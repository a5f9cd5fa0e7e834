package capture

import (
	"context"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/consent/consenttest"
)

var (
	grey   = color.RGBA{0x9c, 0xa3, 0xaf, 255}
	secret = color.RGBA{0xff, 0x00, 0xff, 255} // in nothing but the window that is not shown
	plain  = color.RGBA{0x00, 0xc8, 0x00, 255}
	back   = color.RGBA{0x20, 0x40, 0x60, 255}
)

// named is a window of one colour by a program of its own.
func (p *painter) named(r image.Rectangle, c color.RGBA, free bool) xproto.Window {
	p.t.Helper()
	id, err := xproto.NewWindowId(p.conn)
	p.check(err)
	override := uint32(0)
	if free {
		override = 1
	}
	pixel := uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B)
	p.check(xproto.CreateWindowChecked(p.conn, 0, id, p.root, int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), 0,
		xproto.WindowClassInputOutput, 0, xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{pixel, override}).Check())
	p.check(xproto.MapWindowChecked(p.conn, id).Check())
	return id
}

// deep is a window with an alpha channel.
func (p *painter) deep(r image.Rectangle, c color.RGBA) xproto.Window {
	p.t.Helper()
	screen := xproto.Setup(p.conn).DefaultScreen(p.conn)
	var visual xproto.Visualid
	for _, d := range screen.AllowedDepths {
		if d.Depth == 32 {
			visual = d.Visuals[0].VisualId
		}
	}
	colours, err := xproto.NewColormapId(p.conn)
	p.check(err)
	p.check(xproto.CreateColormapChecked(p.conn, xproto.ColormapAllocNone, colours, p.root, visual).Check())
	id, err := xproto.NewWindowId(p.conn)
	p.check(err)
	pixel := 0xff000000 | uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B)
	p.check(xproto.CreateWindowChecked(p.conn, 32, id, p.root, int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), 0,
		xproto.WindowClassInputOutput, visual, xproto.CwBackPixel|xproto.CwBorderPixel|xproto.CwColormap, []uint32{pixel, 0, uint32(colours)}).Check())
	p.check(xproto.MapWindowChecked(p.conn, id).Check())
	return id
}

func (p *painter) configure(w xproto.Window, mask uint16, values ...uint32) {
	p.t.Helper()
	p.check(xproto.ConfigureWindowChecked(p.conn, w, mask, values).Check())
}

// ground gives the desktop a colour.
func (p *painter) ground(c color.RGBA) {
	p.t.Helper()
	pixel := uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B)
	p.check(xproto.ChangeWindowAttributesChecked(p.conn, p.root, xproto.CwBackPixel, []uint32{pixel}).Check())
	p.check(xproto.ClearAreaChecked(p.conn, false, p.root, 0, 0, 0, 0).Check())
}

// staged is a capture that shows less.
func staged(t *testing.T, limits Limits, source Source) (*Capture, *Scene) {
	t.Helper()
	scene, err := OpenScene(limits, func() {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(scene.Close)
	grant, _ := consenttest.NewView(t)
	c, err := Open(grant, Options{Scene: scene, source: source})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, scene
}

// shows waits until the picture has a colour at a place.
func shows(t *testing.T, c *Capture, at image.Point, want color.RGBA) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for c.Refresh(); ; { // what it waits for may have been in the picture before
		f, err := c.Next(ctx)
		if err != nil {
			t.Fatalf("%v never became %v: %v", at, want, err)
		}
		if f.at(at.X, at.Y) == want {
			return
		}
	}
}

// leaks reports whether a colour is anywhere in the picture.
func leaks(f *Frame, c color.RGBA) bool {
	for y := range f.Height {
		for x := range f.Width {
			if f.at(x, y) == c {
				return true
			}
		}
	}
	return false
}

// PROMISE A3, E4: what is hidden is not in the picture, whichever way pixels are read,
// wherever it goes, with its menus; and everything else is.
func TestHiddenWindows(t *testing.T) {
	for _, source := range []Source{SharedPixmap, SharedImage, Requests} {
		t.Run(source.String(), func(t *testing.T) {
			startX(t, "320x240x24")
			p, other := newPainter(t), newPainter(t)
			p.ground(back)
			hidden := p.named(image.Rect(20, 20, 120, 120), secret, false)
			shown := other.named(image.Rect(100, 100, 200, 200), plain, false)
			alpha := other.deep(image.Rect(210, 10, 300, 60), color.RGBA{10, 200, 220, 255})
			c, scene := staged(t, Limits{Hidden: []uint32{uint32(hidden)}}, source)
			shows(t, c, image.Pt(30, 30), grey)
			f, err := c.Next(never(t, c))
			if err != nil {
				t.Fatal(err)
			}
			for at, want := range map[image.Point]color.RGBA{
				{5, 5}: back, {110, 110}: plain, {90, 110}: grey, {250, 30}: {10, 200, 220, 255},
			} {
				if got := f.at(at.X, at.Y); got != want {
					t.Errorf("%v is %v, want %v", at, got, want)
				}
			}
			p.configure(hidden, xproto.ConfigWindowStackMode, xproto.StackModeAbove)
			shows(t, c, image.Pt(110, 110), grey)
			p.configure(hidden, xproto.ConfigWindowX|xproto.ConfigWindowY, 180, 100)
			shows(t, c, image.Pt(30, 30), back)
			shows(t, c, image.Pt(190, 110), grey)
			p.named(image.Rect(10, 150, 60, 200), secret, true) // its menu
			shows(t, c, image.Pt(20, 160), grey)
			for id, want := range map[xproto.Window]bool{hidden: false, shown: true, alpha: true} {
				if got := scene.Shows([]uint32{uint32(id)}); got != want {
					t.Errorf("events for %#x: %v, want %v", id, got, want)
				}
			}
			if !scene.Shows(nil) {
				t.Error("the desktop takes no events")
			}
		})
	}
}

// never is a context for a picture that is wanted now.
func never(t *testing.T, c *Capture) context.Context {
	t.Helper()
	c.Refresh()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// PROMISE A3, E4: one window is shown with its menu and nothing else, not even what lies
// over it.
func TestOneWindow(t *testing.T) {
	startX(t, "320x240x24")
	p, other := newPainter(t), newPainter(t)
	p.ground(back)
	shown := p.named(image.Rect(20, 20, 160, 160), plain, false)
	over := other.named(image.Rect(100, 100, 220, 220), secret, false)
	c, scene := staged(t, Limits{Window: uint32(shown)}, 0)
	shows(t, c, image.Pt(30, 30), plain)
	f, err := c.Next(never(t, c))
	if err != nil {
		t.Fatal(err)
	}
	if leaks(f, secret) || leaks(f, back) {
		t.Error("something else is in the picture")
	}
	if got := scene.Bounds(); got != image.Rect(20, 20, 160, 160) {
		t.Errorf("it is at %v", got)
	}
	p.named(image.Rect(150, 150, 200, 190), color.RGBA{1, 2, 3, 255}, true) // above the other window
	shows(t, c, image.Pt(190, 180), color.RGBA{1, 2, 3, 255})
	other.named(image.Rect(0, 0, 40, 40), secret, true) // somebody else's
	for id, want := range map[xproto.Window]bool{shown: true, over: false} {
		if got := scene.Shows([]uint32{uint32(id)}); got != want {
			t.Errorf("events for %#x: %v, want %v", id, got, want)
		}
	}
	if scene.Shows(nil) {
		t.Error("the desktop takes events")
	}
	p.configure(shown, xproto.ConfigWindowX, 140)
	shows(t, c, image.Pt(270, 30), plain)
	shows(t, c, image.Pt(60, 60), grey)
	p.check(xproto.UnmapWindowChecked(p.conn, shown).Check())
	shows(t, c, image.Pt(270, 30), grey)
}

// PROMISE E4: a window that moves, rises and comes back all the time is in no picture,
// not for one frame.
func TestHiddenWindowNeverLeaks(t *testing.T) {
	startX(t, "320x240x24")
	p, other := newPainter(t), newPainter(t)
	hidden := p.named(image.Rect(20, 20, 120, 120), secret, false)
	for i := range 4 {
		other.named(image.Rect(40*i, 30*i, 40*i+90, 30*i+90), plain, false)
	}
	c, _ := staged(t, Limits{Hidden: []uint32{uint32(hidden)}}, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		for ctx.Err() == nil {
			x, y := uint32(rand.IntN(260)), uint32(rand.IntN(180))
			xproto.ConfigureWindow(p.conn, hidden, xproto.ConfigWindowX|xproto.ConfigWindowY, []uint32{x, y})
			xproto.ConfigureWindow(p.conn, hidden, xproto.ConfigWindowStackMode, []uint32{uint32(rand.IntN(2))})
			if rand.IntN(4) == 0 {
				xproto.UnmapWindow(p.conn, hidden)
				xproto.MapWindow(p.conn, hidden)
			}
			_, _ = xproto.GetInputFocus(p.conn).Reply()
		}
	}()
	pictures := 0
	for {
		f, err := c.Next(ctx)
		if err != nil {
			break
		}
		pictures++
		if leaks(f, secret) {
			t.Fatalf("picture %d shows the hidden window", pictures)
		}
	}
	<-stop
	if pictures < 50 {
		t.Fatalf("only %d pictures", pictures)
	}
	t.Logf("%d pictures", pictures)
}

// PROMISE A3, E4: the pointer over a window that is not shown is not shown either: neither
// its place nor its shape, which tells of what lies there.
func TestPointerOverAHiddenWindow(t *testing.T) {
	startX(t, "640x480x24")
	p := newPainter(t)
	shown := p.named(image.Rect(0, 0, 200, 200), plain, false)
	hidden := p.named(image.Rect(300, 0, 500, 200), secret, false)
	p.shape(hidden)
	bare := p.named(image.Rect(300, 250, 500, 450), secret, false) // with the desktop's pointer
	for name, limits := range map[string]Limits{"hidden": {Hidden: []uint32{uint32(hidden), uint32(bare)}}, "one window": {Window: uint32(shown)}} {
		p.warp(100, 100)
		c, _ := staged(t, limits, 0)
		first := await(t, c, name+": over the window that is shown", func(k Cursor) bool { return k.X == 100 && k.Y == 100 && k.Visible })
		for _, y := range []int{100, 400} {
			p.warp(400, y)
			c.PointerMoved()
			got := await(t, c, name+": gone", func(k Cursor) bool { return !k.Visible || k.X >= 300 })
			if got != (Cursor{Serial: first.Serial}) {
				t.Errorf("%s: over the other one it is told as %+v", name, got)
			}
			p.warp(120, 100)
			c.PointerMoved()
			if back := await(t, c, name+": back", func(k Cursor) bool { return k.X == 120 && k.Visible }); back.Serial != first.Serial {
				t.Errorf("%s: back with the shape of the other window", name)
			}
		}
	}
}

// PROMISE A3, E4: a pointer that goes to and fro between what is shown and what is not never
// brings the shape that it has there, whenever it moves while it is looked at.
func TestThePointersShapeNeverLeaks(t *testing.T) {
	startX(t, "640x480x24")
	p := newPainter(t)
	p.named(image.Rect(0, 0, 200, 200), plain, false)
	hidden := p.named(image.Rect(300, 0, 500, 200), secret, false)
	p.shape(hidden)
	p.warp(100, 100)
	c, _ := staged(t, Limits{Hidden: []uint32{uint32(hidden)}}, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		for n := 0; ctx.Err() == nil; n++ {
			xproto.WarpPointer(p.conn, 0, p.root, 0, 0, 0, 0, 100+300*int16(n%2), 100)
			if n%8 == 0 {
				c.PointerMoved()
				_, _ = xproto.GetInputFocus(p.conn).Reply()
			}
		}
	}()
	looks := 0
	for ctx.Err() == nil {
		select {
		case k := <-c.Cursors():
			looks++
			if k.Shape != nil && magenta(k.Shape) || k.Visible && k.X >= 300 {
				t.Fatalf("look %d brought the pointer of the hidden window: %+v", looks, k)
			}
		case <-ctx.Done():
		}
	}
	<-stop
	if looks == 0 {
		t.Fatal("nobody looked at the pointer")
	}
}

// magenta reports whether a shape has the colour that painter.shape gives.
func magenta(s *CursorShape) bool {
	for at := 0; at < len(s.RGBA); at += 4 {
		if s.RGBA[at] == 255 && s.RGBA[at+1] == 0 && s.RGBA[at+2] == 255 && s.RGBA[at+3] == 255 {
			return true
		}
	}
	return false
}

// shape gives a window a pointer of its own.
func (p *painter) shape(w xproto.Window) {
	p.t.Helper()
	font, err := xproto.NewFontId(p.conn)
	p.check(err)
	p.check(xproto.OpenFontChecked(p.conn, font, 6, "cursor").Check())
	cursor, err := xproto.NewCursorId(p.conn)
	p.check(err)
	const cross = 34
	p.check(xproto.CreateGlyphCursorChecked(p.conn, cursor, font, font, cross, cross+1, 0xffff, 0, 0xffff, 0, 0, 0).Check())
	p.check(xproto.ChangeWindowAttributesChecked(p.conn, w, xproto.CwCursor, []uint32{uint32(cursor)}).Check())
}
