package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/agent/desktop"
	"beside/cmd/internal/stage"
)

// The field of the page that takes files, and the keys that move a list.
const (
	fileField             = `input[type=file]`
	keyDown, keyTab       = xproto.Keysym(0xff54), xproto.Keysym(0xff09)
	keySpaceBar, largeLen = xproto.Keysym(0x20), 20_000_000
)

// PROMISE A9, A2, E6, THREAT 12: files go both ways whole, replace nothing, go on after a
// lost connection, and stop at one press; the user alone chooses what is sent; the receipt
// lists all of them with their hashes.
func TestFiles(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	downloads := filepath.Join(s.Desktop.Home(), "Downloads")
	s.must(os.RemoveAll(downloads))
	t.Cleanup(func() { _ = os.RemoveAll(downloads) })
	s.view()
	s.askFor("Ask for files")
	s.must(s.page.WaitText(s.ctx, "It lands in their Downloads"))

	large := noise(largeLen)
	mine := writeFile(t, filepath.Join(t.TempDir(), "driver 1.0 ü.bin"), large)
	s.must(os.MkdirAll(downloads, 0o700))
	writeFile(t, filepath.Join(downloads, "driver 1.0 ü.bin"), []byte("the user's own"))
	s.must(s.page.Choose(s.ctx, fileField, mine))
	s.must(s.page.WaitFor(s.ctx, `(document.querySelector('progress')?.value ?? 0) > 1000000`, "the file does not travel"))
	s.interrupt(7 * time.Second)
	s.must(s.page.WaitText(s.ctx, "it is in their Downloads"))
	s.wantFile(filepath.Join(downloads, "driver 1.0 ü (2).bin"), large)
	s.wantFile(filepath.Join(downloads, "driver 1.0 ü.bin"), []byte("the user's own"))

	// What the user alone chooses: a file at home.
	log := []byte("what the printer said\n")
	writeFile(t, filepath.Join(s.Desktop.Home(), "0 printer.log"), log)
	s.must(s.page.Fill(s.ctx, "Which file, and why", "The log of the printer."))
	s.must(s.page.Click(s.ctx, "Ask for a file"))
	s.choose("0 printer.log")
	s.must(s.page.WaitText(s.ctx, "it is here"))
	sum := sha256.Sum256(log)
	s.must(s.page.WaitFor(s.ctx, fmt.Sprintf(`document.querySelector('[title="%x"]') !== null`, sum), "the hash is not there"))

	// One press on the bar, in the middle of another.
	s.must(s.page.Choose(s.ctx, fileField, writeFile(t, filepath.Join(t.TempDir(), "again.bin"), bytes.Repeat(large, 10))))
	s.must(s.page.WaitFor(s.ctx, `(document.querySelector('progress')?.value ?? 0) > 500000`, "the file does not travel"))
	buttons, err := s.BarButtons(s.ctx, 3) // Stop files, Hide while I type, Pause
	s.must(err)
	_, err = s.Press(s.ctx, middle(buttons[0]))
	s.must(err)
	s.must(s.page.WaitText(s.ctx, "The user stopped exchanging files"))
	s.must(until(s.ctx, func() bool { return len(s.names(downloads)) == 2 }))
	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")

	receipt, _ := s.receipt()
	files, err := receipt.FileList()
	s.must(err)
	want := sha256.Sum256(large)
	if len(files) != 3 || files[0].Name != "driver 1.0 ü (2).bin" || files[0].SHA256 != hex.EncodeToString(want[:]) || !files[0].Complete ||
		!files[1].FromUser || files[1].SHA256 != hex.EncodeToString(sum[:]) || files[2].Complete {
		t.Errorf("the receipt lists %+v", files)
	}
}

// The user's disk has no room for a file: both are told, nothing is left, and what fits is
// taken.
func TestTheDiskIsFullForAFile(t *testing.T) {
	t.Parallel()
	s, _ := newTown(t, stage.Options{Bin: diskAt(t, "$HOME/Downloads", "80m")})
	s.startAgent()
	s.view()
	s.askFor("Ask for files")
	s.must(s.page.WaitText(s.ctx, "It lands in their Downloads"))
	s.must(s.page.Choose(s.ctx, fileField, writeFile(t, filepath.Join(t.TempDir(), "large.bin"), noise(30_000_000))))
	s.must(s.page.WaitText(s.ctx, "Their disk is full."))
	s.must(s.page.Choose(s.ctx, fileField, writeFile(t, filepath.Join(t.TempDir(), "small.bin"), noise(3_000_000))))
	s.must(s.page.WaitText(s.ctx, "it is in their Downloads"))
	disk := fmt.Sprintf("/proc/%d/root%s", s.Agent.PID(), filepath.Join(s.Desktop.Home(), "Downloads"))
	if got := s.names(disk); len(got) != 1 || got[0] != "small.bin" {
		t.Errorf("in the folder: %q", got)
	}
	_, err := s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
}

// interrupt freezes the technician's browser for a while: the connection is lost.
func (s *scene) interrupt(d time.Duration) {
	s.t.Helper()
	thaw := freeze(s.t, s.browserProcesses()...)
	s.quiet(time.Now(), d)
	thaw()
}

// choose lets the user pick a file of the home folder in the list, with the keys.
func (s *scene) choose(name string) {
	s.t.Helper()
	list := desktop.WithRole("beside-agent", "chooser")
	_, err := s.Desktop.WaitWindow(s.ctx, list)
	s.must(err)
	s.quiet(time.Now(), 1500*time.Millisecond) // armed, and read
	for range s.place(name) {
		s.must(s.Desktop.Person().Tap(keyDown))
	}
	s.must(s.Desktop.Person().Tap(keyTab))
	s.must(s.Desktop.Person().Tap(keySpaceBar))
	s.must(s.Desktop.WaitGone(s.ctx, list))
}

// place is how many steps down a name of the home folder is: folders come first.
func (s *scene) place(name string) int {
	s.t.Helper()
	entries, err := os.ReadDir(s.Desktop.Home())
	s.must(err)
	folders, files := 0, 0
	for _, e := range entries {
		switch {
		case e.Name()[0] == '.':
		case e.IsDir():
			folders++
		case e.Name() < name:
			files++
		}
	}
	return folders + files + 1
}

func (s *scene) names(folder string) (names []string) {
	s.t.Helper()
	entries, err := os.ReadDir(folder)
	s.must(err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (s *scene) wantFile(path string, want []byte) {
	s.t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		s.t.Errorf("%s: %d bytes, want %d: %v; there are %q", path, len(got), len(want), err, s.names(filepath.Dir(path)))
	}
}

func noise(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(data)
	return data
}
