package capture

import (
	"context"
	"errors"
	"image"
	"testing"
	"time"

	"beside/consent/consenttest"

	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"
)

func TestResize(t *testing.T) {
	for _, source := range []Source{SharedPixmap, SharedImage, Requests, Screenshot} {
		t.Run(source.String(), func(t *testing.T) {
			startX(t, "1024x768x24")
			p := newPainter(t)
			c, _ := open(t, Options{source: source})
			next(t, c)
			p.resize(640, 480)
			for f := next(t, c); f.Width != 640 || f.Height != 480 || !f.Resized; f = next(t, c) {
				if f.Width != 1024 || f.Resized {
					t.Fatalf("between the sizes: %v, resized %v", f, f.Resized)
				}
			}
			p.fill(red, image.Rect(630, 470, 640, 480))
			f := next(t, c)
			for !covers(f, image.Rect(630, 470, 640, 480)) || f.at(639, 479) != red {
				f = next(t, c)
			}
			if f.Resized || f.Stride < 640*4 {
				t.Errorf("after the change: %v, resized %v, stride %d", f, f.Resized, f.Stride)
			}
		})
	}
}

// outputs is what the server has of RandR.
func (p *painter) outputs() *randr.GetScreenResourcesReply {
	p.t.Helper()
	if _, err := find(p.conn, "RANDR"); err != nil {
		p.t.Fatal(err)
	}
	_, err := randr.QueryVersion(p.conn, 1, 5).Reply()
	p.check(err)
	res, err := randr.GetScreenResources(p.conn, p.root).Reply()
	p.check(err)
	return res
}

// resize turns the virtual monitor off, changes the screen's size and turns it on again
// with a mode of that size, as a settings program would.
func (p *painter) resize(width, height uint16) {
	p.t.Helper()
	res := p.outputs()
	crtc, output := res.Crtcs[0], res.Outputs[0]
	mode := randr.ModeInfo{Width: width, Height: height, DotClock: 1, Htotal: width, Vtotal: height, NameLen: 4}
	made, err := randr.CreateMode(p.conn, p.root, mode, "test").Reply()
	p.check(err)
	p.check(randr.AddOutputModeChecked(p.conn, output, made.Mode).Check())
	_, err = randr.SetCrtcConfig(p.conn, crtc, 0, 0, 0, 0, 0, randr.RotationRotate0, nil).Reply()
	p.check(err)
	p.check(randr.SetScreenSizeChecked(p.conn, p.root, width, height, uint32(width)/4, uint32(height)/4).Check())
	_, err = randr.SetCrtcConfig(p.conn, crtc, 0, 0, 0, 0, made.Mode, randr.RotationRotate0, []randr.Output{output}).Reply()
	p.check(err)
}

// Each of two monitors shows its own part of the root, counted from its own corner.
func TestTwoMonitors(t *testing.T) {
	for _, source := range []Source{SharedPixmap, SharedImage, Requests, Screenshot} {
		t.Run(source.String(), func(t *testing.T) {
			startX(t, "800x600x24")
			p := newPainter(t)
			p.split(300, 800, 600)
			parts := []image.Rectangle{image.Rect(300, 0, 800, 600), image.Rect(0, 0, 300, 600)}
			list, err := Displays()
			if err != nil || len(list) != 2 || list[0].Bounds != parts[0] || list[1].Bounds != parts[1] {
				t.Fatalf("got %v, %v, want %v", list, err, parts)
			}
			for i, part := range parts {
				p.fill(blue, image.Rect(0, 0, 800, 600))
				c, _ := open(t, Options{Display: i, source: source})
				if f := next(t, c); f.Width != part.Dx() || f.Height != 600 {
					t.Fatalf("display %d: %v", i, f)
				}
				p.fill(red, parts[1-i])
				still(t, c)
				spot := image.Rect(10, 20, 30, 40)
				p.fill(red, spot.Add(part.Min))
				f := next(t, c)
				if len(f.Damage) != 1 || f.Damage[0] != spot || f.at(29, 39) != red || f.at(30, 39) != blue || f.at(0, 0) != blue {
					t.Errorf("display %d: damage %v, pixels %v %v %v", i, f.Damage, f.at(29, 39), f.at(30, 39), f.at(0, 0))
				}
				p.warp(part.Min.X+7, 8)
				c.PointerMoved()
				await(t, c, "on the display", func(k Cursor) bool { return k.X == 7 && k.Y == 8 && k.Visible })
				p.warp(parts[1-i].Min.X+7, 8)
				c.PointerMoved()
				if k := await(t, c, "beside the display", func(k Cursor) bool { return !k.Visible }); k.X != 0 || k.Y != 0 || k.Shape != nil {
					t.Errorf("beside the display the pointer is told as %+v", k)
				}
			}
		})
	}
}

// PROMISE A3, E4: the one monitor that the user chose is what was there when they chose it,
// and not its number: however monitors are numbered anew, and while it is gone, there is
// nothing of another in the picture; over another there is no pointer, neither its place
// nor its shape. Both monitors are of one size, so that nothing else tells them apart.
func TestOneMonitorAlone(t *testing.T) {
	const wide, high = 400, 300
	left, right := image.Rect(0, 0, wide, high), image.Rect(wide, 0, 2*wide, high)
	for _, source := range []Source{SharedPixmap, SharedImage, Requests} {
		t.Run(source.String(), func(t *testing.T) {
			startX(t, "800x300x24")
			p := newPainter(t)
			p.window(image.Rect(wide+100, 100, wide+200, 200)) // on the right
			bare := p.named(image.Rect(wide+200, 100, wide+300, 200), secret, false)
			p.shape(bare)
			p.monitors("one", left, "two", right)
			grant, _ := consenttest.NewView(t)
			changed := make(chan struct{}, 1)
			c, err := Open(grant, Options{Display: 1, Area: left, Changed: func() { signal(changed) }, source: source})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			p.fill(blue, left)
			shows(t, c, image.Pt(9, 9), blue)
			p.warp(50, 60)
			c.PointerMoved()
			first := await(t, c, "on the monitor", func(k Cursor) bool { return k.X == 50 && k.Visible })
			for _, x := range []int{wide + 50, wide + 250} { // the second with a shape of its own
				p.warp(x, 150)
				c.PointerMoved()
				if got := await(t, c, "beside it", func(k Cursor) bool { return !k.Visible || k.X >= wide }); got != (Cursor{Serial: first.Serial}) {
					t.Errorf("over the other monitor the pointer is told as %+v", got)
				}
				p.warp(50, 60)
				c.PointerMoved()
				await(t, c, "back", func(k Cursor) bool { return k.X == 50 && k.Visible && k.Serial == first.Serial })
			}

			p.fill(red, right)
			p.monitors("one", right, "two", left) // another number
			<-changed
			p.fill(blue, left)
			c.Refresh()
			for range 5 {
				p.fill(blue, image.Rect(0, 0, 9, 9))
				if f := next(t, c); f.Width != wide || leaks(f, red) || leaks(f, secret) {
					t.Fatalf("after the monitors were numbered anew the picture is %v of the other one", f)
				}
			}
			p.monitors("one", right, "two", right.Add(image.Pt(-1, 0))) // and none where it was
			refused := func() error {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				for {
					c.Refresh()
					if f, err := c.Next(ctx); err != nil {
						return err
					} else if leaks(f, red) {
						return errors.New("the picture is of the other one")
					}
				}
			}
			for range 3 {
				if err := refused(); !errors.Is(err, ErrNoDisplay) {
					t.Fatalf("while it is gone: got %v, want %v", err, ErrNoDisplay)
				}
			}
			if _, err := Open(grant, Options{Area: left}); !errors.Is(err, ErrNoDisplay) {
				t.Errorf("opened while it is gone: got %v, want %v", err, ErrNoDisplay)
			}
			p.monitors("one", right, "two", left)
			shows(t, c, image.Pt(30, 30), blue)
		})
	}
}

// PROMISE A3, E4: windows that are nowhere on the one monitor that is shown get no events;
// those on it, and the desktop, do.
func TestOtherMonitorsGetNoEvents(t *testing.T) {
	startX(t, "640x480x24")
	p := newPainter(t)
	here := p.named(image.Rect(0, 0, 100, 100), plain, false)
	across := p.named(image.Rect(300, 0, 400, 100), plain, false)
	there := p.named(image.Rect(400, 200, 500, 300), plain, false)
	scene, err := OpenScene(Limits{Area: image.Rect(0, 0, 320, 480)}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(scene.Close)
	for id, want := range map[xproto.Window]bool{here: true, across: true, there: false} {
		if got := scene.Shows([]uint32{uint32(id)}); got != want {
			t.Errorf("window %#x: events %v, want %v", id, got, want)
		}
	}
	if !scene.Shows(nil) {
		t.Error("the desktop gets none")
	}
	p.configure(there, xproto.ConfigWindowX, 10)
	for end := time.Now().Add(patience); !scene.Shows([]uint32{uint32(there)}); {
		if time.Now().After(end) {
			t.Fatal("a window that came over gets none")
		}
	}
}

// monitors gives the screen two monitors, in this order.
func (p *painter) monitors(first string, a image.Rectangle, second string, b image.Rectangle) {
	p.t.Helper()
	res := p.outputs()
	xproto.GrabServer(p.conn) // so that nobody sees it half done
	defer func() { p.check(xproto.UngrabServerChecked(p.conn).Check()) }()
	now, err := randr.GetMonitors(p.conn, p.root, false).Reply()
	p.check(err)
	for _, m := range now.Monitors {
		randr.DeleteMonitor(p.conn, p.root, m.Name) // one that the server made stays
	}
	for i, m := range []struct {
		name string
		at   image.Rectangle
	}{{first, a}, {second, b}} {
		atom, err := xproto.InternAtom(p.conn, false, uint16(len(m.name)), m.name).Reply()
		p.check(err)
		info := randr.MonitorInfo{Name: atom.Atom, X: int16(m.at.Min.X), Y: int16(m.at.Min.Y), Width: uint16(m.at.Dx()), Height: uint16(m.at.Dy())}
		if i == 0 {
			info.Primary, info.NOutput, info.Outputs = true, 1, res.Outputs[:1]
		}
		p.check(randr.SetMonitorChecked(p.conn, p.root, info).Check())
	}
}

// split divides the screen at x into two monitors; the right one is the first.
func (p *painter) split(x, width, height uint16) {
	p.t.Helper()
	if _, err := find(p.conn, "RANDR"); err != nil {
		p.t.Fatal(err)
	}
	_, err := randr.QueryVersion(p.conn, 1, 5).Reply()
	p.check(err)
	res, err := randr.GetScreenResources(p.conn, p.root).Reply()
	p.check(err)
	right := randr.MonitorInfo{Primary: true, NOutput: 1, X: int16(x), Width: width - x, Height: height, Outputs: res.Outputs[:1]}
	left := randr.MonitorInfo{Width: x, Height: height}
	for name, m := range map[string]*randr.MonitorInfo{"right": &right, "left": &left} {
		atom, err := xproto.InternAtom(p.conn, false, uint16(len(name)), name).Reply()
		p.check(err)
		m.Name = atom.Atom
	}
	p.check(randr.SetMonitorChecked(p.conn, p.root, right).Check())
	p.check(randr.SetMonitorChecked(p.conn, p.root, left).Check())
}

func TestUnsupportedDepth(t *testing.T) {
	startX(t, "320x240x16")
	grant, _ := consenttest.NewView(t)
	if _, err := Open(grant, Options{}); !errors.Is(err, ErrUnsupported) {
		t.Errorf("got %v, want %v", err, ErrUnsupported)
	}
}

func TestDisplays(t *testing.T) {
	startX(t, "800x600x24")
	list, err := Displays()
	if err != nil || len(list) != 1 || list[0].Bounds != image.Rect(0, 0, 800, 600) {
		t.Errorf("got %v, %v", list, err)
	}
	grant, _ := consenttest.NewView(t)
	for _, index := range []int{-1, 1, 7} {
		if _, err := Open(grant, Options{Display: index}); !errors.Is(err, ErrNoDisplay) {
			t.Errorf("display %d: got %v, want %v", index, err, ErrNoDisplay)
		}
	}
}

func TestNoWindowSystem(t *testing.T) {
	grant, _ := consenttest.NewView(t)
	for _, display := range []string{"", ":9999", "nonsense", ":x"} {
		t.Setenv("DISPLAY", display)
		if _, err := Open(grant, Options{}); err == nil {
			t.Errorf("Open with DISPLAY=%q worked", display)
		}
		if _, err := Displays(); err == nil {
			t.Errorf("Displays with DISPLAY=%q worked", display)
		}
	}
}
