//go:build linux

package clipboard

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"beside/agent/internal/xwire"
	"beside/consent"
)

// system is a connection to the X server and what we hold of its selection CLIPBOARD
// (ICCCM 2). Its goroutine owns everything but the channels.
type system struct {
	conn  *xgb.Conn
	grant *consent.ClipboardGrant
	win   xproto.Window
	atoms map[string]xproto.Atom
	names map[xproto.Atom]string
	root  xproto.Window

	events *queue
	calls  chan func()
	stop   chan struct{}
	ended  chan struct{}

	drained chan struct{}

	held    *held // what we put there; nil when it is somebody else's
	handing map[handover]*parts
}

// The atoms that are needed, by name.
var atomNames = []string{
	"CLIPBOARD", "TARGETS", "TIMESTAMP", "INCR", "ATOM", "INTEGER",
	"UTF8_STRING", "STRING", "TEXT", "text/plain", "text/plain;charset=utf-8", "image/png",
	"BESIDE_FETCH", "BESIDE_TIME", secretHint,
}

func openSystem(display string, grant *consent.ClipboardGrant) (*system, error) {
	conn, wire, err := xwire.Dial(display)
	if err != nil {
		return nil, fmt.Errorf("clipboard: %w", err)
	}
	s := &system{
		conn: conn, grant: grant, atoms: map[string]xproto.Atom{}, names: map[xproto.Atom]string{},
		events: newQueue(), calls: make(chan func()), stop: make(chan struct{}), ended: make(chan struct{}),
		drained: make(chan struct{}),
		handing: map[handover]*parts{},
	}
	wire.OnEvent(s.events.put)
	if err := s.prepare(); err != nil {
		conn.Close()
		return nil, fmt.Errorf("clipboard: %w", err)
	}
	go s.run()
	go s.drain()
	return s, nil
}

// prepare makes the window that stands for us and learns the atoms.
func (s *system) prepare() error {
	var cookies []xproto.InternAtomCookie
	for _, name := range atomNames {
		cookies = append(cookies, xproto.InternAtom(s.conn, false, uint16(len(name)), name))
	}
	for i, cookie := range cookies {
		reply, err := cookie.Reply()
		if err != nil {
			return err
		}
		s.atoms[atomNames[i]], s.names[reply.Atom] = reply.Atom, atomNames[i]
	}
	s.root = xproto.Setup(s.conn).DefaultScreen(s.conn).Root
	win, err := xproto.NewWindowId(s.conn)
	if err != nil {
		return err
	}
	s.win = win
	return xproto.CreateWindowChecked(s.conn, 0, win, s.root, -1, -1, 1, 1, 0,
		xproto.WindowClassInputOnly, 0, xproto.CwEventMask, []uint32{xproto.EventMaskPropertyChange}).Check()
}

// run serves until close, or until the connection ends. The end of the grant takes off
// what we put there at once.
func (s *system) run() {
	defer close(s.ended)
	revoked := s.grant.Done()
	for {
		select {
		case <-s.stop:
			s.takeOff()
			return
		case <-revoked:
			s.takeOff()
			revoked = nil
		case f := <-s.calls:
			f()
		case <-s.events.ready:
			for _, e := range s.events.take() {
				s.serve(e)
			}
		}
	}
}

// drain takes the errors of requests that nobody waits for: windows that went away. It
// ends with the connection.
func (s *system) drain() {
	defer close(s.drained)
	for {
		if event, err := s.conn.WaitForEvent(); event == nil && err == nil {
			return
		}
	}
}

// do runs f on the goroutine that owns the connection, and waits for it.
func (s *system) do(ctx context.Context, f func() error) error {
	result := make(chan error, 1)
	select {
	case s.calls <- func() { result <- f() }:
		return <-result
	case <-ctx.Done():
		return ctx.Err()
	case <-s.ended:
		return ErrClosed
	}
}

// close ends the goroutine and the connection.
func (s *system) close() {
	close(s.stop)
	<-s.ended
	s.conn.Close()
	<-s.drained
}

// patience is how long a program may take for its next step.
const patience = 3 * time.Second

// await waits for an event that is as wanted; others are served meanwhile. It ends early
// with the grant, the context or Close.
func (s *system) await(ctx context.Context, wanted func(event []byte) bool) error {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		select {
		case <-s.grant.Done():
			return consent.ErrRevoked
		case <-ctx.Done():
			return ctx.Err()
		case <-s.stop:
			return ErrClosed
		case <-timeout.C:
			return ErrNoAnswer
		case <-s.events.ready:
			found := false
			for _, e := range s.events.take() {
				switch {
				case !found && wanted(e):
					found = true
				default:
					s.serve(e)
				}
			}
			if found {
				return nil
			}
		}
	}
}

// now is the server's time, which selections are judged by (ICCCM 2.1).
func (s *system) now(ctx context.Context) (xproto.Timestamp, error) {
	stamp := s.atoms["BESIDE_TIME"]
	xproto.ChangeProperty(s.conn, xproto.PropModeReplace, s.win, stamp, xproto.AtomInteger, 8, 0, nil)
	var at xproto.Timestamp
	err := s.await(ctx, func(e []byte) bool {
		if eventKind(e) != xproto.PropertyNotify || xproto.Atom(word(e, 8)) != stamp {
			return false
		}
		at = xproto.Timestamp(word(e, 12))
		return true
	})
	return at, err
}

// serve handles an event that nobody waited for.
func (s *system) serve(e []byte) {
	switch eventKind(e) {
	case xproto.SelectionRequest:
		s.asked(request{
			requestor: xproto.Window(word(e, 12)), selection: xproto.Atom(word(e, 16)),
			target: xproto.Atom(word(e, 20)), property: xproto.Atom(word(e, 24)), time: xproto.Timestamp(word(e, 4)),
		})
	case xproto.SelectionClear:
		if xproto.Atom(word(e, 12)) == s.atoms["CLIPBOARD"] {
			s.lost()
		}
	case xproto.PropertyNotify:
		const deleted = 1
		if e[16] == deleted {
			s.nextPart(handover{xproto.Window(word(e, 4)), xproto.Atom(word(e, 8))})
		}
	case xproto.DestroyNotify:
		s.gone(xproto.Window(word(e, 8)))
	}
}

// eventKind is the number of an event, whoever sent it.
func eventKind(e []byte) byte { return e[0] &^ 0x80 }

func word(e []byte, at int) uint32 { return binary.LittleEndian.Uint32(e[at:]) }

// queue holds events between the connection's reader, which must not wait, and run.
type queue struct {
	ready chan struct{} // holds one token while events wait

	mu    sync.Mutex
	items [][]byte
}

// maxQueued bounds events that wait: far more than honest programs make.
const maxQueued = 4096

func newQueue() *queue { return &queue{ready: make(chan struct{}, 1)} }

func (q *queue) put(event []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) < maxQueued {
		q.items = append(q.items, append([]byte(nil), event[:32]...))
	}
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

func (q *queue) take() [][]byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = nil
	return items
}
