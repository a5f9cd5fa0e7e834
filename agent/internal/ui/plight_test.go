package ui

import (
	"context"
	"encoding/binary"
	"image"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
)

// wantHeld waits until everything is to wait, does what the agent does then, and checks that
// the session does not end of it.
func wantHeld(t *testing.T, u *UI, b *Bar) {
	t.Helper()
	select {
	case act := <-u.Actions():
		if act != HoldSession {
			t.Fatalf("action %d, want everything to wait", act)
		}
	case <-b.Lost():
		t.Fatal("the session is over")
	case <-time.After(20 * time.Second):
		t.Fatal("nothing waits")
	}
	if b.Visible() {
		t.Error("a bar that cannot be seen says that it is visible")
	}
	view := exampleBar()
	view.Paused = true
	b.Update(view)
	for began := time.Now(); time.Since(began) < 2*lostAfter; {
		inLoop(t, u, func() {})
		if isLost(b) {
			t.Fatal("the session is over though everything waits")
		}
	}
	inLoop(t, u, func() {
		if u.waits(ResumeSession) {
			t.Error("it may go on before the bar is seen")
		}
	})
}

// wantResumed waits for the bar to be seen again, and has the user go on.
func wantResumed(t *testing.T, u *UI, b *Bar, me *person) {
	t.Helper()
	wantBar(t, u, b)
	var at image.Point
	until(t, u, "the button", func() bool {
		at = targetAt(b.p, barPause)
		return drawn(b.p) && b.Visible() && u.waits(ResumeSession)
	})
	me.click(at)
	select {
	case act := <-u.Actions():
		if act != ResumeSession {
			t.Errorf("action %d, want to go on", act)
		}
	case <-time.After(20 * time.Second):
		t.Error("it does not go on")
	}
}

// terminal says, as Xorg does, whether its terminal is the one that is shown. Its devices, each with
// its master, reach nobody while it is not.
func (c *client) terminal(shown bool, devices map[uint16]uint16) {
	c.t.Helper()
	value := byte(0)
	if shown {
		value = 1
	}
	atom := func(name string) xproto.Atom {
		r, err := xproto.InternAtom(c.x, false, uint16(len(name)), name).Reply()
		if err != nil {
			c.t.Fatal(err)
		}
		return r.Atom
	}
	if err := xproto.ChangePropertyChecked(c.x, xproto.PropModeReplace, c.root, atom(hasTerminal), xproto.AtomInteger, 32, 1, []byte{value, 0, 0, 0}).Check(); err != nil {
		c.t.Fatal(err)
	}
	ext, err := xproto.QueryExtension(c.x, 15, "XInputExtension").Reply()
	if err != nil {
		c.t.Fatal(err)
	}
	for id, master := range devices {
		const change, attach, detach = 43, 3, 4
		kind, words := uint16(detach), uint16(4)
		if shown {
			kind = attach
		}
		r := binary.LittleEndian.AppendUint16([]byte{ext.MajorOpcode, change}, words)
		r = binary.LittleEndian.AppendUint16(append(r, 1, 0, 0, 0), kind)
		r = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(r, 2), id)
		c.x.NewRequest(binary.LittleEndian.AppendUint16(r, master), c.x.NewCookie(false, false))
	}
	c.flush()
}

// Another terminal on the screen, as when somebody else signs in or the computer was asleep,
// ends no session: everything waits for the user to be back.
func TestAnotherTerminal(t *testing.T) {
	s, me := desk(t)
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	c := s.client(t)
	me.click(image.Pt(600, 600))
	me.press(codeLetter)
	until(t, u, "the devices to be used", func() bool { return len(u.conn.devices.used) == 2 })
	used := map[uint16]uint16{}
	inLoop(t, u, func() {
		const pointer, keyboard, slavePointer = 2, 3, 3
		for id := range u.conn.devices.used {
			used[id] = keyboard
			if _, use, _ := u.conn.queryDevice(id); use == slavePointer {
				used[id] = pointer
			}
		}
	})
	c.terminal(false, used)
	wantHeld(t, u, b)
	c.terminal(true, used)
	wantResumed(t, u, b, me)
}

// THREAT 3: a server that answers late, as while monitors are changed, has everything wait
// and ends no session. What happened to the bar meanwhile is looked at before it goes on.
func TestAScreenThatAnswersLate(t *testing.T) {
	s, me := desk(t)
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	c := s.client(t)
	if err := xproto.GrabServerChecked(c.x).Check(); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(2*answerWithin, func() {
		xproto.UngrabServer(c.x)
		c.flush()
	})
	select {
	case act := <-u.Actions():
		if act != HoldSession || b.Visible() {
			t.Errorf("action %d, visible %v", act, b.Visible())
		}
	case <-b.Lost():
		t.Fatal("the session is over")
	}
	view := exampleBar()
	view.Paused = true
	b.Update(view)
	wantResumed(t, u, b, me)
}

// A compositing manager that comes during the session, and shows the bar otherwise, has
// everything wait. THREAT 3: so does one that is none.
func TestACompositorThatShowsSomethingElse(t *testing.T) {
	s, me := desk(t)
	u := running(t, s)
	b, id, rect := shownBar(t, u)
	defer b.Hide()
	c := s.client(t)
	name := "_NET_WM_CM_S0"
	atom, err := xproto.InternAtom(c.x, false, uint16(len(name)), name).Reply()
	if err != nil {
		t.Fatal(err)
	}
	xproto.SetSelectionOwner(c.x, c.window(rectOf(0, 900, 10, 10)), atom.Atom, xproto.TimeCurrentTime)
	c.flush()
	until(t, u, "the manager to be noticed", func() bool { return b.witness.shaded })
	glass, err := xproto.InternAtom(c.x, false, uint16(len(opacity)), opacity).Reply()
	if err != nil {
		t.Fatal(err)
	}
	inLoop(t, u, func() {
		if !b.p.win.opaque() {
			t.Error("the bar does not ask to be shown as it is")
		}
	})
	xproto.ChangeProperty(c.x, xproto.PropModeReplace, id, glass.Atom, xproto.AtomCardinal, 32, 1, make([]byte, 4))
	c.flush()
	until(t, u, "the bar to be opaque again", b.p.win.opaque)
	wantBar(t, u, b)
	gc, err := xproto.NewGcontextId(c.x)
	if err != nil {
		t.Fatal(err)
	}
	xproto.CreateGC(c.x, gc, xproto.Drawable(id), xproto.GcForeground|xproto.GcSubwindowMode, []uint32{0x336699, xproto.SubwindowModeIncludeInferiors})
	paints, stop := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-paints.Done():
				return
			case <-time.After(time.Millisecond):
			}
			if xproto.PolyFillRectangleChecked(c.x, xproto.Drawable(c.root), gc,
				[]xproto.Rectangle{{X: int16(rect.Min.X), Width: uint16(rect.Dx()), Height: uint16(rect.Dy())}}).Check() != nil {
				return
			}
		}
	}()
	defer stop()
	wantHeld(t, u, b)
	stop()
	<-stopped
	wantResumed(t, u, b, me)
}

// Programs that dim the screen go down to a tenth, and pointers are as large as their users
// need them.
func TestWhatUsersChooseForTheirEyes(t *testing.T) {
	c := &xconn{}
	c.format = pixelFormat{bytes: 4, red: 0x3ff << 20, green: 0x3ff << 10, blue: 0x3ff}
	a, b := words(c.format.pixel(rgb{0, 64, 255})), words(c.format.pixel(rgb{20, 84, 235}))
	if c.format.differs(a, b, 24) || !c.format.differs(a, b, 10) {
		t.Error("ten bits a colour are compared wrongly")
	}
	bar := image.Rect(0, 0, 800, 44)
	if !modest(image.Rect(300, 10, 556, 266), bar) || modest(image.Rect(0, 0, 800, 44), bar) {
		t.Error("a large pointer is taken wrongly")
	}
}

// Desktops switch a touchpad off once a mouse is plugged in. What is plugged in during a
// session counts as the user's, before they have used it; what programs make does not. THREAT 1.
func TestADeviceThatIsPluggedIn(t *testing.T) {
	s, _ := desk(t)
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	inLoop(t, u, func() {
		if len(u.conn.devices.used) != 0 {
			t.Error("devices count as used that nobody has touched")
		}
		news := map[uint16]bool{}
		u.conn.eachDevice(xiAllDevices, func(d deviceInfo) {
			delete(u.conn.devices.there, d.id) // as if it had come just now
			news[d.id] = u.conn.real(d.id)
		})
		u.dispatchInput(rawOf(xiHierarchyChanged, 0, 0, 1))
		people := 0
		for id, real := range news {
			if u.conn.devices.used[id] != real {
				t.Errorf("device %d, of a person's %v: used %v", id, real, !real)
			}
			if real {
				people++
			}
		}
		if people != 2 || len(news) < 6 {
			t.Errorf("%d of %d devices are a person's", people, len(news))
		}
	})
}
