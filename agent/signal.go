package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"beside/protocol"
	"beside/protocol/wire"
)

// Times of the connection to the relay.
const (
	dialTimeout   = 10 * time.Second
	writeTimeout  = 10 * time.Second
	firstRetry    = 500 * time.Millisecond
	longestRetry  = 8 * time.Second
	outgoingQueue = 64 // frames; a full queue means a relay that stopped reading
)

// linkEvent is what the signaller tells its owner: a frame, or that the relay was
// reached or lost. Exactly one field is set.
type linkEvent struct {
	frame *wire.RelayToAgent
	up    bool
	lost  error
}

// signaller owns the WebSocket to the relay: it dials, says hello, and dials again
// with the resume token when the connection is lost. What it sends and receives is
// either for the relay itself or sealed; it knows nothing of sessions.
type signaller struct {
	address      string
	host         string // of the relay
	organisation string
	version      string
	log          *slog.Logger

	events chan linkEvent
	out    chan *wire.AgentFrame

	mu     sync.Mutex
	resume string // token of the last welcome
}

func newSignaller(cfg Config) (*signaller, error) {
	address, host, err := connectURL(cfg.Relay)
	if err != nil {
		return nil, err
	}
	return &signaller{
		address:      address,
		host:         host,
		organisation: cfg.Organisation,
		version:      cfg.Version,
		log:          cfg.Log,
		events:       make(chan linkEvent),
		out:          make(chan *wire.AgentFrame, outgoingQueue),
	}, nil
}

// connectURL turns the relay's address into that of the agents' WebSocket.
func connectURL(relay string) (address, host string, err error) {
	u, err := url.Parse(relay)
	if err != nil || u.Hostname() == "" {
		return "", "", fmt.Errorf("%w: the relay's address %q is not of the form https://relay.example", ErrConfig, relay)
	}
	switch {
	case u.Scheme == "https":
		u.Scheme = "wss"
	case u.Scheme == "http" && isLoopback(u.Hostname()):
		u.Scheme = "ws"
	case u.Scheme == "http":
		return "", "", fmt.Errorf("%w: %s is not encrypted; use https://%s", ErrConfig, relay, u.Host)
	default:
		return "", "", fmt.Errorf("%w: the relay's address %q must begin with https://", ErrConfig, relay)
	}
	u.Path = strings.TrimSuffix(u.Path, "/") + "/agent/v1/connect"
	return u.String(), u.Hostname(), nil
}

// run keeps the connection until ctx ends. It waits for its goroutines.
func (s *signaller) run(ctx context.Context) error {
	wait := firstRetry
	for {
		began := time.Now()
		err := s.connect(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(began) > longestRetry {
			wait = firstRetry
		}
		s.log.Info("relay connection lost", "err", err)
		if !s.deliver(ctx, linkEvent{lost: err}) {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		wait = min(2*wait, longestRetry)
	}
}

// connect runs one connection to its end and says why it ended.
func (s *signaller) connect(ctx context.Context) error {
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, _, err := websocket.Dial(dialing, s.address, &websocket.DialOptions{
		HTTPClient:      &http.Client{Timeout: 0},
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return fmt.Errorf("agent: reach the relay: %w", err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(protocol.MaxFrame)

	hello := &wire.AgentFrame{Kind: &wire.AgentFrame_Hello{Hello: &wire.AgentHello{
		Protocol:     protocol.Version,
		AgentVersion: s.version,
		Organisation: s.organisation,
		ResumeToken:  s.token(),
		Audit:        true,
	}}}
	if err := write(ctx, conn, hello); err != nil {
		return err
	}
	if !s.deliver(ctx, linkEvent{up: true}) {
		return ctx.Err()
	}

	ctx, stop := context.WithCancelCause(ctx)
	written := make(chan struct{})
	go func() {
		defer close(written)
		stop(s.writeAll(ctx, conn))
	}()
	err = s.readAll(ctx, conn)
	stop(err)
	<-written
	return context.Cause(ctx)
}

func (s *signaller) readAll(ctx context.Context, conn *websocket.Conn) error {
	for {
		kind, data, err := conn.Read(ctx)
		if err != nil {
			return fmt.Errorf("agent: read from the relay: %w", err)
		}
		if kind != websocket.MessageBinary {
			return errors.New("agent: the relay sent text")
		}
		frame, err := protocol.DecodeRelayToAgent(data)
		if err != nil {
			return fmt.Errorf("agent: %w", err)
		}
		if w := frame.GetWelcome(); w != nil {
			s.mu.Lock()
			s.resume = w.GetResumeToken()
			s.mu.Unlock()
		}
		if frame.GetError().GetCode() == wire.RelayError_CODE_RESUME {
			s.forget()
		}
		if !s.deliver(ctx, linkEvent{frame: frame}) {
			return ctx.Err()
		}
	}
}

func (s *signaller) writeAll(ctx context.Context, conn *websocket.Conn) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case frame := <-s.out:
			if err := write(ctx, conn, frame); err != nil {
				return err
			}
		}
	}
}

func write(ctx context.Context, conn *websocket.Conn, frame *wire.AgentFrame) error {
	data, err := proto.Marshal(frame)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := conn.Write(ctx, websocket.MessageBinary, data); err != nil {
		return fmt.Errorf("agent: write to the relay: %w", err)
	}
	return nil
}

func (s *signaller) deliver(ctx context.Context, e linkEvent) bool {
	select {
	case s.events <- e:
		return true
	case <-ctx.Done():
		return false
	}
}

// send queues a frame. It never waits: a relay that stopped reading must not hold up
// anything on this machine. A frame that finds the queue full is dropped and false
// is returned.
func (s *signaller) send(frame *wire.AgentFrame) bool {
	select {
	case s.out <- frame:
		return true
	default:
		return false
	}
}

// forward queues a PeerFrame for the viewer.
func (s *signaller) forward(frame *wire.PeerFrame) error {
	data, err := proto.Marshal(frame)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	if !s.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Forward{Forward: data}}) {
		return errors.New("agent: the relay does not take messages")
	}
	return nil
}

func (s *signaller) token() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resume
}

// forget drops the resume token: the next connection starts afresh.
func (s *signaller) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resume = ""
}
