package agent

import (
	"errors"
	"slices"
	"time"

	"beside/agent/internal/pace"
	"beside/consent"
	"beside/protocol/wire"
)

// This file has the lines for picture and voice open while there is a use for them. A
// browser that has once had one keeps a clock of 64 ticks a second running for good, and
// its receivers for as long as the line is there; most of a session needs none: the screen
// comes by updates, and nobody talks. So a viewer that draws updates begins without any.
//
//	agent                                 viewer
//	Lines{picture, voice}         ──►
//	                              ◄──     Description{offer, number}   opens or closes them
//	Description{answer, number}   ──►
//	                              ◄──     Applied{number}              what is sent arrives
//
// All of it goes over the data channel "session", so that the relay has no say in it. The
// viewer alone offers, so no two offers can meet. A viewer that numbers nothing keeps what
// it offered first.
//
// On a way that is not known to be good the picture's line is opened after the first
// moments, when there was a picture to learn from: picture.brisk has why.

const (
	// lineRest is how long a line stays open that nobody uses any more, and lineFirst one
	// that nobody has used yet. To open it again takes a round trip and the browser some
	// 20 ms.
	lineRest  = 15 * time.Second
	lineFirst = 3 * time.Second
	// lineTime is how long a yes to voice waits for its line: as long as a lost connection.
	lineTime = repairTime
	// offerBurst is how many offers are answered at once, and offerPace how soon another is:
	// more often than an honest viewer has any reason to.
	offerBurst = 8
	offerPace  = 2 * time.Second
)

// lineUse is what a session knows of its lines. It belongs to the session's goroutine.
type lineUse struct {
	number   uint32      // of the viewer's newest offer; 0 when it numbers none
	taken    uint32      // the newest whose answer the viewer has taken
	open     *wire.Lines // what the viewer was last told to have open
	waiting  *consent.VoiceGrant
	patience *time.Timer // of waiting
	look     *time.Timer // when to see whether they are still used
	offers   pace.Limit  // how many are answered
}

var errNoLine = errors.New("agent: the viewer opened no line for voice")

// answered is called once there is a peer: its lines are those of the first offer.
func (s *session) answered() {
	p := s.peer
	s.lines.open = &wire.Lines{Picture: p.pictureID != "", Voice: p.voiceID != ""}
	if s.lines.number == 0 {
		return
	}
	p.video.ask = func() { s.mail.post(s.wakePicture) }
}

// newer reports whether an offer is none that came too late or was answered before.
func (s *session) newer(number uint32) bool {
	switch {
	case number == 0 && s.lines.number == 0:
		return true
	case number <= s.lines.number:
		return false
	}
	s.lines.number = number
	return true
}

// renegotiate answers a later offer of the viewer's, by the way that it came.
func (s *session) renegotiate(offer *wire.Description, reply func(*wire.FromAgent)) {
	if s.over() {
		return
	}
	if !s.lines.offers.Allow(time.Now()) || !s.newer(offer.GetNumber()) {
		s.log.Warn("offer dropped", "number", offer.GetNumber())
		return
	}
	answer, err := s.peer.negotiate(offer.GetSdp(), s.viewerPrint)
	if err != nil {
		s.log.Warn("offer refused", "err", err)
		return
	}
	reply(answerOf(answer, offer.GetNumber()))
}

func answerOf(sdp string, number uint32) *wire.FromAgent {
	return &wire.FromAgent{Kind: &wire.FromAgent_Answer{Answer: &wire.Description{Sdp: sdp, Number: number}}}
}

// applied hears that the viewer has taken an answer: its lines carry from now on.
func (s *session) applied(number uint32) {
	if s.peer == nil || number == 0 || number != s.lines.number {
		return
	}
	s.lines.taken = number
	if s.lines.open.Picture && s.peer.video.stand() {
		s.picture.wantKey()
	}
	if grant := s.lines.waiting; grant != nil && s.peer.voice.Load() != nil {
		s.openDevices(grant)
	}
	s.watchLines(lineRest)
}

// useLines tells the viewer which lines to have open, when it can be told.
func (s *session) useLines(picture, voice bool) {
	use := &wire.Lines{Picture: picture, Voice: voice}
	if s.lines.number != 0 && s.sendDirect(&wire.FromAgent{Kind: &wire.FromAgent_Lines{Lines: use}}) {
		s.lines.open = use
	}
}

// wakePicture opens the picture's line.
func (s *session) wakePicture() {
	if !s.over() {
		s.useLines(true, s.lines.open.Voice)
		time.AfterFunc(linePatience, s.picture.nudge) // for what waits no longer
	}
}

// watchLines looks after a while whether the lines are used.
func (s *session) watchLines(after time.Duration) {
	if s.lines.number == 0 || s.lines.look != nil {
		return
	}
	s.lines.look = time.AfterFunc(after, func() { s.mail.post(func() { s.restLines(after) }) })
}

// restLines closes the lines that nobody has used for that long.
func (s *session) restLines(long time.Duration) {
	s.lines.look = nil
	if s.over() {
		return
	}
	picture, voice := s.linesInUse(long)
	if was := s.lines.open; picture != was.Picture || voice != was.Voice {
		s.useLines(picture, voice)
	}
	if s.lines.open.Picture || s.lines.open.Voice || s.lines.waiting != nil {
		s.watchLines(lineRest)
	}
}

// linesInUse says which lines are to be open from now on, of those that are and were not
// used for that long. One that voice waits for is: the viewer may not have been told of it,
// when its channel was not open yet.
func (s *session) linesInUse(long time.Duration) (picture, voice bool) {
	was := s.lines.open
	return !s.picture.brisk() || was.Picture && !s.peer.video.rest(long), (was.Voice || s.lines.waiting != nil) && s.mayTalk()
}

func (s *session) mayTalk() bool {
	return s.lines.waiting != nil || slices.Contains(s.gate.Snapshot().Granted, consent.Voice)
}

// canTalk reports whether there is a line for voice, or one can be asked for.
func (s *session) canTalk() bool { return s.lines.number != 0 || s.lines.open.Voice }

// awaitLine has a yes to voice wait until there is a line for it, if there is none: the
// microphone is not opened for nobody.
func (s *session) awaitLine(grant *consent.VoiceGrant) {
	if s.lines.open.Voice && s.peer.voice.Load() != nil && s.lines.taken == s.lines.number {
		s.openDevices(grant)
		return
	}
	s.lines.waiting = grant
	s.lines.patience = time.AfterFunc(lineTime, func() {
		s.mail.post(func() {
			if s.lines.waiting == grant {
				s.stopWaiting()
				s.noVoice(errNoLine, s.windows.Texts().Bar.SoundLost)
			}
		})
	})
	s.useLines(s.lines.open.Picture, true)
}

// stopWaiting ends waiting for a line.
func (s *session) stopWaiting() {
	if s.lines.waiting != nil {
		s.lines.patience.Stop()
		s.lines.waiting = nil
	}
}

// leaveLines stops the clocks.
func (s *session) leaveLines() {
	s.stopWaiting()
	if s.lines.look != nil {
		s.lines.look.Stop()
	}
}
