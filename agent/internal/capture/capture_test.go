package capture

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"beside/consent"
	"beside/consent/consenttest"

	"go.uber.org/goleak"
)

var (
	red  = color.RGBA{255, 0, 0, 255}
	blue = color.RGBA{10, 20, 250, 255}
)

// patience bounds every wait for something that must happen.
const patience = 10 * time.Second

func open(t testing.TB, opts Options) (*Capture, *consent.Gate) {
	t.Helper()
	grant, gate := consenttest.NewView(t)
	c, err := Open(grant, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		awaitEnd(t, c)
	})
	return c, gate
}

// awaitEnd waits until the capture's goroutines are gone.
func awaitEnd(t testing.TB, c *Capture) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case _, more := <-c.Cursors():
			if !more {
				return
			}
		case <-late:
			t.Fatal("the cursors channel stays open")
		}
	}
}

func next(t testing.TB, c *Capture) *Frame {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	f, err := c.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// still checks that nothing more is to be had.
func still(t testing.TB, c *Capture) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if f, err := c.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a still screen gave %v, %v", f, err)
	}
}

func covers(f *Frame, r image.Rectangle) bool {
	for _, d := range f.Damage {
		if r.In(d) {
			return true
		}
	}
	return false
}

// Every source keeps the same promises.
func TestSources(t *testing.T) {
	for _, source := range []Source{SharedPixmap, SharedImage, Requests, Screenshot} {
		t.Run(source.String(), func(t *testing.T) {
			startX(t, "640x480x24")
			p := newPainter(t)
			p.fill(blue, image.Rect(0, 0, 640, 480))
			c, _ := open(t, Options{source: source})
			if got := c.Source(); got != source {
				t.Fatalf("got source %v", got)
			}
			testPictures(t, c, p)
			testPointerIsNotInPictures(t, c, p)
		})
	}
}

func testPictures(t *testing.T, c *Capture, p *painter) {
	whole := image.Rect(0, 0, 640, 480)
	f := next(t, c)
	if f.Width != 640 || f.Height != 480 || f.Resized || !covers(f, whole) || f.at(0, 0) != blue || f.at(639, 479) != blue {
		t.Fatalf("first frame: %v, corners %v %v", f, f.at(0, 0), f.at(639, 479))
	}
	still(t, c)
	spot := image.Rect(101, 103, 158, 120)
	p.fill(red, spot)
	f = next(t, c)
	if len(f.Damage) != 1 || !covers(f, spot) || covers(f, spot.Inset(-1)) {
		t.Errorf("got damage %v, want %v", f.Damage, spot)
	}
	for _, at := range []image.Point{{101, 103}, {157, 119}, {130, 110}} {
		if f.at(at.X, at.Y) != red {
			t.Errorf("pixel %v: got %v, want red", at, f.at(at.X, at.Y))
		}
	}
	for _, at := range []image.Point{{100, 103}, {158, 119}, {101, 102}, {157, 120}} {
		if f.at(at.X, at.Y) != blue {
			t.Errorf("pixel %v beside it: got %v, want blue", at, f.at(at.X, at.Y))
		}
	}
	still(t, c)
	c.Refresh()
	if f = next(t, c); !covers(f, whole) || f.at(130, 110) != red {
		t.Errorf("after Refresh: %v", f)
	}
	still(t, c)
	window := image.Rect(400, 50, 460, 90)
	p.window(window)
	f = next(t, c)
	for !covers(f, window) {
		f = next(t, c)
	}
	if got := f.at(430, 70); got != (color.RGBA{0, 200, 0, 255}) {
		t.Errorf("in a window: got %v, want green", got)
	}
}

func testPointerIsNotInPictures(t *testing.T, c *Capture, p *painter) {
	p.warp(300, 300)
	p.fill(red, image.Rect(250, 250, 350, 350))
	f := next(t, c)
	for y := 250; y < 350; y++ {
		for x := 250; x < 350; x++ {
			if f.at(x, y) != red {
				t.Fatalf("pixel %d,%d by the pointer is %v", x, y, f.at(x, y))
			}
		}
	}
	p.warp(310, 310)
	still(t, c)
}

// A reader that comes late gets one newest frame with all the damage.
func TestFramesCoalesce(t *testing.T) {
	startX(t, "640x480x24")
	p := newPainter(t)
	c, _ := open(t, Options{})
	next(t, c)
	for i := range 200 {
		p.fill(color.RGBA{byte(i), 0, 0, 255}, image.Rect(0, 0, 50, 50), image.Rect(i, 400, i+10, 410))
	}
	p.fill(red, image.Rect(10, 10, 20, 20))
	f := next(t, c)
	if f.at(15, 15) != red || f.at(30, 30).R != 199 || f.at(205, 405).R != 199 {
		t.Errorf("not the newest: %v %v %v", f.at(15, 15), f.at(30, 30), f.at(205, 405))
	}
	still(t, c)
}

// PROMISE A2, THREAT 4: without a live grant there is no capture.
func TestOpenNeedsLiveGrant(t *testing.T) {
	startX(t, "320x240x24")
	revoked, gate := consenttest.NewView(t)
	gate.Withdraw(consent.View, consent.ByUser)
	for name, grant := range map[string]*consent.ViewGrant{"nil": nil, "zero": {}, "revoked": revoked} {
		if c, err := Open(grant, Options{}); !errors.Is(err, consent.ErrRevoked) || c != nil {
			t.Errorf("%s grant: got %v, %v, want %v", name, c, err, consent.ErrRevoked)
		}
	}
}

// THREAT 4: when Withdraw has returned no picture is taken, a waiting reader is sent
// away, and what it held is black.
func TestRevoke(t *testing.T) {
	startX(t, "320x240x24")
	p := newPainter(t)
	p.fill(blue, image.Rect(0, 0, 320, 240))
	c, gate := open(t, Options{})
	f := next(t, c)
	waiting := make(chan error, 1)
	go func() {
		_, err := c.Next(context.Background())
		waiting <- err
	}()
	gate.Withdraw(consent.View, consent.ByUser)
	p.fill(red, image.Rect(0, 0, 320, 240))
	select {
	case err := <-waiting:
		if !errors.Is(err, consent.ErrRevoked) {
			t.Errorf("the waiting reader got %v, want %v", err, consent.ErrRevoked)
		}
	case <-time.After(patience):
		t.Fatal("the reader still waits")
	}
	if _, err := c.Next(t.Context()); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("the next reader got %v, want %v", err, consent.ErrRevoked)
	}
	awaitEnd(t, c)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if got := f.at(160, 120); got != (color.RGBA{0, 0, 0, 255}) {
		t.Errorf("the last picture shows %v after revocation", got)
	}
}

// Revoking in the midst of a busy screen: the picture no longer changes.
func TestRevokeWhileGrabbing(t *testing.T) {
	startX(t, "320x240x24")
	p := newPainter(t)
	for range 20 {
		grant, gate := consenttest.NewView(t)
		c, err := Open(grant, Options{})
		if err != nil {
			t.Fatal(err)
		}
		ended, started := make(chan error, 1), make(chan struct{})
		go func() {
			close(started)
			for {
				if _, err := c.Next(context.Background()); err != nil {
					ended <- err
					return
				}
				c.Refresh()
			}
		}()
		<-started
		p.fill(red, image.Rect(0, 0, 50, 50))
		gate.Withdraw(consent.View, consent.ByUser)
		c.mu.Lock()
		at := c.frame.At
		c.mu.Unlock()
		if err := <-ended; !errors.Is(err, consent.ErrRevoked) {
			t.Fatalf("got %v, want %v", err, consent.ErrRevoked)
		}
		if !c.frame.At.Equal(at) {
			t.Fatal("a picture was taken after Withdraw had returned")
		}
		awaitEnd(t, c)
	}
}

// A pause takes no picture and loses no damage.
func TestPause(t *testing.T) {
	startX(t, "320x240x24")
	p := newPainter(t)
	c, gate := open(t, Options{})
	next(t, c)
	gate.Pause()
	p.fill(red, image.Rect(10, 10, 20, 20))
	if f, err := c.Next(t.Context()); !errors.Is(err, consent.ErrPaused) {
		t.Fatalf("while paused: got %v, %v, want %v", f, err, consent.ErrPaused)
	}
	gate.Resume()
	if f := next(t, c); f.at(15, 15) != red || !covers(f, image.Rect(10, 10, 20, 20)) {
		t.Errorf("after the pause: %v, %v", f, f.at(15, 15))
	}
}

// THREAT 4: Close wakes the reader, and nothing stays in shared memory.
func TestClose(t *testing.T) {
	startX(t, "320x240x24")
	before := segments(t)
	c, _ := open(t, Options{})
	next(t, c)
	during := segments(t)
	if len(during) != len(before)+1 {
		t.Fatalf("got %d shared memory segments, want %d", len(during), len(before)+1)
	}
	for id, mode := range during {
		if mode&0o077 != 0 {
			t.Errorf("segment %s has mode %o, others may read it", id, mode)
		}
	}
	waiting := make(chan error, 1)
	go func() {
		_, err := c.Next(context.Background())
		waiting <- err
	}()
	if err := errors.Join(c.Close(), c.Close()); err != nil {
		t.Error(err)
	}
	if err := <-waiting; !errors.Is(err, ErrClosed) {
		t.Errorf("the waiting reader got %v, want %v", err, ErrClosed)
	}
	if after := segments(t); len(after) != len(before) {
		t.Errorf("got %d segments after Close, want %d", len(after), len(before))
	}
}

// segments lists the modes of the shared memory that this process made, by id.
// proc(5), /proc/sysvipc/shm: key, shmid, perms, size, cpid, …
func segments(t *testing.T) map[string]uint {
	t.Helper()
	table, err := os.ReadFile("/proc/sysvipc/shm")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]uint{}
	for _, line := range strings.Split(string(table), "\n")[1:] {
		f := strings.Fields(line)
		if len(f) < 5 || f[4] != fmt.Sprint(os.Getpid()) {
			continue
		}
		var mode uint
		if _, err := fmt.Sscanf(f[2], "%o", &mode); err != nil {
			t.Fatal(err)
		}
		found[f[1]] = mode
	}
	return found
}

// A frozen window system holds nobody up: not Close, and not the gate, which waits for
// a grab in progress.
func TestFrozenServer(t *testing.T) {
	server := startX(t, "320x240x24")
	c, gate := open(t, Options{})
	next(t, c)
	if err := server.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Signal(syscall.SIGCONT) }()
	c.Refresh()
	ended := make(chan error, 1)
	go func() {
		_, err := c.Next(context.Background())
		ended <- err
	}()
	gone := make(chan struct{})
	go func() {
		gate.End(consent.ByUser)
		close(gone)
	}()
	for _, wait := range []func(){func() { <-gone }, func() { <-ended }, func() { _ = c.Close() }} {
		done := make(chan struct{})
		go func() { wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(patience):
			t.Fatal("still waiting for a frozen server")
		}
	}
}

func TestServerDies(t *testing.T) {
	server := startX(t, "320x240x24")
	c, _ := open(t, Options{})
	next(t, c)
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := c.Next(ctx); !errors.Is(err, ErrLost) {
		t.Errorf("got %v, want %v", err, ErrLost)
	}
}

// A server without shared memory is read by the portable library.
func TestFallback(t *testing.T) {
	startX(t, "320x240x24", "-extension", "MIT-SHM")
	p := newPainter(t)
	c, _ := open(t, Options{})
	if got := c.Source(); got != Screenshot {
		t.Errorf("got source %v, want %v", got, Screenshot)
	}
	next(t, c)
	p.fill(red, image.Rect(10, 10, 20, 20))
	if f := next(t, c); f.at(15, 15) != red {
		t.Errorf("got %v, want red", f.at(15, 15))
	}
}

// No goroutine outlives its capture.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A frame costs no allocation of its own: what remains is xgb's, for five requests.
func TestFramesAllocateLittle(t *testing.T) {
	startX(t, "1280x720x24")
	c, _ := open(t, Options{})
	next(t, c)
	ctx := t.Context()
	const frames, each = 50, 8 << 10
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range frames {
		c.Refresh()
		if _, err := c.Next(ctx); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / frames; got > each {
		t.Errorf("got %d bytes a frame, want at most %d", got, each)
	}
}
