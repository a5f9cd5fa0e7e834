package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"beside/agent/desktop"
	"beside/agent/desktop/attacktest"
)

// attackTries is how often each attack is tried in a whole session; the windows alone
// are tried far more often (agent/internal/ui).
func attackTries(at attacktest.Attack) int {
	switch long := proving(); {
	case at.Few || at.Fatal:
		return 1
	case long:
		return 200
	}
	return 10
}

// gone reports whether the session is over within a while.
func (s *scene) gone(ctx context.Context, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	_, err := s.AwaitOver(ctx)
	return err == nil || !running(s.Agent.PID())
}

// asked is a question about recording that can be answered, and where its yes is: the one
// that is there, or one that is asked for. It reports false when the session is over, which
// an attack before may have brought about only just now.
func (s *scene) asked() (on attacktest.Target, ok bool) {
	s.t.Helper()
	lasts, end := context.WithCancel(s.ctx) // as long as the session
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lasts.Err() == nil && !s.gone(lasts, time.Second) {
		}
		end()
	}()
	defer func() { end(); <-ended }()
	for lasts.Err() == nil {
		soon, cancel := context.WithTimeout(lasts, 200*time.Millisecond)
		question, err := s.AwaitQuestion(soon)
		cancel()
		if err != nil {
			// What the attack before left may take this one away too, or the page's dialog.
			patient, cancel := context.WithTimeout(lasts, 5*time.Second)
			if err = s.page.AskRecord(patient, "So that you need not look at what I press."); err == nil {
				question, err = s.AwaitQuestion(patient)
			}
			cancel()
			if err != nil {
				s.t.Logf("asking again: %v", err)
				if s.page.Says(lasts, "Stop recording") || s.page.Says(lasts, "This session is being recorded") {
					s.t.Fatal("recording was granted, and the user never said yes")
				}
				continue
			}
		}
		// It may go away still, with the attack before. Then another is asked for.
		brief, cancel := context.WithTimeout(lasts, 2*time.Second)
		yes, err := s.YesButton(brief)
		cancel()
		if err == nil {
			return attacktest.Target{Window: question.ID, Bounds: question.Bounds, Spot: yes}, true
		}
		// Or the pointer was brought onto its yes, which has another colour then.
		s.must(s.Desktop.Person().MoveTo(20, 1000))
	}
	s.must(s.ctx.Err())
	return on, false
}

// besiege asks to record and lets a program on the user's desktop, and the technician,
// try an attack on the question. It reports whether it was tried, and whether the session
// goes on.
func (s *scene) besiege(r *rude, evil *attacktest.Attacker, at attacktest.Attack) (tried, alive bool) {
	s.t.Helper()
	on, ok := s.asked()
	if !ok {
		return false, false
	}
	// Should the attack end the session there is no channel to send on any more.
	s.must(s.page.Evaluate(s.ctx, `void (besideChannels.input.onclose = () => { besideChannels.over = true })`, nil))
	for n := range attackTries(at) {
		at.Do(evil, on, n)
		r.send(click(on.Spot)...)
		r.send(chord("Tab")...)
		r.send(chord("Space")...)
		s.must(evil.Sync())
	}
	if at.After != nil {
		at.After(evil, on)
	}
	s.must(evil.Rest())
	return true, !s.gone(s.ctx, 150*time.Millisecond)
}

// THREAT 1 THREAT 3 PROMISE A1: in a whole session, with a technician who has control and
// a program of theirs on the user's desktop, no attack brings a yes.
func TestNoAttackBringsAYes(t *testing.T) {
	t.Cleanup(leaveWorlds) // whose windows, devices and keys are not what they were
	attacks := attacktest.Attacks()
	if len(attacks) < 20 {
		t.Fatalf("%d attacks", len(attacks))
	}
	sessions, tried := 0, 0
	for len(attacks) > 0 {
		s := newScene(t)
		s.view()
		s.control()
		sessions++
		evil, err := attacktest.New(s.Desktop.Display(), s.Desktop.Person())
		s.must(err)
		r, alive := newRude(s), true
		for began := time.Now(); alive && len(attacks) > 0 && time.Since(began) < sceneTime()/3; {
			at := attacks[0]
			attacks = attacks[1:]
			if at.Name == "the user's devices switched off" || at.Alone && !proving() {
				continue // this desktop's person is needed further on; each ends a session
			}
			var done bool
			if done, alive = s.besiege(r, evil, at); !done {
				attacks = append(attacks, at)
				continue
			}
			tried++
			t.Logf("%s: the session goes on: %v", at.Name, alive)
			if at.Name == "the server grabbed" {
				break // everything waits for the user now
			}
		}
		evil.Close()
		if alive {
			within, cancel := context.WithTimeout(s.ctx, closeTime)
			if _, err = s.EndSession(within); !s.gone(s.ctx, closeTime) { // the last attack may have ended it
				s.must(err)
			}
			cancel()
		}
		s.noRecording()
		s.stopAgent()
		s.page.CloseTab()
	}
	t.Attr("counted", fmt.Sprintf("%d attacks, %d tries each, in %d sessions: 0 grants", tried, attackTries(attacktest.Attack{}), sessions))
}

// noRecording reads the receipt, where there is one, and finds no yes to recording.
func (s *scene) noRecording() {
	s.t.Helper()
	within, cancel := context.WithTimeout(s.ctx, closeTime)
	defer cancel()
	if _, err := s.Desktop.WaitWindow(within, desktop.WithRole("beside-agent", "over")); err != nil && running(s.Agent.PID()) {
		s.t.Errorf("the session is not over: %v", err)
	}
	_, statements := s.receipt()
	for _, st := range statements {
		if st.Event.Type == "granted" && st.Event.Scope == "record" {
			s.t.Error("recording was granted, and the user never said yes")
		}
	}
}
