package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beside/cmd/internal/stage"
)

// smallDisk returns a folder of programs in which the agent has a little disk of its
// own for its state: a file system in memory, in a name space that ends with it. Its
// size is little more than what an agent leaves free.
func smallDisk(t *testing.T) string { return diskAt(t, "$STATE", "264m") }

// diskAt is smallDisk for another folder, as the shell names it, and another size.
func diskAt(t *testing.T, folder, size string) string {
	t.Helper()
	bin, err := filepath.Abs(filepath.Join(root, "bin"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"beside-relay", "beside-viewer"} {
		if err := os.Symlink(filepath.Join(bin, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	space := "unshare --mount"
	if os.Geteuid() != 0 {
		space += " --map-root-user"
	}
	script := fmt.Sprintf(`#!/bin/sh
set -e
previous=
for a; do [ "$previous" = --state ] && export STATE="$a"; previous=$a; done
mkdir -p "%[2]s"
exec %[1]s sh -c 'mount -t tmpfs -o size=%[3]s tmpfs "%[2]s" && exec %[4]s "$@"' sh "$@"
`, space, folder, size, filepath.Join(bin, "beside-agent"))
	if err := os.WriteFile(filepath.Join(dir, "beside-agent"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The disk fills up while recording: the recording stops with words on both sides, the
// session goes on, and what was recorded before can be opened.
func TestTheDiskIsFullWhileRecording(t *testing.T) {
	t.Parallel()
	s, _ := newTown(t, stage.Options{Bin: smallDisk(t)})
	s.must(s.page.SetUpRecording(s.ctx))
	s.startAgent()
	s.bustle()
	s.view()
	s.record()
	_, err := s.BarButtons(s.ctx, 3) // Stop recording, Pause, Hide while I type
	s.must(err)
	s.must(until(s.ctx, func() bool { return len(s.stored("segment-*.age")) > 0 }))

	// The agent sees its own disk; we reach it through its process.
	disk := fmt.Sprintf("/proc/%d/root%s", s.Agent.PID(), filepath.Join(s.Dir, "agent"))
	s.must(os.WriteFile(filepath.Join(disk, "filler"), make([]byte, 10<<20), 0o600))

	s.must(s.page.WaitText(s.ctx, "The recording stopped because it could not be written"))
	s.must(s.page.WaitText(s.ctx, "Nothing before was lost, and the session goes on."))
	s.must(s.page.WaitText(s.ctx, "disk is full"))
	_, err = s.BarButtons(s.ctx, 2) // Pause, Hide while I type
	s.must(err)

	// The session goes on: pictures still arrive.
	s.goesOn()
	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")

	for id := range s.recordings(1) {
		film := filepath.Join(s.Dir, "film.mp4")
		s.must(s.Export(s.ctx, film, s.page.Recovery))
		if n := s.frames(film); n == "" || n == "0" {
			t.Errorf("recording %s has %q pictures", id, n)
		}
	}
	s.receiptSays("Recording: you took it back", false)
	s.receiptSays("Recording: Beside stopped it, because it failed", true)
}

// stored finds objects of recordings in the relay's store.
func (s *scene) stored(pattern string) (found []string) {
	s.t.Helper()
	folders, err := s.Recordings()
	s.must(err)
	for _, dir := range folders {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		s.must(err)
		found = append(found, names...)
	}
	return found
}

// receiptSays makes sure that the page of the receipt says something, or does not.
func (s *scene) receiptSays(words string, want bool) {
	s.t.Helper()
	pages, err := filepath.Glob(filepath.Join(s.Receipts(), "*.html"))
	s.must(err)
	if len(pages) != 1 {
		s.t.Fatalf("found receipts %q, want one", pages)
	}
	page, err := os.ReadFile(pages[0])
	s.must(err)
	if strings.Contains(string(page), words) != want {
		s.t.Errorf("that the receipt says %q is %v:\n%s", words, !want, page)
	}
}

// receiptKey is what the user's receipt keeps of a recording.
type receiptKey struct{ ID, Identity, Relay string }

// receiptKeys reads the keys to recordings from the user's one receipt.
func (s *scene) receiptKeys() (path string, keys []receiptKey) {
	s.t.Helper()
	found, err := filepath.Glob(filepath.Join(s.Receipts(), "*.json"))
	s.must(err)
	if len(found) != 1 {
		s.t.Fatalf("found receipts %q, want one", found)
	}
	content, err := os.ReadFile(found[0])
	s.must(err)
	var receipt struct{ Recordings []receiptKey }
	s.must(json.Unmarshal(content, &receipt))
	if len(receipt.Recordings) == 0 {
		s.must(errors.New("the receipt has no key to the recording"))
	}
	return found[0], receipt.Recordings
}
