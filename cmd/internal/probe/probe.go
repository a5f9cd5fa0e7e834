// Package probe is a viewer without a face: it takes a technician's part in a whole
// session, counts what arrives and says how long everything took.
//
//	Dial: join ─► handshake ─► offer        Session: Ask, Input, Send…, Wait
//	         relay (WebSocket)                  agent (sealed, then WebRTC)
//
// Begin with [Run] for one session from end to end, or with [Dial] and [Session.Wait]
// to steer it by hand, also against the rules: tests use it to attack. It promises
// that a Session that was closed has left no goroutine and no connection behind. It
// never decodes pictures; "a full frame" means that every packet of it came.
package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"beside/protocol"
	"beside/protocol/wire"
)

// Errors that callers branch on, beside protocol.ErrWrongSecret.
var (
	// ErrUnreachable means that the relay could not be reached or did not let us in.
	ErrUnreachable = errors.New("probe: the relay cannot be reached")
	// ErrToken means that the relay does not accept the API token.
	ErrToken = errors.New("probe: the token is not accepted")
	// ErrCode means that the code is unknown, expired or used.
	ErrCode = errors.New("probe: no session waits under this code")
	// ErrOver means that the session ended while something was waited for.
	ErrOver = errors.New("probe: the session is over")
)

// Config says which session to join and how. Fields without a stated zero value are
// required.
type Config struct {
	// Relay is its address, https://… or http://localhost:….
	Relay string
	// Token is an API token (bst_…) of a technician.
	Token string
	// Code is what the user read out.
	Code protocol.Code
	// TLS is for relays with certificates of their own; nil means the system's rules.
	TLS *tls.Config
	// Log is for causes; nil discards.
	Log *slog.Logger

	// Attack changes what an honest viewer would do. The zero value is honest.
	Attack Attack
}

// Attack is what a dishonest viewer does differently; tests use it.
type Attack struct {
	// BindFingerprint is bound in the handshake in place of our certificate's.
	BindFingerprint *[32]byte
	// NoOffer leaves the offer out after the handshake.
	NoOffer bool
	// MangleOffer changes the offer's text.
	MangleOffer func(sdp string) string
}

// Session is one session as the technician's side sees it. Its methods may be called
// by several goroutines.
type Session struct {
	cfg     Config
	link    *link
	peer    *peer
	welcome *wire.ViewerWelcome
	bound   [32]byte // the agent's DTLS fingerprint
	began   time.Time

	stop    context.CancelFunc
	readers sync.WaitGroup

	sending sync.Mutex // so that sealed messages leave in the order of their counters
	sealer  *protocol.Sealer

	inputs   sync.Mutex
	sequence uint64 // of the last input, guarded by inputs

	mu      sync.Mutex
	state   State
	changed chan struct{} // closed and replaced at every change
}

// Dial joins the session, proves the code and offers a connection. The user was asked
// nothing yet. Close the session, also when it is over.
func Dial(ctx context.Context, cfg Config) (*Session, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Session{cfg: cfg, began: time.Now(), changed: make(chan struct{})}
	if err := s.dial(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Session) dial(ctx context.Context) error {
	var err error
	if s.link, err = dialRelay(ctx, s.cfg); err != nil {
		return err
	}
	if s.welcome, err = s.link.join(ctx, s.cfg.Code.Locator); err != nil {
		return err
	}
	s.peer, err = newPeer(peerConfig{
		relay: s.cfg.Relay, servers: s.welcome.GetIce(), log: s.cfg.Log,
		candidate: func(c *wire.Candidate) { s.trySealed(&wire.FromViewer{Kind: &wire.FromViewer_Candidate{Candidate: c}}) },
		message:   func(data []byte) { s.received(data) },
		cursor:    func([]byte) { s.change(func(st *State) { st.CursorMessages++ }) },
		connected: func() { s.change(func(st *State) { st.Connected = true }) },
		media:     func(m Media) { s.change(func(st *State) { st.Media = m }) },
	})
	if err != nil {
		return err
	}
	if err := s.shake(ctx); err != nil {
		return err
	}
	s.change(func(st *State) { st.Joined = time.Now() })
	reading, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.readers.Go(func() { s.read(reading) })
	if s.cfg.Attack.NoOffer {
		return nil
	}
	return s.offer()
}

func (s *Session) offer() error {
	sdp, err := s.peer.offer()
	if err != nil {
		return err
	}
	if mangle := s.cfg.Attack.MangleOffer; mangle != nil {
		sdp = mangle(sdp)
	}
	if err := s.SendSealed(&wire.FromViewer{Kind: &wire.FromViewer_Offer{Offer: &wire.Description{Sdp: sdp}}}); err != nil {
		return err
	}
	return s.peer.gather()
}

// Welcome is what the relay said when we joined.
func (s *Session) Welcome() *wire.ViewerWelcome { return s.welcome }

// Ask asks the user for a scope. Wait for the decision with Decided.
func (s *Session) Ask(scope wire.Scope, reason, ticket string) error {
	return s.Send(&wire.FromViewer{Kind: &wire.FromViewer_Ask{Ask: &wire.Ask{Scope: scope, Reason: reason, Ticket: ticket}}})
}

// Goodbye ends the session from our side, both ways at once.
func (s *Session) Goodbye() error {
	bye := &wire.FromViewer{Kind: &wire.FromViewer_Goodbye{Goodbye: &wire.Goodbye{}}}
	if data, err := proto.Marshal(bye); err == nil {
		_ = s.peer.send(data) // the sealed one counts
	}
	return s.SendSealed(bye)
}

// Send sends a message to the agent the shortest way that is open.
func (s *Session) Send(m *wire.FromViewer) error {
	data, err := proto.Marshal(m)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	if s.peer.send(data) == nil {
		return nil
	}
	return s.SendSealed(m)
}

// SendSealed sends a message over the relay, whatever else is open.
func (s *Session) SendSealed(m *wire.FromViewer) error {
	data, err := proto.Marshal(m)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	sealed, err := s.sealer.Seal(data)
	if err != nil {
		return err
	}
	return s.link.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Sealed{Sealed: sealed}})
}

// trySealed is for callbacks that have nobody to tell.
func (s *Session) trySealed(m *wire.FromViewer) {
	if err := s.SendSealed(m); err != nil {
		s.cfg.Log.Info("probe: message not sent", "err", err)
	}
}

// Input sends one input event with the next sequence number. The agent takes it only
// while control is granted.
func (s *Session) Input(in *wire.Input) error {
	s.inputs.Lock()
	defer s.inputs.Unlock()
	in = proto.CloneOf(in)
	in.Sequence = s.sequence + 1
	data, err := proto.Marshal(in)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	if err := s.peer.sendInput(data); err != nil {
		return err
	}
	s.sequence++
	return nil
}

// Close lets everything go. It does not say goodbye.
func (s *Session) Close() {
	if s.stop != nil {
		s.stop()
	}
	if s.peer != nil {
		s.peer.close()
	}
	if s.link != nil {
		s.link.close()
	}
	s.readers.Wait()
}
