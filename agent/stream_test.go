package agent

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pion/transport/v4"

	"beside/consent"
	"beside/consent/consenttest"
)

// streamPair are a gated stream and its other end, on loopback.
func streamPair(t *testing.T) (from transport.TCPConn, to *net.TCPConn, gate *consent.Gate) {
	t.Helper()
	grant, gate := consenttest.NewView(t)
	gated, err := newGatedNet(grant, pictures())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if from, err = gated.DialTCP("tcp4", nil, listener.Addr().(*net.TCPAddr)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { from.Close() })
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return from, conn.(*net.TCPConn), gate
}

// numbered is a TURN channel's message with media of a thousand bytes that carries n.
func numbered(n uint32) []byte {
	media := make([]byte, 1000)
	media[0] = 0x80
	binary.BigEndian.PutUint32(media[4:], n)
	binary.BigEndian.PutUint32(media[8:], pictureSSRC)
	return channelData(media)
}

// fill writes messages until the stream is full, and some more, which are dropped. It
// returns how many were written. Each write must come back at once.
func fill(t *testing.T, c transport.TCPConn) (count uint32) {
	t.Helper()
	const most, more = 50_000, 20 // 50 MB is more than any system holds for a stream
	for full := 0; count < most && full < more; count++ {
		began := time.Now()
		n, err := c.Write(numbered(count))
		if err != nil || n != len(numbered(0)) {
			t.Fatalf("message %d: %d, %v", count, n, err)
		}
		if took := time.Since(began); took > time.Second {
			t.Fatalf("message %d took %v", count, took)
		}
		if len(c.(*gatedStream).rest) > 0 {
			full++
		}
	}
	return count
}

// THREAT 4: TURN over TCP to a relay that takes nothing: the button waits for no network,
// and what waits in the system's buffers is thrown away.
func TestAStalledStreamDoesNotHoldUpEnd(t *testing.T) {
	from, to, gate := streamPair(t)
	fill(t, from)
	began := time.Now()
	gate.End(consent.ByUser)
	if took := time.Since(began); took > time.Second {
		t.Errorf("End took %v", took)
	}
	for _, packet := range [][]byte{numbered(0), channelData(dtlsRecord), stunMessage(0x0004)} {
		if _, err := from.Write(packet); !errors.Is(err, consent.ErrRevoked) {
			t.Errorf("after End: got %v, want %v", err, consent.ErrRevoked)
		}
	}
	// What the other machine already has it has; then the stream is torn off.
	if err := to.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, to); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("read %d bytes, then got %v, want %v", n, err, syscall.ECONNRESET)
	}
}

// A stream that is full drops whole messages and never a part of one.
func TestAFullStreamDropsWholeMessages(t *testing.T) {
	from, to, _ := streamPair(t)
	written := fill(t, from)
	const more = 50
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range uint32(more) {
			time.Sleep(time.Millisecond) // there is room again, now and then
			if _, err := from.Write(numbered(written + i)); err != nil {
				t.Error(err)
			}
		}
		from.Close()
	}()
	in := bufio.NewReader(to)
	message, read, next := make([]byte, len(numbered(0))), 0, uint32(0)
	for {
		if _, err := io.ReadFull(in, message); err != nil {
			break // torn off, as Close does
		}
		n := binary.BigEndian.Uint32(message[8:])
		if message[0] != 0x40 || message[4] != 0x80 || n < next {
			t.Fatalf("after %d messages read %x", read, message[:12])
		}
		read, next = read+1, n+1
	}
	<-done
	if read == 0 || read >= int(written+more) {
		t.Errorf("of %d messages %d arrived, want some of them", written+more, read)
	}
}

// While the user has paused, what keeps the connection passes and the picture does not.
func TestAPausedStreamKeepsItsConnection(t *testing.T) {
	from, to, gate := streamPair(t)
	gate.Pause()
	if _, err := from.Write(numbered(1)); !errors.Is(err, consent.ErrPaused) {
		t.Errorf("media: got %v, want %v", err, consent.ErrPaused)
	}
	keep := stunMessage(0x0004)
	if _, err := from.Write(keep); err != nil {
		t.Errorf("what keeps the connection: %v", err)
	}
	got := make([]byte, len(keep))
	if _, err := io.ReadFull(to, got); err != nil || got[1] != 0x04 {
		t.Errorf("heard %x, %v", got, err)
	}
	gate.End(consent.ByUser)
	if _, err := from.Write(keep); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("after End: got %v, want %v", err, consent.ErrRevoked)
	}
}

// silent is an address on this machine that answers nothing, as one behind a firewall: as
// many wait there as may.
func silent(t *testing.T) *net.TCPAddr {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	err = errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0))
	if err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*syscall.SockaddrInet4).Port}
	for range 16 {
		conn, err := net.DialTimeout("tcp4", at.String(), 200*time.Millisecond)
		if err != nil {
			return at
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Fatal("it answers everybody")
	return nil
}

// A relay behind a firewall that answers nothing: reaching it ends with the grant.
func TestReachingARelayEndsWithTheGrant(t *testing.T) {
	grant, gate := consenttest.NewView(t)
	gated, err := newGatedNet(grant, pictures())
	if err != nil {
		t.Fatal(err)
	}
	at, reached := silent(t), make(chan error, 1)
	began := time.Now()
	go func() {
		_, err := gated.DialTCP("tcp4", nil, at)
		reached <- err
	}()
	for asked := fmt.Sprintf(":%04X 02 ", at.Port); ; { // in the state SYN_SENT
		table, err := os.ReadFile("/proc/net/tcp")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(table), asked) {
			break
		}
		runtime.Gosched()
	}
	gate.End(consent.ByUser)
	if err := receive(t, "the end", reached); err == nil {
		t.Error("connected")
	}
	if took := time.Since(began); took > streamDial/2 {
		t.Errorf("it took %v", took)
	}
	open, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if _, err := gated.DialTCP("tcp4", nil, open.Addr().(*net.TCPAddr)); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("one that answers, after the end: got %v, want %v", err, consent.ErrRevoked)
	}
	if _, err := gated.Dial("tcp4", "127.0.0.1:9"); !errors.Is(err, errNoStreams) {
		t.Errorf("another way: got %v, want %v", err, errNoStreams)
	}
}

// THREAT 4: taking voice back leaves the stream to the picture, so nothing that was said
// may wait in the system: voice is written only where nothing waits before it.
func TestVoiceDoesNotWaitInAStream(t *testing.T) {
	from, _, gate := streamPair(t)
	grant, err := gate.AskVoice(t.Context(), consent.Question{})
	if err != nil {
		t.Fatal(err)
	}
	g := from.(*gatedStream)
	spoken := channelData(voicePacket)
	if _, err := from.Write(spoken); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("before the yes: %v", err)
	}
	g.streams.voice.Store(grant)
	fill(t, from) // the other side reads nothing: pictures wait
	g.rest = nil  // as if the last of them had just fitted
	before, err := g.unsent()
	if err != nil || before == 0 {
		t.Fatalf("%d bytes wait, %v; want some", before, err)
	}
	for range 20 {
		if n, err := from.Write(spoken); err != nil || n != len(spoken) {
			t.Fatalf("%d, %v", n, err)
		}
	}
	if after, err := g.unsent(); err != nil || after > before || len(g.rest) > 0 {
		t.Errorf("%d bytes wait after voice, %d before; %v", after, before, err)
	}
	// A word of which half was taken: the other half needs the grant too.
	g.rest, g.spoken = spoken[10:], true
	gate.Withdraw(consent.Voice, consent.ByUser)
	if _, err := from.Write(numbered(1)); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("the other half of a word: %v", err)
	}
	select {
	case <-g.closed:
	default:
		t.Error("the stream goes on with half of a word on it")
	}
}
