package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"beside/consent"
	"beside/recording"
)

// PROMISE E1, E2: a no to recording ends nothing; the user's own key opens the recording.
// PROMISE E6: taking the yes back stops the recording at that very frame, and nothing else.
// THREAT 24: the receipt holds the relay to its audit log.
func TestRecordingStopsWhenWithdrawn(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	before, err := s.Recordings()
	s.must(err)
	s.view()
	s.bustle()
	s.must(s.page.AskRecord(s.ctx, "To show a colleague."))
	s.must(s.AwaitArmed(s.ctx))
	s.must(s.SayNo(s.ctx))
	s.must(s.page.WaitText(s.ctx, "They said no: you may not record this session"))
	s.goesOn()
	if folders, err := s.Recordings(); err != nil || len(folders) > len(before) {
		t.Fatalf("without a yes there are recordings %v, %v", folders, err)
	}

	began := time.Now()
	s.record()
	s.quiet(time.Now(), 2*time.Second) // so that there is something to cut
	tools, err := s.BarButtons(s.ctx, 3)
	s.must(err)
	pressed, err := s.Press(s.ctx, middle(tools[0])) // Stop recording
	s.must(err)
	s.must(s.page.WaitText(s.ctx, "The user stopped the recording"))
	s.goesOn()
	s.quiet(pressed, 2*time.Second) // the screen changes and is shown, and not recorded
	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")

	receipt, statements := s.receipt()
	s.witnessed()
	expectRecords(t, statements, "asked view", "granted view", "asked record", "refused record",
		"asked record", "granted record", "withdrawn record", "ended")
	withdrawn := statements[6].Event.Time
	if late := withdrawn.Sub(pressed); late < 0 || late > cutWithin {
		t.Errorf("the withdrawal was noted %v after the press", late)
	}
	reader := s.openRecording(receipt)
	first, last := frameTimes(t, reader)
	t.Logf("recorded from %v after the question to %v before the withdrawal", first.Sub(began), withdrawn.Sub(last))
	if last.After(withdrawn) {
		t.Errorf("the last recorded picture is of %v, the withdrawal of %v", last, withdrawn)
	}
	if withdrawn.Sub(last) > time.Second || last.Sub(first) < time.Second {
		t.Errorf("recorded was from %v to %v, so that nothing was put to the test", first, last)
	}
	if end := reader.Manifest().End; end != recording.EndWithdrawn {
		t.Errorf("the recording says that it ended as %q", end)
	}
}

// witnessed waits until the receipt has the session's end in the relay's audit log, and
// lets the program compare that log with it.
func (s *scene) witnessed() {
	s.t.Helper()
	s.must(until(s.ctx, func() bool {
		receipt, _ := s.receipt()
		told, err := receipt.Testimony()
		s.must(err)
		return told.State == consent.WitnessHeld && told.Opened != nil && told.Ended != nil
	}))
	paths, err := filepath.Glob(filepath.Join(s.Receipts(), "*.json"))
	s.must(err)
	r, err := s.Run(s.ctx, nil, "beside-viewer", "verify", "--relay", s.URL, paths[0])
	s.must(err)
	for _, want := range []string{"session.opened by person:", "session.ended by relay", "of the receipt's time are unchanged"} {
		if r.Code != 0 || !strings.Contains(r.Output, want) {
			s.t.Errorf("verify ended with %d, without %q: %s %s", r.Code, want, r.Output, r.Complaint)
		}
	}
}

// goesOn waits until the page has shown further pictures, of this moment.
func (s *scene) goesOn() {
	s.t.Helper()
	s.must(s.page.AwaitPictures(s.ctx, 5))
}

// openRecording waits until the recording is in the relay's store and opens it with the
// user's own key.
func (s *scene) openRecording(r consent.Receipt) *recording.Reader {
	s.t.Helper()
	if len(r.Recordings) != 1 {
		s.t.Fatalf("the receipt names %d recordings, want one", len(r.Recordings))
	}
	own := r.Recordings[0]
	var folder string
	s.must(until(s.ctx, func() bool {
		folders, err := s.Recordings()
		folder = folders[own.ID]
		if err != nil || folder == "" {
			return false
		}
		_, err = os.Stat(filepath.Join(folder, recording.ManifestName))
		return err == nil
	}))
	source, err := recording.OpenDir(folder)
	s.must(err)
	identity, err := recording.ParseIdentity(own.Identity)
	s.must(err)
	reader, err := recording.Open(source, identity, recording.Expect{Recording: own.ID})
	s.must(err)
	return reader
}

// frameTimes are when the first and the last picture of a recording were taken, as a
// stock program reads them.
func frameTimes(t *testing.T, r *recording.Reader) (first, last time.Time) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recording.mp4")
	movie, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Export(movie); err != nil {
		t.Fatal(err)
	}
	if err := movie.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), closeTime)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ffprobe", "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", path).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Fields(string(out))
	at := func(line string) time.Time {
		seconds, err := strconv.ParseFloat(strings.Trim(line, ","), 64)
		if err != nil {
			t.Fatal(err)
		}
		return r.Manifest().Started.Add(time.Duration(seconds * float64(time.Second)))
	}
	if len(lines) < 2 {
		t.Fatalf("the recording has %d pictures", len(lines))
	}
	return at(lines[0]), at(lines[len(lines)-1])
}
