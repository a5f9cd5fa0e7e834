package agent

import (
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// This file is voice on the wire: one Opus stream each way, on a line of its own. Nothing
// travels on it until voice is granted: the socket lets nothing out (socket.go), and what
// comes in goes nowhere (talk.go).

// opusCodec is how voice travels, RFC 7587. Every packet holds a copy of the one before,
// and silence is not sent.
var opusCodec = webrtc.RTPCodecParameters{
	RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48_000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1;usedtx=1",
	},
	PayloadType: 111,
}

// track hears the technician's stream, when its first packet comes.
func (p *peer) track(t *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	if t.Kind() != webrtc.RTPCodecTypeAudio || !p.firstTrack() {
		return
	}
	p.read(func() { drain(receiver.ReadRTCP) })
	p.read(func() {
		for {
			packet, _, err := t.ReadRTP()
			if err != nil {
				return
			}
			p.events.voice(packet)
		}
	})
}

// firstTrack reports true once for each line: a technician has one voice.
func (p *peer) firstTrack() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	first := !p.spoken
	p.spoken = true
	return first
}

// drain reads until there is nothing more to come.
func drain[T, A any](read func() (T, A, error)) {
	for {
		if _, _, err := read(); err != nil {
			return
		}
	}
}

// say sends one packet of the user's voice; without a line it goes nowhere.
func (p *peer) say(packet *rtp.Packet) error {
	if track := p.voice.Load(); track != nil {
		return track.WriteRTP(packet)
	}
	return nil
}
