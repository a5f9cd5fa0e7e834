//go:build linux

package input

import (
	"errors"
	"fmt"
	"image"
	"sync"
	"sync/atomic"

	"github.com/go-vgo/robotgo"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// system is the X server: the pointer through robotgo, keys and everything that must
// also work after a revocation through a connection of our own.
type system struct {
	conn   *xgb.Conn
	root   xproto.Window
	keys   *keys
	events chan struct{} // closed when the connection has ended
	asking sync.WaitGroup

	listening atomic.Pointer[listening]
}

// openSystem connects to the server in DISPLAY. saw is called, and must not wait, for
// everything that a person does with a device of their own.
func openSystem(saw func()) (_ *system, err error) {
	// robotgo ends the process when there is no display, so ours comes first.
	s := &system{events: make(chan struct{})}
	if s.conn, err = dial(func(event []byte) bool { return s.take(event, saw) }); err != nil {
		return nil, err
	}
	s.root = xproto.Setup(s.conn).DefaultScreen(s.conn).Root
	go s.drain()
	if err := s.open(); err != nil {
		s.disconnect()
		return nil, err
	}
	robotgo.MouseSleep, robotgo.KeySleep = 0, 0
	return s, nil
}

func (s *system) open() error {
	if err := xtest.Init(s.conn); err != nil {
		return fmt.Errorf("input: the X server cannot press keys: %w", err)
	}
	devices, err := newXinput(s.conn)
	if err != nil {
		return err
	}
	if err := s.sweep(devices); err != nil {
		return err
	}
	keyboard, err := newXkb(s.conn)
	if err != nil {
		return err
	}
	if s.keys, err = newKeys(s, keyboard); err != nil {
		return err
	}
	s.asking.Go(func() { devices.follow(s.events) })
	s.listening.Store(&listening{xinput: devices, xkb: keyboard, keys: s.keys})
	return errors.Join(devices.listen(s.root), keyboard.listen(), s.keys.reload())
}

// listening is who is told of events.
type listening struct {
	xinput *xinput
	xkb    *xkb
	keys   *keys
}

// take deals with the events of the extensions, in the goroutine that reads.
func (s *system) take(event []byte, saw func()) bool {
	to := s.listening.Load()
	switch {
	case to == nil:
		return false
	case to.xkb.isEvent(event):
		to.keys.changed.Store(true)
		return true
	case to.xinput.byPerson(event):
		saw()
	}
	return false
}

// drain reads the events that are left: there are none that we need.
func (s *system) drain() {
	defer close(s.events)
	for {
		if event, err := s.conn.WaitForEvent(); event == nil && err == nil {
			return
		}
	}
}

// sweep lets go of whatever the XTEST devices have down: an earlier run that was
// killed may have left it. What a person holds is held by another device.
func (s *system) sweep(x *xinput) error {
	for _, id := range x.simulated {
		keys, buttons, err := x.pressed(id)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if err := s.fake(xproto.KeyRelease, key); err != nil {
				return err
			}
		}
		for _, button := range buttons {
			if err := s.fake(xproto.ButtonRelease, button); err != nil {
				return err
			}
		}
	}
	return nil
}

// fake presses or releases a key code or an X button.
func (s *system) fake(kind, detail byte) error {
	if err := xtest.FakeInputChecked(s.conn, kind, detail, 0, s.root, 0, 0, 0).Check(); err != nil {
		return fmt.Errorf("input: press or release: %w", err)
	}
	return nil
}

// under are the windows under a point of the screen, from the topmost window of the
// root to the innermost.
func (s *system) under(p image.Point) ([]uint32, error) {
	var windows []uint32
	for w := s.root; len(windows) < maxDepth; {
		at, err := xproto.TranslateCoordinates(s.conn, s.root, w, int16(p.X), int16(p.Y)).Reply()
		if err != nil {
			if len(windows) > 0 && gone(err) {
				return s.under(p) // it was closed while we looked: look again
			}
			return nil, fmt.Errorf("input: what is under the pointer: %w", err)
		}
		if at.Child == xproto.WindowNone {
			break
		}
		windows = append(windows, uint32(at.Child))
		w = at.Child
	}
	return windows, nil
}

// maxDepth bounds how deep windows are followed; programs nest about ten.
const maxDepth = 64

func gone(err error) bool {
	_, ok := err.(xproto.WindowError)
	return ok
}

// focus are the windows that get keys: the focus window, or, when the focus follows the
// pointer, what is under it (X11 protocol, SetInputFocus).
func (s *system) focus() ([]uint32, error) {
	focus, err := xproto.GetInputFocus(s.conn).Reply()
	if err != nil {
		return nil, fmt.Errorf("input: who gets keys: %w", err)
	}
	switch focus.Focus {
	case xproto.InputFocusNone:
		return nil, nil
	case xproto.InputFocusPointerRoot, s.root:
		at, err := xproto.QueryPointer(s.conn, s.root).Reply()
		if err != nil {
			return nil, fmt.Errorf("input: who gets keys: %w", err)
		}
		return s.under(image.Pt(int(at.RootX), int(at.RootY)))
	}
	return []uint32{uint32(focus.Focus)}, nil
}

// move moves the pointer.
func (s *system) move(p image.Point) error {
	robotgo.Move(p.X, p.Y)
	return nil
}

// X numbers the buttons 1 to 3, the wheel 4 to 7, then back and forward.
var xButtons = [...]byte{buttonLeft: 1, buttonMiddle: 2, buttonRight: 3, buttonBack: 8, buttonForward: 9}

// button presses or releases a button where the pointer is.
func (s *system) button(button int, down bool) error {
	names := [...]string{buttonLeft: robotgo.Mleft, buttonMiddle: robotgo.Center, buttonRight: robotgo.Mright}
	switch {
	case button >= len(names): // robotgo has no name for these
		kind := byte(xproto.ButtonRelease)
		if down {
			kind = xproto.ButtonPress
		}
		return s.fake(kind, xButtons[button])
	case down:
		return robotgo.Toggle(names[button], "down")
	default:
		return robotgo.Toggle(names[button], "up")
	}
}

// release lets go of a button after a revocation too. Errors mean that the server is
// gone, and with it what was held.
func (s *system) release(button int) { _ = s.fake(xproto.ButtonRelease, xButtons[button]) }

// wheel turns the wheel by notches, positive down and right; robotgo counts up and left.
func (s *system) wheel(dx, dy int) error {
	robotgo.Scroll(-dx, -dy, 0)
	return nil
}

// closePointer leaves the display that robotgo opened for itself. If the server is gone,
// touching it would end the process.
func (s *system) closePointer() {
	select {
	case <-s.events:
	default:
		robotgo.CloseMainDisplay()
	}
}

// close gives borrowed key codes back and disconnects.
func (s *system) close() {
	s.keys.giveBack()
	s.disconnect()
}

func (s *system) disconnect() {
	s.conn.Close()
	<-s.events
	s.asking.Wait()
}
