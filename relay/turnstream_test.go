package relay

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/turn/v5"

	"beside/protocol/wire"
)

// allocateTCP makes an allocation for a client that comes over TCP.
func allocateTCP(t *testing.T, s *turnServer, servers *wire.IceServers) (conn net.Conn, relayed net.PacketConn, err error) {
	t.Helper()
	if conn, err = net.Dial("tcp4", s.url); err != nil {
		t.Fatal(err)
	}
	c, err := turn.NewClient(&turn.ClientConfig{
		STUNServerAddr: s.url, TURNServerAddr: s.url, Conn: turn.NewSTUNConn(conn), LoggerFactory: silentLoggers{},
		Username: servers.Servers[1].Username, Password: servers.Servers[1].Credential, Realm: turnRealm,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); _ = conn.Close() })
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	if relayed, err = c.Allocate(); err == nil {
		t.Cleanup(func() { _ = relayed.Close() }) // before the client is closed
	}
	return conn, relayed, err
}

// One end comes over TCP and the other over UDP: they hear one another.
func TestTurnOverTCP(t *testing.T) {
	s := startTurn(t)
	s.begin("aa")
	_, a, err := allocateTCP(t, s, s.servers("aa", "agent"))
	if err != nil {
		t.Fatal(err)
	}
	_, b, err := allocate(t, s, s.servers("aa", "viewer"))
	if err != nil {
		t.Fatal(err)
	}
	greet(t, a, b)
	if _, err := b.WriteTo([]byte("and back"), a.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	for got := "open"; got != "and back"; { // the opening may have come too
		if got, err = receive(a, patience); got != "and back" && got != "open" {
			t.Fatalf("got %q, %v", got, err)
		}
	}
}

// THREAT 9: with the session its connections end too, and no other session's.
func TestTurnOverTCPEndsWithTheSession(t *testing.T) {
	s := startTurn(t)
	s.begin("aa")
	s.begin("bb")
	servers := s.servers("aa", "agent")
	for _, session := range []string{"aa", "bb"} {
		if _, _, err := allocateTCP(t, s, s.servers(session, "agent")); err != nil {
			t.Fatal(err)
		}
	}
	s.end("aa")
	s.streams.mu.Lock()
	left := len(s.streams.open)
	s.streams.mu.Unlock()
	if left != 1 || s.allocations() != 1 {
		t.Errorf("%d connections and %d relayed ports after the end, want one of each", left, s.allocations())
	}
	if _, _, err := allocateTCP(t, s, servers); err == nil {
		t.Error("the ended session's credentials still work")
	}
}

// THREAT 18: connections from one address are bounded.
func TestTurnBoundsConnections(t *testing.T) {
	s := startTurn(t)
	var last net.Conn
	for range maxStreamsEach + 1 {
		conn, err := net.Dial("tcp4", s.url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		last = conn
	}
	if err := last.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := last.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("one connection more is kept: %v", err)
	}
	s.streams.mu.Lock()
	defer s.streams.mu.Unlock()
	if n := len(s.streams.open); n != maxStreamsEach {
		t.Errorf("%d connections are open, want %d", n, maxStreamsEach)
	}
}

// takeOne is a stream on a virtual network, and its client's end.
func takeOne(t *testing.T) (*streams, *stream, net.Conn) {
	t.Helper()
	here, there := net.Pipe()
	s := newStreams(nil)
	c, ok := s.take(here)
	if !ok {
		t.Fatal("refused")
	}
	return s, c, there
}

// THREAT 18: whoever speaks slowly, or not at all, has 10 s to prove a session. Who has
// proved one may be silent for 10 minutes.
func TestTurnClosesSlowConnections(t *testing.T) {
	for _, c := range []struct {
		name    string
		speak   bool
		session string
		want    time.Duration
	}{
		{"silent", false, "", streamHello},
		{"a byte a second", true, "", streamHello},
		{"silent, with a session", false, "aa", streamIdle},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, conn, client := takeOne(t)
				defer client.Close()
				conn.session = c.session
				start := time.Now()
				var speaking sync.WaitGroup
				speaking.Go(func() {
					for c.speak {
						if _, err := client.Write([]byte{0}); err != nil {
							return
						}
						time.Sleep(time.Second) // virtual
					}
				})
				_, err := conn.Read(make([]byte, maxTurnMessage))
				if took := time.Since(start); !errors.Is(err, os.ErrDeadlineExceeded) || took != c.want {
					t.Errorf("got %v after %v, want %v", err, took, c.want)
				}
				conn.Close()
				speaking.Wait()
			})
		})
	}
}

// Messages are told apart however the network cuts them; what is none ends the connection.
func TestTurnReadsWholeMessages(t *testing.T) {
	request := append([]byte{0, 1, 0, 4}, make([]byte, 20)...)
	data := []byte{0x40, 1, 0, 5, 'h', 'e', 'l', 'l', 'o', 0, 0, 0}
	for _, c := range []struct {
		name string
		sent []byte
		want [][]byte
	}{
		{"two at once", append(bytes.Clone(request), data...), [][]byte{request, data}},
		{"empty channel data", []byte{0x40, 1, 0, 0}, [][]byte{{0x40, 1, 0, 0}}},
		{"the longest", append([]byte{0x40, 1, 0x06, 0x38}, make([]byte, 1592)...), [][]byte{append([]byte{0x40, 1, 0x06, 0x38}, make([]byte, 1592)...)}},
		{"too long", append([]byte{0x40, 1, 0x06, 0x3c}, make([]byte, 1596)...), nil},
		{"longest STUN", append([]byte{0, 1, 0xff, 0xfc}, make([]byte, 2000)...), nil},
		{"HTTP", []byte("GET / HTTP/1.1\r\n\r\n"), nil},
		{"TLS", []byte{22, 3, 1, 0, 200, 1}, nil},
	} {
		for _, piece := range []int{1, 3, 4000} {
			_, conn, client := takeOne(t)
			go func() {
				defer client.Close()
				for rest := c.sent; len(rest) > 0; {
					n, err := client.Write(rest[:min(piece, len(rest))])
					if err != nil {
						return
					}
					rest = rest[n:]
				}
			}()
			var got [][]byte
			var err error
			for {
				p := make([]byte, maxTurnMessage+1)
				var n int
				if n, err = conn.Read(p); err != nil {
					break
				}
				got = append(got, p[:n])
			}
			conn.Close()
			if len(got) != len(c.want) || (c.want == nil) != !errors.Is(err, io.EOF) {
				t.Errorf("%s, in pieces of %d: read %d messages, %v", c.name, piece, len(got), err)
			}
			for i := range min(len(got), len(c.want)) {
				if !bytes.Equal(got[i], c.want[i]) {
					t.Errorf("%s, in pieces of %d: message %d is %x", c.name, piece, i, got[i])
				}
			}
		}
	}
}

func FuzzMessageSize(f *testing.F) {
	f.Add([]byte{0, 1, 0, 8})
	f.Add([]byte{0x40, 1, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, header []byte) {
		if len(header) < 4 {
			return
		}
		if size, err := messageSize(header); err == nil && (size < 4 || size > maxTurnMessage || size%4 != 0 && header[0] > 3) {
			t.Errorf("%x: %d", header[:4], size)
		}
	})
}
