package agent

import (
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

const (
	// mostFlying is how many of the video's packets may be under way when a picture is
	// sent. The congestion controller remembers 250: of a packet that it has forgotten it
	// cannot learn that the link is too thin, and on a link that is much too thin none
	// would come in time. At 5 Mbit/s it is a fifth of a second, and reports come ten
	// times a second.
	mostFlying = 110
	// lostReport is how long after the last packet a report is not waited for any more.
	lostReport = time.Second
	// transportURI names the header extension that numbers the packets of all streams.
	transportURI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
)

// flight counts the packets that were sent and of which the viewer has not told yet
// whether they arrived. Of a viewer that tells nothing it counts none.
type flight struct {
	mu     sync.Mutex
	begun  bool // guarded by mu, as all
	next   uint16
	told   uint16 // the first of which nothing was told
	sentAt time.Time
}

// full reports whether a picture has to wait for some to arrive.
func (f *flight) full(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.begun && f.next-f.told >= mostFlying && now.Sub(f.sentAt) < lostReport
}

func (f *flight) sent(number uint16, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.begun {
		f.begun, f.told = true, number
	}
	f.next, f.sentAt = number+1, now
}

// heard takes a report on all packets before a number. Reports may overtake one another.
func (f *flight) heard(before uint16) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if int16(before-f.told) > 0 && int16(f.next-before) >= 0 {
		f.told = before
	}
}

// NewInterceptor implements interceptor.Factory. It belongs in front of what numbers the
// packets.
func (f *flight) NewInterceptor(string) (interceptor.Interceptor, error) {
	return &flightCounter{flight: f}, nil
}

type flightCounter struct {
	interceptor.NoOp
	flight *flight
}

// BindLocalStream implements interceptor.Interceptor.
func (c *flightCounter) BindLocalStream(info *interceptor.StreamInfo, writer interceptor.RTPWriter) interceptor.RTPWriter {
	for _, e := range info.RTPHeaderExtensions {
		if e.URI == transportURI && e.ID != 0 {
			return c.counting(uint8(e.ID), writer)
		}
	}
	return writer
}

func (c *flightCounter) counting(id uint8, writer interceptor.RTPWriter) interceptor.RTPWriter {
	return interceptor.RTPWriterFunc(func(header *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
		var number rtp.TransportCCExtension
		if number.Unmarshal(header.GetExtension(id)) == nil {
			c.flight.sent(number.TransportSequence, time.Now())
		}
		return writer.Write(header, payload, a)
	})
}

// BindRTCPReader implements interceptor.Interceptor.
func (c *flightCounter) BindRTCPReader(reader interceptor.RTCPReader) interceptor.RTCPReader {
	return interceptor.RTCPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		n, attributes, err := reader.Read(b, a)
		if err == nil {
			c.read(b[:n])
		}
		return n, attributes, err
	})
}

func (c *flightCounter) read(message []byte) {
	packets, err := rtcp.Unmarshal(message)
	if err != nil {
		return // whoever reads it next says so
	}
	for _, p := range packets {
		if report, ok := p.(*rtcp.TransportLayerCC); ok {
			c.flight.heard(report.BaseSequenceNumber + report.PacketStatusCount)
		}
	}
}
