package agent

import (
	"errors"
	"sync"
	"time"

	"github.com/pion/rtp"
)

// outletBurst is how long the network may take for what is let out at once. It bounds how
// long a key, a click or a screen update finds packets of film before it on a thin link.
// outletBytes is as much of it as a busy viewer's socket holds until it is read.
const (
	outletBurst = 60 * time.Millisecond
	outletBytes = 48 << 10
)

// errOutlet says that the connection is closed.
var errOutlet = errors.New("agent: the picture's connection is closed")

// outlet lets the packets of pictures out no faster than the network carries them. A
// film's first picture may be as large as what a thin link carries in a second: sent at
// once it would stand in the queue of some router, and everything else behind it, or be
// dropped there.
//
//	packets ─► less than a burst is under way ─► write, at once
//	             └─ else they wait here, in order, until it is
//
// What waits here has not asked the grant yet: each packet does when it leaves, and the
// first that may not takes the others with it.
type outlet struct {
	write func(*rtp.Packet) error

	mu       sync.Mutex
	kilobits int64         // guarded by mu; a second that the network carries, zero is all at once
	burst    time.Duration // guarded by mu; how long the network takes for what may be let out at once
	free     time.Time     // guarded by mu; when the network has carried what was let out
	waiting  []*rtp.Packet // guarded by mu
	timer    *time.Timer   // guarded by mu; of next, nil while nothing waits
	closed   bool          // guarded by mu
	lost     func()        // guarded by mu; hears that what waited is not sent. It must not wait
	running  sync.WaitGroup
}

// follow hears what the network carries, in kilobits a second.
func (o *outlet) follow(kilobits int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kilobits, o.burst = kilobits, outletBurst
	if kilobits > 0 {
		o.burst = min(outletBurst, carrying(outletBytes, kilobits))
	}
}

// carrying is how long so many bytes take.
func carrying(bytes int, kilobits int64) time.Duration {
	const bits = 8
	return time.Duration(bits*bytes) * time.Millisecond / time.Duration(kilobits)
}

// onLost says who hears that packets which waited were not sent.
func (o *outlet) onLost(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lost = f
}

// full reports whether packets are waiting.
func (o *outlet) full() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.waiting) > 0
}

// send lets packets out, now or later. It returns the error of one that was let out now.
func (o *outlet) send(packets []*rtp.Packet) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return errOutlet
	}
	o.waiting = append(o.waiting, packets...)
	if o.timer != nil {
		return nil // behind those that wait
	}
	return o.releaseLocked()
}

// releaseLocked lets out what there is room for, and comes back for the rest.
func (o *outlet) releaseLocked() error {
	for len(o.waiting) > 0 {
		now := time.Now()
		if early := o.free.Add(-o.burst).Sub(now); early > 0 {
			o.running.Add(1)
			o.timer = time.AfterFunc(early, o.next)
			return nil
		}
		packet := o.waiting[0]
		o.waiting = o.waiting[1:]
		if err := o.write(packet); err != nil {
			o.waiting = nil
			return err
		}
		o.carryLocked(packet, now)
	}
	o.waiting = nil
	return nil
}

// carryLocked notes what the network was given.
func (o *outlet) carryLocked(packet *rtp.Packet, now time.Time) {
	if o.free.Before(now) {
		o.free = now
	}
	if o.kilobits > 0 {
		o.free = o.free.Add(carrying(packet.MarshalSize(), o.kilobits))
	}
}

// next goes on with what waits.
func (o *outlet) next() {
	defer o.running.Done()
	o.mu.Lock()
	o.timer = nil
	lost := o.lost
	failed := o.releaseLocked() != nil
	o.mu.Unlock()
	if failed && lost != nil {
		lost()
	}
}

// empty drops what waits: nobody would take it.
func (o *outlet) empty() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting = nil
}

// close drops what waits, and waits until nothing is being let out.
func (o *outlet) close() {
	o.mu.Lock()
	o.closed, o.waiting = true, nil
	if o.timer != nil && o.timer.Stop() {
		o.timer = nil
		o.running.Done()
	}
	o.mu.Unlock()
	o.running.Wait()
}
