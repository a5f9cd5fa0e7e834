package agent

import (
	"fmt"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// This file is voice on the wire: one Opus stream each way, on a line that the viewer
// offers from the start. Nothing travels on it until voice is granted: the socket lets
// nothing out (socket.go), and what comes in goes nowhere (talk.go). So a yes needs no
// further offer, and taking it back leaves the connection as it is.

// opusCodec is how voice travels, RFC 7587. Every packet holds a copy of the one before,
// and silence is not sent.
var opusCodec = webrtc.RTPCodecParameters{
	RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48_000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1;usedtx=1",
	},
	PayloadType: 111,
}

// openVoice adds the agent's own stream, where the viewer offered a line for it.
func (p *peer) openVoice() error {
	for _, t := range p.pc.GetTransceivers() {
		if t.Kind() != webrtc.RTPCodecTypeAudio {
			continue
		}
		track, err := webrtc.NewTrackLocalStaticRTP(opusCodec.RTPCodecCapability, "voice", "beside-voice")
		if err != nil {
			return fmt.Errorf("agent: %w", err)
		}
		sender, err := p.pc.AddTrack(track)
		if err != nil {
			return fmt.Errorf("agent: %w", err)
		}
		p.voice = track
		p.readers.Go(func() { drain(sender.ReadRTCP) })
		return nil // one is enough
	}
	return nil
}

// track hears the technician's stream, when its first packet comes.
func (p *peer) track(t *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	if t.Kind() != webrtc.RTPCodecTypeAudio || !p.firstTrack() {
		return
	}
	p.readers.Go(func() { drain(receiver.ReadRTCP) })
	p.readers.Go(func() {
		for {
			packet, _, err := t.ReadRTP()
			if err != nil {
				return
			}
			p.events.voice(packet)
		}
	})
}

// firstTrack reports true once: a technician has one voice.
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

// canTalk reports whether the viewer has a line for voice.
func (p *peer) canTalk() bool { return p.voice != nil }

// say sends one packet of the user's voice.
func (p *peer) say(packet *rtp.Packet) error { return p.voice.WriteRTP(packet) }
