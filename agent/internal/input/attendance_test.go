package input

import (
	"runtime"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/agent/desktop"
	"beside/agent/desktop/attacktest"
)

// THREAT 1: a program that has the server make devices of its own, and presses through them,
// is nobody at the machine; nor is the injected hand. The user's own is, before and afterwards.
func TestMadeUpDevicesAreNobody(t *testing.T) {
	screen, err := desktop.Start(within(t), desktop.Options{Width: 640, Height: 400, Log: t.Output()})
	must(t, err)
	t.Cleanup(screen.Stop)
	t.Setenv("DISPLAY", screen.Display())
	here, err := Attend()
	must(t, err)
	defer here.Close()
	evil, err := attacktest.New(screen.Display(), nil)
	must(t, err)
	defer evil.Close()
	me := screen.Person()
	x := 20
	used := func() { // and everything of it has arrived
		t.Helper()
		began := time.Now()
		x++
		must(t, me.MoveTo(x, 20))
		for here.Last().Before(began) || time.Since(here.Last()) < 100*time.Millisecond {
			if time.Since(began) > time.Minute {
				t.Fatal("the user's own hand counts for nothing")
			}
			runtime.Gosched()
		}
	}
	used()
	last := here.Last()
	must(t, evil.Sync())
	for _, at := range attacktest.Attacks() {
		if at.Name == "a pointer of its own (another master device)" || at.Name == "clicks on the button" {
			at.Do(evil, attacktest.Target{}, 0)
			must(t, evil.Sync())
		}
	}
	_, err = xproto.GetInputFocus(here.sys.conn).Reply() // what they did was heard before
	must(t, err)
	if now := here.Last(); now != last {
		t.Error("a program counts as the user")
	}
	used()
}
