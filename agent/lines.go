package agent

import (
	"errors"
	"fmt"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// This file is the peer's media lines: one for the picture, one for voice. The viewer
// offers them when they are needed (lineuse.go), closes those that nobody uses any more,
// and mends the way. What may go over a line the sockets decide, packet by packet
// (socket.go): an offer grants nothing.

// open answers the first offer.
func (p *peer) open(offer string, lines offered) (string, error) {
	answer, err := p.answer(offer, lines)
	p.video.stand()
	return answer, err
}

// negotiate reads a later offer of the viewer's and answers it.
func (p *peer) negotiate(offer string, bound [32]byte) (string, error) {
	lines, err := readOffer(offer, bound)
	if err != nil {
		return "", err
	}
	return p.answer(offer, lines)
}

// answer answers an offer that has these lines open. They carry something only once the
// viewer has taken the answer.
func (p *peer) answer(offer string, lines offered) (string, error) {
	// An id that was closed stays so: the library cannot open it again.
	if p.isSpent(lines.picture, p.pictureID) || p.isSpent(lines.voice, p.voiceID) {
		return "", errors.New("agent: offer: a line that was closed")
	}
	if err := p.paths.offered(lines); err != nil {
		return "", err
	}
	p.refreshServers()
	err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer})
	if err != nil {
		return "", fmt.Errorf("agent: offer: %w", err)
	}
	if err := errors.Join(p.followPicture(lines), p.followVoice(lines)); err != nil {
		return "", err
	}
	answer, err := p.pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("agent: answer: %w", err)
	}
	if err := p.pc.SetLocalDescription(answer); err != nil {
		return "", fmt.Errorf("agent: answer: %w", err)
	}
	return answer.SDP, nil
}

// isSpent reports whether a line by that id was there before the one that is there now.
func (p *peer) isSpent(id, now string) bool { return id != now && p.spent[id] }

// followPicture gives the picture the line that the viewer offers. The socket knows its
// stream before anything can be sent on it.
func (p *peer) followPicture(lines offered) error {
	if lines.picture == p.pictureID {
		return nil
	}
	p.pictureID = lines.picture
	p.video.leave()
	p.streams.picture.Store(0)
	if lines.picture == "" {
		return nil
	}
	p.spent[lines.picture] = true
	fmtp := plainFmtp
	if lines.fullChroma {
		fmtp = fullChromaFmtp
	}
	track, err := webrtc.NewTrackLocalStaticRTP(
		webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP9, ClockRate: videoClock, SDPFmtpLine: fmtp}, "screen", "beside")
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	sender, err := p.pc.AddTrack(track)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	parameters := sender.GetParameters()
	p.streams.picture.Store(uint32(parameters.Encodings[0].SSRC))
	p.video.take(track, parameters, lines.fullChroma)
	p.read(func() { p.readFeedback(sender) })
	return nil
}

// followVoice gives voice the line that the viewer offers.
func (p *peer) followVoice(lines offered) error {
	if lines.voice == p.voiceID {
		return nil
	}
	p.voiceID = lines.voice
	p.voice.Store(nil)
	p.mu.Lock()
	p.spoken = false
	p.mu.Unlock()
	if lines.voice == "" {
		return nil
	}
	p.spent[lines.voice] = true
	track, err := webrtc.NewTrackLocalStaticRTP(opusCodec.RTPCodecCapability, "voice", "beside-voice")
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	sender, err := p.pc.AddTrack(track)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	p.voice.Store(track)
	p.read(func() { drain(sender.ReadRTCP) })
	return nil
}

// readFeedback hears the viewer's requests for a key frame until the line closes.
func (p *peer) readFeedback(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			switch packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				p.events.keyFrame()
			}
		}
	}
}
