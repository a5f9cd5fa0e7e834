package desktop

import (
	"context"
	"fmt"
	"image/png"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// within bounds what a test waits for; it is long because machines are shared.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func begin(t *testing.T, opts Options) *Desktop {
	t.Helper()
	opts.Log = t.Output()
	d, err := Start(within(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	return d
}

func TestThePersonSavesAFileInAnEditor(t *testing.T) {
	d := begin(t, Options{Width: 1280, Height: 720, Layout: "de", WindowManager: true, Wallpaper: true})
	file, err := d.WriteFile("note.txt", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Run(Mousepad(file)); err != nil {
		t.Fatal(err)
	}
	w, err := d.WaitWindow(within(t), WithClass("Mousepad"))
	if err != nil {
		t.Fatal(err)
	}
	x, y := w.Centre()
	p := d.Person()
	if err := p.Glide(within(t), x, y, 200*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := p.Click(Left); err != nil {
		t.Fatal(err)
	}
	if err := p.Type("Grüße, 5 € und {mehr}@home"); err != nil {
		t.Fatal(err)
	}
	if err := p.Tap(KeyControl, 's'); err != nil {
		t.Fatal(err)
	}
	err = d.wait(within(t), func() (bool, error) {
		text, err := os.ReadFile(file)
		return string(text) == "Grüße, 5 € und {mehr}@home" || string(text) == "Grüße, 5 € und {mehr}@home\n", err
	})
	if s := os.Getenv("SHOT"); s != "" {
		d.Screenshot(s, true)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestStopLeavesNothing(t *testing.T) {
	d := begin(t, Options{Width: 800, Height: 600, WindowManager: true, Programs: []Program{Xterm(10, 10)}})
	if _, err := d.WaitWindow(within(t), WithClass("XTerm")); err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, p := range d.procs.procs {
		pids = append(pids, p.PID())
	}
	dir, number := d.dir, d.Display()[1:]
	d.Stop()
	d.Stop() // a second time does nothing
	for _, pid := range pids {
		if err := syscall.Kill(pid, 0); err == nil {
			t.Errorf("process %d is still there", pid)
		}
	}
	for _, path := range []string{dir, "/tmp/.X11-unix/X" + number, "/tmp/.X" + number + "-lock"} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is still there", path)
		}
	}
}

// Servers that were killed left their sockets behind, until after two hundred of them no
// display number was free.
func TestDeadSocketsAreNotTaken(t *testing.T) {
	const number = 7351 // nobody's
	path := fmt.Sprintf("/tmp/.X11-unix/X%d", number)
	if err := os.MkdirAll(filepath.Dir(path), 0o1777); err != nil {
		t.Fatal(err)
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(path) })
	if !taken(number) {
		t.Error("one at which somebody listens is free")
	}
	listener.SetUnlinkOnClose(false)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); err != nil || taken(number) {
		t.Errorf("one that was left behind is taken (%v)", err)
	}
}

func TestXvfbHasNobodyInIt(t *testing.T) {
	d, err := StartXvfb(within(t), Options{Width: 640, Height: 480, Wallpaper: true, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	if d.Person() != nil {
		t.Error("a person at a server without devices")
	}
	top, err := d.Pixel(0, 0)
	if err != nil {
		t.Fatal(err)
	}
	bottom, err := d.Pixel(0, 479)
	if err != nil || top == bottom {
		t.Errorf("the wallpaper is %v at the top and %v at the bottom (%v)", top, bottom, err)
	}
	shot := filepath.Join(t.TempDir(), "shot.png")
	if err := d.Screenshot(shot, true); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(shot)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if c, err := png.DecodeConfig(f); err != nil || c.Width != 640 || c.Height != 480 {
		t.Errorf("screenshot %+v, %v", c, err)
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	d := begin(t, Options{Width: 640, Height: 480})
	t.Setenv("PATH", t.TempDir())
	if _, err := d.Run(Program{Path: "mousepad"}); err == nil || !strings.Contains(err.Error(), "install the package mousepad") {
		t.Errorf("got %v", err)
	}
	told := xorg{}.explain(`(EE) Failed to load module "dummy" (module does not exist, 0)`)
	if told == nil || !strings.Contains(told.Error(), "xserver-xorg-video-dummy") {
		t.Errorf("got %v", told)
	}
	if _, err := Start(within(t), Options{Width: 1, Height: 1}); err == nil {
		t.Error("a screen of one pixel was started")
	}
}

func TestTwoDesktopsAtOnce(t *testing.T) {
	a := begin(t, Options{Width: 640, Height: 480})
	b := begin(t, Options{Width: 640, Height: 480})
	if a.Display() == b.Display() {
		t.Fatal("both are " + a.Display())
	}
	if err := a.Person().MoveTo(100, 100); err != nil {
		t.Fatal(err)
	}
	if x, y, err := b.Person().Location(); err != nil || x == 100 && y == 100 {
		t.Errorf("the other person's pointer moved too (%v)", err)
	}
}
