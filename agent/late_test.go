package agent

import (
	"context"
	"image"
	"os"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"beside/agent/internal/capture"
	"beside/consent"
	"beside/consent/consenttest"
	"beside/protocol/wire"
)

// THREAT 2: a yes that the user took back before anything began starts nothing and holds no
// line open, and nobody is told that something went wrong.
func TestAYesTakenBackAtOnceStartsNothing(t *testing.T) {
	view, gate := consenttest.NewView(t)
	cfg := Config{Relay: "https://relay.example", StateDir: t.TempDir(), Log: testLog(t)}
	link, err := newSignaller(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{
		Agent: newAgent(cfg, link, newPerson()), gate: gate, mail: newMailbox(), inputs: &inputs{}, clips: &clips{}, exchange: &exchange{},
		agreed:   &agreed{joined: &wire.TechnicianJoined{SessionId: sessionID, UploadToken: uploadToken}, organisation: acme},
		displays: []capture.Display{{Bounds: image.Rect(0, 0, 640, 480)}},
		peer:     &peer{streams: &streams{}, video: newVideo(nil)},
		lines:    lineUse{number: 1, open: &wire.Lines{}},
	}
	taken := func(scope consent.Scope, start func(consent.Question) error) {
		t.Helper()
		if err := start(consent.Question{Reason: "a test"}); err != nil {
			t.Fatal(err)
		}
		if n := len(s.mail.take()); n > 0 {
			t.Errorf("%v: %d things follow from it", scope, n)
		}
	}
	taken(consent.Control, func(q consent.Question) error {
		grant, err := gate.AskControl(context.Background(), q)
		gate.Withdraw(consent.Control, consent.ByUser)
		s.startControl(grant)
		return err
	})
	taken(consent.Record, func(q consent.Question) error {
		grant, err := gate.AskRecord(context.Background(), q)
		gate.Withdraw(consent.Record, consent.ByUser)
		s.startRecording(grant)
		return err
	})
	taken(consent.Clipboard, func(q consent.Question) error {
		grant, err := gate.AskClipboard(context.Background(), q)
		gate.Withdraw(consent.Clipboard, consent.ByUser)
		s.startClipboard(grant)
		return err
	})
	taken(consent.Files, func(q consent.Question) error {
		grant, err := gate.AskFiles(context.Background(), q)
		gate.Withdraw(consent.Files, consent.ByUser)
		s.startFiles(grant)
		return err
	})
	taken(consent.Voice, func(q consent.Question) error {
		grant, err := gate.AskVoice(context.Background(), q)
		gate.Withdraw(consent.Voice, consent.ByUser)
		s.startVoice(grant)
		return err
	})
	defer s.leaveLines()
	if s.lines.waiting != nil || s.mayTalk() || s.peer.streams.voice.Load() != nil {
		t.Error("a line is held open for it")
	}
	if left, err := os.ReadDir(cfg.StateDir); err != nil || len(left) > 0 || s.notice != "" || s.recorder != nil {
		t.Errorf("the state folder holds %v, %v; the bar says %q", left, err, s.notice)
	}
	gate.End(consent.ByUser)
	if s.startView(view); s.view != nil || s.picture != nil || !s.started.IsZero() {
		t.Error("a picture begins after the end")
	}
}

// A yes to voice after another that was taken back finds a line that the viewer has not said
// to have taken: no microphone is opened before it has. PROMISE A7.
func TestVoiceAwaitsThatItsLineIsTaken(t *testing.T) {
	_, gate := consenttest.NewView(t)
	grant, err := gate.AskVoice(context.Background(), consent.Question{Reason: "a test"})
	if err != nil {
		t.Fatal(err)
	}
	s := &session{gate: gate, mail: newMailbox(), peer: &peer{streams: &streams{}, video: newVideo(nil)}}
	s.peer.voice.Store(&webrtc.TrackLocalStaticRTP{})
	s.lines = lineUse{number: 3, taken: 2, open: &wire.Lines{Voice: true}}
	defer s.leaveLines()
	s.startVoice(grant)
	if s.lines.waiting != grant {
		t.Error("the devices are opened for a line that does not stand")
	}
}

// A yes to voice that came before the viewer's channel was open is not forgotten: the line is
// asked for again.
func TestALineThatCouldNotBeAskedForIsAskedForAgain(t *testing.T) {
	view, gate := consenttest.NewView(t)
	grant, err := gate.AskVoice(context.Background(), consent.Question{Reason: "a test"})
	if err != nil {
		t.Fatal(err)
	}
	p := newPicture(view, 0, nil)
	p.updates.Store(newUpdates(view, nil, away(time.Millisecond), nil))
	s := &session{gate: gate, mail: newMailbox(), picture: p, peer: &peer{streams: &streams{}, video: newVideo(view)}}
	s.lines = lineUse{number: 1, open: &wire.Lines{}}
	defer s.leaveLines()
	s.startVoice(grant) // the channel is not open: nothing can be said
	if picture, voice := s.linesInUse(0); picture || !voice {
		t.Errorf("picture %v, voice %v", picture, voice)
	}
	s.restLines(0)
	if s.lines.look == nil {
		t.Error("nobody looks again")
	}
}
