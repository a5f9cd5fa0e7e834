package input

import (
	"errors"
	"sync"
	"time"
)

// userHold is how long after the user's last motion or key the technician may go on.
const userHold = 3 * time.Second

// lookAgain is how often, while something is held, it is checked that nothing has
// come up that it must not reach.
const lookAgain = 25 * time.Millisecond

// activity knows when the user last used their own mouse or keyboard.
type activity struct {
	hold    time.Duration
	seen    chan struct{} // the user did something; capacity 1
	held    chan struct{} // the technician holds something; capacity 1
	changes chan bool     // to the session; capacity 1

	mu   sync.Mutex
	last time.Time
}

func newActivity(hold time.Duration) *activity {
	return &activity{hold: hold, seen: make(chan struct{}, 1), held: make(chan struct{}, 1), changes: make(chan bool, 1)}
}

// saw notes that the user did something. It never waits.
func (a *activity) saw() {
	a.mu.Lock()
	a.last = time.Now()
	a.mu.Unlock()
	notify(a.seen)
}

// poke says that the technician holds something from now on.
func (a *activity) poke() { notify(a.held) }

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (a *activity) active() bool { return a.left() > 0 }

// left is how long the technician has to wait still.
func (a *activity) left() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last.IsZero() {
		return 0
	}
	return a.hold - time.Since(a.last)
}

// tell replaces what the session has not read yet.
func (a *activity) tell(active bool) {
	select {
	case <-a.changes:
	default:
	}
	a.changes <- active
}

// watch lets go of everything the moment the user takes over, the grant ends, or a
// question comes up while the technician holds something; and tidies the key map.
func (i *Injector) watch(interval time.Duration) {
	defer close(i.ended)
	defer i.leave()
	revoked := i.grant.Done()
	active := false
	free, look := time.NewTimer(time.Hour), time.NewTicker(time.Hour)
	defer free.Stop()
	defer look.Stop()
	for {
		select {
		case <-i.stop:
			return
		case <-revoked:
			i.ReleaseAll()
			revoked = nil
		case <-i.user.seen:
			if !active {
				active = true
				i.ReleaseAll()
				i.user.tell(true)
				free.Reset(i.user.left())
			}
		case <-free.C:
			if left := i.user.left(); left > 0 {
				free.Reset(left)
			} else if active {
				active = false
				i.user.tell(false)
			}
		case <-i.user.held:
			look.Reset(interval)
		case <-look.C:
			i.lookAfter(look)
		}
	}
}

// leave gives borrowed key codes back, once programs have had time to read the last
// keys, and disconnects.
func (i *Injector) leave() {
	time.Sleep(i.sys.keys.unsettled())
	i.sys.close()
}

// lookAfter runs while something is held or bound.
func (i *Injector) lookAfter(look *time.Ticker) {
	if i.holding() && (i.guard.Locked() || i.grant.Use(anywhere) != nil || errors.Is(i.focused(), ErrBlocked) && !i.dragging()) {
		i.ReleaseAll()
	}
	if i.tidy() && !i.holding() {
		look.Reset(time.Hour)
	}
}

// tidy gives borrowed key codes back when they have not been used for a while.
func (i *Injector) tidy() (done bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.sys.keys.tidy(time.Now())
}
