package agent

import (
	"encoding/binary"
	"errors"
	"net"
	"testing"
	"time"

	"beside/consent"
	"beside/consent/consenttest"
)

var (
	rtpPacket  = append([]byte{0x80, 98, 0, 1}, make([]byte, 60)...)
	rtcpPacket = append([]byte{0x81, 206, 0, 2}, make([]byte, 8)...)
	dtlsRecord = append([]byte{22, 0xfe, 0xfd}, make([]byte, 40)...)
)

// appData is a DTLS record of application data, so many bytes long.
func appData(length int) []byte { return append([]byte{23, 0xfe, 0xfd}, make([]byte, length-3)...) }

// stunMessage is a STUN message of that type with attributes: type, value, type, value…
func stunMessage(kind uint16, attributes ...any) []byte {
	m := binary.BigEndian.AppendUint16(nil, kind)
	m = append(m, make([]byte, 18)...)
	for i := 0; i+1 < len(attributes); i += 2 {
		value := attributes[i+1].([]byte)
		m = binary.BigEndian.AppendUint16(m, uint16(attributes[i].(int)))
		m = binary.BigEndian.AppendUint16(m, uint16(len(value)))
		m = append(m, value...)
		m = append(m, make([]byte, (4-len(value)%4)%4)...)
	}
	return m
}

// channelData is a TURN ChannelData message (RFC 8656, 12.4).
func channelData(data []byte) []byte {
	m := binary.BigEndian.AppendUint16([]byte{0x40, 0x01}, uint16(len(data)))
	return append(m, data...)
}

// THREAT 4: what may carry the screen is told apart, also inside TURN.
func TestMediaIsToldApart(t *testing.T) {
	const send, data, peerAddress = 0x0016, 0x0013, 0x0012
	peer := []byte{0, 1, 2, 3, 4, 5, 6} // of an odd length, so that padding counts
	tests := []struct {
		name   string
		packet []byte
		want   bool
	}{
		{"RTP", rtpPacket, true},
		{"RTCP", rtcpPacket, true},
		{"DTLS handshake", dtlsRecord, false},
		{"a goodbye", appData(80), false},
		{"the largest upkeep", appData(upkeep), false},
		{"a piece of a screen update", appData(leastPiece + leastRound), true},
		{"TURN channel with a goodbye", channelData(appData(80)), false},
		{"TURN channel with a piece of a screen update", channelData(appData(upkeep + 1)), true},
		{"STUN binding", stunMessage(0x0001), false},
		{"TURN refresh", stunMessage(0x0004), false},
		{"TURN send indication with RTP", stunMessage(send, peerAddress, peer, data, rtpPacket), true},
		{"TURN send indication with DTLS", stunMessage(send, peerAddress, peer, data, dtlsRecord), false},
		{"TURN send indication with STUN", stunMessage(send, data, stunMessage(0x0001)), false},
		{"TURN send indication without data", stunMessage(send, peerAddress, peer), false},
		{"TURN channel with RTP", channelData(rtpPacket), true},
		{"TURN channel with DTLS", channelData(dtlsRecord), false},
		{"TURN channel with STUN", channelData(stunMessage(0x0001)), false},
		{"TURN channel, empty", channelData(nil), false},
		{"ZRTP, not known", []byte{16, 0, 0, 0}, true},
		{"not known", []byte{0xff, 1, 2}, true},
		{"nothing", nil, false},
	}
	for _, test := range tests {
		if got := isMedia(test.packet); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

// However a packet is cut off, telling it apart ends and does not crash.
func FuzzMediaIsToldApart(f *testing.F) {
	for _, seed := range [][]byte{rtpPacket, dtlsRecord, channelData(rtpPacket), stunMessage(0x0016, 0x0013, rtpPacket), channelData(channelData(rtpPacket))} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		if len(packet) > 0 && packet[0] >= 128 && !isMedia(packet) {
			t.Error("RTP passes")
		}
		isMedia(packet)
	})
}

// gatedPair are a gated socket and a plain one that hears it, on loopback.
func gatedPair(t *testing.T) (from *gatedConn, to *net.UDPConn, gate *consent.Gate) {
	t.Helper()
	grant, gate := consenttest.NewView(t)
	gated, err := newGatedNet(grant)
	if err != nil {
		t.Fatal(err)
	}
	here := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	to, err = net.ListenUDP("udp4", here)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { to.Close() })
	conn, err := gated.ListenUDP("udp4", here)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*gatedConn), to, gate
}

// heard returns the next packet, or nil when none comes.
func heard(t *testing.T, c *net.UDPConn, wait time.Duration) []byte {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(wait)); err != nil {
		t.Fatal(err)
	}
	packet := make([]byte, 1500)
	n, err := c.Read(packet)
	if err != nil {
		return nil
	}
	return packet[:n]
}

// THREAT 4: after revocation no media packet leaves a socket, whichever way it is
// written, while the goodbye does.
func TestNoMediaLeavesARevokedSocket(t *testing.T) {
	from, to, gate := gatedPair(t)
	address := to.LocalAddr().(*net.UDPAddr)
	ways := map[string]func([]byte) error{
		"WriteTo":     func(b []byte) error { _, err := from.WriteTo(b, address); return err },
		"WriteToUDP":  func(b []byte) error { _, err := from.WriteToUDP(b, address); return err },
		"WriteMsgUDP": func(b []byte) error { _, _, err := from.WriteMsgUDP(b, nil, address); return err },
	}
	for name, write := range ways {
		if err := write(rtpPacket); err != nil || len(heard(t, to, 5*time.Second)) != len(rtpPacket) {
			t.Fatalf("%s, granted: %v", name, err)
		}
	}
	gate.End(consent.ByUser)
	for name, write := range ways {
		for _, media := range [][]byte{rtpPacket, rtcpPacket, channelData(rtpPacket), stunMessage(0x0016, 0x0013, rtpPacket)} {
			if err := write(media); !errors.Is(err, consent.ErrRevoked) {
				t.Errorf("%s, revoked: got %v, want %v", name, err, consent.ErrRevoked)
			}
		}
		if err := write(dtlsRecord); err != nil {
			t.Errorf("%s: the goodbye: %v", name, err)
		}
		if got := heard(t, to, 5*time.Second); len(got) != len(dtlsRecord) || got[0] != dtlsRecord[0] {
			t.Errorf("%s: heard %x, want the goodbye and no media before it", name, got)
		}
	}
}

// THREAT 4: a connected socket (DialUDP).
func TestNoMediaLeavesARevokedConnection(t *testing.T) {
	grant, gate := consenttest.NewView(t)
	gated, err := newGatedNet(grant)
	if err != nil {
		t.Fatal(err)
	}
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	dialled, err := gated.DialUDP("udp4", nil, udp.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer dialled.Close()
	gate.End(consent.ByUser)
	if _, err := dialled.Write(rtpPacket); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("got %v, want %v", err, consent.ErrRevoked)
	}
}

// THREAT 4: a revocation in the midst of a stream. What is heard after End has
// returned was in flight at most once.
func TestRevocationStopsAStreamAtOnce(t *testing.T) {
	from, to, gate := gatedPair(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for t.Context().Err() == nil {
			if _, err := from.WriteTo(rtpPacket, to.LocalAddr()); errors.Is(err, consent.ErrRevoked) {
				return
			}
		}
	}()
	for range 50 {
		if heard(t, to, 5*time.Second) == nil {
			t.Fatal("nothing is heard while granted")
		}
	}
	gate.End(consent.ByUser)
	if err := from.grant.Use(func() error { return nil }); !errors.Is(err, consent.ErrRevoked) {
		t.Fatalf("got %v, want %v", err, consent.ErrRevoked)
	}
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("the stream goes on after the revocation")
	}
	mark := []byte{20, 1, 2, 3} // passes like DTLS; loopback keeps the order
	if _, err := from.WriteTo(mark, to.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	for got := heard(t, to, 5*time.Second); ; got = heard(t, to, 100*time.Millisecond) {
		if got == nil {
			break // the mark may be lost behind a full buffer
		}
		if got[0] == mark[0] {
			if late := heard(t, to, 100*time.Millisecond); late != nil {
				t.Errorf("heard %x after the revocation", late)
			}
			break
		}
	}
}
