package agent

import (
	"fmt"

	"beside/agent/internal/ui"
	"beside/recording"
)

// pipe is the data channel of that name; nil while there is none. Any goroutine may ask.
func (s *session) pipe(label string) *pipe {
	if p := s.direct.Load(); p != nil {
		return p.pipe(label)
	}
	return nil
}

// did hears of something that was done, from any goroutine.
func (s *session) did(d ui.Deed) {
	s.mail.post(func() {
		if e, ok := recordedDeed(d); ok && s.recorder != nil {
			s.recorder.tell(e)
		}
	})
}

// recordedDeed is what the event track says of a deed: that it was done and how much it
// was, never what.
func recordedDeed(d ui.Deed) (recording.Event, bool) {
	e := recording.Event{At: d.At, Kind: recording.KindClipboard, Scope: "clipboard", By: "technician"}
	switch d.Kind {
	case ui.ReadText:
		e.Text = fmt.Sprintf("Read a text of %d characters", d.Count)
	case ui.ReadPicture:
		e.Text = fmt.Sprintf("Read a picture of %d bytes", d.Count)
	case ui.PutText:
		e.Text = fmt.Sprintf("Put a text of %d characters there", d.Count)
	case ui.PutPicture:
		e.Text = fmt.Sprintf("Put a picture of %d bytes there", d.Count)
	default:
		return e, false
	}
	return e, true
}
