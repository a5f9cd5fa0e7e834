package e2e

import (
	"strconv"
	"testing"
	"time"

	"beside/cmd/internal/stage"
)

// No media packet may leave later than this after the user pressed End.
const cutWithin = 150 * time.Millisecond

// listenAfter is how long a test goes on listening for what must not come.
const listenAfter = 600 * time.Millisecond

// PROMISE A5, THREAT 4: End cuts on the user's machine, whoever else does not answer and
// however busy it is.
func TestEndCutsAtOnce(t *testing.T) {
	rounds := 1
	if proving() {
		rounds = 5 // each is a whole session
	}
	for _, c := range plights() {
		if c.loaded && !proving() {
			continue // a machine that is busy with other tests too
		}
		t.Run(c.name, func(t *testing.T) {
			var took []time.Duration
			for n := range rounds {
				t.Run(strconv.Itoa(n), func(t *testing.T) { took = append(took, endOnce(t, c)) })
			}
			if len(took) > 0 {
				expectBound(t, "End", took)
			}
		})
	}
}

// endOnce is a session that the user ends in a plight, and returns how long after the press
// the last packet left, or the last key that was held came up.
func endOnce(t *testing.T, c plight) time.Duration {
	s := newScene(t)
	wire, agent := tapWire(t), watchSockets(t, s.Agent.PID())
	s.view()
	s.control()
	s.bustle()
	target := s.target(deskTarget)
	s.hold(target)
	if c.loaded {
		busy(t)
	}
	thaw := freeze(t, c.processes(s)...)

	pressed, err := s.EndSession(s.ctx)
	s.must(err)
	_, err = s.AwaitOver(s.ctx)
	s.must(err)
	told := time.Since(pressed)
	s.quiet(pressed, listenAfter)
	expectCut(t, wire, agent.ports(), pressed, cutWithin)
	up := s.letsGo(target).Sub(pressed)
	if up > cutWithin {
		t.Errorf("what was held came up %v after the press", up)
	}
	t.Logf("from the press to “It is over”: %v", told.Round(time.Millisecond))
	thaw()
	s.must(s.page.WaitText(s.ctx, "The user ended the session"))
	return max(up, lastAfter(wire, agent.ports(), pressed))
}

// relayProcess is the relay's.
func (s *scene) relayProcess() []int { return []int{s.Relay.PID()} }

// browserProcesses are all of the technician's browser.
func (s *scene) browserProcesses() []int {
	s.t.Helper()
	pids, err := stage.Processes(s.page.Pid())
	s.must(err)
	return pids
}

// expectCut expects media until about the moment, and none later than within after it.
func expectCut(t *testing.T, wire *wiretap, ports []int, moment time.Time, within time.Duration) {
	t.Helper()
	const lately = time.Second
	if wire.mediaSince(ports, moment.Add(-lately)) == 0 {
		t.Error("no media left just before, so that nothing was put to the test")
	}
	if late := wire.mediaSince(ports, moment.Add(within)); late > 0 {
		t.Errorf("%d media packets left more than %v later", late, within)
	}
	if last, ok := wire.lastMedia(ports); ok {
		t.Logf("to the last media packet: %v", last.at.Sub(moment).Round(time.Millisecond))
	}
}

// PROMISE A5: while the user has paused nothing leaves and nothing arrives.
func TestPauseStopsBothWays(t *testing.T) {
	s := newScene(t)
	wire, agent := tapWire(t), watchSockets(t, s.Agent.PID())
	s.view()
	s.control()
	s.bustle()
	target := s.target(deskTarget)
	r, there := newRude(s), target.Bounds().Min.Add(target.Bounds().Size().Div(2))
	r.reaches(target, there)
	tools, err := s.BarButtons(s.ctx, 3) // Stop control, Pause, Hide while I type
	s.must(err)
	paused, err := s.Press(s.ctx, middle(tools[1]))
	s.must(err)
	s.must(s.page.WaitText(s.ctx, "The user paused the session"))
	target.Clear()
	r.send(click(there)...)
	r.send(chord("KeyY")...)
	s.must(s.Rested(s.ctx, s.page)) // so that it is the pause alone that holds it back
	r.send(click(there)...)
	r.send(chord("KeyY")...)
	s.quiet(time.Now(), listenAfter)
	s.untouched(target, "while paused")
	expectCut(t, wire, agent.ports(), paused, cutWithin)

	tools, err = s.BarButtons(s.ctx, 2) // Stop control, Resume
	s.must(err)
	resumed, err := s.Press(s.ctx, middle(tools[1]))
	s.must(err)
	s.must(until(s.ctx, func() bool { return wire.mediaSince(agent.ports(), resumed) > 0 }))
	s.must(s.page.WaitFor(s.ctx, `!document.body.innerText.includes("The user paused the session")`, "still paused"))
	s.must(s.Rested(s.ctx, s.page))
	r.reaches(target, there)
}

// PROMISE A5: what was allowed can be taken back by itself.
func TestStopControl(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.view()
	s.control()
	target := s.target(deskTarget)
	s.hold(target)
	tools, err := s.BarButtons(s.ctx, 3)
	s.must(err)
	_, err = s.Press(s.ctx, middle(tools[0]))
	s.must(err)
	s.letsGo(target)
	s.must(s.page.WaitText(s.ctx, "The user took back mouse and keyboard"))
	s.must(s.Rested(s.ctx, s.page))
	target.Clear()
	r := &rude{scene: s, sequence: 1 << 41}
	r.send(click(target.Bounds().Min.Add(target.Bounds().Size().Div(2)))...)
	s.must(s.page.AskControl(s.ctx, "Once more, please."))
	_, err = s.AwaitQuestion(s.ctx) // asked behind the click, on the same connection
	s.must(err)
	s.must(target.Sync(s.ctx))
	if got := buttons(target.Clear()); len(got) > 0 {
		t.Errorf("after control was taken back %q arrived", got)
	}
}
