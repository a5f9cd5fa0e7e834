package agent

import (
	"image"
	"time"

	"beside/agent/internal/capture"
	"beside/agent/internal/input"
)

// This file keeps to what the user chose to show (PROMISES A3, E4): the whole screen, one
// monitor, one window, and windows that are hidden.

// sharedScene is what less than everything is shown by.
type sharedScene struct {
	scene  *capture.Scene // nil shows all windows
	window bool           // one window alone
	screen bool           // one monitor alone
	stirs  chan struct{}  // holds one token: windows changed
	done   chan struct{}  // closed when nobody follows them any more
}

// stirPace is how often the frame follows a window that is being moved.
const stirPace = 50 * time.Millisecond

// showLess opens what the user's choice asks for, before anything is read.
func (s *session) showLess() error {
	choice := s.windows.Chosen()
	if n := choice.Screen; n > 0 && n <= len(s.displays) {
		s.display, s.share.screen = n-1, true
	}
	limits := capture.Limits{Window: choice.Window, Hidden: choice.Hidden}
	if limits.Window == 0 && len(limits.Hidden) == 0 {
		return nil
	}
	s.share.stirs, s.share.done = make(chan struct{}, 1), make(chan struct{})
	scene, err := capture.OpenScene(limits, func() { poke(s.share.stirs) })
	if err != nil {
		return err
	}
	s.share.scene, s.share.window = scene, limits.Window != 0
	s.followWindow()
	s.asks.Go(s.followStirs)
	return nil
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
	if s.share.scene != nil {
		opts.Shows = s.share.scene.Shows
	}
	return opts
}

// endShare lets the windows go.
func (s *session) endShare() {
	if s.share.scene != nil {
		close(s.share.done)
		s.share.scene.Close()
	}
}
