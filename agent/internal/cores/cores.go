// Package cores has the program use one core of the user's machine while there is little
// to do.
//
// The scheduler wakes a second thread for everything that could run beside the first. At
// rest and while somebody types that is hardly worth a thread's waking: with one core the
// same work costs a third less (docs/performance.md). Where there is real work, such as a
// film to encode, whoever does it calls All for as long as it lasts; what comes in pieces of
// which nobody knows how long they are goes by Effort.
package cores

import (
	"runtime"
	"sync"
)

var (
	mu      sync.Mutex
	sparing bool // guarded by mu, as all
	users   int
)

// Spare begins it, for the whole program. Before that All changes nothing.
func Spare() {
	mu.Lock()
	defer mu.Unlock()
	if !sparing {
		sparing = true
		set()
	}
}

// All has the program use every core until done is called; further calls of done do nothing.
func All() (done func()) {
	count(1)
	return sync.OnceFunc(func() { count(-1) })
}

func count(by int) {
	mu.Lock()
	defer mu.Unlock()
	was := users
	users += by
	if (was == 0) != (users == 0) {
		set()
	}
}

// set stops all goroutines for some microseconds.
func set() {
	switch {
	case !sparing:
	case users > 0:
		runtime.SetDefaultGOMAXPROCS()
	default:
		runtime.GOMAXPROCS(1)
	}
}
