package relay

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// This file bounds what clients that reach TURN over TCP may take up. It is for networks
// that let no UDP out; what is relayed for them is UDP all the same.

const (
	// maxStreams and maxStreamsEach bound the connections, in all and by address.
	maxStreams, maxStreamsEach = 4000, 64
	// streamHello is how long a connection may take until it has an allocation. However
	// slowly it speaks, it does not get more.
	streamHello = 10 * time.Second
	// streamIdle ends a connection whose client is silent for as long as an allocation
	// lives without being refreshed (RFC 8656 section 3.2).
	streamIdle = 10 * time.Minute
	// streamWrite: a client that does not take a packet for so long is closed. Packets
	// that come for it meanwhile are dropped by its relayed socket.
	streamWrite = 5 * time.Second
	// streamBuffer is what the system may hold for a slow client, in bytes; a picture
	// that waits longer is better lost.
	streamBuffer = 64 << 10
	// maxTurnMessage is the longest message of a client; the library takes no longer
	// ones from UDP either.
	maxTurnMessage = 1600 - 1
	// acceptAgain is the pause after the system could not take a connection.
	acceptAgain = 100 * time.Millisecond
)

// streams is the TCP listener of TURN. It hands out connections that are bounded, and
// knows which session each belongs to.
type streams struct {
	net.Listener
	gate *gate

	mu   sync.Mutex
	open map[string]*stream // by the client's address and port
	over bool
}

func newStreams(l net.Listener) *streams {
	return &streams{Listener: l, gate: newGate(maxStreams, maxStreamsEach), open: map[string]*stream{}}
}

// Accept is part of net.Listener. It fails only when the listener was closed: the
// server does not ask again after an error.
func (s *streams) Accept() (net.Conn, error) {
	for {
		conn, err := s.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil, err
		case err != nil: // out of file descriptors, or the client has gone
			time.Sleep(acceptAgain)
			continue
		}
		if c, ok := s.take(conn); ok {
			return c, nil
		}
		_ = conn.Close() // refused, and nobody is left to hear of an error
	}
}

// take counts a new connection.
func (s *streams) take(conn net.Conn) (*stream, bool) {
	if tcp, ok := conn.(*net.TCPConn); ok && tcp.SetWriteBuffer(streamBuffer) != nil {
		return nil, false
	}
	if conn.SetReadDeadline(time.Now().Add(streamHello)) != nil {
		return nil, false
	}
	release, ok := s.gate.enter(limitKey(conn.RemoteAddr()))
	if !ok {
		return nil, false
	}
	c := &stream{Conn: conn, in: bufio.NewReaderSize(conn, maxTurnMessage), owner: s, release: release}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		release()
		return nil, false
	}
	s.open[conn.RemoteAddr().String()] = c
	return c, true
}

// limitKey is what limits go by, as for the web server.
func limitKey(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return "unknown"
	}
	return limitAddress(tcp.AddrPort().Addr())
}

// adopt says that a client has proved to belong to a session. Clients over UDP are not
// known here.
func (s *streams) adopt(client net.Addr, session string) {
	if _, ok := client.(*net.TCPAddr); !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.open[client.String()]; c != nil {
		c.session = session
	}
}

// end closes the connections of a session.
func (s *streams) end(session string) {
	s.closeThose(func(c *stream) bool { return c.session == session })
}

// closeAll closes every connection, and those still to come.
func (s *streams) closeAll() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	s.closeThose(func(*stream) bool { return true })
}

func (s *streams) closeThose(which func(*stream) bool) {
	s.mu.Lock()
	var found []*stream
	for _, c := range s.open {
		if which(c) {
			found = append(found, c)
		}
	}
	s.mu.Unlock()
	for _, c := range found {
		_ = c.Close() // it is gone either way
	}
}

func (s *streams) remove(c *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c.RemoteAddr().String())
}

// adopted reports whether the client has proved to belong to a session.
func (s *streams) adopted(c *stream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.session != ""
}

// stream is one client over TCP. Each Read returns one whole TURN message.
type stream struct {
	net.Conn
	in      *bufio.Reader // of one goroutine
	owner   *streams
	session string // guarded by owner.mu; empty until the client has proved it
	release func()
	once    sync.Once
}

// Read is part of net.Conn. p has room for the longest message, or it is an error.
func (c *stream) Read(p []byte) (int, error) {
	if c.owner.adopted(c) {
		if err := c.SetReadDeadline(time.Now().Add(streamIdle)); err != nil {
			return 0, err
		}
	}
	header, err := c.in.Peek(4)
	if err != nil {
		return 0, err
	}
	size, err := messageSize(header)
	if err != nil || size > len(p) {
		return 0, errors.Join(fmt.Errorf("turn: a message of %d bytes", size), err)
	}
	for n := 0; n < size; {
		more, err := c.in.Read(p[n:size])
		if err != nil {
			return 0, err
		}
		n += more
	}
	return size, nil
}

// errNotTurn ends a connection that speaks something else.
var errNotTurn = errors.New("turn: neither STUN nor a channel's data")

// messageSize is the length of the message that begins with header (RFC 8656 section
// 12.4, RFC 8489 section 5). Over TCP channel data is padded to four bytes.
func messageSize(header []byte) (int, error) {
	const stunHeader, channelHeader = 20, 4
	length := int(binary.BigEndian.Uint16(header[2:]))
	size := 0
	switch first := header[0]; {
	case first <= 3:
		size = stunHeader + length
	case first >= 64 && first <= 79:
		size = channelHeader + (length+3)&^3
	default:
		return 0, errNotTurn
	}
	if size > maxTurnMessage {
		return size, fmt.Errorf("turn: longer than %d bytes", maxTurnMessage)
	}
	return size, nil
}

// Write is part of net.Conn.
func (c *stream) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(p)
	if err != nil {
		_ = c.Close() // a message in part leaves the next one without a beginning
	}
	return n, err
}

// Close may be called more than once.
func (c *stream) Close() error {
	err := net.ErrClosed
	c.once.Do(func() {
		c.owner.remove(c)
		c.release()
		err = c.Conn.Close()
	})
	return err
}
