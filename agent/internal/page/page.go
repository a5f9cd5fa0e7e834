// Package page is the accessible page: what the agent's windows show, in the user's own
// browser, for a screen reader.
//
// Begin with Page. It listens on loopback from the first Open until Close, and hands out
// a link that works once (door.go). Update changes what the page shows; words.go puts it
// into words; the browser waits for the next change and sends presses (serve.go), which go
// to the windows and are judged there (ui.UI.Answer, ui.UI.Act).
//
//	agent ──Update──► State ──words──► View ──JSON──► web/page.js
//	 windows ◄──Answer, Act── serve ◄──guard◄──────────── presses
//
// What it promises:
//   - Nobody but the user's own account reaches it, and of that nobody but the browser
//     that was given the link: the connection's owner, Host, Origin and one strict cookie
//     are looked at with each request (guard.go). THREAT 10.
//   - It answers nothing by itself: a press is a wish, and the windows decide.
//   - The page runs its own script alone, loads nothing from elsewhere, and puts every word
//     that comes from others in as text. THREAT 11.
package page

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/ui"
)

// Screen is what the page needs of the windows beside which it stands.
type Screen interface {
	// Answer and Act judge a press; an error says why it did not count.
	Answer(nonce string, r ui.Reply) error
	Act(a ui.Action) error
	// Hand says whether the user's own devices were used just now.
	Hand() error
	// WriteComment takes what the user wrote about a session that is over.
	WriteComment(text string) error
	// Texts are the words of the language that the user reads now.
	Texts() *catalogue.Texts
}

// Page is the page of one run of the agent. Its methods are safe for use by several
// goroutines.
type Page struct {
	screen Screen
	log    *slog.Logger

	mu      sync.Mutex
	state   State
	doubt   doubt
	version int           // of state
	changed chan struct{} // closed and renewed with each change
	door    door
	server  *http.Server // nil until the first Open
	host    string       // 127.0.0.1 and the port
	served  sync.WaitGroup
	closed  bool
	ctx     context.Context // of every request: done after Close
	stop    context.CancelFunc
}

// New returns a page that nobody can reach yet.
func New(screen Screen, log *slog.Logger) *Page {
	p := &Page{screen: screen, log: log, changed: make(chan struct{}), version: 1}
	p.ctx, p.stop = context.WithCancel(context.Background())
	return p
}

// Bounds of the server: its guest is one browser on this machine.
const (
	mostConnections = 32
	mostHeader      = 16 << 10
	mostBody        = 16 << 10
	headerTime      = 5 * time.Second
	idleTime        = time.Minute
)

// errClosed means that the agent is ending.
var errClosed = errors.New("page: closed")

// Open listens, if nobody has yet, and returns a link that opens the page once. It makes
// every link before it worthless. The link holds a secret: it goes to the browser, or to
// the user's own terminal, and nowhere else.
func (p *Page) Open() (link string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return "", errClosed
	}
	if p.server == nil {
		if err := p.listenLocked(); err != nil {
			return "", err
		}
	}
	return "http://" + p.host + "/#" + p.door.newToken(time.Now()), nil
}

func (p *Page) listenLocked() error {
	plain, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	p.host = plain.Addr().String()
	p.server = &http.Server{
		Handler: p.routes(), ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: mostHeader,
		BaseContext: func(net.Listener) context.Context { return p.ctx },
		ErrorLog:    slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug), // it would write down what a stranger sends
	}
	own := &ownListener{Listener: plain, places: make(chan struct{}, mostConnections), log: p.log}
	server := p.server
	p.served.Go(func() {
		if err := server.Serve(own); !errors.Is(err, http.ErrServerClosed) {
			p.log.Error("the accessible page is gone", "err", err)
		}
	})
	return nil
}

// Update changes what the page shows.
func (p *Page) Update(change func(*State)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.state)
	p.version++
	close(p.changed)
	p.changed = make(chan struct{})
}

// view is what the page shows now, and its version, once that is another one than seen.
func (p *Page) view(seen int) (v View, version int, changed <-chan struct{}) {
	p.mu.Lock()
	state, version, changed := p.state, p.version, p.changed
	p.mu.Unlock()
	if version == seen {
		return v, version, changed
	}
	return state.view(p.screen.Texts(), time.Now()), version, changed
}

// Close ends it. It returns when nothing of it is left.
func (p *Page) Close() {
	p.mu.Lock()
	p.closed = true
	server := p.server
	p.mu.Unlock()
	p.stop()
	if server != nil {
		_ = server.Close() // what it closes is gone either way
	}
	p.served.Wait()
}
