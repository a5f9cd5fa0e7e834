package agent

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pion/rtp"

	"beside/agent/internal/audio"
	"beside/agent/internal/ui"
	"beside/consent"
)

// talk is the user's microphone and loudspeaker in a session. While voice is not granted
// there is no call: no connection to a sound server, no codec, and what the technician's
// browser sends is dropped. PROMISE A7.
//
// Nothing here knows of recordings, and a recorder is given pictures and events alone: so
// voice is in none.
type talk struct {
	log   *slog.Logger
	say   func(*rtp.Packet) error
	level func(int) // of the microphone, for the bar

	ending sync.WaitGroup

	mu    sync.Mutex
	call  *audio.Call // guarded by mu; nil while there is none
	held  bool        // guarded by mu; by a pause, a secret, an absence
	muted bool        // guarded by mu; by the user
	since time.Time   // guarded by mu; when the call began

	stream speech // of the newest call
}

// start opens the devices, which takes as long as the sound server takes; then done is
// called, on another goroutine. lost hears when they are gone again by themselves.
func (k *talk) start(grant *consent.VoiceGrant, done, lost func(error)) {
	k.ending.Go(func() {
		stream := k.stream.again(k.say)
		call, err := audio.Open(grant, true, audio.Options{
			Name: "Beside", Send: stream.send, Level: k.level, Lost: lost, Log: k.log,
		})
		if err == nil {
			err = k.begin(call, grant)
		}
		done(err)
	})
}

// begin takes a call that was opened, and lets it be heard, unless it is too late.
func (k *talk) begin(call *audio.Call, grant *consent.VoiceGrant) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ending.Go(call.Wait)
	select {
	case <-grant.Done():
		call.Close()
		return consent.ErrRevoked
	default:
	}
	k.call, k.muted, k.since = call, false, time.Now()
	return k.applyLocked()
}

// stop closes the devices and returns how long there was a call.
func (k *talk) stop() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.call == nil {
		return 0
	}
	k.call.Close()
	k.call = nil
	return time.Since(k.since)
}

// wait returns when nothing of a stopped call is left.
func (k *talk) wait() { k.ending.Wait() }

// hold closes both devices for as long as the session waits.
func (k *talk) hold(on bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held = on
	k.report(k.applyLocked())
}

// mute closes the user's microphone, or opens it again.
func (k *talk) mute(on bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.muted = on
	k.report(k.applyLocked())
}

// isMuted reports whether the user has closed their microphone.
func (k *talk) isMuted() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.call != nil && k.muted
}

func (k *talk) report(err error) {
	if err != nil {
		k.log.Warn("sound not changed", "err", err)
	}
}

func (k *talk) applyLocked() error {
	if k.call == nil {
		return nil
	}
	return k.call.Set(k.muted, k.held)
}

// hear takes a packet of the technician's. Without a call it goes nowhere.
func (k *talk) hear(p *rtp.Packet) {
	k.mu.Lock()
	call := k.call
	k.mu.Unlock()
	if call != nil {
		call.Take(p.SequenceNumber, p.Timestamp, p.Payload)
	}
}

// speech makes one stream of RTP packets, RFC 7587, 4, of all calls of a session. It
// begins at random numbers, as RFC 3550, 5.1 wants, and goes on where the last call was:
// the encryption counts the packets of a stream.
type speech struct {
	say func(*rtp.Packet) error

	mu       sync.Mutex
	begun    bool   // guarded by mu
	sequence uint16 // guarded by mu; of the last packet
	at, base uint32 // guarded by mu; of the last packet, and of the call's first
}

// again is the stream for another call.
func (s *speech) again(say func(*rtp.Packet) error) *speech {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begun {
		s.begun, s.sequence, s.at = true, uint16(rand.Uint32()), rand.Uint32()
	}
	const rest = 48_000 // a second, whatever it was
	s.say, s.base = say, s.at+rest
	return s
}

// send is called by the call alone, one packet after the other.
func (s *speech) send(packet []byte, at uint32, first bool) {
	s.mu.Lock()
	s.sequence, s.at = s.sequence+1, s.base+at
	header := rtp.Header{Version: 2, Marker: first, SequenceNumber: s.sequence, Timestamp: s.at}
	s.mu.Unlock()
	// That it did not leave is told by the grant, or by nobody: the next one is newer.
	_ = s.say(&rtp.Packet{Header: header, Payload: packet})
}

// startVoice talks after the yes, once there is a line.
func (s *session) startVoice(grant *consent.VoiceGrant) {
	if s.late(grant.Done()) {
		return
	}
	s.peer.streams.voice.Store(grant)
	s.awaitLine(grant)
}

// openDevices opens microphone and loudspeaker. The technician hears of it when they are.
func (s *session) openDevices(grant *consent.VoiceGrant) {
	s.stopWaiting()
	s.talk.hold(s.waits())
	s.talk.start(grant,
		func(err error) { s.mail.post(func() { s.talking(err) }) },
		func(err error) { s.mail.post(func() { s.noVoice(err, s.windows.Texts().Bar.SoundLost) }) })
}

// say sends the user's voice over the connection that there is.
func (s *session) say(packet *rtp.Packet) error {
	if p := s.direct.Load(); p != nil {
		return p.say(packet)
	}
	return nil
}

// talking hears whether the devices could be opened.
func (s *session) talking(err error) {
	t := s.windows.Texts().Bar
	switch {
	case err == nil:
		s.notice = ""
		s.ready(consent.Voice)
		s.bar.Update(s.barView())
	case errors.Is(err, consent.ErrRevoked): // taken back meanwhile
	case errors.Is(err, audio.ErrNoMicrophone):
		s.noVoice(err, t.NoMicrophone)
	default:
		s.noVoice(err, t.NoSound)
	}
}

// noVoice gives voice back where there is no sound to be had, and says so to both. The
// session goes on.
func (s *session) noVoice(err error, notice string) {
	if s.over() {
		return
	}
	s.log.Warn("no voice", "err", err)
	s.notice = notice
	detail := "The sound of the user's computer can no longer be used."
	switch {
	case errors.Is(err, audio.ErrNoMicrophone):
		detail = "The user's computer has no microphone."
	case errors.Is(err, audio.ErrNoServer):
		detail = "The user's computer has no sound server that Beside can use."
	case errors.Is(err, errNoLine):
		detail = "This browser cannot talk."
	}
	s.giveBack(consent.Voice, detail)
	s.bar.Update(s.barView())
}

// talked closes the devices, and puts into the list how long there was a talk.
func (s *session) talked() {
	s.stopWaiting()
	if took := s.talk.stop(); took > 0 {
		s.did(ui.Deed{At: time.Now(), Kind: ui.Talked, Took: took})
	}
}

// muted follows the user's own switch.
func (s *session) muted() {
	s.bar.Update(s.barView())
	s.sendState()
}

// waits reports whether what is said has to wait.
func (s *session) waits() bool {
	now := s.gate.Snapshot()
	return now.Paused || now.Secret || now.Away
}
