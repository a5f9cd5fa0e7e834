package agent

import (
	"context"
	"time"

	"github.com/pion/webrtc/v4"

	"beside/consent"
	"beside/protocol/wire"
)

// This file is a session's direct connection to the viewer:
//
//	offer kept ─── view granted ───► answered ──► connected ◄──► lost ──30 s──► over
//
// Before the grant nothing of the WebRTC stack exists: no socket, no candidate.

// maxEarlyCandidates bounds what is kept of a viewer before the user's yes.
const maxEarlyCandidates = 64

// offered takes the viewer's offer: kept until view is granted, or a later one, which is
// answered by reply.
func (s *session) offered(offer *wire.Description, reply func(*wire.FromAgent)) {
	if s.peer != nil {
		s.renegotiate(offer, reply)
		return
	}
	if !s.newer(offer.GetNumber()) {
		return
	}
	s.offer = offer.GetSdp()
	if s.view != nil {
		s.connect()
	}
}

func (s *session) candidate(c *wire.Candidate) {
	if s.peer == nil {
		if len(s.candidates) < maxEarlyCandidates {
			s.candidates = append(s.candidates, c)
		}
		return
	}
	if err := s.peer.addCandidate(c); err != nil {
		s.log.Warn("candidate refused", "err", err)
	}
}

// connect answers the viewer's offer and starts the picture. It is called once, when
// there is both a grant and an offer.
func (s *session) connect() {
	p, answer, err := newPeer(peerConfig{
		grant: s.view, identity: s.identity, remote: s.viewerPrint,
		servers: s.joined.GetIce(), loopback: s.loopback, events: s.peerEvents(),
	}, s.offer)
	if err != nil {
		s.log.Error("no connection to the viewer", "err", err)
		s.gate.End(consent.ByConnection)
		return
	}
	s.peer, s.offer = p, ""
	s.direct.Store(p)
	s.answered()
	s.sendOverRelay(answerOf(answer, s.lines.number))
	for _, c := range s.candidates {
		s.candidate(c)
	}
	s.candidates = nil
	s.picture.start(s.peer)
}

// peerEvents post to the session. What the viewer can send without end is bounded
// (mailbox.offer); input does not pass through here at all.
func (s *session) peerEvents() peerEvents {
	post := s.mail.post
	return peerEvents{
		candidate: func(c *wire.Candidate) {
			post(func() { s.sendOverRelay(&wire.FromAgent{Kind: &wire.FromAgent_Candidate{Candidate: c}}) })
		},
		message: func(data []byte) {
			if !s.mail.offer(func() { s.message(context.Background(), data, s.send) }) {
				s.log.Warn("message dropped: too many of them")
			}
		},
		input:     func(data []byte) { s.inputs.handle(data, s.picture.pointerMoved, s.picture.answer) },
		clipboard: s.clips.handle,
		files:     s.exchange.handle,
		screen:    func(data []byte) { s.picture.painted(data) },
		state:     func(state webrtc.PeerConnectionState) { post(func() { s.connection(state) }) },
		opened:    func(label string) { post(func() { s.opened(label) }) },
		voice:     s.talk.hear,
		keyFrame:  func() { s.mail.offer(func() { s.picture.missed() }) },
		rate:      func(bits int) { post(func() { s.picture.setRate(bits) }) },
	}
}

// connection follows the state of the WebRTC connection.
func (s *session) connection(state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		s.repaired()
		s.picture.connected()
	case webrtc.PeerConnectionStateDisconnected, webrtc.PeerConnectionStateFailed:
		s.inputs.release() // nobody is there to let go
		s.lostConnection()
		s.link.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Ice{Ice: &wire.IceRequest{}}})
	case webrtc.PeerConnectionStateClosed:
		s.gate.End(consent.ByConnection)
	}
}

// opened hears that a data channel can be written to.
func (s *session) opened(label string) {
	switch label {
	case "session":
		if s.lines.waiting != nil {
			s.useLines(s.lines.open.Picture, true) // it could not be told before
		}
		s.watchLines(lineFirst)
		s.sendState()
		s.sendDisplays()
		s.sendChat()
	case "cursor":
		s.picture.resendCursor()
	case "screen":
		s.picture.paint()
	}
}

// lostConnection starts the clock that ends the session, unless it runs already.
func (s *session) lostConnection() {
	if s.repairBy.IsZero() {
		s.repairBy = time.Now().Add(repairTime)
	}
}

func (s *session) repaired() { s.repairBy = time.Time{} }
