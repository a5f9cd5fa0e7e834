package ui

import (
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/consent"
)

// THREAT 1: while the agent is stopped, or kept waiting, other words can stand on a question.
// What the user then pressed is no answer to the words that are there again when it goes on.
func TestWhatWasPressedUnwatchedIsNoAnswer(t *testing.T) {
	s, me := desk(t)
	u, c := running(t, s), s.client(t)
	answers, _, yes := opened(t, u, exampleQuestion(consent.Control))
	inLoop(t, u, func() {
		w := u.loop.question
		err := xproto.ClearAreaChecked(c.x, false, w.p.win.id, 0, 0, 0, 0).Check()
		if err != nil {
			t.Error(err)
		}
		time.Sleep(freshFor + 100*time.Millisecond) // the user reads what stands there now
		me.click(yes)
		w.p.refresh() // as it was
	})
	noAnswer(t, u, answers)
	armed(t, u)
	me.click(yes)
	wantAnswer(t, answers, consent.Yes)
}

// THREAT 1: after the user's mouse was changed by another program nothing is given by it until
// the user had time to see what it does now; then it is their mouse as before.
func TestAChangedMouseGivesNothingForAWhile(t *testing.T) {
	s, me := desk(t)
	u, c := running(t, s), s.client(t)
	answers, _, yes := opened(t, u, exampleQuestion(consent.Control))
	was, err := xproto.GetPointerMapping(c.x).Reply()
	if err != nil {
		t.Fatal(err)
	}
	was.Map[1], was.Map[2] = was.Map[2], was.Map[1] // even where it is not the first one
	if _, err := xproto.SetPointerMapping(c.x, byte(len(was.Map)), was.Map).Reply(); err != nil {
		t.Fatal(err)
	}
	me.click(yes)
	noAnswer(t, u, answers)
	armed(t, u)
	me.click(yes)
	wantAnswer(t, answers, consent.Yes)
}

// THREAT 1: a press counts as of when the device made it, and only if the device made it
// itself; a wheel gives nothing, whatever it was made to mean.
func TestAPressIsFirmWhenTheDeviceMadeIt(t *testing.T) {
	now := time.Now()
	made := now.Add(-3 * time.Second) // held back since
	for _, c := range []struct {
		name   string
		before pressing
		flags  uint32
		firm   bool
		at     time.Time
	}{
		{"a button", pressing{source: 6, button: 1, time: 10, at: now}, 0, true, now},
		{"a button that means the first", pressing{source: 6, button: 3, time: 10, at: now}, 0, true, now},
		{"a button held back", pressing{source: 6, button: 1, time: 10, at: made}, 0, true, made},
		{"a wheel", pressing{source: 6, button: 5, time: 10, at: now}, 0, false, now},
		{"a wheel to the side", pressing{source: 6, button: 7, time: 10, at: now}, 0, false, now},
		{"another moment", pressing{source: 6, button: 1, time: 9, at: now}, 0, false, now},
		{"another device", pressing{source: 7, button: 1, time: 10, at: now}, 0, false, now},
		{"nothing pressed", pressing{}, 0, false, now},
		{"a finger", pressing{}, xiEmulated, true, now},
		{"a finger on a device just changed", pressing{bent: now}, xiEmulated, false, now},
		{"a device just changed", pressing{source: 6, button: 1, time: 10, at: now, bent: now.Add(-armAfter / 2)}, 0, false, now},
		{"a device changed long ago", pressing{source: 6, button: 1, time: 10, at: now, bent: made}, 0, true, now},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := &UI{conn: &xconn{devices: deviceTable{trusted: map[uint16]bool{6: true, 7: true}}}}
			u.loop.listens, u.loop.pressing = 1<<xiRawButton, c.before
			ev := xievent{kind: xiButtonPress, source: 6, time: 10, detail: 1, flags: c.flags}
			if at := u.confirm(&ev, now); ev.firm != c.firm || !at.Equal(c.at) {
				t.Errorf("firm %v, made %v before", ev.firm, now.Sub(at))
			}
		})
	}
}
