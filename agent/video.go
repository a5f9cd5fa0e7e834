package agent

import (
	"errors"
	"sync"
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
// faster than the network carries them.
type video struct {
	track      *webrtc.TrackLocalStaticRTP
	sender     *webrtc.RTPSender
	grant      *consent.ViewGrant
	fullChroma bool

	mu        sync.Mutex
	packets   rtp.Packetizer
	delayID   uint8 // id of the playout-delay extension; 0 when the viewer has none
	began     time.Time
	timestamp uint32

	outlet outlet
}

func newVideo(track *webrtc.TrackLocalStaticRTP, sender *webrtc.RTPSender, grant *consent.ViewGrant, fullChroma bool) *video {
	v := &video{track: track, sender: sender, grant: grant, fullChroma: fullChroma, began: time.Now()}
	// Not in flexible mode, in which the library does not mark pictures that refer to others.
	v.packets = rtp.NewPacketizer(rtpPayload, 0, 0, &codecs.VP9Payloader{}, rtp.NewRandomSequencer(), videoClock)
	for _, e := range sender.GetParameters().HeaderExtensions {
		if e.URI == playoutDelayURI {
			v.delayID = uint8(e.ID)
		}
	}
	v.outlet.write = v.write
	return v
}

// stamp is the RTP timestamp of a picture taken at the given time.
func (v *video) stamp(at time.Time) uint32 { return uint32(at.Sub(v.began).Seconds() * videoClock) }

// send sends one encoded picture taken at the given time, as fast as the outlet lets its
// packets out.
func (v *video) send(picture []byte, at time.Time) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.stamp(at)
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
	return v.track.WriteRTP(p)
}
