package e2e

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
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
	for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y++ {
		for x := picture.Bounds().Min.X; x < picture.Bounds().Max.X; x++ {
			if r, g, b, _ := picture.At(x, y).RGBA(); r > 0xd000 && g < 0x4000 && b > 0xd000 {
				n++
			}
		}
	}
	return n
}

// bank opens a window of the user's in a colour that nothing else has.
func (s *scene) bank() desktop.Window {
	s.t.Helper()
	p, err := s.Desktop.Run(desktop.Program{Path: "xterm", Args: []string{"-bg", "#ff00ff", "-fg", "#ff00ff", "-geometry", "80x24+1200+450", "-T", "My bank", "-e", "sleep", "600"}})
	s.must(err)
	s.t.Cleanup(p.Stop)
	w, err := s.Desktop.WaitWindow(s.ctx, func(w desktop.Window) bool { return w.Title == "My bank" })
	s.must(err)
	return w
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
	// It follows the window, which the user drags about.
	hand := s.Desktop.Person()
	s.must(hand.MoveTo(bank.Bounds.Min.X+100, bank.Bounds.Min.Y-8))
	s.must(hand.ButtonDown(desktop.Left))
	s.must(hand.Glide(s.ctx, 500, 300, time.Second))
	s.must(hand.ButtonUp(desktop.Left))
	s.quiet(time.Now(), listenAfter)
	moved, err := s.Desktop.WaitWindow(s.ctx, func(w desktop.Window) bool { return w.Title == "My bank" })
	s.must(err)
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
