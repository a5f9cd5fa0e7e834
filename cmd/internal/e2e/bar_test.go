package e2e

import (
	"image"
	"image/color"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"beside/agent/desktop"
)

// Without its bar a session may go on for this long at most.
const barless = time.Second

func middle(r image.Rectangle) image.Point { return r.Min.Add(r.Size().Div(2)) }

// vandal is another program on the user's display that wants the bar away.
type vandal struct {
	*scene
	conn   *xgb.Conn
	root   xproto.Window
	own    xproto.Window // covers the bar; 0 until it does
	events <-chan xgb.Event
}

// newVandal connects to the display and hears of every new window there.
func newVandal(s *scene) *vandal {
	s.t.Helper()
	conn, err := xgb.NewConnDisplay(s.Desktop.Display())
	s.must(err)
	s.t.Cleanup(conn.Close)
	v := &vandal{scene: s, conn: conn, root: xproto.Setup(conn).DefaultScreen(conn).Root}
	s.must(xproto.ChangeWindowAttributesChecked(conn, v.root, xproto.CwEventMask,
		[]uint32{xproto.EventMaskSubstructureNotify}).Check())
	events := make(chan xgb.Event, 64)
	v.events = events
	go func() {
		defer close(events)
		for {
			event, err := conn.WaitForEvent()
			switch {
			case event != nil:
				events <- event
			case err == nil:
				return
			}
		}
	}()
	return v
}

// lastly is the bar as it is now: another window when it was made anew at its place.
func (v *vandal) lastly(bar desktop.Window) desktop.Window {
	for {
		select {
		case event := <-v.events:
			made, ok := event.(xproto.CreateNotifyEvent)
			if ok && made.OverrideRedirect && int(made.Width) == bar.Bounds.Dx() && int(made.Height) == bar.Bounds.Dy() && made.Window != v.own {
				bar.ID = made.Window
			}
		default:
			return bar
		}
	}
}

func (v *vandal) kill(bar desktop.Window) {
	_ = xproto.KillClientChecked(v.conn, uint32(bar.ID)).Check()
}

func (v *vandal) unmap(bar desktop.Window) { _ = xproto.UnmapWindowChecked(v.conn, bar.ID).Check() }

func (v *vandal) destroy(bar desktop.Window) { _ = xproto.DestroyWindowChecked(v.conn, bar.ID).Check() }

func (v *vandal) move(bar desktop.Window) {
	const away = 8000
	_ = xproto.ConfigureWindowChecked(v.conn, bar.ID, xproto.ConfigWindowX|xproto.ConfigWindowY, []uint32{away, away}).Check()
}

// cover puts a window over the bar, and to the top again each time.
func (v *vandal) cover(bar desktop.Window) {
	if v.own == 0 {
		b := bar.Bounds
		id, err := xproto.NewWindowId(v.conn)
		v.must(err)
		v.must(xproto.CreateWindowChecked(v.conn, xproto.WindowClassCopyFromParent, id, v.root,
			int16(b.Min.X), int16(b.Min.Y), uint16(b.Dx()), uint16(b.Dy()), 0, xproto.WindowClassInputOutput, 0,
			xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{0x336699, 1}).Check())
		v.must(xproto.MapWindowChecked(v.conn, id).Check())
		v.own = id
	}
	_ = xproto.ConfigureWindowChecked(v.conn, v.own, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove}).Check()
}

// THREAT 3: no bar, no session.
func TestSessionDiesWithItsBar(t *testing.T) {
	for _, c := range []struct {
		name  string
		again bool // a bar that was put back is attacked again
		do    func(*vandal, desktop.Window)
	}{
		{"its program's connection is killed", false, (*vandal).kill},
		{"unmapped again and again", true, (*vandal).unmap},
		{"destroyed again and again", true, (*vandal).destroy},
		{"moved away again and again", true, (*vandal).move},
		{"covered again and again", true, (*vandal).cover},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			wire, agent := tapWire(t), watchSockets(t, s.Agent.PID())
			s.view()
			s.bustle()
			bar, err := s.AwaitBar(s.ctx)
			s.must(err)
			v := newVandal(s)
			began, times := time.Now(), 1
			c.do(v, bar)
			for ; c.again && time.Since(began) < barless+listenAfter; times++ {
				bar = v.lastly(bar)
				c.do(v, bar)
			}
			s.quiet(began, barless+listenAfter)
			t.Logf("%d attacks", times)
			expectCut(t, wire, agent.ports(), began, barless)
			s.must(s.page.WaitFor(s.ctx, `document.querySelector('[data-phase=after]') !== null`, "the technician was not told"))
		})
	}
}

// bar is the bar's window as it is now, or as it was when there is none.
func (s *scene) bar(was desktop.Window) desktop.Window {
	s.t.Helper()
	windows, err := s.Desktop.Windows()
	s.must(err)
	for _, w := range windows {
		if desktop.WithRole("beside-agent", "bar")(w) {
			return w
		}
	}
	return was
}

// THREAT 3: what happens to the bar once, as by accident, is put right.
func TestBarComesBack(t *testing.T) {
	s := newScene(t)
	s.view()
	bar, err := s.AwaitBar(s.ctx)
	s.must(err)
	v := newVandal(s)
	for name, harm := range map[string]func(*vandal, desktop.Window){
		"unmapped": (*vandal).unmap, "destroyed": (*vandal).destroy, "moved away": (*vandal).move, "covered": (*vandal).cover,
	} {
		bar = v.lastly(bar)
		harm(v, bar)
		began := time.Now()
		s.must(until(s.ctx, func() bool {
			now := s.bar(bar)
			return now.Visible && now.Bounds == bar.Bounds && s.onTop(now)
		}))
		t.Logf("%s: back after %v", name, time.Since(began).Round(time.Millisecond))
	}
	_, err = s.EndSession(s.ctx) // with its button, where it was
	s.must(err)
	s.over("The user ended the session")
}

// onTop reports whether the bar's own ground is what the screen shows there.
func (s *scene) onTop(w desktop.Window) bool {
	s.t.Helper()
	pixel, err := s.Desktop.Pixel(w.Bounds.Min.X+3, w.Bounds.Min.Y+3)
	s.must(err)
	return pixel == color.RGBA{0x1F, 0x23, 0x2B, 0xFF}
}

// THREAT 3: an agent that is gone cuts everything, and the technician is told.
func TestAgentKilled(t *testing.T) {
	s := newScene(t)
	wire, agent := tapWire(t), watchSockets(t, s.Agent.PID())
	s.view()
	s.bustle()
	killed := time.Now()
	s.must(s.Agent.Signal(syscall.SIGKILL))
	s.must(s.page.WaitText(s.ctx, "The connection was lost"))
	knew := time.Since(killed)
	t.Logf("the technician knew after %v", knew.Round(time.Millisecond))
	// The relay says so at once; ICE alone would take five seconds and more.
	if knew > 5*time.Second {
		t.Errorf("the technician knew after %v", knew)
	}
	s.quiet(killed, listenAfter)
	expectCut(t, wire, agent.ports(), killed, cutWithin)
}

// stoodStill is longer than anything may be silent that the bar is looked after by.
const stoodStill = 3 * time.Second

// A program that stood still as a whole, as on a machine that was asleep, did nothing
// meanwhile. That is no attack on the bar: the session goes on where it was.
func TestAgentThatStoodStill(t *testing.T) {
	s := newScene(t)
	wire, agent := tapWire(t), watchSockets(t, s.Agent.PID())
	s.view()
	s.bustle()
	s.goesOn()
	for range 2 {
		thaw, began := freeze(t, s.Agent.PID()), time.Now()
		s.quiet(began, stoodStill)
		if n := wire.mediaSince(agent.ports(), began.Add(cutWithin)); n > 0 {
			t.Errorf("%d media packets left meanwhile", n)
		}
		thaw()
		s.goesOn()
	}
	_, err := s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
}
