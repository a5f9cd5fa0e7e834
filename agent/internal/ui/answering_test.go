package ui

import (
	"testing"
	"time"

	"beside/consent"
)

// story runs steps on a question with a clock of its own.
func story(timeout time.Duration, latest time.Duration, steps ...func(a *answering, at func(time.Duration) time.Time)) *answering {
	start := time.Unix(1000, 0)
	end := time.Time{}
	if latest > 0 {
		end = start.Add(latest)
	}
	a := newAnswering(start, timeout, end)
	for _, step := range steps {
		step(a, func(d time.Duration) time.Time { return start.Add(d) })
	}
	return a
}

type moment = func(a *answering, at func(time.Duration) time.Time)

func seen(d time.Duration) moment {
	return func(a *answering, at func(time.Duration) time.Time) { a.seen(at(d)) }
}

func disturb() moment { return func(a *answering, _ func(time.Duration) time.Time) { a.disturbed() } }

func click(id targetID, d time.Duration) moment {
	return func(a *answering, at func(time.Duration) time.Time) {
		a.down(id, at(d))
		a.press(id, byPointer, at(d+time.Millisecond))
	}
}

func hit(id targetID, by trigger, d time.Duration) moment {
	return func(a *answering, at func(time.Duration) time.Time) { a.press(id, by, at(d)) }
}

func down(id targetID, d time.Duration) moment {
	return func(a *answering, at func(time.Duration) time.Time) { a.down(id, at(d)) }
}

// slow makes a yes count only after d, as with a caution.
func slow(d time.Duration) moment {
	return func(a *answering, _ func(time.Duration) time.Time) { a.yesAfter = d }
}

func pass(d time.Duration) moment {
	return func(a *answering, at func(time.Duration) time.Time) { a.tick(at(d)) }
}

func escapeAt(d time.Duration) moment {
	return func(a *answering, at func(time.Duration) time.Time) { a.escape(at(d)) }
}

// THREAT 1, PROMISE A1: what is an answer, and what is none.
func TestAnswering(t *testing.T) {
	const s = time.Second
	for _, tc := range []struct {
		name  string
		steps []moment
		done  bool
		want  consent.Answer
	}{
		{"click on yes", []moment{seen(0), click(answerYes, 2*s)}, true, consent.Yes},
		{"click on no", []moment{seen(0), click(answerNo, 2*s)}, true, consent.No},
		{"space on yes", []moment{seen(0), hit(answerYes, bySpace, 2*s)}, true, consent.Yes},
		{"a stray press on yes", []moment{seen(0), down(answerYes, 2*s), hit(answerYes, byStray, 2*s)}, false, consent.No},
		{"a stray press on no", []moment{seen(0), down(answerNo, 2*s), hit(answerNo, byStray, 2*s)}, true, consent.No},
		{"a stray press that went down elsewhere", []moment{seen(0), down(answerYes, 2*s), hit(answerNo, byStray, 2*s)}, false, consent.No},
		{"a stray press too soon", []moment{seen(0), down(answerNo, s/2), hit(answerNo, byStray, 2*s)}, false, consent.No},
		{"enter on yes", []moment{seen(0), hit(answerYes, byEnter, 2*s)}, false, consent.No},
		{"enter on no", []moment{seen(0), hit(answerNo, byEnter, 2*s)}, true, consent.No},
		{"escape", []moment{seen(0), escapeAt(2 * s)}, true, consent.No},
		{"escape too soon", []moment{seen(0), escapeAt(s / 2)}, false, consent.No},
		{"never in view", []moment{click(answerYes, 30*s)}, false, consent.No},
		{"too soon", []moment{seen(0), click(answerYes, s-2*time.Millisecond)}, false, consent.No},
		{"pressed too soon, released later", []moment{seen(0), down(answerYes, s/2), hit(answerYes, byPointer, 2*s)}, false, consent.No},
		{"space on no, too soon", []moment{seen(0), hit(answerNo, bySpace, s/2)}, false, consent.No},
		{"enter on no, too soon", []moment{seen(0), hit(answerNo, byEnter, s/2)}, false, consent.No},
		{"answered, then the time runs out", []moment{seen(0), click(answerYes, 2*s), pass(60 * s)}, true, consent.Yes},
		{"space too soon", []moment{seen(0), hit(answerYes, bySpace, s/2)}, false, consent.No},
		{"down elsewhere, up on yes", []moment{seen(0), down(answerNo, 2*s), hit(answerYes, byPointer, 2*s)}, false, consent.No},
		{"covered, then in view too short", []moment{seen(0), disturb(), seen(5 * s), click(answerYes, 5*s+s/2)}, false, consent.No},
		{"covered between down and up", []moment{seen(0), down(answerYes, 2*s), disturb(), seen(2 * s), hit(answerYes, byPointer, 4*s)}, false, consent.No},
		{"covered, then in view long enough", []moment{seen(0), disturb(), seen(5 * s), click(answerYes, 7*s)}, true, consent.Yes},
		{"nobody answers", []moment{seen(0), pass(60 * s)}, true, consent.TimedOut},
		{"nearly", []moment{seen(0), pass(60*s - 1)}, false, consent.No},
		{"yes after the end", []moment{seen(0), pass(60 * s), click(answerYes, 61*s)}, true, consent.TimedOut},
		{"time stopped", []moment{seen(0), click(takeTime, 2*s), pass(120 * s)}, false, consent.No},
		{"time stopped, nobody comes back", []moment{seen(0), click(takeTime, 2*s), pass(waitAtMost)}, true, consent.TimedOut},
		{"going on before the caution can be read", []moment{slow(6 * s), seen(0), click(answerYes, 5*s), hit(answerYes, bySpace, 5*s)}, false, consent.No},
		{"going on after it", []moment{slow(6 * s), seen(0), click(answerYes, 7*s)}, true, consent.Yes},
		{"pressed before, released after", []moment{slow(6 * s), seen(0), down(answerYes, 5*s), hit(answerYes, byPointer, 7*s)}, false, consent.No},
		{"covered, and read anew", []moment{slow(6 * s), seen(0), disturb(), seen(5 * s), click(answerYes, 10*s)}, false, consent.No},
		{"stopping need not wait", []moment{slow(6 * s), seen(0), click(answerNo, 2*s)}, true, consent.No},
		{"escape after an answer", []moment{seen(0), click(answerYes, 2*s), escapeAt(3 * s)}, true, consent.Yes},
		{"pressed on going on too soon, let go on stopping", []moment{slow(6 * s), seen(0), down(answerNo, 2*s), down(answerYes, 3*s), hit(answerNo, byPointer, 4*s)}, false, consent.No},
		{"second answer", []moment{seen(0), click(answerNo, 2*s), click(answerYes, 3*s)}, true, consent.No},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := story(60*s, 0, tc.steps...)
			if a.done != tc.done || a.answer != tc.want {
				t.Errorf("got %v, %d, want %v, %d", a.done, a.answer, tc.done, tc.want)
			}
		})
	}
}

// The user is not promised time that whoever asks will not give.
func TestTimeIsOfferedHonestly(t *testing.T) {
	const s = time.Second
	for _, tc := range []struct {
		latest time.Duration
		want   bool
	}{{0, true}, {60 * s, false}, {65 * s, false}, {120 * s, true}} {
		if got := story(60*s, tc.latest).stoppable(); got != tc.want {
			t.Errorf("asker waits %v: got %v, want %v", tc.latest, got, tc.want)
		}
	}
	if a := story(60*s, 65*s, seen(0), click(takeTime, 2*s), pass(60*s)); !a.done {
		t.Error("time that was not offered was taken")
	}
	if a := story(60*s, 30*s, pass(30*s)); !a.done {
		t.Error("the question asks longer than whoever asks waits")
	}
	if a := story(60*s, 2*waitAtMost, seen(0), click(takeTime, 2*s), pass(waitAtMost)); !a.done {
		t.Error("the question stays for longer than any may")
	}
	a := story(60*s, 120*s, seen(0), click(takeTime, 2*s), pass(120*s))
	if !a.done || a.answer != consent.TimedOut {
		t.Error("the question outlived whoever asked it")
	}
}

func TestPresence(t *testing.T) {
	start := time.Unix(1000, 0)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	t.Run("half a second out of sight", func(t *testing.T) {
		var p presence
		p.update(at(0), true)
		p.update(at(100), false)
		p.update(at(599), false)
		if p.lost() {
			t.Error("lost after 499 ms")
		}
		if want := at(600); !p.due().Equal(want) {
			t.Errorf("due %v, want %v", p.due(), want)
		}
		p.update(at(600), false)
		if !p.lost() {
			t.Error("not lost after 500 ms")
		}
	})
	t.Run("let through now and then", func(t *testing.T) {
		var p presence
		ms := 0
		for ; !p.lost() && ms < 2000; ms += 50 {
			p.update(at(ms), false)
			p.update(at(ms+48), true)
		}
		if ms > 600 {
			t.Errorf("lost after %d ms, want at most 600", ms)
		}
	})
	t.Run("menus that open over it", func(t *testing.T) {
		var p presence
		for ms := 0; ms < 60000; ms += 200 {
			p.update(at(ms), false)
			p.update(at(ms+20), true)
			if p.lost() {
				t.Fatalf("lost after %d ms", ms)
			}
		}
	})
}
