package agent

import (
	"context"
	"errors"
	"time"

	"beside/agent/internal/input"
	"beside/agent/internal/lock"
	"beside/agent/internal/ui"
	"beside/consent"
)

// defaultAway is how long the user may leave mouse and keyboard alone before what the
// technician does waits for them; warnBefore is how long before that they are asked.
// PROMISE A4.
const (
	defaultAway = 5 * time.Minute
	// What a user can choose instead: not so long that nobody is there for an hour.
	shortestAway, longestAway = 10 * time.Second, 30 * time.Minute

	warnBefore = time.Minute
	// warnLook is how soon a hand on the mouse takes the question away.
	warnLook = 200 * time.Millisecond
)

// senses tell whether somebody is at the computer.
type senses interface {
	// Last is when the user last used a device of their own.
	Last() time.Time
	// Dark reports whether the screen is locked or blanked.
	Dark() bool
	Close()
}

// openSenses listens to the user's devices and to the lock; changed hears of the lock.
func openSenses(ctx context.Context, changed func()) (senses, error) {
	devices, err := input.Attend()
	if err != nil {
		return nil, err
	}
	return &realSenses{devices, lock.Watch(ctx, changed)}, nil
}

type realSenses struct {
	*input.Attendance
	lock *lock.Watcher
}

func (s *realSenses) Dark() bool { return s.Asleep() || s.lock.Locked() }

func (s *realSenses) Close() {
	s.lock.Close()
	s.Attendance.Close()
}

// attendance holds what the technician does while nobody is there to see it.
//
//	here ──nothing touched──► asked ──nothing touched──► away
//	 ▲ ▲                        │                         │
//	 │ └────── a hand, a press ─┘      screen locked ────►│
//	 └──────────────── the user's press ──────────────────┘
//
// The user's press alone ends it: whoever passes by and touches the mouse has not said
// that it may go on. One goroutine, run, owns it.
type attendance struct {
	gate       *consent.Gate
	windows    windows
	technician string
	after      time.Duration
	sense      func(ctx context.Context, changed func()) (senses, error)

	wake chan struct{} // holds one token: something changed
	back chan struct{} // holds one token: the user says that they are there

	senses senses
	since  time.Time // from when nothing touched counts
	phase  whereabouts
}

// whereabouts is how attendance stands.
type whereabouts uint8

const (
	isHere whereabouts = iota
	isAsked
	isAway
)

func newAttendance(gate *consent.Gate, on windows, technician string, after time.Duration) *attendance {
	if after <= 0 {
		after = defaultAway
	}
	return &attendance{gate: gate, windows: on, technician: technician, after: after, sense: openSenses,
		wake: make(chan struct{}, 1), back: make(chan struct{}, 1)}
}

// changed says that something was granted, taken back or locked. It never waits.
func (a *attendance) changed() { poke(a.wake) }

// here says that the user pressed that they are there. What waits goes on before it
// returns.
func (a *attendance) here() {
	a.gate.Free(consent.HoldAway, consent.ByUser)
	poke(a.back)
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run attends until ctx ends. Without senses nobody can tell whether the user is there,
// and nothing of what it guards may go on.
func (a *attendance) run(ctx context.Context) error {
	s, err := a.sense(ctx, a.changed)
	if err != nil {
		a.gate.Hold(consent.HoldAway, consent.ByAgent)
		return errors.Join(errNoSenses, err)
	}
	defer s.Close()
	defer a.windows.HideHere()
	a.senses, a.since = s, time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-a.wake:
		case <-a.back:
			a.phase, a.since = isHere, time.Now()
		case <-timer.C:
		}
		timer.Reset(a.look(time.Now()))
	}
}

// errNoSenses says that nobody can tell whether the user is there.
var errNoSenses = errors.New("agent: cannot tell whether the user is there")

// look does what is due and returns when to look again.
func (a *attendance) look(now time.Time) time.Duration {
	acts, talks := a.guards()
	if !acts && !talks {
		a.settle()
		a.since = now
		return time.Hour // a grant wakes it
	}
	if a.phase == isAway {
		return time.Hour // a press wakes it
	}
	touched := a.senses.Last()
	if touched.Before(a.since) {
		touched = a.since
	}
	due := touched.Add(a.after)
	warn := due.Add(-min(warnBefore, a.after/2))
	switch {
	case a.senses.Dark() || acts && !now.Before(due):
		a.phase = isAway
		a.gate.Hold(consent.HoldAway, consent.ByAgent)
		a.windows.ShowHere(ui.HereView{Technician: a.technician})
		return time.Hour
	case !acts: // who talks does not move the mouse; a locked screen wakes it
		if a.phase == isAsked {
			a.phase = isHere
			a.windows.HideHere()
		}
		return time.Hour
	case !now.Before(warn):
		if a.phase != isAsked {
			a.phase = isAsked
			a.windows.ShowHere(ui.HereView{Technician: a.technician, Waits: due})
		}
		return min(warnLook, due.Sub(now))
	}
	if a.phase == isAsked {
		a.phase = isHere
		a.windows.HideHere()
	}
	return warn.Sub(now)
}

// guards reports whether there is anything that the technician can do, and whether the
// microphone is heard.
func (a *attendance) guards() (acts, talks bool) {
	for _, scope := range a.gate.Snapshot().Granted {
		acts = acts || scope == consent.Control || scope == consent.Clipboard || scope == consent.Files
		talks = talks || scope == consent.Voice
	}
	return acts, talks
}

// settle ends asking and waiting when nothing is left that could go on.
func (a *attendance) settle() {
	if a.phase == isHere {
		return
	}
	a.phase = isHere
	a.windows.HideHere()
	a.gate.Free(consent.HoldAway, consent.ByAgent)
}
