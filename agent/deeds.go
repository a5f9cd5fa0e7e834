package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"beside/agent/internal/catalogue"
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
		s.deeds = append(s.deeds, d)
		if e, ok := recordedDeed(d); ok && s.recorder != nil {
			s.recorder.tell(e)
		}
		s.windows.UpdateActivity(s.activity())
	})
}

// together is how long a rest makes what the technician types two lines of the list.
const together = 15 * time.Second

// countHands brings what was typed and clicked since into the list.
func (s *session) countHands() {
	keys, clicks := s.inputs.keys.Swap(0), s.inputs.clicks.Swap(0)
	s.count(ui.Typed, int(keys))
	s.count(ui.Clicked, int(clicks))
	if keys+clicks > 0 {
		s.windows.UpdateActivity(s.activity())
	}
}

// count adds to the last line of its kind, unless the hands rested or something else was
// done since.
func (s *session) count(kind ui.DeedKind, n int) {
	if n == 0 {
		return
	}
	now := time.Now()
	for i := len(s.deeds) - 1; i >= 0 && i >= len(s.deeds)-2; i-- {
		d := &s.deeds[i]
		if d.Kind != ui.Typed && d.Kind != ui.Clicked {
			break
		}
		if d.Kind == kind && now.Sub(d.At.Add(d.Took)) < together {
			d.Count, d.Took = d.Count+n, now.Sub(d.At)
			return
		}
	}
	s.deeds = append(s.deeds, ui.Deed{At: now, Kind: kind, Count: n})
}

// activity is the list of what was asked, answered and done, in the user's words.
func (s *session) activity() ui.ActivityView {
	t := s.windows.Texts()
	v := ui.ActivityView{Technician: s.joined.GetTechnician().GetName()}
	for _, e := range s.history {
		section := consent.EventSection{Type: e.Kind.String(), Scope: e.Scope.String(), Actor: e.By.String(), Hold: e.Hold.String()}
		text := catalogue.Fill(statementText(&t.Receipt, section), "what", t.Scope(e.Scope.String()))
		v.Lines = append(v.Lines, ui.ActivityLine{At: e.Time, Text: text})
	}
	for _, d := range s.deeds {
		v.Lines = append(v.Lines, ui.ActivityLine{At: d.At, Text: deedWords(t, d)})
	}
	slices.SortStableFunc(v.Lines, func(a, b ui.ActivityLine) int { return a.At.Compare(b.At) })
	return v
}

// deedWords is one deed as the user reads it.
func deedWords(t *catalogue.Texts, d ui.Deed) string {
	a := &t.Activity
	named := func(text string) string {
		return catalogue.Fill(text, "name", d.Name, "size", t.Bytes(d.Size))
	}
	switch d.Kind {
	case ui.ReadText:
		return t.Count(a.ReadText, d.Count)
	case ui.PutText:
		return t.Count(a.PutText, d.Count)
	case ui.ReadPicture:
		return a.ReadPicture
	case ui.PutPicture:
		return a.PutPicture
	case ui.Typed:
		return t.Count(a.Typed, d.Count)
	case ui.Clicked:
		return t.Count(a.Clicked, d.Count)
	case ui.Talked:
		return catalogue.Fill(a.Talked, "time", t.Spoken(d.Took))
	case ui.SentFile:
		return named(a.Sent)
	case ui.GotFile:
		return named(a.Got)
	default:
		return named(a.Broken)
	}
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
