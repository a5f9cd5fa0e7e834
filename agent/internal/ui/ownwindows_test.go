package ui

import (
	"errors"
	"image"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jezek/xgb/xproto"
)

// THREAT 3: what lies over the bar counts unless it is ours and keeps its place: the line
// round what is shown does not, another program's window does, and so does one of ours that
// a window manager puts where it likes. What only catches the pointer counts where it
// reaches into the bar, and not along its edge, where desktops keep such windows.
func TestOwnWindowsDoNotCover(t *testing.T) {
	s := xvfb(t, "1280x800")
	c := s.client(t)
	u := running(t, s)
	b, _, home := shownBar(t, u)
	defer b.Hide()
	look := func() (got sight) {
		t.Helper()
		inLoop(t, u, func() {
			var err error
			if got, err = u.conn.look(b.p.win); err != nil {
				t.Error(err)
			}
		})
		return got
	}
	until(t, u, "the bar", func() bool { return b.Visible() && len(b.frame.edges) == 4 })
	inLoop(t, u, func() {
		b.frame.edges[0].raise() // along the top, where the bar is
		if got, err := u.conn.look(b.p.win); err != nil || got != uncovered {
			t.Errorf("under our own line: %v, %v", got, err)
		}
		xproto.ConfigureWindow(u.conn.x, b.frame.edges[0].id, xproto.ConfigWindowHeight, []uint32{uint32(home.Dy())})
		if got, err := u.conn.look(b.p.win); err != nil || got != covered {
			t.Errorf("under our own line, that another program made larger: %v, %v", got, err)
		}
		b.frame.edges[0].place(b.frame.edges[0].rect)
		ordinary, err := u.conn.newWindow(home, false, white)
		if err != nil {
			t.Error(err)
			return
		}
		xproto.MapWindow(u.conn.x, ordinary.id)
		ordinary.raise()
		if got, err := u.conn.look(b.p.win); err != nil || got != covered {
			t.Errorf("under a window of ours that is not free: %v, %v", got, err)
		}
		ordinary.destroy()
	})
	for name, tc := range map[string]struct {
		at     image.Rectangle
		unseen bool // it only catches the pointer
		want   sight
	}{
		"another program's":               {home.Inset(20), false, covered},
		"another program's, one pixel":    {image.Rect(home.Min.X, home.Min.Y, home.Min.X+1, home.Min.Y+1), false, covered},
		"beside it":                       {home.Add(image.Pt(0, home.Dy())), false, uncovered},
		"unseen, over a button":           {home.Inset(15), true, covered},
		"unseen, along the screen's edge": {image.Rect(0, 0, 1280, thinEdge), true, uncovered},
	} {
		id := c.hung(tc.at, tc.unseen)
		// The bar comes back to the top as soon as it knows: look before it does.
		eventually(t, name, func() (seen bool) {
			inLoop(t, u, func() {
				if err := xproto.ConfigureWindowChecked(u.conn.x, id, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove}).Check(); err != nil {
					t.Error(err)
				}
				got, err := u.conn.look(b.p.win)
				seen = err == nil && got == tc.want
			})
			return seen
		})
		if err := xproto.DestroyWindowChecked(c.x, id).Check(); err != nil {
			t.Fatal(err)
		}
	}
	if got := look(); got != uncovered {
		t.Errorf("in the end: %v", got)
	}
}

// hung maps a window of this program over all others; unseen ones catch the pointer alone.
func (c *client) hung(r image.Rectangle, unseen bool) xproto.Window {
	c.t.Helper()
	if !unseen {
		return c.window(r)
	}
	id, err := xproto.NewWindowId(c.x)
	if err != nil {
		c.t.Fatal(err)
	}
	err = errors.Join(
		xproto.CreateWindowChecked(c.x, 0, id, c.root, int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), 0,
			xproto.WindowClassInputOnly, 0, xproto.CwOverrideRedirect, []uint32{1}).Check(),
		xproto.MapWindowChecked(c.x, id).Check(),
	)
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

// THREAT 3: while the loop is silent the bar does not count as seen, also before anybody has
// found out that it hangs for good.
func TestASilentLoopShowsNoBar(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &Bar{born: time.Now(), lost: make(chan struct{}), hidden: make(chan struct{})}
		b.visible.Store(true)
		if time.Sleep(stalled - 1); !b.Visible() {
			t.Error("not seen after a moment of silence")
		}
		if time.Sleep(time.Nanosecond); b.Visible() {
			t.Error("seen though nobody has looked after it for a second")
		}
		b.beat.Store(int64(stalled)) // it goes on
		if !b.Visible() {
			t.Error("not seen after it went on")
		}
	})
}

// THREAT 3: where this program stood still itself the server has a moment more to be heard;
// one that says nothing then either is told of, once.
func TestAServerThatIsHeardLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			name   string
			waited time.Duration // when the clock is looked at
			hears  time.Duration // after that; 0 is never
			want   int32
			within time.Duration
		}{
			{"it stood still, and hears it then", 3 * answerWithin, answerWithin / 8, 0, 0},
			{"it stood still, and hears nothing", 3 * answerWithin, 0, 1, answerWithin / 4},
			{"it stood still, and hears it too late", 3 * answerWithin, answerWithin, 1, answerWithin / 4},
			{"it did not stand still", answerWithin, answerWithin / 8, 1, 0},
		} {
			var late atomic.Int32
			var heard atomic.Bool
			overdue(c.waited, &heard, func() { late.Add(1) })
			if c.hears > 0 {
				time.AfterFunc(c.hears, func() { heard.Store(true) })
			}
			time.Sleep(c.within)
			synctest.Wait()
			if got := late.Load(); got != c.want {
				t.Errorf("%s: told of %d times, want %d", c.name, got, c.want)
			}
			time.Sleep(2 * answerWithin)
			synctest.Wait()
			if got := late.Load(); got != c.want {
				t.Errorf("%s: told of %d times in the end, want %d", c.name, got, c.want)
			}
		}
	})
}
