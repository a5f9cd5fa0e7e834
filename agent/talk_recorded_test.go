package agent

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"beside/agent/internal/ui"
	"beside/consent"
	"beside/recording"
)

// PROMISE A7: voice is its own scope, and in no recording. A recording that is made while
// both hear one another has pictures and nothing else, as a stock program reads it; and that
// program does tell of sound where there is some.
func TestARecordingHasNoVoice(t *testing.T) {
	s := soundFor(t, 440)
	a := begin(t, recordable(t))
	a.look("voice")
	a.allow(voiceScope, consent.Voice)
	uses(t, s, bothOpen)
	a.heardAgain("before the recording")
	screen := newScribbler(t)
	id := a.recordOnce(func() {
		eventually(t, "a segment of the recording", func() bool {
			screen.scribble()
			a.heardAgain("while it is recorded")
			return a.relay.segments() > 0
		})
		a.person.press(t, ui.EndSession)
	})
	a.person.awaitOver(t, "the delivery", func(v ui.OverView) bool { return v.Delivery == ui.Sent })
	_, receipt := a.receipts(t)
	film := filepath.Join(t.TempDir(), "recording.mp4")
	a.export(t, id, receipt, film)
	if got := streamsOf(t, film); got != "video" {
		t.Errorf("in the recording there are the streams %q, want video alone", got)
	}
	loud := filepath.Join(t.TempDir(), "loud.mp4")
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-i", film, "-f", "lavfi", "-i", "sine=440:d=1", "-c:v", "copy", "-shortest", loud).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	if got := streamsOf(t, loud); got != "video audio" {
		t.Errorf("with sound put in there are the streams %q", got)
	}
}

// export opens a recording with the user's receipt and writes it as a film.
func (a *attended) export(t *testing.T, id string, receipt consent.Receipt, path string) {
	t.Helper()
	dir := t.TempDir()
	for name, data := range a.relay.uploaded(id) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := openWithReceipt(t, dir, id, receipt)
	film, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Export(film), film.Close()); err != nil {
		t.Fatal(err)
	}
}

// streamsOf names the kinds of streams in a film.
func streamsOf(t *testing.T, path string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", path).CombinedOutput()
	if err != nil {
		t.Fatalf("ffprobe: %v: %s", err, out)
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(string(out), ",", " ")), " ")
}

// segments counts the pieces of recordings that have arrived.
func (r *paperRelay) segments() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name := range r.objects {
		if strings.HasPrefix(filepath.Base(name), "segment-") {
			n++
		}
	}
	return n
}

// openWithReceipt opens the recording in a folder as the user does.
func openWithReceipt(t *testing.T, dir, id string, receipt consent.Receipt) *recording.Reader {
	t.Helper()
	src, err := recording.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	key, err := recording.ParseIdentity(receipt.Recordings[0].Identity)
	if err != nil {
		t.Fatal(err)
	}
	r, err := recording.Open(src, key, recording.Expect{Recording: id})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
