package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/pion/transport/v4"

	"beside/consent"
)

// This file is TURN over TCP, for networks that let no UDP out. A stream has what a
// packet network has not: it makes its writer wait, and it goes on sending what was
// written before. Neither may happen to a picture, so a stream takes what it can at
// once and drops the rest of the packets, and is torn off when the grant is over.

const (
	// streamDial bounds reaching the relay; a firewall may answer nothing at all.
	streamDial = 5 * time.Second
	// streamBuffer is what the system may hold of what was written, in bytes: some 50 ms
	// of a full line. What it holds cannot be called back but by tearing the stream off.
	streamBuffer = 64 << 10
	// streamWrite bounds a write, which happens inside the grant. It is for the system
	// to copy the packet, not for the network.
	streamWrite = 2 * time.Millisecond
)

// errNoStreams answers every other way of the WebRTC stack to a connection.
var errNoStreams = errors.New("agent: only TURN is reached over TCP")

// Dial is not used by TURN: streams go through DialTCP.
func (n *gatedNet) Dial(string, string) (net.Conn, error) { return nil, errNoStreams }

// DialTCP connects to a TURN server, as long as the grant lives.
func (n *gatedNet) DialTCP(network string, _, remote *net.TCPAddr) (transport.TCPConn, error) {
	if over(n.grant) {
		return nil, fmt.Errorf("agent: reach the relay: %w", consent.ErrRevoked)
	}
	ctx, cancel := context.WithTimeout(context.Background(), streamDial)
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-n.grant.Done():
			cancel()
		case <-stop:
		}
	}()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, network, remote.String())
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil, errors.Join(errNoStreams, conn.Close())
	}
	// Linger 0: closing throws away what has not left yet.
	if err := errors.Join(tcp.SetLinger(0), tcp.SetWriteBuffer(streamBuffer)); err != nil {
		return nil, fmt.Errorf("agent: %w", errors.Join(err, tcp.Close()))
	}
	g := &gatedStream{TCPConn: tcp, grant: n.grant, streams: n.streams, unsent: func() (int, error) { return unsent(tcp) }, closed: make(chan struct{})}
	go g.watch()
	return g, nil
}

// gatedStream is one TCP connection of gatedNet. Each Write is one whole TURN message.
type gatedStream struct {
	transport.TCPConn
	grant   *consent.ViewGrant
	streams *streams
	unsent  func() (int, error) // bytes that the system has not sent yet
	once    sync.Once
	closed  chan struct{}

	mu   sync.Mutex
	rest []byte // of a message that the system has taken in part; guarded by mu
	// spoken says that the message of rest is voice; guarded by mu.
	spoken bool
}

// watch tears the stream off when the grant is over.
func (c *gatedStream) watch() {
	select {
	case <-c.grant.Done():
		_ = c.Close() // nobody is left to hear of an error
	case <-c.closed:
	}
}

// Close throws away what has not left yet. It may be called more than once.
func (c *gatedStream) Close() error {
	err := net.ErrClosed
	c.once.Do(func() {
		close(c.closed)
		err = c.TCPConn.Close()
	})
	return err
}

// Write sends a message, or drops it when the stream is full: the layers above know
// packets that are lost. Media needs the grant, and so does the rest of a message that
// may have been media. After the grant nothing passes. Voice goes only where nothing waits
// before it: taking it back does not tear the stream off, on which the picture goes on.
func (c *gatedStream) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	what := c.streams.carried(b)
	send := func() error { return c.push(b, what) }
	var err error
	switch {
	case what == carriesVoice || len(c.rest) > 0 && c.spoken:
		err = c.grant.Use(func() error { return c.streams.voice.Load().Use(send) })
		if len(c.rest) > 0 && c.spoken && errors.Is(err, consent.ErrRevoked) {
			_ = c.Close() // half of a word is on it, and the other half may not follow
		}
	case what == carriesPicture || len(c.rest) > 0:
		err = c.grant.Use(send)
	case over(c.grant):
		err = consent.ErrRevoked
	default:
		err = send()
	}
	if err != nil {
		return 0, err
	}
	return len(b), nil
}

func over(grant *consent.ViewGrant) bool {
	select {
	case <-grant.Done():
		return true
	default:
		return false
	}
}

// push writes what the system takes at once: the rest of the last message, then b. A
// message that was begun will be finished, one that was not is dropped.
func (c *gatedStream) push(b []byte, what carries) error {
	if len(c.rest) > 0 {
		n, err := c.try(c.rest)
		c.rest = c.rest[n:]
		if err != nil || len(c.rest) > 0 {
			return err
		}
	}
	if what == carriesVoice {
		if waiting, err := c.unsent(); err != nil || waiting > 0 {
			return err
		}
	}
	n, err := c.try(b)
	if n > 0 && n < len(b) {
		c.rest, c.spoken = append([]byte(nil), b[n:]...), what == carriesVoice
	}
	return err
}

// try writes for a bounded time; that not everything was taken is no error.
func (c *gatedStream) try(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil {
		return 0, err
	}
	n, err := c.TCPConn.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil
	}
	return n, err
}
