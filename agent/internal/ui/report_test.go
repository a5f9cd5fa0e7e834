package ui

import (
	"image"
	"testing"
	"time"

	"beside/agent/desktop"
	"beside/agent/desktop/attacktest"
)

// onBar is where the bar's buttons are, once it is drawn.
func onBar(t *testing.T, u *UI, asks bool) map[targetID]image.Point {
	t.Helper()
	places := map[targetID]image.Point{}
	until(t, u, "the bar", func() bool {
		b := u.loop.bar
		if b == nil || b.report.open() != asks || !drawn(b.p) || !b.top.seen {
			return false
		}
		for _, target := range b.p.targets {
			places[target.id] = targetAt(b.p, target.id)
		}
		return true
	})
	return places
}

// awaitAction is the next thing that is pressed.
func awaitAction(t *testing.T, u *UI) Action {
	t.Helper()
	select {
	case act := <-u.Actions():
		return act
	case <-time.After(time.Minute):
		t.Fatal("nothing was pressed")
		return 0
	}
}

// THREAT 28, THREAT 1: the user reports the session from the bar while it goes on: one
// press asks, another on what it says reports. Only their own devices do either, and
// silence, going back and every other button report nothing.
func TestReportFromTheBar(t *testing.T) {
	s, me := desk(t)
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	c := s.client(t)
	c.enter("XTEST")
	clicks := func(at image.Point) {
		for range 20 {
			c.fakeClick(at)
		}
		c.flush()
	}
	clicks(onBar(t, u, false)[barReport])
	if acts := acted(t, u); len(acts) > 0 {
		t.Errorf("injected presses did %v", acts)
	}
	me.click(onBar(t, u, false)[barReport])
	at := onBar(t, u, true)
	c.keep("bar-report")
	if _, ok := at[barEnd]; !ok {
		t.Error("End has gone")
	}
	clicks(at[barReportYes])
	if acts := acted(t, u); len(acts) > 0 {
		t.Errorf("injected presses did %v", acts)
	}
	// The keys of the bar work meanwhile.
	me.press(codeCtrl, codeAlt, codeShift, codeP)
	if act := awaitAction(t, u); act != PauseSession {
		t.Errorf("the key of Pause did %d", act)
	}
	me.click(at[barReportNo])
	me.click(onBar(t, u, false)[barReport])
	onBar(t, u, true)
	inLoop(t, u, func() { b.report.until = time.Now() }) // the time is over
	me.click(onBar(t, u, false)[barReport])
	if acts := acted(t, u); len(acts) > 0 {
		t.Errorf("reported by going back or by silence: %v", acts)
	}
	me.click(onBar(t, u, true)[barReportYes])
	if act := awaitAction(t, u); act != ReportSession {
		t.Errorf("the user's press did %d", act)
	}
	onBar(t, u, false)
}

// THREAT 1, THREAT 28: whatever another program does while the bar asks, nobody but the
// user reports.
func TestAttacksOnTheReport(t *testing.T) {
	a := newArena(t, desktop.Start)
	tries := 2
	if proving() {
		tries = 300
	}
	a.each(t, all, func(t *testing.T, at attacktest.Attack) {
		if at.Fatal || at.Few {
			return
		}
		b, err := a.u.ShowBar(t.Context(), exampleBar())
		if err != nil {
			t.Fatal(err)
		}
		defer b.Hide()
		for n := range tries {
			var on attacktest.Target
			inLoop(t, a.u, func() {
				b.askReport(time.Now())
				b.p.refresh()
				on = attacktest.Target{Window: b.p.win.id, Bounds: b.p.win.rect, Spot: targetAt(b.p, barReportYes)}
			})
			at.Do(a.evil, on, n)
			if err := a.evil.Sync(); err != nil {
				t.Fatal(err)
			}
			a.rest(at, on)
			if isLost(b) {
				break
			}
		}
		for _, act := range actedOn(a.u) {
			if act == ReportSession {
				t.Error("somebody reported the session")
			}
		}
	})
}
