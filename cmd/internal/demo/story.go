package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"beside/agent/desktop"
	"beside/cmd/internal/stage"
)

// story is the session and what was measured of it.
type story struct {
	out        string
	began      time.Time
	stage      *stage.Stage
	technician *stage.Technician
	digits     string
	letter     string // the document that the user has open
	pictures   int
}

func open(ctx context.Context, out string, log io.Writer) (*story, error) {
	s := &story{out: out, began: time.Now()}
	var err error
	s.stage, err = stage.New(ctx, stage.Options{Log: log, Desktop: desktop.Options{Log: log}})
	if err != nil {
		return nil, err
	}
	s.letter, err = s.stage.Desktop.WriteFile("letter.txt", "Dear help desk,\n\nmy printer prints nothing but blank pages.\n\n")
	if err != nil {
		s.stage.Close()
		return nil, err
	}
	for _, p := range []desktop.Program{desktop.Mousepad(s.letter), desktop.Xterm(1000, 560, "sh", "-c", "echo printer log; exec sh")} {
		if _, err := s.stage.Desktop.Run(p); err != nil {
			s.stage.Close()
			return nil, err
		}
	}
	s.say("A desktop with a person in it is running, and the relay at %s.", s.stage.URL)
	return s, nil
}

// say prints one line of the story.
func (s *story) say(format string, args ...any) {
	fmt.Printf("%6.1f s  %s\n", time.Since(s.began).Seconds(), fmt.Sprintf(format, args...))
}

// capture leaves a picture of both sides.
func (s *story) capture(ctx context.Context, name string) {
	s.pictures++
	base := filepath.Join(s.out, fmt.Sprintf("%02d-%s", s.pictures, name))
	if err := s.stage.Desktop.Screenshot(base+"-user.png", true); err != nil {
		s.say("(no picture of the user's side: %v)", err)
	}
	if s.technician == nil {
		return
	}
	if err := s.technician.Screenshot(ctx, base+"-technician.png"); err != nil {
		s.say("(no picture of the technician's side: %v)", err)
	}
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }

// account makes the technician's account and the organisation's recording key.
func (s *story) account(ctx context.Context) (err error) {
	if s.technician, err = s.stage.SignUp(ctx); err != nil {
		return err
	}
	s.say("%s made an account with the one-time link that the relay printed.", stage.TechnicianName)
	if err := s.technician.SetUpRecording(ctx); err != nil {
		return err
	}
	s.say("A reviewer made the organisation's recording key in the browser and kept the recovery key.")
	return nil
}

func (s *story) code(ctx context.Context) error {
	digits, took, err := s.stage.StartAgent(ctx)
	if err != nil {
		return err
	}
	s.digits = digits
	if _, err := s.stage.AwaitStart(ctx); err != nil {
		return err
	}
	s.say("The user started Beside; agent start to code: %s.", milliseconds(took))
	if err := s.technician.TypeCode(ctx, digits, "You wrote that your printer prints blank pages.", "HELP-4711"); err != nil {
		return err
	}
	s.capture(ctx, "code")
	return nil
}

func (s *story) question(ctx context.Context) error {
	asked := time.Now()
	if err := s.technician.Click(ctx, "Ask to see their screen"); err != nil {
		return err
	}
	if _, err := s.stage.AwaitQuestion(ctx); err != nil {
		return err
	}
	s.say("The technician typed the code; code to question: %s.", milliseconds(time.Since(asked)))
	if err := s.stage.AwaitArmed(ctx); err != nil {
		return err
	}
	s.capture(ctx, "question")
	return nil
}

func (s *story) picture(ctx context.Context) error {
	yes, err := s.stage.SayYes(ctx)
	if err != nil {
		return err
	}
	seen, err := s.technician.AwaitPicture(ctx)
	if err != nil {
		return err
	}
	s.say("The user said yes; yes to first picture: %s.", milliseconds(seen.Sub(yes)))
	s.capture(ctx, "viewing")
	return nil
}

// control asks for mouse and keyboard, measures a click to its pixel, and types.
func (s *story) control(ctx context.Context) error {
	if err := s.technician.AskControl(ctx, "I would like to look at the printer's settings for you."); err != nil {
		return err
	}
	if _, err := s.stage.AwaitQuestion(ctx); err != nil {
		return err
	}
	if err := s.stage.AwaitArmed(ctx); err != nil {
		return err
	}
	s.capture(ctx, "asking-control")
	if _, err := s.stage.SayYes(ctx); err != nil {
		return err
	}
	if err := s.technician.WaitText(ctx, "Stop control"); err != nil {
		return err
	}
	s.say("The user let the technician use mouse and keyboard.")
	latency, err := s.stage.ClickToPixel(ctx, s.technician, 15)
	if err != nil {
		return err
	}
	s.say("Click to pixel, median of %d: %s (p95 %s).", latency.Count, milliseconds(latency.P50), milliseconds(latency.P95))
	if err := s.write(ctx); err != nil {
		return err
	}
	s.capture(ctx, "controlling")
	return nil
}

// reply is what the technician types into the user's letter.
const reply = "Grüße! It costs 0 €. 你好"

// write lets the technician type into the user's editor and waits until it is there.
func (s *story) write(ctx context.Context) error {
	editor, err := s.stage.Desktop.WaitWindow(ctx, desktop.WithClass("Mousepad"))
	if err != nil {
		return err
	}
	x, y := editor.Centre()
	if err := s.stage.Rested(ctx, s.technician); err != nil {
		return err
	}
	if err := s.technician.ClickOn(ctx, x, y); err != nil {
		return err
	}
	if err := s.technician.TypeKeys(ctx, "\r"); err != nil {
		return err
	}
	if err := s.technician.TypeText(ctx, reply); err != nil {
		return err
	}
	if err := s.technician.TypeChord(ctx, 's'); err != nil {
		return err
	}
	if err := awaitFile(ctx, s.letter, reply); err != nil {
		return err
	}
	s.say("The technician typed %q into the user's editor and saved with Ctrl+S.", reply)
	return nil
}

// awaitFile waits until a file contains text.
func awaitFile(ctx context.Context, path, text string) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		content, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(content), text) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%q did not arrive in %s, which holds %q", text, path, content)
		case <-ticker.C:
		}
	}
}

func (s *story) record(ctx context.Context) error {
	if err := s.technician.AskRecord(ctx, "To show a colleague what the printer said."); err != nil {
		return err
	}
	if _, err := s.stage.AwaitQuestion(ctx); err != nil {
		return err
	}
	if err := s.stage.AwaitArmed(ctx); err != nil {
		return err
	}
	s.capture(ctx, "asking-record")
	if _, err := s.stage.SayYes(ctx); err != nil {
		return err
	}
	if err := s.technician.WaitText(ctx, "REC"); err != nil {
		return err
	}
	s.say("The user said yes to recording.")
	return s.stage.Scroll(ctx, 6*time.Second, func() { s.capture(ctx, "recording") })
}

func (s *story) end(ctx context.Context) error {
	if err := s.technician.WatchLastPacket(ctx); err != nil {
		return err
	}
	pressed, err := s.stage.EndSession(ctx)
	if err != nil {
		return err
	}
	if _, err := s.stage.AwaitOver(ctx); err != nil {
		return err
	}
	if err := s.technician.WaitText(ctx, "ended the session"); err != nil {
		return err
	}
	last, packets, err := s.technician.LastPacket(ctx)
	if err != nil {
		return err
	}
	s.say("The user pressed End; End to last packet: %s (of %d).", milliseconds(max(0, last.Sub(pressed))), packets)
	s.capture(ctx, "over")
	return nil
}

func (s *story) review(ctx context.Context) error {
	if err := s.technician.OpenRecording(ctx, "Training on printer questions", "HELP-4711"); err != nil {
		return err
	}
	if err := s.technician.AwaitPlayback(ctx); err != nil {
		return err
	}
	s.say("A reviewer gave a reason and the passphrase; the recording plays in the browser.")
	s.capture(ctx, "review")
	return nil
}

// export decrypts the recording with stock tools' formats: the user's own key from the
// receipt, and ffprobe to read the result.
func (s *story) export(ctx context.Context) error {
	if err := s.stage.CloseAgent(ctx); err != nil {
		return err
	}
	receipts, err := filepath.Glob(filepath.Join(s.stage.Receipts(), "*"))
	if err != nil || len(receipts) < 2 {
		return errors.Join(fmt.Errorf("want a receipt as JSON and page, found %v", receipts), err)
	}
	for _, r := range receipts {
		content, err := os.ReadFile(r)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(s.out, "receipt"+filepath.Ext(r)), content, 0o600); err != nil {
			return err
		}
	}
	movie := filepath.Join(s.out, "recording.mp4")
	if err := s.stage.Export(ctx, movie, s.technician.Recovery); err != nil {
		return err
	}
	probe, err := exec.CommandContext(ctx, "ffprobe", "-v", "error", "-count_frames", "-show_entries",
		"stream=codec_name,width,height,nb_read_frames:format=duration", "-of", "default=noprint_wrappers=1", movie).CombinedOutput()
	if err != nil {
		return fmt.Errorf("the exported recording cannot be read: %w: %s", err, probe)
	}
	s.say("beside-viewer export opened the recording with the recovery key: %s.", strings.Join(strings.Fields(string(probe)), ", "))
	return nil
}
