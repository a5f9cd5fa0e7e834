package ui

import (
	"bufio"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// xserver is an X server that a test started.
type xserver struct {
	display string
	cmd     *exec.Cmd
}

// runServer starts a server that writes its number to -displayfd.
func runServer(t *testing.T, name string, args ...string) *xserver {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, append([]string{"-displayfd", "3", "-nolisten", "tcp", "-noreset"}, args...)...)
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	_ = w.Close()
	t.Cleanup(func() { endServer(cmd) })
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("%s did not start: %v", name, err)
	}
	_ = r.Close()
	return &xserver{":" + strings.TrimSpace(number), cmd}
}

// endServer ends a server so that it takes its socket and lock away; one that does not is
// killed, and they are taken away for it by the next of the number.
func endServer(cmd *exec.Cmd) {
	const patience = 5 * time.Second
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Process.Signal(syscall.SIGCONT) // a test may have stopped it
	late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	_ = cmd.Wait()
}

// xvfb starts a virtual screen.
func xvfb(t *testing.T, size string) *xserver {
	t.Helper()
	return runServer(t, "Xvfb", "-screen", "0", size+"x24")
}

// client is another program on the same screen.
type client struct {
	t    *testing.T
	x    *xgb.Conn
	root xproto.Window
}

func (s *xserver) client(t *testing.T) *client {
	t.Helper()
	x, err := xgb.NewConnDisplay(s.display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return &client{t, x, xproto.Setup(x).DefaultScreen(x).Root}
}

// enter makes an extension usable. Init of its package would also write to a map that all
// connections of the process read.
func (c *client) enter(extension string) {
	c.t.Helper()
	if (&xconn{x: c.x}).enter(extension) == nil {
		c.t.Fatal("the server has no " + extension)
	}
}

// window maps an override-redirect window.
func (c *client) window(r image.Rectangle) xproto.Window {
	c.t.Helper()
	id, err := xproto.NewWindowId(c.x)
	if err != nil {
		c.t.Fatal(err)
	}
	err = xproto.CreateWindowChecked(c.x, 0, id, c.root, int16(r.Min.X), int16(r.Min.Y),
		uint16(r.Dx()), uint16(r.Dy()), 0, xproto.WindowClassCopyFromParent, 0,
		xproto.CwBackPixel|xproto.CwOverrideRedirect|xproto.CwEventMask,
		[]uint32{0x808080, 1, xproto.EventMaskVisibilityChange}).Check()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := xproto.MapWindowChecked(c.x, id).Check(); err != nil {
		c.t.Fatal(err)
	}
	return id
}

// dpi sets Xft.dpi as desktops do.
func (c *client) dpi(v int) {
	c.t.Helper()
	s := fmt.Sprintf("Xft.dpi:\t%d\n", v)
	if err := xproto.ChangePropertyChecked(c.x, xproto.PropModeReplace, c.root, xproto.AtomResourceManager,
		xproto.AtomString, 8, uint32(len(s)), []byte(s)).Check(); err != nil {
		c.t.Fatal(err)
	}
}

// grab reads the screen.
func (c *client) grab() *image.RGBA {
	c.t.Helper()
	g, err := xproto.GetGeometry(c.x, xproto.Drawable(c.root)).Reply()
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := xproto.GetImage(c.x, xproto.ImageFormatZPixmap, xproto.Drawable(c.root), 0, 0, g.Width, g.Height, 0xffffffff).Reply()
	if err != nil {
		c.t.Fatal(err)
	}
	img := image.NewRGBA(image.Rect(0, 0, int(g.Width), int(g.Height)))
	for i := 0; i+3 < len(r.Data) && i < len(img.Pix); i += 4 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = r.Data[i+2], r.Data[i+1], r.Data[i], 0xff
	}
	return img
}

// keep writes a picture where PICTURES says, for eyes; without it, nowhere.
func (c *client) keep(name string) {
	c.t.Helper()
	dir := os.Getenv("PICTURES")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := png.Encode(f, c.grab()); err != nil {
		c.t.Fatal(err)
	}
}

// count says how many pixels of r have a colour.
func count(img *image.RGBA, r image.Rectangle, want rgb) int {
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if img.RGBAAt(x, y) == (color.RGBA{want.r, want.g, want.b, 0xff}) {
				n++
			}
		}
	}
	return n
}

// running opens a UI and runs it until the test ends.
func running(t *testing.T, s *xserver) *UI { return runningWith(t, s, Options{}) }

func runningWith(t *testing.T, s *xserver, opts Options) *UI {
	t.Helper()
	opts.Display = s.display
	u, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- u.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
		_ = u.Close()
	})
	return u
}

// inLoop runs f in the loop.
func inLoop(t *testing.T, u *UI, f func()) {
	t.Helper()
	if err := u.do(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// until asks the loop again and again until f is true.
func until(t *testing.T, u *UI, what string, f func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		ok := false
		if err := u.do(ctx, func() { ok = f() }); err != nil {
			t.Fatalf("waiting for %s: %v", what, err)
		}
		if ok {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}

// eventually asks again and again, outside the loop, until f is true: what takes long
// must not keep the loop from its work.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(60 * time.Second); !f(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func rectOf(x, y, w, h int) image.Rectangle { return image.Rect(x, y, x+w, y+h) }
