package agent

import (
	"context"
	"errors"
	"fmt"
	"os"

	"beside/agent/internal/ui"
	"beside/consent"
	"beside/recording"
)

// pipe is the data channel of that name; nil while there is none. Any goroutine may ask.
func (s *session) pipe(label string) *pipe {
	if p := s.direct.Load(); p != nil {
		return p.pipe(label)
	}
	return nil
}

// chooseFile asks the user for a file, at home.
func (s *session) chooseFile(ctx context.Context, reason string) (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "/"
	}
	path, err := s.windows.ChooseFile(ctx, ui.ChooseView{
		Technician: s.joined.GetTechnician().GetName(), Reason: reason, Folder: home,
	})
	if errors.Is(err, ui.ErrChoosing) {
		err = errChoosing
	}
	return path, err
}

// exchanged hears of every file, however it ended, from any goroutine.
func (s *session) exchanged(f consent.File) {
	kind := ui.SentFile
	switch {
	case !f.Complete:
		kind = ui.BrokenFile
	case f.FromUser:
		kind = ui.GotFile
	}
	s.mail.post(func() { s.files = append(s.files, f) })
	s.did(ui.Deed{At: f.Time, Kind: kind, Name: f.Name, Size: f.Size})
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
	case ui.SentFile, ui.GotFile, ui.BrokenFile:
		e.Kind, e.Scope, e.Text = recording.KindFile, "files", fileWords(d)
	default:
		return e, false
	}
	return e, true
}

// fileWords tells of a file as the event track does: files are named there.
func fileWords(d ui.Deed) string {
	switch d.Kind {
	case ui.SentFile:
		return fmt.Sprintf("Sent the file %s, %d bytes", d.Name, d.Size)
	case ui.GotFile:
		return fmt.Sprintf("Got the file %s, %d bytes", d.Name, d.Size)
	}
	return fmt.Sprintf("The file %s was not completed", d.Name)
}
