package agent

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
)

// A viewer that asks for everything again gets a part of what the network carries.
func TestRepeatsAreBounded(t *testing.T) {
	r := newRepeats()
	const rate = 500_000
	r.follow(rate)
	now := time.Unix(0, 0)
	repeated := 0
	const lasts = 20 * time.Second
	for at := time.Duration(0); at < lasts; at += 5 * time.Millisecond {
		if r.allow(10, now.Add(at)) {
			repeated += 10 * repeatPacket
		}
	}
	most := repeatBurst + int(repeatShare*rate/8*lasts.Seconds())
	if repeated > most || repeated < most/2 {
		t.Errorf("%d bytes were repeated, want at most %d and no fewer than half", repeated, most)
	}
}

// Requests beyond the bound do not reach what answers them; all else does.
func TestRequestsBeyondTheBoundAreDropped(t *testing.T) {
	nack := func() []byte {
		b, err := rtcp.Marshal([]rtcp.Packet{&rtcp.TransportLayerNack{Nacks: []rtcp.NackPair{{PacketID: 1, LostPackets: 0xffff}}}})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	loss, err := rtcp.Marshal([]rtcp.Packet{&rtcp.PictureLossIndication{}})
	if err != nil {
		t.Fatal(err)
	}
	var messages [][]byte
	for range 100 {
		messages = append(messages, nack(), loss)
	}
	i, err := newRepeats().NewInterceptor("")
	if err != nil {
		t.Fatal(err)
	}
	reader := i.BindRTCPReader(interceptor.RTCPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		if len(messages) == 0 {
			return 0, nil, io.EOF
		}
		n := copy(b, messages[0])
		messages = messages[1:]
		return n, a, nil
	}))
	requests, losses := 0, 0
	for b := make([]byte, 1500); ; {
		n, _, err := reader.Read(b, nil)
		if errors.Is(err, io.EOF) {
			break
		}
		packets, err := rtcp.Unmarshal(b[:n])
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := packets[0].(*rtcp.TransportLayerNack); ok {
			requests++
		} else {
			losses++
		}
	}
	if most := repeatBurst / (17 * repeatPacket); requests == 0 || requests > most+1 || losses != 100 {
		t.Errorf("%d requests and %d losses came through, want at most %d and 100", requests, losses, most+1)
	}
}

// A report that follows a request which is not answered is read for what it is: the
// congestion controller, which comes before, keeps what it parsed with the message.
func TestAReportAfterADroppedRequestIsRead(t *testing.T) {
	message := func(p rtcp.Packet) []byte {
		b, err := rtcp.Marshal([]rtcp.Packet{p})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var lost []rtcp.NackPair
	for i := range uint16(10) {
		lost = append(lost, rtcp.NackPair{PacketID: 17 * i, LostPackets: 0xffff})
	}
	messages := [][]byte{message(&rtcp.TransportLayerNack{Nacks: lost}), message(&rtcp.PictureLossIndication{})}
	var seen []rtcp.Packet
	controller := interceptor.RTCPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		n := copy(b, messages[0])
		messages = messages[1:]
		packets, err := a.GetRTCPPackets(b[:n])
		seen = append(seen, packets...)
		return n, a, err
	})
	i, err := newRepeats().NewInterceptor("")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := i.BindRTCPReader(controller).Read(make([]byte, 1500), interceptor.Attributes{}); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 2 {
		t.Fatalf("%d messages were read, want both", len(seen))
	}
	if _, ok := seen[1].(*rtcp.PictureLossIndication); !ok {
		t.Errorf("the second message was read as %T", seen[1])
	}
}
