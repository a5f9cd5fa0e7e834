package agent

import (
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// flying sends and reports through the interceptor as WebRTC does.
type flying struct {
	t      *testing.T
	flight flight
	write  interceptor.RTPWriter
	read   interceptor.RTCPReader
	number uint16
	report []byte
}

const numbering = 5 // id of the header extension

func newFlying(t *testing.T, uri string, first uint16) *flying {
	t.Helper()
	f := &flying{t: t, number: first}
	i, err := f.flight.NewInterceptor("")
	if err != nil {
		t.Fatal(err)
	}
	info := &interceptor.StreamInfo{RTPHeaderExtensions: []interceptor.RTPHeaderExtension{{URI: uri, ID: numbering}}}
	f.write = i.BindLocalStream(info, interceptor.RTPWriterFunc(func(*rtp.Header, []byte, interceptor.Attributes) (int, error) { return 0, nil }))
	f.read = i.BindRTCPReader(interceptor.RTCPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		return copy(b, f.report), a, nil
	}))
	return f
}

func (f *flying) send(packets int) {
	f.t.Helper()
	for range packets {
		number, err := rtp.TransportCCExtension{TransportSequence: f.number}.Marshal()
		if err != nil {
			f.t.Fatal(err)
		}
		header := &rtp.Header{Version: 2}
		if err := header.SetExtension(numbering, number); err != nil {
			f.t.Fatal(err)
		}
		if _, err := f.write.Write(header, nil, nil); err != nil {
			f.t.Fatal(err)
		}
		f.number++
	}
}

// told reports on the packets from one on, of which none arrived.
func (f *flying) told(from, count uint16) {
	f.t.Helper()
	b, err := rtcp.Marshal([]rtcp.Packet{&rtcp.TransportLayerCC{
		Header:             rtcp.Header{Count: rtcp.FormatTCC, Type: rtcp.TypeTransportSpecificFeedback, Length: 5},
		BaseSequenceNumber: from, PacketStatusCount: count,
		PacketChunks: []rtcp.PacketStatusChunk{&rtcp.RunLengthChunk{RunLength: count}},
	}})
	if err != nil {
		f.t.Fatal(err)
	}
	f.report = b
	if _, _, err := f.read.Read(make([]byte, 1500), nil); err != nil {
		f.t.Fatal(err)
	}
}

func (f *flying) want(full bool, when string) {
	f.t.Helper()
	if got := f.flight.full(time.Now()); got != full {
		f.t.Errorf("%s: full %v, want %v", when, got, full)
	}
}

// Pictures wait while the viewer has not told of too many packets, also where their
// numbers begin anew.
func TestPicturesWaitForReports(t *testing.T) {
	const first = 0xffff - 50
	f := newFlying(t, transportURI, first)
	f.want(false, "at first")
	f.send(mostFlying - 1)
	f.want(false, "one less than the most")
	f.send(1)
	f.want(true, "the most")
	f.told(first, 60)
	f.want(false, "after a report")
	f.send(20)
	f.told(first, 10)
	f.want(false, "after a report that was overtaken")
	f.send(40)
	f.want(true, "the most again")
	if f.flight.full(time.Now().Add(lostReport)) {
		t.Error("a report that was lost is waited for")
	}
	f.told(f.number, 20)
	f.told(first, f.number-first)
	f.want(false, "after a report on what was not sent and one on everything")
}

// A viewer that numbers no packets reports on none, and nothing waits for it.
func TestNothingWaitsWithoutReports(t *testing.T) {
	f := newFlying(t, "urn:example:other", 1)
	f.send(3 * mostFlying)
	f.want(false, "without reports")
}

// Until the network's estimate has fallen once what the updates know of the way counts,
// and rises as the estimate does.
func TestFilmBeginsWithWhatTheUpdatesKnow(t *testing.T) {
	p := newPicture(nil, 0, nil)
	f := film{picture: p, guess: 600}
	for _, c := range []struct {
		estimate   int
		guess, own int64
		when       string
	}{
		{initialRate, 600, 600, "at first"},
		{initialRate * 3 / 2, 600, 900, "after the estimate rose by half"},
		{initialRate * 3 / 2, 0, firstKilobits * 3 / 2, "when nothing is known"},
		{initialRate * 3 / 2, 40_000, firstKilobits * 3 / 2, "on a better way than the estimate"},
		{1_000_000, 600, 900, "after the estimate fell"},
		{2_000_000, 600, 1800, "and rose again"},
	} {
		p.setRate(c.estimate)
		f.guess = c.guess
		if got := f.network(); got != c.own {
			t.Errorf("%s: %d kbit/s, want %d", c.when, got, c.own)
		}
	}
}
