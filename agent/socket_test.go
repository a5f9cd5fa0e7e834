package agent

import (
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"beside/consent"
	"beside/consent/consenttest"
)

// pictureSSRC and voiceSSRC are the streams of the tests.
const pictureSSRC, voiceSSRC = 0x01020304, 0x05060708

// pictures are streams of which one is the picture's.
func pictures() *streams {
	s := &streams{}
	s.picture.Store(pictureSSRC)
	return s
}

var (
	rtpPacket   = append([]byte{0x80, 98, 0, 1, 0, 0, 0, 9, 1, 2, 3, 4}, make([]byte, 60)...)
	rtcpPacket  = append([]byte{0x81, 206, 0, 2, 1, 2, 3, 4}, make([]byte, 8)...)
	voicePacket = append([]byte{0x80, 98, 0, 1, 0, 0, 0, 9, 5, 6, 7, 8}, make([]byte, 60)...)
	voiceReport = append([]byte{0x80, 200, 0, 6, 5, 6, 7, 8}, make([]byte, 20)...)
	dtlsRecord  = append([]byte{22, 0xfe, 0xfd}, make([]byte, 40)...)
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
		want   carries
	}{
		{"RTP", rtpPacket, carriesPicture},
		{"RTCP", rtcpPacket, carriesPicture},
		{"DTLS handshake", dtlsRecord, carriesUpkeep},
		{"a goodbye", appData(80), carriesUpkeep},
		{"the largest upkeep", appData(largestUpkeep), carriesUpkeep},
		{"a piece of a screen update", appData(leastPiece + leastRound), carriesPicture},
		{"TURN channel with a goodbye", channelData(appData(80)), carriesUpkeep},
		{"TURN channel with a piece of a screen update", channelData(appData(largestUpkeep + 1)), carriesPicture},
		{"STUN binding", stunMessage(0x0001), carriesUpkeep},
		{"TURN refresh", stunMessage(0x0004), carriesUpkeep},
		{"TURN send indication with RTP", stunMessage(send, peerAddress, peer, data, rtpPacket), carriesPicture},
		{"TURN send indication with DTLS", stunMessage(send, peerAddress, peer, data, dtlsRecord), carriesUpkeep},
		{"TURN send indication with STUN", stunMessage(send, data, stunMessage(0x0001)), carriesUpkeep},
		{"TURN send indication without data", stunMessage(send, peerAddress, peer), carriesUpkeep},
		{"TURN channel with RTP", channelData(rtpPacket), carriesPicture},
		{"TURN channel with DTLS", channelData(dtlsRecord), carriesUpkeep},
		{"TURN channel with STUN", channelData(stunMessage(0x0001)), carriesUpkeep},
		{"TURN channel, empty", channelData(nil), carriesUpkeep},
		{"voice", voicePacket, carriesVoice},
		{"a report of voice", voiceReport, carriesVoice},
		{"RTP cut off before it says whose it is", rtpPacket[:11], carriesVoice},
		{"RTCP cut off before it says whose it is", rtcpPacket[:7], carriesVoice},
		{"one byte of RTP", rtpPacket[:1], carriesVoice},
		{"TURN channel with voice", channelData(voicePacket), carriesVoice},
		{"TURN send indication with voice", stunMessage(send, peerAddress, peer, data, voicePacket), carriesVoice},
		{"ZRTP, not known", []byte{16, 0, 0, 0}, carriesVoice},
		{"not known", []byte{0xff, 1, 2}, carriesVoice},
		{"nothing", nil, carriesUpkeep},
	}
	for _, test := range tests {
		if got := pictures().carried(test.packet); got != test.want {
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
		if len(packet) > 0 && packet[0] >= 128 && pictures().carried(packet) == carriesUpkeep {
			t.Error("RTP passes")
		}
		pictures().carried(packet)
	})
}

// gatedPair are a gated socket and a plain one that hears it, on loopback.
func gatedPair(t *testing.T) (from *gatedConn, to *net.UDPConn, gate *consent.Gate) {
	t.Helper()
	grant, gate := consenttest.NewView(t)
	gated, err := newGatedNet(grant, pictures())
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
	gated, err := newGatedNet(grant, pictures())
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

// THREAT 4, 2: voice needs its own grant beside the picture's: it does not leave before
// the yes to it, nor in a pause, nor after it was taken back, while the picture goes on.
func TestVoiceLeavesInsideItsOwnGrant(t *testing.T) {
	from, to, gate := gatedPair(t)
	address := to.LocalAddr().(*net.UDPAddr)
	all := [][]byte{voicePacket, voiceReport, channelData(voicePacket), stunMessage(0x0016, 0x0013, voicePacket)}
	refused := func(when string, want error) {
		t.Helper()
		for _, packet := range all {
			if _, err := from.WriteTo(packet, address); !errors.Is(err, want) {
				t.Errorf("%s: got %v, want %v", when, err, want)
			}
		}
	}
	passes := func(when string, packet []byte) {
		t.Helper()
		if _, err := from.WriteTo(packet, address); err != nil || len(heard(t, to, 5*time.Second)) != len(packet) {
			t.Errorf("%s: %v", when, err)
		}
	}
	refused("before the yes", consent.ErrRevoked)
	passes("the picture, before the yes", rtpPacket)
	grant, err := gate.AskVoice(t.Context(), consent.Question{})
	if err != nil {
		t.Fatal(err)
	}
	from.streams.voice.Store(grant)
	for _, packet := range all {
		passes("granted", packet)
	}
	gate.Pause()
	refused("paused", consent.ErrPaused)
	gate.Resume()
	passes("resumed", voicePacket)
	gate.Withdraw(consent.Voice, consent.ByUser)
	refused("taken back", consent.ErrRevoked)
	passes("the picture, after it was taken back", rtpPacket)
}

// THREAT 4: however many goroutines send while it is taken back, nothing that is said
// leaves after Withdraw has returned.
func TestTakingVoiceBackStopsItAtOnce(t *testing.T) {
	for range 20 {
		from, to, gate := gatedPair(t)
		grant, err := gate.AskVoice(t.Context(), consent.Question{})
		if err != nil {
			t.Fatal(err)
		}
		from.streams.voice.Store(grant)
		var senders sync.WaitGroup
		for range 4 {
			senders.Go(func() {
				for began := time.Now(); time.Since(began) < 20*time.Second; {
					if _, err := from.WriteTo(voicePacket, to.LocalAddr()); errors.Is(err, consent.ErrRevoked) {
						return
					}
				}
				t.Error("nothing stops what is sent")
			})
		}
		for range 10 {
			if heard(t, to, 5*time.Second) == nil {
				t.Fatal("nothing is heard while granted")
			}
		}
		gate.Withdraw(consent.Voice, consent.ByUser)
		mark := []byte{20, 1, 2, 3} // passes like DTLS; loopback keeps the order
		if _, err := from.WriteTo(mark, to.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		senders.Wait()
		if t.Failed() {
			return
		}
		after := false
		for got := heard(t, to, time.Second); got != nil; got = heard(t, to, 20*time.Millisecond) {
			if after {
				t.Fatalf("%d bytes were sent after voice was taken back", len(got))
			}
			after = got[0] == mark[0]
		}
	}
}
