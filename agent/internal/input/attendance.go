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
	asleep bool
}

// Attend begins to listen.
func Attend() (*Attendance, error) {
	a := &Attendance{last: time.Now()}
	sys, err := openListener(a.saw, a.sleeps)
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

// Last is when the user last used a device of their own, or when listening began.
func (a *Attendance) Last() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.last
}

// Asleep reports whether the screen saver of the X server has blanked the screen.
func (a *Attendance) Asleep() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asleep
}

// Close ends listening.
func (a *Attendance) Close() { a.sys.close() }
