package e2e

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"beside/agent/desktop"
	"beside/cmd/internal/stage"
)

// Who says what: tones that neither room has by itself.
const (
	userTone       = 440
	technicianTone = 1000
)

// voiceTown is a town whose user has a sound server and whose technician's browser has a
// microphone into which somebody says a tone, over and over.
func voiceTown(t *testing.T) (*scene, *desktop.Sound) {
	t.Helper()
	dir := t.TempDir()
	said := filepath.Join(dir, "said.wav")
	if err := os.WriteFile(said, speechFile(technicianTone), 0o644); err != nil {
		t.Fatal(err)
	}
	sound, err := desktop.StartSound(t.Context(), desktop.SoundOptions{Tone: userTone, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sound.Stop)
	s, _ := newTown(t, stage.Options{
		AgentEnv: sound.Env(),
		BrowserFlags: map[string]any{
			"use-fake-device-for-media-stream": true,
			"use-fake-ui-for-media-stream":     true,
			"use-file-for-fake-audio-capture":  said,
		},
	})
	scriptFirst(s, s.page, watchVoice)
	s.startAgent()
	return s, sound
}

// speechFile is a WAV of two seconds of a tone that grows and fades like speech.
func speechFile(hertz float64) []byte {
	const rate = 48_000
	var samples []byte
	for n := range 2 * rate {
		at := 2 * math.Pi * float64(n) / rate
		v := 12_000 * (0.5 + 0.5*math.Sin(4*at)) * math.Sin(hertz*at)
		samples = binary.LittleEndian.AppendUint16(samples, uint16(int16(v)))
	}
	head := []byte("RIFF")
	head = binary.LittleEndian.AppendUint32(head, uint32(36+len(samples)))
	head = append(head, "WAVEfmt "...)
	for _, v := range []any{uint32(16), uint16(1), uint16(1), uint32(rate), uint32(2 * rate), uint16(2), uint16(16)} {
		head, _ = binary.Append(head, binary.LittleEndian, v)
	}
	head = append(head, "data"...)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(samples)))
	return append(head, samples...)
}

// watchVoice runs in every page before its own code: it counts the times that the page
// opens the microphone, and keeps the connections.
const watchVoice = `(() => {
  window.besideOpened = 0; window.besidePeers = [];
  const open = navigator.mediaDevices?.getUserMedia;
  if (open) navigator.mediaDevices.getUserMedia = function (...rest) { window.besideOpened++; return open.apply(this, rest); };
  window.RTCPeerConnection = class extends window.RTCPeerConnection {
    constructor(...rest) { super(...rest); window.besidePeers.push(this); }
  };
})()`

// packets counts the packets of voice that the page has received and sent.
const packets = `(async () => {
  let received = 0, sent = 0;
  for (const p of window.besidePeers) for (const r of (await p.getStats()).values()) {
    if (r.type === 'inbound-rtp' && r.kind === 'audio') received += r.packetsReceived;
    if (r.type === 'outbound-rtp' && r.kind === 'audio') sent += r.packetsSent;
  }
  return [received, sent];
})()`

func (s *scene) packets() (received, sent int) {
	s.t.Helper()
	var n [2]int
	s.must(s.page.Evaluate(s.ctx, packets, &n))
	return n[0], n[1]
}

// hears is the share of a tone in what the page plays, by Goertzel's method in the page.
func (s *scene) hears(hertz float64) float64 {
	s.t.Helper()
	var share float64
	s.must(s.page.Evaluate(s.ctx, fmt.Sprintf(`(async () => {
	  const stream = document.querySelector('audio')?.srcObject;
	  if (!stream) return 0;
	  if (window.besideEar?.stream !== stream) {
	    const context = new AudioContext();
	    const analyser = context.createAnalyser();
	    analyser.fftSize = 4096;
	    context.createMediaStreamSource(stream).connect(analyser);
	    await context.resume();
	    window.besideEar = {stream, context, analyser};
	  }
	  const {context, analyser} = window.besideEar;
	  const x = new Float32Array(analyser.fftSize);
	  analyser.getFloatTimeDomainData(x);
	  const w = 2 * Math.cos(2 * Math.PI * %v / context.sampleRate);
	  let s1 = 0, s2 = 0, power = 0;
	  for (const v of x) { [s1, s2] = [v + w * s1 - s2, s1]; power += v * v; }
	  return power < x.length * 1e-5 ? 0 : (s1 * s1 + s2 * s2 - w * s1 * s2) / (power * x.length / 2);
	})()`, hertz), &share))
	return share
}

// inUse waits until the user's devices are used like that.
func (s *scene) inUse(sound *desktop.Sound, want desktop.InUse) {
	s.t.Helper()
	var got desktop.InUse
	err := until(s.ctx, func() bool {
		var err error
		got, err = sound.InUse(context.Background(), "Beside")
		return err == nil && got == want
	})
	if err != nil {
		s.t.Fatalf("in use: %+v, want %+v", got, want)
	}
}

// hush makes sure that nobody says anything for a while.
func (s *scene) hush(when string) {
	s.t.Helper()
	before, _ := s.packets()
	s.quiet(time.Now(), 300*time.Millisecond)
	if after, _ := s.packets(); after > before {
		s.t.Errorf("%s: %d packets of voice", when, after-before)
	}
}

// PROMISE A1, A2, A7, THREAT 2, 4: without a yes to voice neither side opens a microphone
// and no packet of it travels; after it each hears the other, through real sound servers
// and a real browser; one press takes it back, closes the devices, and the session goes on.
func TestVoice(t *testing.T) {
	s, sound := voiceTown(t)
	s.view()
	s.must(s.page.Ask(s.ctx, "Talk", "To hear what it says when it beeps.", "Ask to talk"))
	s.must(s.AwaitArmed(s.ctx))
	s.must(s.SayNo(s.ctx))
	s.must(s.page.WaitText(s.ctx, "They said no: you may not talk with them"))
	s.hush("after a no")
	s.inUse(sound, desktop.InUse{})
	var opened int
	s.must(s.page.Evaluate(s.ctx, "window.besideOpened", &opened))
	if received, sent := s.packets(); received+sent+opened > 0 {
		t.Errorf("before the yes: %d packets received, %d sent, microphone opened %d times", received, sent, opened)
	}

	s.must(s.page.Ask(s.ctx, "Talk", "To hear what it says when it beeps.", "Ask to talk"))
	s.yes()
	both := desktop.InUse{Microphone: 1, MicrophoneOpen: 1, Loudspeaker: 1, LoudspeakerOpen: 1}
	s.inUse(sound, both)
	if err := until(s.ctx, func() bool { return s.hears(userTone) > 0.6 }); err != nil {
		t.Fatalf("the technician does not hear the user: %v", err)
	}
	share := 0.0
	if err := until(s.ctx, func() bool {
		heard, err := sound.Listen(s.ctx, 300*time.Millisecond)
		share = max(share, desktop.ToneShare(heard, technicianTone))
		return err == nil && share > 0.6
	}); err != nil {
		t.Fatalf("the user does not hear the technician: a share of %v, %v", share, err)
	}

	buttons, err := s.BarButtons(s.ctx, 4) // mute, stop, pause, secret
	s.must(err)
	_, err = s.Press(s.ctx, middle(buttons[0]))
	s.must(err)
	s.must(s.page.WaitText(s.ctx, "The user has muted themself"))
	s.hush("muted")
	_, err = s.Press(s.ctx, middle(buttons[1]))
	s.must(err)
	s.must(s.page.WaitText(s.ctx, "The user stopped talking with you"))
	s.inUse(sound, desktop.InUse{})
	s.hush("after it was taken back")
	if heard, err := sound.Listen(s.ctx, 300*time.Millisecond); err != nil || desktop.ToneShare(heard, technicianTone) > 0 {
		t.Errorf("the user still hears the technician: %v, %v", desktop.ToneShare(heard, technicianTone), err)
	}
	s.must(s.page.WaitFor(s.ctx, `document.querySelector('audio').srcObject === null`, "the page still plays"))
	s.control() // the session goes on
	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
	_, statements := s.receipt()
	expectRecords(t, statements, "asked view", "granted view", "asked voice", "refused voice",
		"asked voice", "granted voice", "withdrawn voice", "asked control", "granted control", "ended")
}
