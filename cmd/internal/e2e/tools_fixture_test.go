package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"beside/agent/desktop"
	"beside/cmd/internal/stage"
)

// townTime bounds a test that has a relay of its own.
const townTime = 2 * time.Minute

// newTown is a scene with a desktop, a relay and a browser of its own, for tests that
// stop the relay, use tries up, or look through everything that was left. No agent runs
// yet. opts.Log and the desktop's are set here.
func newTown(t *testing.T, opts stage.Options) (*scene, *logbook) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), townTime)
	log := &logbook{}
	opts.Log, opts.Desktop = log, desktop.Options{Log: log}
	st, err := stage.New(ctx, opts)
	if err != nil {
		cancel()
		t.Fatalf("%v\n%s", err, log.since(0))
	}
	s := &scene{Stage: st, t: t, ctx: ctx, log: log}
	t.Cleanup(func() {
		if t.Failed() && s.page != nil {
			s.photograph()
		}
		cancel()
		st.Close()
		if t.Failed() {
			t.Logf("The programs printed:\n%s", log.since(0))
		}
	})
	s.page, err = st.SignUp(ctx)
	s.must(err)
	return s, log
}

// startAgent starts the agent of a town.
func (s *scene) startAgent(args ...string) {
	s.t.Helper()
	var err error
	s.code, _, err = s.StartAgent(s.ctx, args...)
	s.must(err)
}

// all is everything that a book holds.
func (l *logbook) all() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]byte(nil), l.text...)
}

// await waits until the programs have printed something.
func (l *logbook) await(ctx context.Context, pattern *regexp.Regexp) error {
	return until(ctx, func() bool { return pattern.Match(l.all()) })
}

// scriptFirst runs a script in every page of the tab before the page's own.
func scriptFirst(s *scene, tab *stage.Technician, script string) {
	s.t.Helper()
	s.must(chromedp.Run(tab.Context(), chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(script).Do(ctx)
		return err
	})))
}

// recordings waits until the relay has so many whole recordings, and returns their
// folders in its store, by id.
func (s *scene) recordings(count int) map[string]string {
	s.t.Helper()
	var found map[string]string
	s.must(until(s.ctx, func() bool {
		var err error
		found, err = s.Recordings()
		s.must(err)
		for id, dir := range found {
			if _, err := os.Stat(filepath.Join(dir, "manifest.jws")); err != nil {
				delete(found, id)
			}
		}
		return len(found) == count
	}))
	return found
}

// stock runs one of the system's own tools.
func (s *scene) stock(name string, args ...string) string {
	s.t.Helper()
	out, err := exec.CommandContext(s.ctx, name, args...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s %q: %v: %s", name, args, err, out)
	}
	return string(out)
}

// frames is the number of pictures that ffprobe decodes in a film.
func (s *scene) frames(film string) string {
	s.t.Helper()
	return strings.TrimSpace(s.stock("ffprobe", "-v", "error", "-count_frames", "-select_streams", "v",
		"-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", film))
}

// write makes a private file in the stage's folder.
func (s *scene) write(name, content string) string {
	s.t.Helper()
	path := filepath.Join(s.Dir, name)
	s.must(os.WriteFile(path, []byte(content), 0o600))
	return path
}
