package e2e

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"beside/agent/desktop"
	"beside/cmd/internal/stage"
)

// PROMISE E3, THREAT 29: one file runs, nothing is installed, and when it is over nothing is
// left of it but the receipt and who has helped: no process, no file anywhere that it may
// write to, no shared memory, no window, no changed key. That the technician controlled,
// typed and recorded makes no difference.
func TestNothingIsLeftBehind(t *testing.T) {
	temp := t.TempDir()
	s, _ := newTown(t, stage.Options{AgentEnv: []string{"TMPDIR=" + temp}})
	s.must(s.page.SetUpRecording(s.ctx))
	if links, err := filepath.Glob("/proc/self/fd/*"); err != nil || len(links) == 0 {
		t.Fatalf("processes cannot be looked at: %v", err)
	}
	s.must(s.page.Open(s.ctx, s.URL+"/"))
	before := s.found(temp)
	s.startAgent()
	pid := s.Agent.PID()
	s.view()
	s.control()
	s.record()
	target := s.target(deskTarget)
	s.must(s.Rested(s.ctx, s.page))
	s.must(s.page.ClickOn(s.ctx, 1600, 800))
	s.must(target.Wait(s.ctx, arrived(desktop.ButtonRelease, 1)))
	s.must(s.page.TypeText(s.ctx, "Grüße 你好")) // takes keys that the keyboard has not
	s.must(target.WaitText(s.ctx, "Grüße 你好"))
	if during := s.found(temp); slices.Equal(during, before) {
		t.Error("nothing differs while it runs, so that nothing is put to the test")
	}
	tree, err := stage.Processes(pid)
	s.must(err)
	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
	s.recordings(1)
	s.must(until(s.ctx, func() bool { return len(s.stored("manifest.jws")) > 0 }))
	s.must(s.CloseAgent(s.ctx))
	target.Close()

	if left := alive(tree); len(left) > 0 {
		t.Errorf("processes are left: %v", left)
	}
	s.must(s.Desktop.WaitGone(s.ctx, func(w desktop.Window) bool { return w.Class == "beside-agent" }))
	kept := []string{"receipts/*.json", "receipts/*.html", "agent/known.json"}
	var left []string
	within, cancel := context.WithTimeout(s.ctx, closeTime)
	defer cancel()
	_ = until(within, func() bool { // the server gives memory back a moment later
		left = slices.DeleteFunc(s.found(temp), func(line string) bool {
			return slices.Contains(before, line) || slices.ContainsFunc(kept, func(pattern string) bool {
				matches, err := filepath.Match(filepath.Join(s.Dir, pattern), strings.TrimPrefix(line, "file "))
				return err == nil && matches
			})
		})
		return len(left) == 0
	})
	for _, line := range left {
		t.Errorf("left behind: %s", line)
	}
}

// found lists what a program can leave behind: files where it may write, shared memory of
// the system and what the keys mean.
func (s *scene) found(temp string) (list []string) {
	s.t.Helper()
	for _, dir := range []string{temp, s.Desktop.Home(), s.Dir} {
		s.must(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if path == s.RelayData() {
				return fs.SkipDir
			}
			if err == nil && !d.IsDir() {
				list = append(list, "file "+path)
			}
			return nil // what went meanwhile is not there
		}))
	}
	segments, err := os.ReadFile("/proc/sysvipc/shm")
	s.must(err)
	for line := range strings.Lines(string(segments)) {
		if fields := strings.Fields(line); s.Agent != nil && len(fields) > 4 && fields[4] == fmt.Sprint(s.Agent.PID()) {
			list = append(list, "shared memory "+fields[1])
		}
	}
	return append(list, "keys "+s.keys())
}

// keys are what the keyboard's keys mean.
func (s *scene) keys() string {
	s.t.Helper()
	conn, err := xgb.NewConnDisplay(s.Desktop.Display())
	s.must(err)
	defer conn.Close()
	setup := xproto.Setup(conn)
	reply, err := xproto.GetKeyboardMapping(conn, setup.MinKeycode, byte(setup.MaxKeycode-setup.MinKeycode+1)).Reply()
	s.must(err)
	return fmt.Sprint(reply.KeysymsPerKeycode, reply.Keysyms)
}
