package e2e

import (
	"slices"
	"testing"
	"time"

	"beside/consent"
)

// The picture must be there within this after the user's yes.
const firstPicture = time.Second

// PROMISE A1: a no lets nothing out.
func TestRefusedLetsNothingOut(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	start, err := s.AwaitStart(s.ctx)
	s.must(err)
	wire, agent, browser := tapWire(t), watchSockets(t, s.Agent.PID()), s.browserSockets()
	s.bustle()
	s.join()
	s.must(s.AwaitArmed(s.ctx))
	s.must(s.SayNo(s.ctx))
	s.must(s.page.WaitText(s.ctx, "The user did not show their screen"))

	again, err := s.AwaitStart(s.ctx)
	s.must(err)
	if again.Bounds.Dy() <= start.Bounds.Dy() {
		t.Errorf("the start window came back %v high as before, without a sentence that says why", again.Bounds.Dy())
	}
	s.awaitNewCode()
	if ports := agent.ports(); len(ports) > 0 {
		t.Errorf("the agent opened UDP ports %v without a yes", ports)
	}
	to := browser.ports()
	if len(to) == 0 {
		t.Error("the browser gathered no way to be reached, so that nothing was put to the test")
	}
	if got := wire.heard(func(p packet) bool {
		return slices.Contains(to, p.to) && !slices.Contains(to, p.from) && p.media()
	}); len(got) > 0 {
		t.Errorf("%d media packets went to the browser: %v", len(got), got)
	}
	_, statements := s.receipt()
	expectRecords(t, statements, "asked view", "refused view", "ended")
}

// awaitNewCode waits until the agent has shown a code other than the first.
func (s *scene) awaitNewCode() {
	s.t.Helper()
	s.must(until(s.ctx, func() bool {
		for _, line := range s.Agent.Output() {
			if found := codeLine.FindString(line); found != "" && found != s.code {
				s.code = found
				return true
			}
		}
		return false
	}))
}

// expectRecords compares what a receipt states with "event scope", in order.
func expectRecords(t *testing.T, statements []consent.Statement, want ...string) {
	t.Helper()
	var got []string
	for _, st := range statements {
		line := st.Event.Type
		if st.Event.Scope != "" {
			line += " " + st.Event.Scope
		}
		got = append(got, line)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the receipt states %q, want %q", got, want)
	}
}

// PROMISE A1: before the yes nothing; soon after it the picture.
func TestGrantedShowsPicture(t *testing.T) {
	s := newScene(t)
	wire, agent := tapWire(t), watchSockets(t, s.Agent.PID())
	s.join()
	s.must(s.AwaitArmed(s.ctx))
	pressed := s.yes()
	seen, err := s.page.AwaitPicture(s.ctx)
	s.must(err)

	took := seen.Sub(pressed)
	t.Logf("from the yes to the first picture: %v", took.Round(time.Millisecond))
	if took > firstPicture {
		t.Errorf("the first picture took %v, want at most %v", took, firstPicture)
	}
	if opened := agent.first(); opened.IsZero() || opened.Before(pressed) {
		t.Errorf("the agent opened a UDP port at %v, the yes was at %v", opened, pressed)
	}
	ports := agent.ports()
	if early := wire.heard(func(p packet) bool { return slices.Contains(ports, p.from) && p.at.Before(pressed) }); len(early) > 0 {
		t.Errorf("%d packets left before the yes", len(early))
	}
	if _, ok := wire.lastMedia(ports); !ok {
		t.Error("no media was heard on the wire, so that nothing was put to the test")
	}
}
