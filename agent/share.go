package agent

import (
	"errors"
	"image"
	"slices"
	"sync/atomic"
	"time"

	"beside/agent/internal/capture"
	"beside/agent/internal/input"
	"beside/agent/internal/ui"
	"beside/consent"
)

// This file keeps to what the user chose to show (PROMISES A3, E4): the whole screen, one
// monitor, one window, and windows that are hidden.

// sharedScene is what less than everything is shown by.
type sharedScene struct {
	scene  *capture.Scene // nil shows all windows
	shows  *capture.Scene // who gets events; nil lets all windows
	window bool           // one window alone
	// area is the one monitor that is shown; empty shows any. missing says that no monitor
	// is there now.
	area    image.Rectangle
	missing atomic.Bool
	stirs   chan struct{} // holds one token: windows changed
	done    chan struct{} // closed when nobody follows them any more
}

// stirPace is how often the frame follows a window that is being moved.
const stirPace = 50 * time.Millisecond

// showLess opens what the user's choice asks for, before anything is read.
func (s *session) showLess() error {
	choice := s.windows.Chosen()
	if err := s.chooseMonitor(choice); err != nil {
		return err
	}
	limits := capture.Limits{Window: choice.Window, Hidden: choice.Hidden, Area: s.share.area}
	if limits.Window == 0 && len(limits.Hidden) == 0 && limits.Area.Empty() {
		return nil
	}
	s.share.stirs, s.share.done = make(chan struct{}, 1), make(chan struct{})
	scene, err := capture.OpenScene(limits, func() { poke(s.share.stirs) })
	if err != nil {
		return err
	}
	s.share.shows, s.share.window = scene, limits.Window != 0
	if s.share.window || len(limits.Hidden) > 0 {
		s.share.scene = scene
	}
	if s.share.window {
		s.followWindow()
		s.asks.Go(s.followStirs)
	}
	return nil
}

// errOtherMonitors says that the monitor that the user chose is not there any more.
var errOtherMonitors = errors.New("agent: the monitor that was chosen is gone")

// chooseMonitor keeps to the one monitor that was chosen, where it was when it was.
func (s *session) chooseMonitor(choice ui.Choice) error {
	if choice.Screen == 0 {
		return nil
	}
	displays, err := capture.Displays()
	if err != nil {
		return err
	}
	at := monitorAt(displays, choice.Bounds)
	if at < 0 {
		return errOtherMonitors
	}
	s.displays, s.display, s.share.area = displays, at, choice.Bounds
	return nil
}

// monitorAt is the index of the monitor at a place; negative when none is.
func monitorAt(displays []capture.Display, place image.Rectangle) int {
	return slices.IndexFunc(displays, func(d capture.Display) bool { return d.Bounds == place })
}

// monitorsChanged keeps to the one monitor that is shown: whatever changed, the user says
// whether it goes on, and while the monitor is not where it was nothing is shown and
// nothing arrives.
func (s *session) monitorsChanged(displays []capture.Display) {
	s.gate.Hold(consent.HoldPause, consent.ByAgent)
	at := monitorAt(displays, s.share.area)
	s.share.missing.Store(at < 0)
	if at >= 0 {
		s.displays, s.display = displays, at
	}
	s.bar.Update(s.barView())
}

// followStirs has the session look at the windows when they have changed.
func (s *session) followStirs() {
	for {
		select {
		case <-s.share.done:
			return
		case <-s.share.stirs:
		}
		s.mail.post(s.followWindow)
		select {
		case <-s.share.done:
			return
		case <-time.After(stirPace):
		}
	}
}

// followWindow brings the frame, and the monitor that is shown, to where the one window is.
func (s *session) followWindow() {
	if !s.share.window || s.over() {
		return
	}
	at := s.share.scene.Bounds()
	if at.Empty() {
		return // put away for a while: nothing of it is shown
	}
	middle := at.Min.Add(at.Size().Div(2))
	for _, d := range s.displays {
		if middle.In(d.Bounds) && d.Index != s.display {
			s.turnTo(d.Index)
		}
	}
	s.bar.Update(s.barView())
}

// turnTo shows another monitor.
func (s *session) turnTo(index int) {
	s.display = index
	if s.picture != nil {
		s.picture.show(index)
	}
	s.inputs.move(s.displays[index].Bounds)
	s.bar.Update(s.barView())
	s.sendDisplays()
}

// sharedBounds is what the frame goes round; empty is the main monitor.
func (s *session) sharedBounds() image.Rectangle {
	if s.share.window {
		if at := s.share.scene.Bounds().Intersect(s.displays[s.display].Bounds); !at.Empty() {
			return at
		}
	}
	if len(s.displays) > 1 {
		return s.displays[s.display].Bounds
	}
	return image.Rectangle{}
}

// inputOptions say where the technician's events may go: nowhere that is not shown.
func (s *session) inputOptions() input.Options {
	opts := input.Options{Bounds: s.displays[s.display].Bounds, Guard: s.windows}
	if shows := s.share.shows; shows != nil {
		opts.Shows = func(windows []uint32) bool { return !s.share.missing.Load() && shows.Shows(windows) }
	}
	return opts
}

// endShare lets the windows go.
func (s *session) endShare() {
	if s.share.shows != nil {
		close(s.share.done)
		s.share.shows.Close()
	}
}
