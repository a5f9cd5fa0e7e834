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

// besiege asks to record and lets a program on the user's desktop, and the technician,
// try an attack on the question. It reports false when the session did not outlive it.
func (s *scene) besiege(r *rude, evil *attacktest.Attacker, at attacktest.Attack) bool {
	s.t.Helper()
	within, cancel := context.WithTimeout(s.ctx, 5*time.Second)
	defer cancel()
	soon, cancelSoon := context.WithTimeout(s.ctx, 200*time.Millisecond)
	defer cancelSoon()
	question, err := s.AwaitQuestion(soon)
	if err != nil {
		s.must(s.page.AskRecord(s.ctx, "So that you need not look at what I press."))
		question, err = s.AwaitQuestion(s.ctx)
		s.must(err)
	}
	yes, err := s.YesButton(within)
	if err != nil {
		return true // it went away with the attack before; the next one asks again
	}
	on := attacktest.Target{Window: question.ID, Bounds: question.Bounds, Spot: yes}
	// Should the attack end the session there is no channel to send on any more.
	s.must(s.page.Evaluate(s.ctx, `void (besideChannels.input.onclose = () => { besideChannels.over = true })`, nil))
	for n := range attackTries(at) {
		at.Do(evil, on, n)
		r.send(click(yes)...)
		r.send(chord("Tab")...)
		r.send(chord("Space")...)
		s.must(evil.Sync())
	}
	if at.After != nil {
		at.After(evil, on)
	}
	s.must(evil.Rest())
	over, cancelOver := context.WithTimeout(s.ctx, 150*time.Millisecond)
	defer cancelOver()
	_, err = s.AwaitOver(over)
	return err != nil && running(s.Agent.PID())
}

// THREAT 1 THREAT 3 PROMISE A1: in a whole session, with a technician who has control and
// a program of theirs on the user's desktop, no attack brings a yes.
func TestNoAttackBringsAYes(t *testing.T) {
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
			alive = s.besiege(r, evil, at)
			tried++
			t.Logf("%s: the session goes on: %v", at.Name, alive)
			if at.Name == "the server grabbed" {
				break // everything waits for the user now
			}
		}
		evil.Close()
		if alive {
			_, err = s.EndSession(s.ctx)
			s.must(err)
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
