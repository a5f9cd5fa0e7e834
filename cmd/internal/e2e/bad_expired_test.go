package e2e

import (
	"database/sql"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to let links run out

	"beside/cmd/internal/stage"
)

// root is the checkout.
const root = "../../.."

// quickRelay builds the relay with codes that live for so long, and returns a folder
// with it beside the other programs.
func quickRelay(t *testing.T, life string) string {
	t.Helper()
	bin, err := filepath.Abs(filepath.Join(root, "bin"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := filepath.Abs(filepath.Join(root, "relay", "rendezvous.go"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	const was = "codeLife = 15 * time.Minute"
	if strings.Count(string(text), was) != 1 {
		t.Fatalf("%s does not say %q", source, was)
	}
	dir := t.TempDir()
	changed := filepath.Join(dir, "rendezvous.go")
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{source: changed}})
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string][]byte{
		changed:                            []byte(strings.Replace(string(text), was, "codeLife = "+life, 1)),
		filepath.Join(dir, "overlay.json"): overlay,
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"beside-agent", "beside-viewer"} {
		if err := os.Symlink(filepath.Join(bin, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w",
		"-overlay", filepath.Join(dir, "overlay.json"), "-o", filepath.Join(dir, "beside-relay"), "./cmd/beside-relay")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// THREAT 7: the relay gives up a code by itself, whatever the agent does. The same
// relay as ever, but with codes of two seconds.
func TestAnExpiredCode(t *testing.T) {
	s, log := newTown(t, stage.Options{Bin: quickRelay(t, "2 * time.Second")})
	s.startAgent()
	s.must(log.await(s.ctx, regexp.MustCompile("code ran out")))
	s.joinInVain(s.page, s.code, textUnknown)
	s.must(s.page.WaitText(s.ctx, "Numbers work once, for 15 minutes."))
	s.expectNoQuestion()
}

const textSpentLink = "This link does not work any more"

// THREAT 13: a sign-in link works once, and for a while.
func TestSpentSignInLinks(t *testing.T) {
	t.Parallel()
	s, _ := newTown(t, stage.Options{})
	visitor, err := s.page.Tab(s.ctx)
	s.must(err)
	t.Cleanup(visitor.CloseTab)

	s.must(visitor.Open(s.ctx, s.Link())) // it made the first account
	s.must(visitor.WaitText(s.ctx, textSpentLink))
	s.must(visitor.WaitText(s.ctx, "Yours was used, or it ran out, or part of it is missing."))

	s.must(visitor.Open(s.ctx, s.URL+"/link"))
	s.must(visitor.WaitText(s.ctx, textSpentLink))

	link := s.newLink()
	s.must(visitor.Open(s.ctx, "about:blank"))
	s.must(visitor.Open(s.ctx, link))
	s.must(visitor.WaitText(s.ctx, "This link signs you in once"))
	s.expireLinks()
	s.must(visitor.Click(s.ctx, "Sign in")) // it ran out while one looked at it
	s.must(visitor.WaitText(s.ctx, "This link was used or ran out meanwhile"))
	s.must(visitor.Open(s.ctx, "about:blank"))
	s.must(visitor.Open(s.ctx, link))
	s.must(visitor.WaitText(s.ctx, textSpentLink))

	link = s.newLink()
	s.must(visitor.Open(s.ctx, "about:blank"))
	s.must(visitor.Open(s.ctx, link))
	s.must(visitor.Click(s.ctx, "Sign in"))
	s.must(visitor.WaitText(s.ctx, "Who are you helping?"))
	s.must(visitor.Open(s.ctx, link))
	s.must(visitor.WaitText(s.ctx, textSpentLink))
}

// newLink makes a one-time link for the first person.
func (s *scene) newLink() string {
	s.t.Helper()
	made, err := s.Run(s.ctx, nil, "beside-relay", "link", "--data", s.RelayData(), "--public-url", s.URL)
	s.must(err)
	if made.Code != 0 || !strings.Contains(made.Output, s.URL+"/link#") {
		s.t.Fatalf("no link: %+v", made)
	}
	return strings.TrimSpace(made.Output)
}

// expireLinks lets the time of all one-time links be over, in the relay's database.
func (s *scene) expireLinks() {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.RelayData(), "*.db"))
	s.must(err)
	if len(files) != 1 {
		s.t.Fatalf("want one database, found %q", files)
	}
	db, err := sql.Open("sqlite", "file:"+files[0]+"?_pragma=busy_timeout(5000)&_time_format=sqlite")
	s.must(err)
	defer db.Close()
	done, err := db.ExecContext(s.ctx, "UPDATE links SET expires = ?", time.Now().UTC().Add(-time.Second))
	s.must(err)
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		s.t.Fatalf("%d links ran out, %v", n, err)
	}
}
