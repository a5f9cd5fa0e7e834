package agent

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"

	"beside/consent"
)

const (
	videoClock = 90_000 // Hz, RFC 9628
	// rtpPayload leaves room for IPv6, UDP, SRTP and TURN headers in 1,280 bytes.
	rtpPayload = 1_180
)

// video cuts encoded pictures into RTP packets and sends each while the grant is live, no
// faster than the network carries them. It has a line to send them on while there is a use for it:
//
//	asleep ──wanted──► asked for ──opened, and the viewer has taken it──► stands
//	   ▲                                                                    │
//	   └──────────────── nothing shown of it for lineRest ◄─────────────────┘
type video struct {
	grant *consent.ViewGrant
	began time.Time
	ask   func() // asks for the line; it must not wait; nil when nobody would hear

	outlet outlet
	// track is nil while there is no line. It is changed under mu, and read without by what
	// the outlet lets out later.
	track atomic.Pointer[webrtc.TrackLocalStaticRTP]

	mu         sync.Mutex
	fullChroma bool  // guarded by mu, as all
	delayID    uint8 // id of the playout-delay extension; 0 when the viewer has none
	packets    rtp.Packetizer
	timestamp  uint32

	stands bool      // what is sent arrives
	asked  time.Time // when the line was first asked for, since it last stood
	again  time.Time // when it was last asked for
	shown  bool      // the viewer shows a part of the video
	used   time.Time // when a picture was last sent, or the line opened
}

// lineRepeat is how long after asking for a line it is asked for once more, and linePatience
// how long something may wait for it that can do without.
const (
	lineRepeat   = 3 * time.Second
	linePatience = 2 * time.Second
)

func newVideo(grant *consent.ViewGrant) *video {
	v := &video{grant: grant, began: time.Now()}
	// Not in flexible mode, in which the library does not mark pictures that refer to others.
	v.packets = rtp.NewPacketizer(rtpPayload, 0, 0, &codecs.VP9Payloader{}, rtp.NewRandomSequencer(), videoClock)
	v.outlet.write = v.write
	return v
}

// take takes the line that the viewer opened. It does not stand yet.
func (v *video) take(track *webrtc.TrackLocalStaticRTP, about webrtc.RTPSendParameters, fullChroma bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.track.Store(track)
	v.fullChroma, v.delayID, v.used = fullChroma, 0, time.Now()
	for _, e := range about.HeaderExtensions {
		if e.URI == playoutDelayURI {
			v.delayID = uint8(e.ID)
		}
	}
}

// leave lets a line go that the viewer closed.
func (v *video) leave() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.track.Store(nil)
	v.stands = false
	v.outlet.empty()
}

// stand hears that the viewer has taken the answer with the line, if there is one, and
// reports whether it stands only now.
func (v *video) stand() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.stands || v.track.Load() == nil {
		return false
	}
	v.stands = true
	v.asked, v.again, v.used = time.Time{}, time.Time{}, time.Now()
	return true
}

// ready reports whether a picture that is sent arrives. When one is wanted and it would
// not, the line is asked for.
func (v *video) ready(wanted bool) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	if v.stands || !wanted || v.ask == nil || !v.again.IsZero() && now.Sub(v.again) < lineRepeat {
		return v.stands
	}
	if v.asked.IsZero() {
		v.asked = now
	}
	v.again = now
	v.ask()
	return false
}

// coming reports whether the line may be waited for.
func (v *video) coming() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return !v.stands && !v.asked.IsZero() && time.Since(v.asked) < linePatience
}

// showing notes whether the viewer shows a part of the video.
func (v *video) showing(shown bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.shown = shown
}

// rest puts the line to sleep when nothing was shown of it for that long, and reports
// whether it is asleep.
func (v *video) rest(long time.Duration) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.stands && !v.shown && time.Since(v.used) >= long {
		v.stands = false
	}
	return !v.stands && v.asked.IsZero()
}

// chroma reports whether the line carries full colour.
func (v *video) chroma() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.fullChroma
}

// stamp is the RTP timestamp of a picture taken at the given time.
func (v *video) stamp(at time.Time) uint32 { return uint32(at.Sub(v.began).Seconds() * videoClock) }

// send sends one encoded picture taken at the given time, as fast as the outlet lets its
// packets out.
func (v *video) send(picture []byte, at time.Time) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.track.Load() == nil {
		return nil // the viewer has closed the line and shows nothing of it
	}
	now := v.stamp(at)
	v.used = time.Now()
	packets := v.packets.Packetize(picture, now-v.timestamp)
	v.timestamp = now
	if len(packets) == 0 {
		return errors.New("agent: not a VP9 picture")
	}
	for _, p := range packets {
		p.Timestamp = now
		if v.delayID != 0 {
			// Minimum and maximum playout delay of 0: show it at once.
			if err := p.SetExtension(v.delayID, []byte{0, 0, 0}); err != nil {
				return err
			}
		}
	}
	return v.outlet.send(packets)
}

// write sends one packet, if the grant lets it. What holds a packet back is its socket,
// which asks the grant for each (socket.go): to ask here too, around it, would let a
// revocation that comes between the two wait for ever.
func (v *video) write(p *rtp.Packet) error {
	if err := v.grant.Use(func() error { return nil }); err != nil {
		return err
	}
	track := v.track.Load()
	if track == nil {
		return nil // closed since
	}
	return track.WriteRTP(p)
}
