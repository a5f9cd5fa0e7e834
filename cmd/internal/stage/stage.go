// Package stage puts a whole attended session on its feet, for the end-to-end tests,
// the demonstration and the measurements: a desktop with a person in it, the real
// relay, the real agent, and a real browser with a technician.
//
//	Stage ── desktop (Xorg, openbox, programs, person)
//	      ├─ relay   bin/beside-relay, SQLite and blobs in a temporary folder
//	      ├─ agent   bin/beside-agent on the desktop
//	      └─ Browser Chromium, signed in by the relay's one-time link
//
// Begin with New; act with Technician (browser.go) and User (user.go); Close ends every
// process by its id and removes every file that was made.
package stage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"beside/agent/desktop"
)

// Options make a Stage.
type Options struct {
	// Bin holds the programs; empty means bin/ of the checkout.
	Bin string
	// Desktop is the user's; its WindowManager and Wallpaper are always on.
	Desktop desktop.Options
	// Listen is the relay's address and port; empty means a free port on loopback. Any
	// other address needs a certificate and the relay's own address, by RelayArgs.
	Listen string
	// RelayArgs are more flags of beside-relay serve.
	RelayArgs []string
	// AgentEnv is added to the agent's environment.
	AgentEnv []string
	// BrowserFlags are more flags of Chromium, by name.
	BrowserFlags map[string]any
	// Stranger leaves the technician unknown to the user's machine, see Acquaint.
	Stranger bool
	// Log receives what every process prints; nil discards it.
	Log io.Writer
}

// Stage is everything that one session needs. Fields are set as parts are started.
type Stage struct {
	Desktop *desktop.Desktop
	Relay   *Process
	Agent   *Process
	// URL is the relay's address.
	URL string
	// Dir is the stage's own folder: relay data in Dir/relay, receipts in Dir/receipts.
	Dir string

	bin      string
	opts     Options
	log      io.Writer
	link     string
	browsers []*Browser
}

// New starts the desktop and the relay.
func New(ctx context.Context, opts Options) (_ *Stage, err error) {
	s := &Stage{bin: opts.Bin, opts: opts, log: opts.Log}
	if s.log == nil {
		s.log = io.Discard
	}
	if s.bin, err = Bin(s.bin); err != nil {
		return nil, err
	}
	if s.Dir, err = os.MkdirTemp("", "beside-stage"); err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	opts.Desktop.WindowManager, opts.Desktop.Wallpaper = true, true
	if s.Desktop, err = desktop.Start(ctx, opts.Desktop); err != nil {
		return nil, err
	}
	if err = s.StartRelay(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Bin is the folder of the programs: the given one, or, when that is empty, bin/ above
// the working directory.
func Bin(given string) (string, error) {
	if given != "" {
		return filepath.Abs(given)
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("stage: %w", err)
	}
	for {
		bin := filepath.Join(dir, "bin")
		if _, err := os.Stat(filepath.Join(bin, "beside-agent")); err == nil {
			return bin, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("stage: bin/beside-agent was not built; run make build first")
		}
		dir = parent
	}
}

var (
	listening = regexp.MustCompile(`https?://[\d.]+:\d+`)
	oneTime   = regexp.MustCompile(`https?://\S+/link#\S+`)
	codeLine  = regexp.MustCompile(`\b\d{3} \d{3} \d{3} \d{3}\b`)
)

// StartRelay starts the relay, on a free port the first time and the same one after.
func (s *Stage) StartRelay(ctx context.Context) error {
	listen := s.opts.Listen
	switch {
	case listen == "" && s.URL == "":
		listen = "127.0.0.1:0"
	case listen == "":
		listen = strings.TrimPrefix(s.URL, "http://")
	}
	args := []string{"serve", "--data", s.RelayData(), "--listen", listen, "--organisation", "Acme IT Support"}
	relay, err := startProcess(s.Program("beside-relay"), append(args, s.opts.RelayArgs...), os.Environ(), s.log)
	if err != nil {
		return err
	}
	s.Relay = relay
	if s.URL, err = relay.Await(ctx, listening); err != nil {
		return err
	}
	if s.link == "" {
		s.link, err = relay.Await(ctx, oneTime)
	}
	return err
}

// StartAgent starts the agent on the desktop and returns the code that its window
// shows, as the user would read it out.
func (s *Stage) StartAgent(ctx context.Context, args ...string) (code string, took time.Duration, err error) {
	began := time.Now()
	all := append([]string{
		"--relay", s.URL, "--receipts", s.Receipts(), "--state", filepath.Join(s.Dir, "agent"), "--terminal-code", "--verbose",
	}, args...)
	s.Agent, err = startProcess(filepath.Join(s.bin, "beside-agent"), all, append(s.Desktop.Env(), s.opts.AgentEnv...), s.log)
	if err != nil {
		return "", 0, err
	}
	code, err = s.Agent.Await(ctx, codeLine)
	return code, time.Since(began), err
}

// Environ has agents that are started from now on find that in their environment, in the
// place of Options.AgentEnv.
func (s *Stage) Environ(env ...string) { s.opts.AgentEnv = env }

// Receipts is the folder that the agent writes receipts to.
func (s *Stage) Receipts() string { return filepath.Join(s.Dir, "receipts") }

// Close ends everything and removes the stage's folder.
func (s *Stage) Close() {
	for _, b := range s.browsers {
		b.close()
	}
	for _, p := range []*Process{s.Agent, s.Relay} {
		if p != nil {
			p.Stop()
		}
	}
	if s.Desktop != nil {
		s.Desktop.Stop()
	}
	if s.Dir != "" {
		os.RemoveAll(s.Dir)
	}
}
