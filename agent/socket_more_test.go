package agent

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/pion/transport/v4"

	"beside/consent"
	"beside/consent/consenttest"
)

// slowConn is a socket that takes its time with a packet.
type slowConn struct {
	transport.UDPConn
	begun, release chan struct{}
}

func (c *slowConn) WriteTo(b []byte, _ net.Addr) (int, error) {
	close(c.begun)
	<-c.release
	return len(b), nil
}

// THREAT 4: the packet leaves inside the grant, and not after a look at it: End returns when
// the one that is under way has left, and not before.
func TestEndWaitsForThePacketUnderWay(t *testing.T) {
	for name, c := range map[string]struct {
		packet []byte
		stop   func(*consent.Gate)
	}{
		"the picture, ended":  {rtpPacket, func(g *consent.Gate) { g.End(consent.ByUser) }},
		"the picture, paused": {rtpPacket, func(g *consent.Gate) { g.Pause() }},
		"voice, taken back":   {voicePacket, func(g *consent.Gate) { g.Withdraw(consent.Voice, consent.ByUser) }},
		"voice, ended":        {voicePacket, func(g *consent.Gate) { g.End(consent.ByUser) }},
	} {
		t.Run(name, func(t *testing.T) {
			grant, gate := consenttest.NewView(t)
			voice, err := gate.AskVoice(t.Context(), consent.Question{})
			if err != nil {
				t.Fatal(err)
			}
			slow := &slowConn{begun: make(chan struct{}), release: make(chan struct{})}
			conn := &gatedConn{UDPConn: slow, grant: grant, streams: pictures()}
			conn.streams.voice.Store(voice)
			sent, stopped := make(chan error, 1), make(chan struct{})
			go func() {
				_, err := conn.WriteTo(c.packet, &net.UDPAddr{})
				sent <- err
			}()
			receive(t, "the packet", slow.begun)
			go func() { defer close(stopped); c.stop(gate) }()
			select {
			case <-stopped:
				t.Error("it returned while a packet was leaving")
			case <-time.After(50 * time.Millisecond): // a stop that does not wait takes none of it
			}
			close(slow.release)
			if err := receive(t, "the packet to leave", sent); err != nil {
				t.Error(err)
			}
			receive(t, "the stop", stopped)
		})
	}
}

// THREAT 4: voice needs the picture's grant too, however it came by one of its own; and what
// only looks like a report of the picture's is not taken for one.
func TestVoiceNeedsBothGrants(t *testing.T) {
	from, to, gate := gatedPair(t)
	_, other := consenttest.NewView(t)
	voice, err := other.AskVoice(t.Context(), consent.Question{})
	if err != nil {
		t.Fatal(err)
	}
	from.streams.voice.Store(voice)
	if _, err := from.WriteTo(voicePacket, to.LocalAddr()); err != nil {
		t.Fatalf("with both: %v", err)
	}
	gate.End(consent.ByUser)
	if _, err := from.WriteTo(voicePacket, to.LocalAddr()); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("with its own alone: got %v, want %v", err, consent.ErrRevoked)
	}
	// RTCP of every kind has its stream at the same place (RFC 5761, 4).
	for kind := 192; kind <= 223; kind++ {
		report := []byte{0x80, byte(kind), 0, 6, 5, 6, 7, 8, 1, 2, 3, 4, 0, 0, 0, 0}
		if got := pictures().carried(report); got != carriesVoice {
			t.Errorf("a report of kind %d about voice counts as %v", kind, got)
		}
	}
}

// THREAT 4: whichever way a socket is made, it asks the grant.
func TestEverySocketAsksTheGrant(t *testing.T) {
	grant, gate := consenttest.NewView(t)
	gated, err := newGatedNet(grant, pictures())
	if err != nil {
		t.Fatal(err)
	}
	to, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = to.Close() }()
	packets, err := gated.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = packets.Close() }()
	if _, err := packets.WriteTo(rtpPacket, to.LocalAddr()); err != nil {
		t.Fatalf("granted: %v", err)
	}
	gate.End(consent.ByUser)
	if _, err := packets.WriteTo(rtpPacket, to.LocalAddr()); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("revoked: got %v, want %v", err, consent.ErrRevoked)
	}
}
