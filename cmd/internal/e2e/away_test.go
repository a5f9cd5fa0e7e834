package e2e

import (
	"image"
	"testing"
	"time"

	"beside/agent/desktop"
	"beside/consent"
)

// held lists what waited and went on again in a receipt: "paused secret user" and so on.
func held(statements []consent.Statement) (list []string) {
	for _, st := range statements {
		if st.Event.Hold != "" {
			list = append(list, st.Event.Type+" "+st.Event.Hold+" "+st.Event.Actor)
		}
	}
	return list
}

func expectHeld(t *testing.T, statements []consent.Statement, want ...string) {
	t.Helper()
	got := held(statements)
	if len(got) != len(want) {
		t.Fatalf("held %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("held %q, want %q", got, want)
		}
	}
}

// PROMISE A8 THREAT 17: while the user types a secret nothing leaves, nothing arrives, and
// the technician does not even see what was there before.
func TestSecretIsNotSeen(t *testing.T) {
	s := newScene(t)
	wire, agent := tapWire(t), watchSockets(t, s.Agent.PID())
	s.view()
	s.control()
	s.bustle()
	target := s.target(deskTarget)
	r, there := newRude(s), middle(target.Bounds())
	r.reaches(target, there)
	tools, err := s.BarButtons(s.ctx, 3) // Stop control, Pause, Hide while I type
	s.must(err)
	began, err := s.Press(s.ctx, middle(tools[2]))
	s.must(err)
	s.must(s.page.WaitText(s.ctx, "The user is typing a secret"))
	s.must(s.page.WaitFor(s.ctx, `getComputedStyle(document.querySelector('[data-veiled] > div')).opacity === "0"`, "the last picture is still to be seen"))
	target.Clear()
	s.must(target.Focus())
	s.must(s.Desktop.Person().Type("correct horse"))
	s.must(target.WaitText(s.ctx, "correct horse"))
	s.must(target.Sync(s.ctx)) // with the last key let go
	target.Clear()
	r.send(click(there)...)
	r.send(chord("KeyY")...)
	s.quiet(time.Now(), listenAfter)
	s.untouched(target, "while a secret is typed")
	expectCut(t, wire, agent.ports(), began, cutWithin)

	s.must(s.Desktop.Person().MoveTo(there.X, there.Y)) // off the button, which is darker under the pointer
	bar, err := s.AwaitBar(s.ctx)
	s.must(err)
	done, err := s.DoneButton(s.ctx, bar)
	s.must(err)
	_, err = s.Press(s.ctx, done)
	s.must(err)
	s.must(s.page.WaitFor(s.ctx, `!document.body.innerText.includes("The user is typing a secret")`, "still typing"))
	s.must(s.Rested(s.ctx, s.page))
	r.reaches(target, there)
	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
	_, statements := s.receipt()
	expectHeld(t, statements, "paused secret user", "resumed secret user")
}

// PROMISE A4: with nobody at the computer control waits, whatever the technician moves
// meanwhile, until the user says that they are there.
func TestControlWaitsForTheUser(t *testing.T) {
	t.Parallel()
	const after = 12 * time.Second
	s := newScene(t, "--away-after", after.String())
	s.view()
	s.control()
	target := s.target(deskTarget)
	r, there := newRude(s), image.Pt(1700, 800)
	left := time.Now()
	asked := false
	for time.Since(left) < after+4*time.Second && !s.page.Says(s.ctx, "The user is away") {
		r.send(click(there)...) // busy as one likes: it is not the user
		windows, err := s.Desktop.Windows()
		s.must(err)
		for _, w := range windows {
			asked = asked || desktop.WithRole("beside-agent", "here")(w) && time.Since(left) < after
		}
		s.quiet(time.Now(), 200*time.Millisecond)
	}
	s.must(s.page.WaitText(s.ctx, "The user is away"))
	if !asked {
		t.Error("the user was not asked before")
	}
	s.must(target.Sync(s.ctx))
	target.Clear()
	r.send(click(there)...)
	s.quiet(time.Now(), listenAfter)
	s.must(target.Sync(s.ctx))
	if got := buttons(target.Clear()); len(got) > 0 {
		t.Errorf("nobody is there, and %q arrived", got)
	}
	here, err := s.Desktop.WaitWindow(s.ctx, desktop.WithRole("beside-agent", "here"))
	s.must(err)
	back, err := s.DoneButton(s.ctx, here)
	s.must(err)
	r.send(click(back)...) // the technician says it for them
	s.quiet(time.Now(), listenAfter)
	if !s.page.Says(s.ctx, "The user is away") {
		t.Error("the technician brought control back")
	}
	_, err = s.Press(s.ctx, back)
	s.must(err)
	s.must(s.page.WaitFor(s.ctx, `!document.body.innerText.includes("The user is away")`, "still away"))
	s.must(s.Rested(s.ctx, s.page))
	r.reaches(target, there)
	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
	_, statements := s.receipt()
	expectHeld(t, statements, "paused away agent", "resumed away user")
}
