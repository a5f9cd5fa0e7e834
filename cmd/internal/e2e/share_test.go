package e2e

import (
	"errors"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/agent/desktop"
	"beside/consent"
)

const keySpace xproto.Keysym = 0x20

// magenta counts the technician's pixels in the colour of the window that is hidden.
func (s *scene) magenta() (n int) {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "technician.png")
	s.must(s.page.Screenshot(s.ctx, path))
	f, err := os.Open(path)
	s.must(err)
	defer f.Close()
	picture, err := png.Decode(f)
	s.must(err)
	switch p := picture.(type) { // with everything opaque, both are the same
	case *image.RGBA:
		n, _ = coloured(p.Pix, 4)
	case *image.NRGBA:
		n, _ = coloured(p.Pix, 4)
	default:
		s.t.Fatalf("the page's picture is a %T", picture)
	}
	return n
}

// coloured counts the pixels of so many bytes that are magenta, and green. It has them to
// itself: the race detector would make it the most of the tests that look at pictures.
//
//go:norace
func coloured(pixels []byte, size int) (magenta, green int) {
	for ; len(pixels) >= size; pixels = pixels[size:] {
		red, grn, blu := pixels[0], pixels[1], pixels[2]
		if red > 0xb0 && grn < 0x60 && blu > 0xb0 {
			magenta++
		}
		if red < 0x60 && grn > 0xb0 && blu < 0x60 {
			green++
		}
	}
	return magenta, green
}

// bank opens a window of the user's in a colour that nothing else has.
func (s *scene) bank() desktop.Window {
	s.t.Helper()
	w, _ := s.terminal("My bank", "#ff00ff", "+1200+450")
	return w
}

// terminal opens a window of the user's, all of it in one colour.
func (s *scene) terminal(title, colour, at string) (w desktop.Window, closeIt func()) {
	s.t.Helper()
	p, err := s.Desktop.Run(desktop.Program{Path: "xterm", Args: []string{"-bg", colour, "-fg", colour, "-geometry", "80x24" + at, "-T", title, "-e", "sleep", "600"}})
	s.must(err)
	s.t.Cleanup(p.Stop)
	w, err = s.Desktop.WaitWindow(s.ctx, func(w desktop.Window) bool { return w.Title == title })
	s.must(err)
	return w, p.Stop
}

// PROMISE A3 E4: of one window that is shown, and of it alone, there is a picture, on the
// page and in the recording, while another is dragged over it, comes to the top, and is
// closed.
func TestOneWindow(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	bank := s.bank()
	shown, _ := s.terminal("Printer", "#00ff00", "+300+450") // the highest: the first of the list
	s.join()
	// By keyboard: from Not now past the verb and "Everything" to "One window", its first.
	for _, keys := range []xproto.Keysym{keyTab, keyTab, keyTab, keySpace, keyTab, keySpace} {
		s.must(s.Desktop.Person().Tap(keys))
		s.quiet(time.Now(), 150*time.Millisecond)
	}
	s.yes()
	_, err := s.page.AwaitPicture(s.ctx)
	s.must(err)
	look := func(when string) {
		t.Helper()
		if n := s.magenta(); n > 0 {
			t.Errorf("%s %d pixels of a window that is not shown are on the technician's page", when, n)
		}
	}
	look("at first")
	s.record()
	hand := s.Desktop.Person()
	s.must(hand.MoveTo(bank.Bounds.Min.X+100, bank.Bounds.Min.Y-8))
	s.must(hand.ButtonDown(desktop.Left))
	for _, at := range []image.Point{{700, 300}, {450, 440}, {620, 520}} {
		s.must(hand.Glide(s.ctx, at.X, at.Y, 500*time.Millisecond))
		look("while it is dragged over the one that is shown")
	}
	s.must(hand.ButtonUp(desktop.Left))
	moved, err := s.Desktop.WaitWindow(s.ctx, func(w desktop.Window) bool { return w.Title == "My bank" })
	s.must(err)
	if moved.Bounds.Intersect(shown.Bounds).Empty() {
		t.Fatalf("%v is not over %v, so that nothing was put to the test", moved.Bounds, shown.Bounds)
	}
	_, closeIt := s.terminal("Another bank", "#ff00ff", "+320+470")
	s.quiet(time.Now(), listenAfter)
	look("when another came up over it")
	closeIt()
	s.quiet(time.Now(), listenAfter)
	look("when that was closed")
	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
	receipt, statements := s.receipt()
	for _, st := range statements {
		if st.Event.Type == "granted" && st.Event.Scope == "view" && (st.Event.Shared != consent.OneWindow || !strings.Contains(st.Notice.Text.Allows[0], "the one window you chose")) {
			t.Errorf("the receipt says %q: %q", st.Event.Shared, st.Notice.Text.Allows)
		}
	}
	film := filepath.Join(t.TempDir(), "recording.mp4")
	movie, err := os.Create(film)
	s.must(err)
	s.must(errors.Join(s.openRecording(receipt).Export(movie), movie.Close()))
	magenta, green := s.colours(film)
	if magenta > 0 || green == 0 {
		t.Errorf("of the recording's pictures %d show a window that was not shown, %d the one that was", magenta, green)
	}
}

// colours counts the pictures of a recording with magenta, and with green, in them.
func (s *scene) colours(film string) (magenta, green int) {
	s.t.Helper()
	const w, h, some = 480, 270, 10
	raw, err := exec.CommandContext(s.ctx, "ffmpeg", "-v", "error", "-i", film, "-vf", "scale=480:270:flags=neighbor", "-fps_mode", "passthrough",
		"-f", "rawvideo", "-pix_fmt", "rgb24", "-").Output()
	s.must(err)
	for ; len(raw) >= 3*w*h; raw = raw[3*w*h:] {
		m, g := coloured(raw[:3*w*h], 3)
		if m > some {
			magenta++
		}
		if g > some {
			green++
		}
	}
	return magenta, green
}

// PROMISE A3 E4: the user hides a window before anything is shown; the technician never
// sees it, cannot press in it, and the receipt says that something was hidden, not what.
func TestHiddenWindow(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	bank := s.bank()
	s.join()
	// By keyboard: from Not now past the verb to the choice, "Hide windows", the first.
	for _, keys := range []xproto.Keysym{keyTab, keyTab, keyTab, keyTab, keySpace, keyTab, keySpace} {
		s.must(s.Desktop.Person().Tap(keys))
		s.quiet(time.Now(), 150*time.Millisecond)
	}
	s.yes()
	_, err := s.page.AwaitPicture(s.ctx)
	s.must(err)
	if n := s.magenta(); n > 0 {
		t.Errorf("%d pixels of the hidden window are on the technician's page", n)
	}
	s.control()
	// It follows the window, which the user drags about; again where a busy window manager
	// came too late for it.
	hand, moved := s.Desktop.Person(), bank
	for tries := 0; tries < 3 && moved.Bounds == bank.Bounds; tries++ {
		s.must(hand.MoveTo(bank.Bounds.Min.X+100, bank.Bounds.Min.Y-8))
		s.must(hand.ButtonDown(desktop.Left))
		s.must(hand.Glide(s.ctx, 500, 300, time.Second))
		s.must(hand.ButtonUp(desktop.Left))
		s.quiet(time.Now(), listenAfter)
		moved, err = s.Desktop.WaitWindow(s.ctx, func(w desktop.Window) bool { return w.Title == "My bank" })
		s.must(err)
	}
	if moved.Bounds == bank.Bounds {
		t.Fatal("the window was not moved, so that nothing was put to the test")
	}
	if n := s.magenta(); n > 0 {
		t.Errorf("after it was moved %d pixels of the hidden window are on the technician's page", n)
	}
	s.must(s.Rested(s.ctx, s.page))
	r, there := newRude(s), moved.Bounds.Min.Add(image.Pt(40, 40))
	s.must(hand.MoveTo(1900, 1000))
	s.must(s.Rested(s.ctx, s.page))
	r.send(click(there)...)
	s.quiet(time.Now(), listenAfter)
	if x, y, err := hand.Location(); err != nil || image.Pt(x, y) == there {
		t.Errorf("the technician's pointer is over the hidden window: %d,%d %v", x, y, err)
	}
	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
	_, statements := s.receipt()
	for _, st := range statements {
		if st.Event.Type == "granted" && st.Event.Scope == "view" && (st.Event.Shared != consent.Everything || st.Event.Hidden != 1) {
			t.Errorf("the receipt says %q with %d hidden", st.Event.Shared, st.Event.Hidden)
		}
	}
}
