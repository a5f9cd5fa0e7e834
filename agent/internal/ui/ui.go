// Package ui is the agent's windows: start, question, bar, and the end.
//
// Begin with UI (ui.go), whose one goroutine (loop.go) owns the connection to the
// screen and every window. A window is a panel (panel.go): a painting (page.go) on
// a canvas (draw.go, text.go) and what its targets do.
//
//	X server ──events──► tap ──► loop ──► panel ──► Action, answer
//	                              ▲  │
//	      ShowStart, Ask, Bar ────┘  └──► canvas ──► X server
//
// What it promises:
//   - A question is answered by a person at this machine: presses of devices that
//     programs inject through do not count (xinput_x11.go), nor does one that comes
//     before the question lay in full view for a second, and Enter never allows
//     (answering.go). Everything else is no.
//   - The bar says the truth about being seen (bar.go, presence.go), and is lost
//     when it was out of sight for half a second, or at once when the connection
//     to the screen ends.
//   - There is always text: a face is built in for systems without fonts.
//
// Files ending in _x11 hold what another window system would replace.
package ui

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"beside/agent/internal/catalogue"
	"beside/consent"
)

// UI owns the connection to the screen and all windows. Its methods are safe for
// use by several goroutines; Run's goroutine does the drawing.
//
// It is the consent.Prompter and, through Bar, the consent.Indicator.
type UI struct {
	conn    *xconn
	log     *slog.Logger
	follow  func(Asked)
	words   *catalogue.Texts // the loop's own; see Texts
	calls   chan func()
	actions chan Action
	closing chan struct{} // closed by Close
	dead    chan struct{} // closed when nothing is shown any more
	closed  sync.Once
	started atomic.Bool

	spoken  atomic.Pointer[catalogue.Texts]
	locked  atomic.Int32                        // questions on the screen
	framing atomic.Pointer[map[uint32]struct{}] // window managers' frames around ours

	comment atomic.Pointer[string] // see Comment

	chosen atomic.Pointer[Choice] // what is shown, since the last yes to it

	loop loop // Run's goroutine alone
}

// Options make a UI.
type Options struct {
	// Display is the X display; empty means $DISPLAY.
	Display string
	// Language is a BCP 47 tag; empty means English.
	Language string
	// BigText and HighContrast are how the windows look at first.
	BigText, HighContrast bool
	// Synthetic lets programs press in our windows as the user's own devices do: on-screen
	// keyboards, switch and voice control. The user chooses it before a session, and what
	// it gives up is told in docs/consent.md. The hotkeys never answer to programs.
	Synthetic bool
	// Reader says that the user wants a page for a screen reader, and that it may answer.
	Reader bool
	// Follow is told what question is on the screen each time that changes, for that page.
	// It must not wait, and not call the UI. Nil means that there is no page.
	Follow func(Asked)
	// Log takes what a window could not show; nil means nobody.
	Log *slog.Logger
}

// Errors of Open, each with its own text for the user (Describe).
var (
	ErrNoDisplay = errors.New("ui: no display")
	ErrWayland   = errors.New("ui: a Wayland session without X")
	errClosed    = errors.New("ui: the windows are closed")
)

// Describe says in a person's words why the windows cannot be shown, and what to do.
func Describe(err error, t *catalogue.Texts) string {
	switch {
	case errors.Is(err, ErrWayland):
		return t.Trouble.Wayland
	case errors.Is(err, ErrNoDisplay):
		return t.Trouble.NoScreen
	case errors.Is(err, errClosed):
		return t.Trouble.LostScreen
	}
	return t.Trouble.NoWindows
}

// Open connects to the display.
func Open(opts Options) (*UI, error) {
	display := opts.Display
	if display == "" {
		display = os.Getenv("DISPLAY")
	}
	if display == "" {
		if os.Getenv("WAYLAND_DISPLAY") != "" {
			return nil, ErrWayland
		}
		return nil, ErrNoDisplay
	}
	conn, err := dialX(display)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoDisplay, err)
	}
	u := &UI{
		conn: conn, log: opts.Log,
		calls: make(chan func()), actions: make(chan Action),
		closing: make(chan struct{}), dead: make(chan struct{}),
	}
	if u.log == nil {
		u.log = slog.New(slog.DiscardHandler)
	}
	u.follow, u.loop.reader.chosen = opts.Follow, opts.Reader
	u.loop.look = appearance{big: opts.BigText, contrast: opts.HighContrast}
	conn.synthetic = opts.Synthetic
	u.loop.init(conn)
	u.loop.side = newSide(u)
	u.speak(opts.Language)
	u.restyle()
	return u, nil
}

// Texts are the words of the language that the windows speak now: the user can change it.
func (u *UI) Texts() *catalogue.Texts { return u.spoken.Load() }

// Close closes all windows. A Run that is going on returns nil.
func (u *UI) Close() error {
	u.closed.Do(func() { close(u.closing) })
	if u.started.CompareAndSwap(false, true) {
		// Run was never called and never will do anything.
		u.conn.close()
		close(u.dead)
	}
	<-u.dead
	return nil
}

// do runs f in the loop and waits for it.
func (u *UI) do(ctx context.Context, f func()) error {
	ran := make(chan struct{})
	select {
	case u.calls <- func() { defer close(ran); f() }:
	case <-ctx.Done():
		return ctx.Err()
	case <-u.dead:
		return errClosed
	}
	select {
	case <-ran:
		return nil
	case <-u.dead:
		return errClosed
	}
}

// Action is what the user pressed on a window other than a question.
type Action uint8

// The actions.
const (
	NewCode Action = iota + 1 // start: another code
	Quit                      // start: closed
	PauseSession
	ResumeSession
	HoldSession // nobody pressed: the bar cannot be seen, and everything waits for Resume
	StopControl
	StopRecording
	StopClipboard
	StopFiles
	StopVoice
	MuteVoice
	UnmuteVoice
	OpenActivity
	OpenChat
	EndSession
	BeginSecret
	EndSecret
	ImHere    // the window that asks whether somebody is there
	CloseOver // "It is over": closed
	OpenReceipt
	ReportSession  // bar, over: the user finds it suspicious; a session that goes on ends by it
	CommentSession // over: Comment is what the user wrote
	SendFeedback   // over: to the help desk
	EraseRecording // over: nothing of it is to be kept
	Rate1          // over: of five; the others follow
	Rate2
	Rate3
	Rate4
	Rate5
	ForgetPeople    // start: the list of those who helped
	LanguageChanged // start: another language; Texts are its words
	OpenPage        // start: the page for a screen reader
)

// Actions delivers what the user pressed, in order. It is never closed.
func (u *UI) Actions() <-chan Action { return u.actions }

// Locked reports whether a question is on the screen (input.Guard). It is true from
// before the question shows until after it is gone, and for good once the
// connection to the screen is lost. THREAT 1.
func (u *UI) Locked() bool {
	select {
	case <-u.dead:
		return true
	default:
		return u.locked.Load() > 0
	}
}

// Ours reports whether window is one of ours or inside one, or a window manager's
// frame around one (input.Guard). It asks nobody and is quick. THREAT 1.
func (u *UI) Ours(window uint32) bool {
	if u.conn.ours(window) {
		return true
	}
	frames := u.framing.Load()
	if frames == nil {
		return false
	}
	_, ok := (*frames)[window]
	return ok
}

// Ask shows a question and waits for the user's own answer. Cancelling ctx closes
// it: no. One question is shown at a time; another meanwhile is consent.ErrBusy. The
// user can stop the countdown if ctx lives longer than q.Timeout.
func (u *UI) Ask(ctx context.Context, q consent.Question) (consent.Answer, error) {
	result := make(chan consent.Answer, 1)
	var w *questionWindow
	var failed error
	latest, _ := ctx.Deadline()
	err := u.do(ctx, func() {
		w, failed = u.openQuestion(q, time.Now(), latest, func(a consent.Answer) { result <- a })
	})
	if err = errors.Join(err, failed); err != nil {
		return consent.No, err
	}
	select {
	case a := <-result:
		return a, nil
	case <-ctx.Done():
		_ = u.do(context.WithoutCancel(ctx), func() { w.finish(consent.No) })
		return consent.No, ctx.Err()
	case <-u.dead:
		return consent.No, errClosed
	}
}
