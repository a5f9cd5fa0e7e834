package input

import (
	"context"
	"errors"
	"image"
	"testing"

	"beside/agent/desktop"
)

// servers are the X servers that the injector is tested on.
var servers = map[string]func(context.Context, desktop.Options) (*desktop.Desktop, error){
	"Xorg": desktop.Start, "Xvfb": desktop.StartXvfb,
}

// second shows another window, which a test declares to be ours.
func (d *desk) second(t testing.TB) *desktop.Target {
	t.Helper()
	w, err := desktop.OpenTarget(d.Display(), image.Rect(600, 100, 1000, 400))
	must(t, err)
	t.Cleanup(w.Close)
	must(t, d.target.Focus())
	return w
}

// over is a place in the middle of a window, as the technician would say it.
func (d *desk) over(w *desktop.Target) (x, y int) {
	b := w.Bounds()
	return (b.Min.X+b.Max.X)/2 - 10, (b.Min.Y+b.Max.Y)/2 - 20
}

// PROMISE A1
// THREAT 1
func TestNoClickReachesOurWindow(t *testing.T) {
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			d := furnish(t, start)
			ours := d.second(t)
			x, y := d.over(ours)
			must(t, d.Button(x, y, 0, true), d.Button(x, y, 0, false), ours.Sync(within(t)))
			if len(ours.Clear()) == 0 {
				t.Fatal("a click does not arrive even when the window is not ours: the test proves nothing")
			}
			must(t, d.target.Focus())
			d.guard.ours.Store(uint32(ours.ID()))
			must(t, d.Move(0, 0), ours.Sync(within(t)))
			ours.Clear()
			for range 1000 {
				if err := d.Button(x, y, 0, true); !errors.Is(err, ErrBlocked) {
					t.Fatalf("press: got %v, want ErrBlocked", err)
				}
				must(t, d.Button(x, y, 0, false))
			}
			for _, err := range []error{d.Move(x, y), d.Wheel(x, y, 0, 1), d.Button(x, y, 2, true)} {
				if !errors.Is(err, ErrBlocked) {
					t.Errorf("got %v, want ErrBlocked", err)
				}
			}
			must(t, ours.Sync(within(t)))
			if got := ours.Clear(); len(got) != 0 {
				t.Errorf("%d events reached our window, the first is %+v", len(got), got[0])
			}
		})
	}
}

// A press on a part of the screen that no program listens to begins no grab, so the
// next press would go to whatever is under the pointer.
//
// THREAT 1
func TestHoldingAButtonOpensNoWayIntoOurWindow(t *testing.T) {
	d := newDesk(t)
	ours := d.second(t)
	d.guard.ours.Store(uint32(ours.ID()))
	x, y := d.over(ours)
	must(t, d.Button(1200, 600, 3, true)) // the bare root window
	must(t, d.Move(x, y))
	if err := d.Button(x, y, 0, true); !errors.Is(err, ErrBlocked) {
		t.Errorf("press: got %v, want ErrBlocked", err)
	}
	if err := d.Wheel(x, y, 0, 1); !errors.Is(err, ErrBlocked) {
		t.Errorf("wheel: got %v, want ErrBlocked", err)
	}
	must(t, ours.Sync(within(t)))
	for _, e := range ours.Clear() {
		if e.Kind == desktop.ButtonPress {
			t.Errorf("our window got %+v", e)
		}
	}
}

// THREAT 1
func TestNoKeyReachesOurWindow(t *testing.T) {
	d := newDesk(t)
	ours := d.second(t)
	d.guard.ours.Store(uint32(ours.ID()))
	must(t, ours.Focus())
	for _, err := range []error{d.Key(Key{Code: "Enter", Key: "Enter", Down: true}), d.Text("y")} {
		if !errors.Is(err, ErrBlocked) {
			t.Errorf("got %v, want ErrBlocked", err)
		}
	}
	must(t, ours.Sync(within(t)))
	if got := ours.Clear(); len(got) != 0 {
		t.Errorf("our window got %+v", got)
	}
}

// A held key repeats by itself, so it must come up when our window takes the keyboard.
//
// THREAT 1
func TestAHeldKeyComesUpWhenOurWindowTakesTheKeyboard(t *testing.T) {
	d := newDesk(t)
	ours := d.second(t)
	d.guard.ours.Store(uint32(ours.ID()))
	must(t, d.Key(Key{Code: "Space", Key: " ", Down: true}), ours.Focus())
	d.eventually(t, "let go", func() bool { return len(d.held(t)) == 0 })
}

// THREAT 1
func TestAQuestionStopsEverything(t *testing.T) {
	d := newDesk(t)
	must(t, d.Button(200, 200, 0, true), d.Key(Key{Code: "Enter", Key: "Enter", Down: true}))
	d.guard.locked.Store(true)
	d.eventually(t, "let go", func() bool { return len(d.held(t)) == 0 })
	d.arrived(t)
	for _, err := range []error{
		d.Move(1, 1), d.Button(200, 200, 0, true), d.Wheel(200, 200, 0, 1),
		d.Key(Key{Code: "Enter", Key: "Enter", Down: true}), d.Text("y"),
	} {
		if !errors.Is(err, ErrBlocked) {
			t.Errorf("got %v, want ErrBlocked", err)
		}
	}
	if got := d.arrived(t, desktop.Motion, anyButton, anyKey); len(got) != 0 {
		t.Errorf("arrived %+v", got)
	}
	d.guard.locked.Store(false)
	must(t, d.Move(1, 1))
}

// PROMISE A3: what the user does not show takes no events, neither clicks nor keys.
func TestNothingReachesWhatIsNotShown(t *testing.T) {
	d := newDesk(t)
	var asked [][]uint32
	shown := true
	d.shows = func(windows []uint32) bool {
		asked = append(asked, windows)
		return shown
	}
	x, y := 200, 200
	must(t, d.Button(x, y, buttonLeft, true), d.Button(x, y, buttonLeft, false), d.Key(Key{Code: "KeyA", Key: "a", Down: true}), d.Key(Key{Code: "KeyA", Key: "a"}))
	if got := d.arrived(t, anyButton, anyKey); len(got) != 2 {
		t.Fatalf("shown: %d events arrived", len(got))
	}
	shown = false
	for name, err := range map[string]error{
		"a click": d.Button(x, y, buttonLeft, true), "motion": d.Move(x, y), "the wheel": d.Wheel(x, y, 0, 1),
		"a key": d.Key(Key{Code: "KeyA", Key: "a", Down: true}), "text": d.Text("a"),
	} {
		if !errors.Is(err, ErrBlocked) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := d.arrived(t, anyButton, anyKey); len(got) != 0 {
		t.Errorf("not shown: %+v arrived", got)
	}
	for _, windows := range asked {
		if len(windows) == 0 || windows[0] != uint32(d.target.ID()) {
			t.Errorf("asked about %v, want %v first", windows, d.target.ID())
		}
	}
}
