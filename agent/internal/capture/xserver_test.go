package capture

import (
	"fmt"
	"image"
	"image/color"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"beside/agent/internal/xwire"
)

// startX runs a virtual X server for the test and points DISPLAY to it. The server
// picks a free number itself.
func startX(t testing.TB, size string, more ...string) *os.Process {
	t.Helper()
	ready, tell, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer ready.Close()
	args := append([]string{"-displayfd", "3", "-screen", "0", size, "-nolisten", "tcp", "-noreset"}, more...)
	server := exec.Command("Xvfb", args...)
	server.ExtraFiles = []*os.File{tell}
	if err := server.Start(); err != nil {
		t.Fatalf("Xvfb (Debian: xvfb) is needed: %v", err)
	}
	tell.Close()
	t.Cleanup(func() { // so that it takes its socket and lock away
		_ = server.Process.Signal(syscall.SIGTERM)
		_ = server.Process.Signal(syscall.SIGCONT) // a test may have stopped it
		late := time.AfterFunc(5*time.Second, func() { _ = server.Process.Kill() })
		defer late.Stop()
		_ = server.Wait()
	})
	number, err := io.ReadAll(io.LimitReader(ready, 16))
	if err != nil || len(number) == 0 {
		t.Fatalf("Xvfb did not start: %v", err)
	}
	t.Setenv("DISPLAY", ":"+strings.TrimSpace(string(number)))
	t.Setenv("XAUTHORITY", os.DevNull)
	return server.Process
}

// painter is another program, that draws.
type painter struct {
	t    testing.TB
	conn *xgb.Conn
	root xproto.Window
	gc   xproto.Gcontext
}

func newPainter(t testing.TB) *painter {
	t.Helper()
	conn, _, err := xwire.Dial("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	p := &painter{t: t, conn: conn, root: xproto.Setup(conn).DefaultScreen(conn).Root}
	if p.gc, err = xproto.NewGcontextId(conn); err != nil {
		t.Fatal(err)
	}
	values := []uint32{xproto.SubwindowModeIncludeInferiors}
	p.check(xproto.CreateGCChecked(conn, p.gc, xproto.Drawable(p.root), xproto.GcSubwindowMode, values).Check())
	return p
}

func (p *painter) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// fill paints rectangles and waits until the server has.
func (p *painter) fill(c color.RGBA, rects ...image.Rectangle) {
	p.t.Helper()
	xproto.ChangeGC(p.conn, p.gc, xproto.GcForeground, []uint32{uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B)})
	list := make([]xproto.Rectangle, len(rects))
	for i, r := range rects {
		list[i] = xproto.Rectangle{X: int16(r.Min.X), Y: int16(r.Min.Y), Width: uint16(r.Dx()), Height: uint16(r.Dy())}
	}
	p.check(xproto.PolyFillRectangleChecked(p.conn, xproto.Drawable(p.root), p.gc, list).Check())
}

// warp moves the pointer and waits until it is there.
func (p *painter) warp(x, y int) {
	p.t.Helper()
	p.check(xproto.WarpPointerChecked(p.conn, 0, p.root, 0, 0, 0, 0, int16(x), int16(y)).Check())
}

// at is the colour of a pixel of the frame.
func (f *Frame) at(x, y int) color.RGBA {
	o := y*f.Stride + 4*x
	return color.RGBA{f.Pix[o+2], f.Pix[o+1], f.Pix[o], 255}
}

func (f *Frame) String() string { return fmt.Sprintf("%dx%d damage %v", f.Width, f.Height, f.Damage) }

// window shows a green window, and waits until the server has painted it.
func (p *painter) window(r image.Rectangle) {
	p.t.Helper()
	id, err := xproto.NewWindowId(p.conn)
	p.check(err)
	p.check(xproto.CreateWindowChecked(p.conn, 0, id, p.root, int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), 0,
		xproto.WindowClassInputOutput, 0, xproto.CwBackPixel, []uint32{0x00c800}).Check())
	p.check(xproto.MapWindowChecked(p.conn, id).Check())
}
