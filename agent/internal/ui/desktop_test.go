package ui

import (
	"errors"
	"os/exec"
	"testing"

	"github.com/jezek/xgb/xproto"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func xrandr(t *testing.T, s *xserver, size string) {
	t.Helper()
	cmd := exec.Command("xrandr", "-display", s.display, "-s", size)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("xrandr: %v\n%s", err, out)
	}
}

// THREAT 1: injected events are kept from our windows, the manager's frame included.
func TestOursIncludesFrames(t *testing.T) {
	s := xvfb(t, "1280x800")
	c := s.client(t)
	u := running(t, s)
	u.ShowStart(exampleStart())
	var id xproto.Window
	until(t, u, "the start window", func() bool {
		id = u.loop.start.p.win.id
		return u.loop.start.p.win.mapped
	})
	// What a window manager does, and some put one frame into another.
	outer := c.window(rectOf(100, 50, 700, 700))
	inner := c.window(rectOf(0, 0, 650, 650))
	err := errors.Join(
		xproto.ReparentWindowChecked(c.x, inner, outer, 10, 30).Check(),
		xproto.ReparentWindowChecked(c.x, id, inner, 5, 5).Check(),
	)
	if err != nil {
		t.Fatal(err)
	}
	until(t, u, "the frames", func() bool {
		frames := u.framing.Load()
		return frames != nil && len(*frames) == 2
	})
	if !u.Ours(uint32(id)) {
		t.Error("the start window is not ours")
	}
	top, err := xproto.QueryTree(c.x, id).Reply()
	if err != nil {
		t.Fatal(err)
	}
	for w := top.Parent; w != c.root; {
		if !u.Ours(uint32(w)) {
			t.Errorf("frame %#x is not ours", w)
		}
		tree, err := xproto.QueryTree(c.x, w).Reply()
		if err != nil {
			t.Fatal(err)
		}
		w = tree.Parent
	}
	c.keep("start-framed")
	if other := c.window(rectOf(0, 0, 10, 10)); u.Ours(uint32(other)) || u.Ours(uint32(c.root)) {
		t.Error("another program's window counts as ours")
	}
}
