package probe

import (
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
)

// lossPatience is how long a hole waits for its packet to be sent again before a key
// frame is asked for.
const lossPatience = 300 * time.Millisecond

// count reads the track to its end.
func (p *peer) count(t *webrtc.TrackRemote, tell func(Media)) {
	var c counter
	p.wantKeyFrame(t)
	asked := time.Now()
	for {
		packet, _, err := t.ReadRTP()
		if err != nil {
			return
		}
		now := time.Now()
		c.take(packet, now)
		if c.lost && now.Sub(asked) > lossPatience {
			p.wantKeyFrame(t)
			asked = now
		}
		tell(c.media)
	}
}

// counter follows VP9 frames over RTP (RFC 9628 section 4.2) without decoding them. A
// frame is whole when its packets, from the one that begins it to the one with the
// marker, came without a hole. Packets that come late are counted, not sorted in:
// their frame counts as broken.
type counter struct {
	media   Media
	next    uint16 // sequence number that would go on without a hole
	started bool
	whole   bool // the frame that is being received has no hole so far
	key     bool
	lost    bool // something is missing since the last key frame
}

func (c *counter) take(p *rtp.Packet, now time.Time) {
	m := &c.media
	if m.Packets == 0 {
		m.FirstPacket = now
	}
	m.Packets++
	m.Bytes += int64(len(p.Payload))
	m.LastPacket = now
	if len(p.Payload) == 0 {
		c.skip(p) // padding
		return
	}
	var vp9 codecs.VP9Packet
	if _, err := vp9.Unmarshal(p.Payload); err != nil {
		c.whole, c.lost = false, true
		return
	}
	if c.started && int16(p.SequenceNumber-c.next) < 0 {
		return // late or twice: the hole was seen already
	}
	if c.started && p.SequenceNumber != c.next {
		c.whole, c.lost = false, true
	}
	c.started, c.next = true, p.SequenceNumber+1
	if vp9.B {
		c.whole, c.key = true, !vp9.P
	}
	if p.Marker {
		c.finish(now)
	}
}

// skip keeps the count of sequence numbers through a packet without content.
func (c *counter) skip(p *rtp.Packet) {
	if c.started && p.SequenceNumber == c.next {
		c.next++
	}
}

func (c *counter) finish(now time.Time) {
	m := &c.media
	switch {
	case !c.whole:
		m.Broken++
		return
	case c.key:
		m.KeyFrames++
		c.lost = false
		if m.FirstFrame.IsZero() {
			m.FirstFrame = now
		}
	}
	m.Frames++
	c.whole = false
}
