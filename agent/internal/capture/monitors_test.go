package capture

import (
	"errors"
	"image"
	"testing"

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

// resize turns the virtual monitor off, changes the screen's size and turns it on again
// with a mode of that size, as a settings program would.
func (p *painter) resize(width, height uint16) {
	p.t.Helper()
	if _, err := find(p.conn, "RANDR"); err != nil {
		p.t.Fatal(err)
	}
	_, err := randr.QueryVersion(p.conn, 1, 3).Reply()
	p.check(err)
	res, err := randr.GetScreenResources(p.conn, p.root).Reply()
	p.check(err)
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
				await(t, c, "beside the display", func(k Cursor) bool { return !k.Visible })
			}
		})
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
