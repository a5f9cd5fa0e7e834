package e2e

import (
	"image"
	"slices"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

	"beside/agent/desktop"
)

// THREAT 3: a change of resolution neither hides the bar nor stops the picture, and the
// technician's clicks find their places on the new screen.
func TestResolutionChanges(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.view()
	s.control()
	width, height := s.Desktop.Size()
	t.Cleanup(func() { s.resize(width, height) })
	s.bustle()
	s.resize(1280, 800)
	s.must(s.page.AwaitSize(s.ctx, 1280, 800))
	s.goesOn()
	s.must(until(s.ctx, func() bool {
		bar := s.bar(desktop.Window{})
		screen := image.Rect(0, 0, 1280, 800)
		return bar.Visible && bar.Bounds.In(screen) && s.onTop(bar)
	}))
	target := s.target(image.Rect(860, 500, 1260, 780))
	s.must(s.page.ClickOn(s.ctx, 1240, 770))
	s.must(target.Wait(s.ctx, arrived(desktop.ButtonRelease, 1)))
	want := []string{"press 1 at 1240,770", "release 1 at 1240,770"}
	if got := buttons(target.Clear()); !slices.Equal(got, want) {
		t.Errorf("of the click arrived %q, want %q", got, want)
	}
	s.resize(width, height)
	s.must(s.page.AwaitSize(s.ctx, width, height))
	wide := s.target(deskTarget)
	s.must(s.page.ClickOn(s.ctx, 1800, 900))
	s.must(wide.Wait(s.ctx, arrived(desktop.ButtonRelease, 1)))
	want = []string{"press 1 at 1800,900", "release 1 at 1800,900"}
	if got := buttons(wide.Clear()); !slices.Equal(got, want) {
		t.Errorf("of the click arrived %q, want %q", got, want)
	}
	_, err := s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
}

// resize gives the screen another size, as a settings program would.
func (s *scene) resize(width, height int) {
	s.t.Helper()
	s.withRandR(func(conn *xgb.Conn, root xproto.Window) { s.resizeOn(conn, root, width, height) })
}

func (s *scene) resizeOn(conn *xgb.Conn, root xproto.Window, width, height int) {
	s.t.Helper()
	resources, err := randr.GetScreenResources(conn, root).Reply()
	s.must(err)
	output, crtc := resources.Outputs[0], resources.Crtcs[0]
	mode, known := findMode(resources, width, height)
	if !known {
		info := randr.ModeInfo{Width: uint16(width), Height: uint16(height), DotClock: uint32(width * height * 60),
			HsyncStart: uint16(width), HsyncEnd: uint16(width), Htotal: uint16(width),
			VsyncStart: uint16(height), VsyncEnd: uint16(height), Vtotal: uint16(height), NameLen: 4}
		made, err := randr.CreateMode(conn, root, info, "test").Reply()
		s.must(err)
		s.must(randr.AddOutputModeChecked(conn, output, made.Mode).Check())
		mode = made.Mode
	}
	_, err = randr.SetCrtcConfig(conn, crtc, 0, 0, 0, 0, 0, randr.RotationRotate0, nil).Reply()
	s.must(err)
	s.must(randr.SetScreenSizeChecked(conn, root, uint16(width), uint16(height), uint32(width)/4, uint32(height)/4).Check())
	_, err = randr.SetCrtcConfig(conn, crtc, 0, 0, 0, 0, mode, randr.RotationRotate0, []randr.Output{output}).Reply()
	s.must(err)
}

func findMode(r *randr.GetScreenResourcesReply, width, height int) (randr.Mode, bool) {
	for _, m := range r.Modes {
		if int(m.Width) == width && int(m.Height) == height {
			return randr.Mode(m.Id), true
		}
	}
	return 0, false
}
