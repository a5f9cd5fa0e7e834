// Package agent is the end user's side of an attended session.
//
// Begin with Run: it shows the start window with a code (lobby.go), agrees a key with
// the technician who typed it (lobby.go), and attends one session (session.go) from
// the first question to "It is over".
//
//	signaller ──frames──► lobby ──agreed──► session ──► peer (WebRTC)
//	                                           │ └────► picture, recorder, inputs
//	user interface ──actions──────────────────►│
//	                                     consent.Gate
//
// What it promises: nothing of the screen leaves and no event enters this machine but
// through a grant of consent.Gate, which only the person in front of it can give.
package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/cores"
	"beside/agent/internal/page"
	"beside/agent/internal/ui"
)

// Config makes an agent.
type Config struct {
	// Relay is the relay's address, https://relay.example. Required.
	Relay string
	// Organisation is the help desk's short name; empty means the relay's default.
	Organisation string
	// Display is the X display; empty means $DISPLAY.
	Display string
	// Language is a BCP 47 tag; empty means the system's.
	Language string
	// BigText and HighContrast are how the windows look at first; the user can change
	// both, and the language, in the start window.
	BigText, HighContrast bool
	// StateDir holds recordings until the relay has them. Required.
	StateDir string
	// ReceiptDir takes the receipts of sessions. Required.
	ReceiptDir string
	// AccessibleInput lets the user's accessibility programs press in our windows, for
	// this run. It gives up part of a defence: docs/consent.md.
	AccessibleInput bool
	// Accessible opens a page for a screen reader at once, which may also answer. The user
	// can choose it in the start window too.
	Accessible bool
	// Console takes the link of that page where no browser opens: it is the user's own
	// terminal, never a file. Nil means nobody.
	Console io.Writer
	// AwayAfter is how long the user may leave mouse and keyboard alone before what the
	// technician does waits for them; zero means five minutes.
	AwayAfter time.Duration
	// SpareCores has the process use one core while there is little to do.
	SpareCores bool
	// Version is the program's version, told to the relay.
	Version string
	// CodeTo takes a line with each code, for people at a terminal; nil means nobody.
	CodeTo io.Writer
	// Log takes what happens, never what is seen or typed. Required.
	Log *slog.Logger
}

func (c Config) check() error {
	switch {
	case c.Relay == "":
		return fmt.Errorf("%w: no relay named", ErrConfig)
	case c.StateDir == "" || c.ReceiptDir == "":
		return fmt.Errorf("%w: no folder for recordings and receipts named", ErrConfig)
	case c.AwayAfter != 0 && (c.AwayAfter < shortestAway || c.AwayAfter > longestAway):
		return fmt.Errorf("%w: away after %v, want between %v and %v", ErrConfig, c.AwayAfter, shortestAway, longestAway)
	case c.Log == nil:
		return fmt.Errorf("%w: no log", ErrConfig)
	}
	return nil
}

// Errors of New.
var (
	// ErrConfig means that a setting cannot be used; its text says which and why.
	ErrConfig = errors.New("agent: settings")
	// ErrNoDisplay means that there is no screen to show questions on: Describe says
	// what to do about it.
	ErrNoDisplay = errors.New("agent: no display")
)

// Agent is one run of the program: one code after another until a session took
// place, then that session, then the end.
type Agent struct {
	cfg      Config
	loopback bool
	windows  windows
	link     *signaller
	uploads  *uploads
	known    acquaintances
	closing  sync.WaitGroup // connections and injectors that are being closed
	log      *slog.Logger
}

// New connects to the display and prepares the connection to the relay. Errors of
// package ui (no display, Wayland) are returned as they are.
func New(cfg Config) (*Agent, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	link, err := newSignaller(cfg)
	if err != nil {
		return nil, err
	}
	for _, dir := range []string{cfg.StateDir, cfg.ReceiptDir} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("agent: %w", err)
		}
	}
	language := cfg.Language
	if language == "" {
		language = catalogue.System(os.Getenv)
	}
	var beside *page.Page
	screen, err := ui.Open(ui.Options{
		Display: cfg.Display, Language: language, BigText: cfg.BigText, HighContrast: cfg.HighContrast,
		Synthetic: cfg.AccessibleInput, Log: cfg.Log,
		Reader: cfg.Accessible, Follow: func(a ui.Asked) { beside.Update(func(s *page.State) { s.Asked = a }) },
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoDisplay, err)
	}
	beside = page.New(screen, cfg.Log)
	return newAgent(cfg, link, newMirror(screenWindows{screen}, beside, cfg)), nil
}

func newAgent(cfg Config, link *signaller, on windows) *Agent {
	cfg.Log = calmed(cfg.Log)
	return &Agent{
		cfg: cfg, loopback: isLoopback(link.host), windows: on, link: link, uploads: newUploads(cfg), log: cfg.Log,
		known: acquaintances{path: knownPath(cfg.StateDir), relay: link.host, log: cfg.Log},
	}
}

// isLoopback reports whether host names this machine.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// errClosed says that the user closed the program.
var errClosed = errors.New("agent: closed by the user")

// closeTime bounds how long Run waits for connections that are being closed.
const closeTime = 3 * time.Second

// Run shows the windows and attends a session. It returns when the user has closed
// the last window or ctx ends, after all of its goroutines have; only a connection
// that does not close is left behind, to the end of the process.
func (a *Agent) Run(ctx context.Context) error {
	if a.cfg.SpareCores {
		cores.Spare()
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.windows.Run(ctx) })
	group.Go(func() error { return a.link.run(ctx) })
	group.Go(func() error {
		a.uploads.resume()
		err := a.attend(ctx)
		a.uploads.close()
		return errors.Join(err, a.windows.Close())
	})
	err := group.Wait()
	a.awaitClosing()
	if errors.Is(err, errClosed) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (a *Agent) awaitClosing() {
	closed := make(chan struct{})
	go func() {
		a.closing.Wait()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(closeTime):
		a.log.Warn("a connection did not close in time")
	}
}

// attend brings codes to the screen until a session took place that the user said
// yes to or reported, and shows how it ended.
func (a *Agent) attend(ctx context.Context) error {
	lobby := newLobby(a)
	for {
		agreed, err := lobby.wait(ctx)
		if err != nil {
			return err
		}
		session, err := newSession(a, agreed)
		if err != nil {
			return err
		}
		outcome, err := session.run(ctx)
		if err != nil {
			return err
		}
		if outcome.shown || outcome.said.Reported {
			return a.showOver(ctx, outcome)
		}
		lobby.again(outcome)
	}
}

// codeLife is how long a code can be used.
const codeLife = 15 * time.Minute
