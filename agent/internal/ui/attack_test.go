package ui

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/agent/desktop"
	"beside/agent/desktop/attacktest"
	"beside/consent"
)

// tries is how often each attack is tried: a thousand times in the long form of the
// tests (make prove), a few times in the short one.
func tries(a attacktest.Attack) int {
	switch long := proving(); {
	case a.Few && long:
		return 10
	case a.Few || a.Fatal:
		return 1
	case long:
		return 1000
	}
	return 30
}

// servers are those that the corpus is tried on: the one with a person at it in the
// short form, both in the long one.
func servers() map[string]func(context.Context, desktop.Options) (*desktop.Desktop, error) {
	list := map[string]func(context.Context, desktop.Options) (*desktop.Desktop, error){"Xorg": desktop.Start}
	if proving() {
		list["Xvfb"] = desktop.StartXvfb
	}
	return list
}

func proving() bool { return os.Getenv("BESIDE_PROVE") != "" }

// barAway is how long a session may go on without its bar.
const barAway = lostAfter

// arena is a desktop with our windows and a program that attacks them.
type arena struct {
	t    *testing.T
	desk *desktop.Desktop
	evil *attacktest.Attacker
	u    *UI
	stop func()
	*asked
	tried int // attacks on the bar
}

func newArena(t *testing.T, start func(context.Context, desktop.Options) (*desktop.Desktop, error)) *arena {
	t.Helper()
	d, err := start(t.Context(), desktop.Options{Width: 1280, Height: 1024})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	a := &arena{t: t, desk: d}
	if a.evil, err = attacktest.New(d.Display(), d.Person()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.evil.Close)
	a.open()
	t.Cleanup(func() { a.stop() })
	return a
}

// open opens our windows, again after an attack that they do not outlive.
func (a *arena) open() {
	a.t.Helper()
	u, err := Open(Options{Display: a.desk.Display()})
	if err != nil {
		a.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = u.Run(ctx)
	}()
	a.u, a.stop = u, func() {
		cancel()
		<-done
		_ = u.Close()
	}
}

func all(attacktest.Attack) bool { return true }

// each runs every attack of some kinds that this desktop is good for.
func (a *arena) each(t *testing.T, kinds func(attacktest.Attack) bool, run func(t *testing.T, at attacktest.Attack)) {
	for _, at := range attacktest.Attacks() {
		if !kinds(at) || at.NeedsPerson && a.evil.Person == nil {
			continue
		}
		t.Run(at.Name, func(t *testing.T) {
			a.t = t
			run(t, at)
		})
	}
}

// rest ends an attack and lets the windows settle.
func (a *arena) rest(at attacktest.Attack, on attacktest.Target) {
	a.t.Helper()
	if at.After != nil {
		at.After(a.evil, on)
	}
	if err := a.evil.Rest(); err != nil {
		a.t.Fatal(err)
	}
}

// THREAT 1: whatever another program does, nobody but the user answers yes.
func TestAttacksOnAQuestion(t *testing.T) {
	t.Parallel() // with what has no screen
	for name, start := range servers() {
		t.Run(name, func(t *testing.T) {
			a, attacks, tried := newArena(t, start), 0, 0
			a.each(t, all, func(t *testing.T, at attacktest.Attack) {
				for n, gone := tries(at), 0; n > 0 && gone < 60; gone++ {
					stood := a.question(at, n)
					n, tried = n-stood, tried+stood
				}
				attacks++
				if at.Fatal {
					a.stop()
					a.asked = nil
					a.open()
				}
			})
			a.ask(nil)
			t.Attr("counted", fmt.Sprintf("%d attacks, %d tries: 0 grants", attacks, tried))
		})
	}
}

// asked is the question on the screen, which stands until an attack takes it away.
type asked struct {
	answers <-chan consent.Answer
	cancel  context.CancelFunc
	bar     *Bar
}

// ask puts a question on the screen; nil takes the one that is there away.
func (a *arena) ask(q *consent.Question) {
	a.t.Helper()
	if old := a.asked; old != nil {
		old.cancel()
		<-old.answers
		old.bar.Hide()
		a.asked = nil
	}
	if q == nil {
		return
	}
	bar, err := a.u.ShowBar(a.t.Context(), exampleBar())
	if err != nil {
		a.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	answers := make(chan consent.Answer, 2)
	given := ask(ctx, a.u, *q)
	go func() {
		got := <-given
		answers <- got
		answers <- got // for who only waits for the end
	}()
	a.asked = &asked{answers, cancel, bar}
}

// armed is the question on the screen once it can be answered. It is asked anew when
// there is none: the attack before may have taken it away after its last try.
func (a *arena) armed() (on attacktest.Target) {
	a.t.Helper()
	eventually(a.t, "an armed question", func() (ready bool) {
		if a.asked != nil && isLost(a.asked.bar) {
			a.ask(nil) // in a session that is over nothing counts any more
		}
		if a.asked == nil {
			q := exampleQuestion(consent.Control)
			q.Timeout = 10 * time.Minute
			a.ask(&q)
		}
		inLoop(a.t, a.u, func() {
			w := a.u.loop.question
			if w == nil || !w.wasArmed || !drawn(w.p) {
				return
			}
			on = attacktest.Target{Window: w.p.win.id, Bounds: w.p.win.rect, Spot: targetAt(w.p, answerYes)}
			ready = true
		})
		select {
		case got := <-a.asked.answers:
			if got == consent.Yes {
				a.t.Error("answered with yes")
			}
			a.ask(nil)
			return false
		default:
			return ready
		}
	})
	return on
}

// question attacks a question until it is gone or has stood n tries, and returns how
// many it stood.
func (a *arena) question(at attacktest.Attack, n int) int {
	t := a.t
	t.Helper()
	on := a.armed()
	defer a.rest(at, on)
	for try := 0; try < n; try++ {
		at.Do(a.evil, on, try)
		if err := a.evil.Sync(); err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-a.asked.answers:
			if got == consent.Yes {
				t.Errorf("try %d was answered with yes", try)
			}
			a.ask(nil)
			return try + 1
		default:
		}
		if isLost(a.asked.bar) {
			n = try + 1 // the session is over, and its question would be called off
		}
	}
	// What is still on its way must not be a yes either.
	workedOff(t.Context(), a.u)
	select {
	case got := <-a.asked.answers:
		if got == consent.Yes {
			t.Error("answered with yes")
		}
		a.ask(nil)
	default:
	}
	return n
}

// THREAT 3, PROMISE A5: whatever another program does, the bar is not out of sight for
// longer than half a second, or the session is over; and nobody but the user presses it.
func TestAttacksOnTheBar(t *testing.T) {
	for name, start := range servers() {
		t.Run(name, func(t *testing.T) {
			a, attacks := newArena(t, start), 0
			var longest time.Duration
			a.each(t, func(at attacktest.Attack) bool { return !at.Asks }, func(t *testing.T, at attacktest.Attack) {
				longest = max(longest, a.bar(at))
				attacks++
				if at.Fatal {
					a.stop()
					a.open()
				}
			})
			t.Attr("counted", fmt.Sprintf("%d attacks, %d tries: at most %v without a bar while a session went on", attacks, a.tried, longest.Round(time.Millisecond)))
		})
	}
}

// bar attacks one bar, which is paused so that its button is one that gives. It returns for
// how long at most the bar was out of sight.
func (a *arena) bar(at attacktest.Attack) time.Duration {
	t := a.t
	t.Helper()
	view := exampleBar()
	view.Paused = true
	b, err := a.u.ShowBar(t.Context(), view)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Hide()
	var on attacktest.Target
	var end image.Point
	inLoop(t, a.u, func() {
		p := a.u.loop.bar.p
		on = attacktest.Target{Window: p.win.id, Bounds: p.win.rect, Spot: targetAt(p, barPause)}
		end = targetAt(p, barEnd)
	})
	actedOn(a.u) // of the attack before: its bar may have been lost while End was pressed
	eyes := a.watchBar(b, on.Bounds)
	defer a.rest(at, on)
	for n, began := 0, time.Now(); n < tries(at) || time.Since(began) < sustained && !at.Few; n++ {
		a.tried++
		on.Window = lastly(a.u, b, on.Window)
		at.Do(a.evil, on, n)
		if err := a.evil.Sync(); err != nil {
			t.Fatal(err)
		}
		if isLost(b) {
			break
		}
	}
	longest := eyes()
	most := barAway
	if at.Name == "the server grabbed" {
		most = witnessEvery + answerWithin // nothing leaves through a frozen server either
	}
	if longest > most {
		t.Errorf("the bar was out of sight for %v and the session went on", longest)
	}
	t.Logf("out of sight for %v, over %v", longest.Round(time.Millisecond), isLost(b))
	for _, act := range actedOn(a.u) {
		if act == HoldSession {
			continue // nobody pressed it
		}
		if act == ResumeSession || !at.NeedsPerson {
			t.Errorf("somebody pressed: action %d", act)
		}
	}
	if me := a.desk.Person(); me != nil && !isLost(b) && !at.Few {
		// The user gets through to End, or there is nothing left to end.
		if err := errors.Join(me.MoveTo(end.X, end.Y), me.Click(desktop.Left)); err != nil {
			t.Fatal(err)
		}
		for ended := false; !ended; {
			select {
			case act := <-a.u.Actions():
				if ended = act != HoldSession; ended && act != EndSession {
					t.Errorf("End made action %d", act)
				}
			case <-b.Lost():
				ended = true
			case <-time.After(2 * time.Second):
				t.Error("End cannot be pressed, and the session goes on")
				ended = true
			}
		}
	}
	if at.Name == "the server grabbed" {
		return 0 // what nobody can look at has a bound of its own, above
	}
	return longest
}

// lastly is the bar's window now: another one when it was made anew.
func lastly(u *UI, b *Bar, was xproto.Window) (id xproto.Window) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	id = was
	_ = u.do(ctx, func() {
		if u.loop.bar == b {
			id = u.loop.bar.p.win.id
		}
	})
	return id
}

// actedOn is what was pressed so far; it does not fail when the windows are gone.
func actedOn(u *UI) (acts []Action) {
	for {
		select {
		case a := <-u.Actions():
			acts = append(acts, a)
		case <-time.After(30 * time.Millisecond):
			return acts
		}
	}
}

// watchBar looks at the screen all the time, from a connection of its own, and returns
// for how long at most the bar was not there while the session went on.
func (a *arena) watchBar(b *Bar, place image.Rectangle) (longest func() time.Duration) {
	a.t.Helper()
	eye, err := attacktest.New(a.desk.Display(), nil)
	if err != nil {
		a.t.Fatal(err)
	}
	stop, result := make(chan struct{}), make(chan time.Duration)
	var over atomic.Pointer[time.Time] // when the session was
	go func() {
		select {
		case <-b.Lost():
			now := time.Now()
			over.Store(&now)
		case <-stop:
		}
	}()
	go func() {
		defer eye.Close()
		const pace = 4 * time.Millisecond
		most, last, looked := time.Duration(0), time.Now(), time.Now()
		for {
			select {
			case <-stop:
				result <- most
				return
			case <-time.After(pace):
			}
			if late := time.Since(looked) - pace; late > 0 {
				last = last.Add(late) // it was the eye that was closed, on a machine out of breath
			}
			shows, err := eye.Shows(place)
			now := time.Now()
			looked = now
			until := now
			if end := over.Load(); end != nil {
				until = *end
			}
			// What was not looked at, because the server was frozen, was not seen.
			most = max(most, until.Sub(last)-unwatched)
			if err == nil && shows || b.plighted.Load() {
				last = now // seen, or everything waits
			}
		}
	}()
	return func() time.Duration {
		close(stop)
		return <-result
	}
}

// sustained is how long an attack on the bar goes on at least.
const sustained = 700 * time.Millisecond

// unwatched is the time between two looks of a busy machine, for which the bar is not
// held to account.
const unwatched = 40 * time.Millisecond
