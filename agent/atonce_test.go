package agent

import (
	"fmt"
	"testing"

	"github.com/jezek/xgb/xproto"

	"beside/agent/internal/ui"
	"beside/consent"
	"beside/consent/consenttest"
	"beside/protocol/wire"
)

// PROMISE A5, THREAT 4: the user's press goes to the gate at once, whatever the session is
// busy with: what the technician holds comes up while the session's own goroutine stands still.
func TestAPressWaitsForNoSession(t *testing.T) {
	for name, press := range map[string]ui.Action{
		"End": ui.EndSession, "Pause": ui.PauseSession, "Stop control": ui.StopControl,
		"Hide while I type": ui.BeginSecret, "Report": ui.ReportSession, "Quit": ui.Quit,
		"a bar that cannot be seen": ui.HoldSession,
	} {
		t.Run(name, func(t *testing.T) {
			a := begin(t)
			a.look()
			a.allow(control, consent.Control)
			pointer, sequence := pointerOf(t), uint64(0)
			down := func() {
				sequence++
				a.inject(sequence, &wire.Input{Kind: &wire.Input_Button{Button: &wire.PointerButton{X: 120, Y: 110, Down: true}}})
			}
			// The injector starts a moment after the grant: events before that are lost.
			pointer.await(t, "the button to go down", func(_, _ int, held uint16) bool {
				if held&xproto.KeyButMaskButton1 == 0 {
					down()
				}
				return held&xproto.KeyButMaskButton1 != 0
			})
			a.bar.mu.Lock() // the session's goroutine stands at the bar
			defer a.bar.mu.Unlock()
			a.person.press(t, ui.MuteVoice)
			a.person.press(t, press)
			pointer.await(t, "the button to come up", func(_, _ int, held uint16) bool { return held&xproto.KeyButMaskButton1 == 0 })
		})
	}
}

// PROMISE A4, A5: that the user is there ends their absence, and no pause of theirs.
func TestBeingThereEndsNoPause(t *testing.T) {
	a := begin(t)
	a.look()
	a.person.press(t, ui.PauseSession)
	a.hear("the pause", func(m *wire.FromAgent) bool { return m.GetState() != nil && m.GetState().GetPaused() })
	a.person.press(t, ui.ImHere)
	a.ask(view) // decided behind it
	a.decided(view, granted)
	if !a.bar.shows().Paused {
		t.Error("the pause is over")
	}
	a.person.press(t, ui.ResumeSession)
	a.hear("the end of the pause", func(m *wire.FromAgent) bool { return m.GetState() != nil && !m.GetState().GetPaused() })
}

// THREAT 2, 4: a yes that meets the end starts nothing.
func TestAYesThatMeetsTheEndStartsNothing(t *testing.T) {
	grant, gate := consenttest.NewView(t)
	gate.End(consent.ByUser)
	s := &session{gate: gate, displays: nil}
	s.startView(grant)
	if s.view != nil || s.picture != nil || !s.started.IsZero() {
		t.Error("the screen is shown after the end")
	}
	s.startControl(nil)
	s.startRecording(nil)
	s.startClipboard(nil)
	s.startFiles(nil)
	if s.recorder != nil {
		t.Error("something began after the end")
	}
}

// THREAT 18: of a viewer's candidates before the yes so many are kept and no more.
func TestEarlyCandidatesAreBounded(t *testing.T) {
	s := &session{}
	for i := range 3 * maxEarlyCandidates {
		s.candidate(&wire.Candidate{Candidate: fmt.Sprint(i)})
	}
	if len(s.candidates) != maxEarlyCandidates {
		t.Errorf("%d are kept, want %d", len(s.candidates), maxEarlyCandidates)
	}
}
