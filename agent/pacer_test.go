package agent

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// What changes 60 times a second never waits, at whatever phase; what changes all the time
// is shown 72 times a second.
func TestPacer(t *testing.T) {
	start := time.Now()
	for name, test := range map[string]struct {
		every time.Duration // between two changes
		count int           // of pictures in ten seconds
		late  time.Duration // the longest from a change to its picture
	}{
		"a key now and then":         {100 * time.Millisecond, 100, 0},
		"sixty a second":             {time.Second / 60, 600, 0},
		"two hundred a second":       {5 * time.Millisecond, 722, spacing},
		"whenever somebody looks":    {100 * time.Microsecond, 722, spacing},
		"as fast as pictures may be": {spacing, 720, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var p pacer
			count, free, late := 0, start, time.Duration(0)
			for change := start; change.Before(start.Add(10 * time.Second)); change = change.Add(test.every) {
				if change.Before(free) { // it gathers, and is shown when the next may be taken
					if next := change.Add(test.every); next.Before(free) {
						continue
					}
				}
				at := change
				if at.Before(free) {
					at = free
				}
				late = max(late, at.Sub(change))
				free = p.taken(at)
				count++
			}
			if late > test.late || count > test.count+2 || count < test.count-2 {
				t.Errorf("%d pictures, the latest %v after its change; want %d and %v", count, late, test.count, test.late)
			}
		})
	}
}

// After a rest three pictures come at once, but never so close that a window which is drawn
// in pieces is taken piece by piece; the fourth waits for its turn.
func TestPacerAfterARest(t *testing.T) {
	var p pacer
	now := time.Now()
	for i, want := range []time.Duration{closest, closest, 3*spacing - mostAhead - 2*closest} {
		next := p.taken(now)
		if got := next.Sub(now); got != want {
			t.Errorf("after picture %d: %v, want %v", i+1, got, want)
		}
		now = next
	}
}

// Whatever changes all the time, the picture after a press comes as soon as pictures may;
// soon they are as far from each other as before.
func TestPacerAfterAPress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPicture(nil, 0, nil)
		p.ctx = context.Background()
		e := &exact{film: film{picture: p}}
		space := func() time.Duration {
			began := time.Now()
			if err := e.space(began); err != nil {
				t.Fatal(err)
			}
			return time.Since(began)
		}
		for range 10 {
			space()
		}
		time.AfterFunc(closest+time.Millisecond, p.answer)
		if got := space(); got != closest+time.Millisecond {
			t.Errorf("a press was answered after %v", got)
		}
		for at := time.Now(); time.Since(at) < answerTime; {
			if got := space(); got != closest {
				t.Errorf("while the answer is on its way pictures are %v apart", got)
			}
		}
		for range 10 {
			if got := space(); got != spacing {
				t.Errorf("after it they are %v apart", got)
			}
		}
	})
}
