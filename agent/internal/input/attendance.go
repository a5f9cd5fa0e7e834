package input

import (
	"sync"
	"time"
)

// Attendance tells whether the user uses their own mouse and keyboard. It needs no grant:
// it learns that a device was used and nothing of what was done with it. What programs
// inject, the technician's events among them, does not count.
type Attendance struct {
	sys *listener

	mu     sync.Mutex
	last   time.Time
	asleep bool // the screen saver is on
	dark   bool // the monitors are switched off
}

// Attend begins to listen.
func Attend() (*Attendance, error) {
	a := &Attendance{last: time.Now()}
	sys, err := openListener(a.saw, a.sleeps, a.darkens)
	if err != nil {
		return nil, err
	}
	a.sys = sys
	return a, nil
}

func (a *Attendance) saw() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = time.Now()
}

func (a *Attendance) sleeps(asleep bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asleep = asleep
}

func (a *Attendance) darkens(dark bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dark = dark
}

// Last is when the user last used a device of their own, or when listening began.
func (a *Attendance) Last() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last
}

// Asleep reports whether the X server has blanked the screen, by its screen saver or by
// switching the monitors off.
func (a *Attendance) Asleep() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asleep || a.dark
}

// Close ends listening.
func (a *Attendance) Close() { a.sys.close() }
