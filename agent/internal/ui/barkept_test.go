package ui

import (
	"context"
	"image"
	"testing"
	"time"

	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/xproto"

	"beside/consent"
)

var _ consent.Indicator = (*Bar)(nil)

// shownBar shows a bar and returns its window.
func shownBar(t *testing.T, u *UI) (*Bar, xproto.Window, image.Rectangle) {
	t.Helper()
	b, err := u.ShowBar(t.Context(), exampleBar())
	if err != nil {
		t.Fatal(err)
	}
	id, rect := where(t, u)
	return b, id, rect
}

func where(t *testing.T, u *UI) (id xproto.Window, rect image.Rectangle) {
	t.Helper()
	inLoop(t, u, func() { id, rect = u.loop.bar.p.win.id, u.loop.bar.p.win.rect })
	return id, rect
}

// wantBar waits until the bar is seen again and checks that it was not lost.
func wantBar(t *testing.T, u *UI, b *Bar) {
	t.Helper()
	until(t, u, "the bar", b.Visible)
	if isLost(b) {
		t.Error("the bar was lost")
	}
}

func isLost(b *Bar) bool {
	select {
	case <-b.Lost():
		return true
	default:
		return false
	}
}

func wantLost(t *testing.T, b *Bar, within time.Duration) {
	t.Helper()
	select {
	case <-b.Lost():
	case <-time.After(within):
		t.Fatalf("the bar was not lost within %v", within)
	}
	if b.Visible() {
		t.Error("a lost bar says that it is visible")
	}
}

// THREAT 3, PROMISE A5: whatever another program does to the bar once, it comes back.
func TestBarComesBack(t *testing.T) {
	s := xvfb(t, "1280x800")
	c := s.client(t)
	c.enter("SHAPE")
	u := running(t, s)
	b, _, home := shownBar(t, u)
	defer b.Hide()
	for _, tc := range []struct {
		name string
		harm func(id xproto.Window)
	}{
		{"unmap", func(id xproto.Window) { xproto.UnmapWindow(c.x, id) }},
		{"move away", func(id xproto.Window) {
			xproto.ConfigureWindow(c.x, id, xproto.ConfigWindowX|xproto.ConfigWindowY, []uint32{5000, 5000})
		}},
		{"shrink", func(id xproto.Window) {
			xproto.ConfigureWindow(c.x, id, xproto.ConfigWindowWidth|xproto.ConfigWindowHeight, []uint32{1, 1})
		}},
		{"cover", func(xproto.Window) { c.window(rectOf(0, 0, 1280, 800)) }},
		{"lower", func(id xproto.Window) {
			xproto.ConfigureWindow(c.x, id, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeBelow})
		}},
		{"cut a hole", func(id xproto.Window) {
			shape.Rectangles(c.x, shape.SoSet, shape.SkBounding, 0, id, 0, 0, nil)
		}},
		{"put into another window", func(id xproto.Window) {
			xproto.ReparentWindow(c.x, id, c.window(rectOf(2000, 0, 10, 10)), 0, 0)
		}},
		{"destroy", func(id xproto.Window) { xproto.DestroyWindow(c.x, id) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			id, _ := where(t, u)
			inLoop(t, u, func() { b.presence.debt = 0 })
			tc.harm(id)
			c.flush()
			eventually(t, "the bar to come back", func() bool {
				if isLost(b) || !b.Visible() {
					return isLost(b)
				}
				img := c.grab()
				return count(img, home, barGround) > home.Dx()*home.Dy()/8 &&
					count(img, home, danger) > 500
			})
			if isLost(b) {
				t.Error("the bar was lost")
			}
			if _, rect := where(t, u); rect != home {
				t.Errorf("the bar is at %v, want %v", rect, home)
			}
		})
	}
}

// THREAT 3: a window that comes back over the bar again and again ends the session,
// though it lets the bar through for moments.
func TestFightForTheTopIsLost(t *testing.T) {
	s := xvfb(t, "1280x800")
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	c := s.client(t)
	// Wholly on the screen, or its own visibility would never change.
	cover := c.window(rectOf(0, 0, 1280, 60))
	go func() {
		for {
			ev, err := c.x.WaitForEvent()
			if ev == nil && err == nil {
				return
			}
			if _, ok := ev.(xproto.VisibilityNotifyEvent); ok {
				xproto.ConfigureWindow(c.x, cover, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove})
			}
		}
	}()
	wantLost(t, b, 5*time.Second)
}

// A bar that cannot be put on the screen is not reported as shown.
func TestShowBarGivesUp(t *testing.T) {
	s := xvfb(t, "1280x800")
	u := running(t, s)
	c := s.client(t)
	if err := xproto.GrabServerChecked(c.x).Check(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := u.ShowBar(ctx, exampleBar())
		done <- err
	}()
	<-ctx.Done()
	xproto.UngrabServer(c.x)
	c.flush()
	if err := <-done; err == nil {
		t.Error("ShowBar said that the bar is shown")
	}
}

// THREAT 3: when the connection is gone so is the bar, at once.
func TestBarLostWithItsConnection(t *testing.T) {
	s := xvfb(t, "1280x800")
	u, err := Open(Options{Display: s.display})
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- u.Run(t.Context()) }()
	b, id, _ := shownBar(t, u)
	xproto.KillClient(s.client(t).x, uint32(id))
	wantLost(t, b, 5*time.Second)
	if err := <-ran; err == nil {
		t.Error("Run returned no error")
	}
	if !u.Locked() {
		t.Error("injection is not locked without a screen")
	}
	if a, err := u.Ask(t.Context(), exampleQuestion(consent.View)); a != consent.No || err == nil {
		t.Errorf("got %d, %v, want no and an error", a, err)
	}
	b.Hide()
}

// THREAT 3: a hanging loop is no bar.
func TestBarLostWhenTheLoopHangs(t *testing.T) {
	s := xvfb(t, "1280x800")
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	hold := make(chan struct{})
	go func() { _ = u.do(context.Background(), func() { <-hold }) }()
	wantLost(t, b, 10*time.Second)
	close(hold)
	b.Hide()
}

// The bar stays at the top in the middle when the resolution changes.
func TestBarFollowsTheScreen(t *testing.T) {
	s, _ := desk(t)
	u := running(t, s)
	b, _, before := shownBar(t, u)
	defer b.Hide()
	for _, size := range []string{"800x600", "1280x1024"} {
		xrandr(t, s, size)
		until(t, u, "the bar's new place", func() bool {
			r := u.loop.bar.p.win.rect
			return (r != before) == (size == "800x600") && drawn(u.loop.bar.p) && b.Visible()
		})
		_, r := where(t, u)
		w := map[string]int{"800x600": 800, "1280x1024": 1280}[size]
		if mid := (r.Min.X + r.Max.X) / 2; r.Min.Y != 0 || mid < w/2-1 || mid > w/2+1 || r.Dx() > w {
			t.Errorf("%s: the bar is at %v", size, r)
		}
	}
	wantBar(t, u, b)
}
