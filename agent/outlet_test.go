package agent

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"beside/consent"
)

// letOut keeps when which packets left an outlet.
type letOut struct {
	began  time.Time
	at     []time.Duration // read after pass
	number []uint16
	fails  atomic.Pointer[error]
}

func newLetOut(kilobits int64) (*letOut, *outlet) {
	l := &letOut{began: time.Now()}
	o := &outlet{write: func(p *rtp.Packet) error {
		if err := l.fails.Load(); err != nil {
			return *err
		}
		l.at, l.number = append(l.at, time.Since(l.began)), append(l.number, p.SequenceNumber)
		return nil
	}}
	o.follow(kilobits)
	return l, o
}

// pass lets time pass, and what is due then be done.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// packetsOf are so many packets of 1,250 bytes, 10 kilobits: one takes a link of 500
// kilobits a second 20 ms.
func packetsOf(first uint16, count int) (list []*rtp.Packet) {
	for i := range count {
		list = append(list, &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: first + uint16(i)}, Payload: make([]byte, 1250-12)})
	}
	return list
}

// What a thin link takes a second for leaves within a second, evenly, in order, and never
// has more than a burst of it standing in the network.
func TestAThinLinkIsGivenWhatItCarries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, o := newLetOut(500)
		defer o.close()
		if err := o.send(packetsOf(0, 40)); err != nil || !o.full() {
			t.Fatalf("%v, full %v", err, o.full())
		}
		if err := o.send(packetsOf(40, 10)); err != nil {
			t.Fatal(err)
		}
		pass(2 * time.Second)
		if len(l.at) != 50 || o.full() {
			t.Fatalf("%d packets left, want 50", len(l.at))
		}
		const each = 20 * time.Millisecond
		for i, at := range l.at {
			if l.number[i] != uint16(i) {
				t.Fatalf("packet %d left as number %d", l.number[i], i)
			}
			if queue := time.Duration(i)*each - at; queue > outletBurst {
				t.Errorf("packet %d left after %v, with %v in the network", i, at, queue)
			}
		}
		if last := l.at[49]; last < 49*each-outletBurst || last > 49*each {
			t.Errorf("the last left after %v", last)
		}
	})
}

// What the link carries in a moment is held back by nothing, also when it comes often.
func TestAGoodLinkWaitsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, kilobits := range []int64{0, 20_000} {
			l, o := newLetOut(kilobits)
			for i := range 30 {
				if err := o.send(packetsOf(uint16(20*i), 20)); err != nil || o.full() {
					t.Fatalf("%d kbit/s: picture %d: %v, full %v", kilobits, i, err, o.full())
				}
				pass(time.Second / 30)
			}
			if len(l.at) != 600 {
				t.Errorf("%d kbit/s: %d packets left", kilobits, len(l.at))
			}
			o.close()
		}
	})
}

// A link that gets better, or worse, counts for what waits already.
func TestWhatWaitsFollowsTheLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, o := newLetOut(500)
		defer o.close()
		_ = o.send(packetsOf(0, 50))
		pass(100 * time.Millisecond)
		o.follow(5_000)
		pass(150 * time.Millisecond)
		if len(l.at) != 50 {
			t.Errorf("%d packets left", len(l.at))
		}
	})
}

// THREAT 4: what waits when the grant is taken back never leaves, and with a pause it is
// said to be lost, once: the viewer needs another picture to begin with.
func TestWhatWaitsDiesWithTheGrant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, o := newLetOut(500)
		defer o.close()
		lost := 0
		o.onLost(func() { lost++ })
		_ = o.send(packetsOf(0, 50))
		l.fails.Store(&consent.ErrPaused)
		pass(time.Second)
		left := len(l.at)
		l.fails.Store(nil)
		pass(2 * time.Second)
		if len(l.at) != left || o.full() || lost != 1 {
			t.Errorf("%d packets left after the pause, full %v, lost %d times", len(l.at)-left, o.full(), lost)
		}
	})
}

// Nothing leaves once it is closed, and nobody hears of it.
func TestAClosedOutletIsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, o := newLetOut(500)
		o.onLost(func() { t.Error("lost") })
		_ = o.send(packetsOf(0, 50))
		pass(50 * time.Millisecond)
		left := len(l.at)
		o.close()
		pass(2 * time.Second)
		if len(l.at) != left {
			t.Errorf("%d packets left", len(l.at)-left)
		}
		if err := o.send(packetsOf(50, 1)); err == nil || len(l.at) != left {
			t.Errorf("a packet was taken, %v", err)
		}
		o.close()
	})
}

// However often something was sent behind what waits, closing waits for nothing: the user's
// End does not stand behind a clock that nobody needs any more.
func TestClosingAnOutletTakesNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, o := newLetOut(500)
		for i := range 5 {
			_ = o.send(packetsOf(uint16(10*i), 10))
		}
		pass(100 * time.Millisecond)
		left := len(l.at)
		if left == 0 || !o.full() {
			t.Fatalf("%d packets left, full %v", left, o.full())
		}
		began := time.Now()
		o.close()
		if took := time.Since(began); took > 0 {
			t.Errorf("it took %v", took)
		}
	})
}
