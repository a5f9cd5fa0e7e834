package agent

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"beside/agent/desktop"
	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol/wire"
)

const voiceScope = wire.Scope_SCOPE_VOICE

// voiceEnd is the technician's end of voice: it says back what it hears, and can babble.
type voiceEnd struct {
	t     *testing.T
	track *webrtc.TrackLocalStaticRTP
	heard atomic.Int32 // packets of the user's voice

	mu  sync.Mutex
	out rtp.Header // guarded by mu; of the next packet
}

func newVoiceEnd(t *testing.T, pc *webrtc.PeerConnection) *voiceEnd {
	t.Helper()
	e := &voiceEnd{t: t}
	var err error
	e.track, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48_000, Channels: 2}, "v", "v")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pc.AddTransceiverFromTrack(e.track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendrecv}); err != nil {
		t.Fatal(err)
	}
	pc.OnTrack(func(r *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		if r.Kind() != webrtc.RTPCodecTypeAudio {
			return
		}
		for {
			p, _, err := r.ReadRTP()
			if err != nil {
				return
			}
			e.heard.Add(1)
			e.say(p.Payload)
		}
	})
	return e
}

func (e *voiceEnd) say(payload []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.out.Version, e.out.SequenceNumber, e.out.Timestamp = 2, e.out.SequenceNumber+1, e.out.Timestamp+960
	_ = e.track.WriteRTP(&rtp.Packet{Header: e.out, Payload: payload}) // of a connection that may be closing
}

// soundFor starts a sound server for an agent; tone 0 is one without a microphone.
func soundFor(t *testing.T, tone int) *desktop.Sound {
	t.Helper()
	s, err := desktop.StartSound(t.Context(), desktop.SoundOptions{Tone: tone, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	t.Setenv("PULSE_SERVER", "unix:"+s.Socket())
	return s
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for began := time.Now(); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// uses waits until the agent uses the devices so.
func uses(t *testing.T, s *desktop.Sound, want desktop.InUse) {
	t.Helper()
	eventually(t, "the devices' state", func() bool {
		got, err := s.InUse(context.Background(), "Beside")
		if err != nil {
			t.Fatal(err)
		}
		return got == want
	})
}

var (
	noDevice   = desktop.InUse{}
	bothOpen   = desktop.InUse{Microphone: 1, MicrophoneOpen: 1, Loudspeaker: 1, LoudspeakerOpen: 1}
	bothClosed = desktop.InUse{Microphone: 1, Loudspeaker: 1}
	micClosed  = desktop.InUse{Microphone: 1, Loudspeaker: 1, LoudspeakerOpen: 1}
)

// hush listens for a while, as long as ten packets take, and complains of any. What was
// said before may still be on its way to a technician who is slow to hear.
func (a *attended) hush(s *desktop.Sound, when string) {
	a.t.Helper()
	before, same := a.voice.heard.Load(), 0
	eventually(a.t, "an end of the voice "+when, func() bool {
		now := a.voice.heard.Load()
		if same++; now != before {
			before, same = now, 0
		}
		return same == 20
	})
	if _, err := s.Listen(a.t.Context(), 200*time.Millisecond); err != nil {
		a.t.Fatal(err)
	}
	if n := a.voice.heard.Load() - before; n > 0 {
		a.t.Errorf("%s: %d packets of voice", when, n)
	}
}

// heardAgain waits for the user's voice.
func (a *attended) heardAgain(when string) {
	a.t.Helper()
	before := a.voice.heard.Load()
	eventually(a.t, "the user's voice "+when, func() bool { return a.voice.heard.Load() > before+5 })
}

// PROMISE A1, A2, A7, A8, THREAT 2, 4: no device is opened and no packet sent without a
// yes to voice; after it both hear one another; mute, pause and a secret silence it at
// once; one press takes it back, closes the devices, and the session goes on.
func TestVoice(t *testing.T) {
	s := soundFor(t, 440)
	a := begin(t)
	a.look("voice")
	a.allow(control, consent.Control)
	a.ask(voiceScope)
	a.person.answer(t, consent.Voice, no)
	a.decided(voiceScope, refused)
	for range 20 {
		a.voice.say([]byte{0xf8, 1, 2, 3}) // the page would not
	}
	a.hush(s, "after a no")
	uses(t, s, noDevice)

	a.ask(voiceScope)
	a.person.answer(t, consent.Voice, yes)
	a.decided(voiceScope, granted)
	uses(t, s, bothOpen)
	if v := a.bar.shows(); !v.Voice || v.Muted {
		t.Errorf("the bar shows %+v", v)
	}
	a.heardAgain("after the yes")
	eventually(t, "the technician at the loudspeaker", func() bool {
		heard, err := s.Listen(t.Context(), 300*time.Millisecond)
		return err == nil && desktop.ToneShare(heard, 440) > 0.8
	})
	eventually(t, "the level", func() bool { return a.bar.level.Load() > 2 })

	for _, c := range []struct {
		when    string
		on, off ui.Action
		closed  desktop.InUse
	}{
		{"muted", ui.MuteVoice, ui.UnmuteVoice, micClosed},
		{"paused", ui.PauseSession, ui.ResumeSession, bothClosed},
		{"typing a secret", ui.BeginSecret, ui.EndSecret, bothClosed},
	} {
		a.person.press(t, c.on)
		uses(t, s, c.closed)
		a.hush(s, c.when)
		if got := a.bar.level.Load(); got != 0 {
			t.Errorf("%s: the level is %d", c.when, got)
		}
		a.person.press(t, c.off)
		uses(t, s, bothOpen)
		a.heardAgain("after " + c.when)
	}

	a.person.press(t, ui.StopVoice)
	a.decided(voiceScope, wire.Decision_OUTCOME_WITHDRAWN)
	uses(t, s, noDevice)
	a.hush(s, "after it was taken back")
	if a.bar.shows().Voice || !a.bar.shows().Control || !a.bar.shows().View {
		t.Errorf("the bar shows %+v", a.bar.shows())
	}
	a.ask(voiceScope) // a yes of its own again
	a.person.answer(t, consent.Voice, yes)
	a.decided(voiceScope, granted)
	uses(t, s, bothOpen)
	a.heardAgain("after the second yes")
	a.person.press(t, ui.EndSession)
	a.person.awaitOver(t, "the end", func(ui.OverView) bool { return true })
	uses(t, s, noDevice)
	talks := 0
	for len(a.person.lists) > 0 {
		talks = 0
		for _, line := range (<-a.person.lists).Lines {
			if strings.HasPrefix(line.Text, "Talked with you for ") {
				talks++
			}
		}
	}
	if talks != 2 {
		t.Errorf("the list tells of %d talks, want 2", talks)
	}
}

// The user's own switch is told to the technician.
func TestMuteIsTold(t *testing.T) {
	soundFor(t, 440)
	a := begin(t)
	a.look("voice")
	a.allow(voiceScope, consent.Voice)
	a.person.press(t, ui.MuteVoice)
	a.hear("muted", func(m *wire.FromAgent) bool { return m.GetState().GetMuted() })
	if !a.bar.shows().Muted {
		t.Error("the bar does not show it")
	}
	a.person.press(t, ui.UnmuteVoice)
	a.hear("not muted", func(m *wire.FromAgent) bool { return m.GetState() != nil && !m.GetState().GetMuted() })
}

// PROMISE A7, A13: a computer without sound, or without a microphone, is no fault of
// anybody's: voice is given back at once, both read why, and the session goes on.
func TestVoiceWithoutSound(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*testing.T)
		detail  string
		notice  string
	}{
		"no sound server": {func(t *testing.T) { t.Setenv("PULSE_SERVER", "unix:"+filepath.Join(t.TempDir(), "nobody")) },
			"The user's computer has no sound server that Beside can use.", "cannot use the sound of this computer"},
		"no microphone": {func(t *testing.T) { soundFor(t, 0) },
			"The user's computer has no microphone.", "no microphone"},
	} {
		t.Run(name, func(t *testing.T) {
			c.prepare(t)
			a := begin(t)
			a.look("voice")
			a.ask(voiceScope)
			a.person.answer(t, consent.Voice, yes)
			a.decided(voiceScope, wire.Decision_OUTCOME_RELEASED)
			if d := a.decided(voiceScope, wire.Decision_OUTCOME_UNAVAILABLE); d.GetDetail() != c.detail {
				t.Errorf("told %q", d.GetDetail())
			}
			eventually(t, "the notice", func() bool { return strings.Contains(a.bar.shows().Notice, c.notice) })
			if v := a.bar.shows(); v.Voice || !v.View {
				t.Errorf("the bar shows %+v", v)
			}
			a.allow(control, consent.Control) // the session goes on
		})
	}
}

// A sound server that ends takes voice with it, and nothing else.
func TestSoundServerEnds(t *testing.T) {
	s := soundFor(t, 440)
	a := begin(t)
	a.look("voice")
	a.allow(voiceScope, consent.Voice)
	uses(t, s, bothOpen)
	s.Stop()
	a.decided(voiceScope, wire.Decision_OUTCOME_RELEASED)
	a.decided(voiceScope, wire.Decision_OUTCOME_UNAVAILABLE)
	if v := a.bar.shows(); v.Voice || !v.View {
		t.Errorf("the bar shows %+v", v)
	}
	a.allow(control, consent.Control)
}

// A viewer that has no line for voice is told so, and the user is not asked.
func TestViewerWithoutVoice(t *testing.T) {
	a := begin(t)
	a.look()
	a.ask(voiceScope)
	if d := a.decided(voiceScope, wire.Decision_OUTCOME_UNAVAILABLE); d.GetDetail() != "This browser cannot talk." {
		t.Errorf("told %q", d.GetDetail())
	}
	a.allow(control, consent.Control)
}

// Voice needs a connection to talk over: who asks before there is one is told so, though
// the screen is granted, and the user is not asked.
func TestVoiceBeforeTheConnection(t *testing.T) {
	a := begin(t)
	a.ask(wire.Scope_SCOPE_VIEW) // and no offer
	a.person.answer(t, viewScope, yes)
	a.decided(wire.Scope_SCOPE_VIEW, granted)
	a.ask(voiceScope)
	if d := a.decided(voiceScope, wire.Decision_OUTCOME_UNAVAILABLE); d.GetDetail() != "The user has to show you the screen first." {
		t.Errorf("told %q", d.GetDetail())
	}
	a.allow(control, consent.Control) // the session goes on
}
