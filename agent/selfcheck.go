package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"beside/protocol"
	"beside/protocol/wire"
)

// CheckReport is what a self-check saw leave the program before any yes.
type CheckReport struct {
	// Frames counts what was sent to the relay, by kind; Bytes is how much that was.
	Frames map[string]int
	Bytes  int
	// Stood is how long the question lay on the screen meanwhile.
	Stood time.Duration
}

// ErrLeak means that something left the program that has no business outside before a
// yes.
var ErrLeak = errors.New("agent: something left the program before a yes")

// ErrInterrupted means that the question did not stay on the screen to the end of a check:
// somebody answered it, or the bar was lost, as on a machine that is very busy. Nothing was
// seen to leave; the check is to be run again.
var ErrInterrupted = errors.New("agent: the question did not stay on the screen; run the check again and leave it alone")

// checkStands is how long a self-check leaves the question on the screen.
const checkStands = 5 * time.Second

// SelfCheck runs the program as it is, with its real windows, against a relay and a
// technician of its own on loopback: up to the question, which nobody answers. It
// reports everything that left meanwhile, and fails with ErrLeak when that was more
// than the handshake and the few sealed words that a question is open: a picture, a
// candidate, a connection to anywhere else or a UDP socket. PROMISE A1.
func SelfCheck(ctx context.Context, cfg Config) (CheckReport, error) {
	c := &selfCheck{report: CheckReport{Frames: map[string]int{}}, frames: make(chan *wire.AgentFrame, 64), code: make(chan protocol.Code, 4)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return c.report, fmt.Errorf("agent: self-check: %w", err)
	}
	server := &http.Server{Handler: http.HandlerFunc(c.serve), ReadHeaderTimeout: time.Second}
	var wait sync.WaitGroup
	wait.Go(func() { _ = server.Serve(listener) })
	defer wait.Wait()
	defer func() { _ = server.Close() }()

	dir, err := os.MkdirTemp("", "beside-self-check")
	if err != nil {
		return c.report, fmt.Errorf("agent: self-check: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cfg.Relay, cfg.StateDir, cfg.ReceiptDir, cfg.CodeTo = "http://"+listener.Addr().String(), dir, dir, c
	a, err := New(cfg)
	if err != nil {
		return c.report, err
	}
	return c.attend(ctx, a, listener.Addr().String())
}

// attend runs the agent and the technician until the check is done.
func (c *selfCheck) attend(ctx context.Context, a *Agent, relay string) (CheckReport, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	err := c.technician(ctx)
	if err == nil {
		err = c.watch(ctx, relay)
	}
	cancel()
	return c.report, errors.Join(err, <-ran)
}

// selfCheck plays relay and technician to the agent of its own process.
type selfCheck struct {
	frames chan *wire.AgentFrame
	code   chan protocol.Code

	mu     sync.Mutex
	conn   *websocket.Conn // guarded by mu
	report CheckReport     // Frames and Bytes guarded by mu while the agent runs
}

// Write takes the line with the code, as a person reads it from the window.
func (c *selfCheck) Write(line []byte) (int, error) {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, string(line))
	if code, err := protocol.ParseCode(digits); err == nil {
		select {
		case c.code <- code:
		default:
		}
	}
	return len(line), nil
}

// serve is the relay: it keeps what comes.
func (c *selfCheck) serve(w http.ResponseWriter, req *http.Request) {
	conn, err := websocket.Accept(w, req, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	conn.SetReadLimit(protocol.MaxFrame)
	c.mu.Lock()
	c.conn = conn
	c.mu.Unlock()
	for {
		_, data, err := conn.Read(req.Context())
		if err != nil {
			return
		}
		frame, err := protocol.DecodeAgentFrame(data)
		c.count(frame, len(data), err)
		select {
		case c.frames <- frame:
		default: // nobody waits for it; it was counted
		}
	}
}

// frameOver is the name of the frame that says that the session is over.
const frameOver = "over"

// count names a frame for the report. What no relay understands is a leak.
func (c *selfCheck) count(frame *wire.AgentFrame, size int, err error) {
	name := "unknown"
	switch kind := frame.GetKind().(type) {
	case *wire.AgentFrame_Hello:
		name = "hello"
	case *wire.AgentFrame_NewCode:
		name = "new number"
	case *wire.AgentFrame_Over:
		name = frameOver
	case *wire.AgentFrame_Forward:
		name = "unreadable"
		if inner, bad := protocol.DecodePeerFrame(kind.Forward); bad == nil {
			switch inner.GetKind().(type) {
			case *wire.PeerFrame_Share, *wire.PeerFrame_Confirm:
				name = "handshake"
			case *wire.PeerFrame_Sealed:
				name = "sealed"
			}
		}
	}
	if err != nil {
		name = "unreadable"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Frames[name]++
	c.report.Bytes += size
}

func (c *selfCheck) send(ctx context.Context, m *wire.RelayToAgent) error {
	data, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	c.mu.Lock()
	conn := c.conn
	c.mu.Unlock()
	return conn.Write(ctx, websocket.MessageBinary, data)
}

func (c *selfCheck) forward(ctx context.Context, m *wire.PeerFrame) error {
	data, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	return c.send(ctx, &wire.RelayToAgent{Kind: &wire.RelayToAgent_Forward{Forward: data}})
}

// next waits for a frame of the agent that fits.
func (c *selfCheck) next(ctx context.Context, fits func(*wire.AgentFrame) bool) (*wire.AgentFrame, error) {
	for {
		select {
		case f := <-c.frames:
			if fits(f) {
				return f, nil
			}
		case <-ctx.Done():
			return nil, fmt.Errorf("agent: self-check: the program did not answer: %w", ctx.Err())
		}
	}
}
