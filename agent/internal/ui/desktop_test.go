package ui

import (
	"os"
	"os/exec"
	"path/filepath"
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
	home := t.TempDir()
	config := filepath.Join(home, "rc.xml")
	if err := os.WriteFile(config, []byte(`<openbox_config xmlns="http://openbox.org/3.4/rc"/>`), 0o600); err != nil {
		t.Fatal(err)
	}
	wm := exec.Command("openbox", "--config-file", config)
	wm.Env = []string{"DISPLAY=" + s.display, "HOME=" + home, "PATH=/usr/bin:/bin"}
	if err := wm.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = wm.Process.Kill()
		_ = wm.Wait()
	})
	u := running(t, s)
	u.ShowStart(exampleStart())
	var id xproto.Window
	until(t, u, "the frame", func() bool {
		id = u.loop.start.p.win.id
		frames := u.framing.Load()
		return frames != nil && len(*frames) > 0
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
