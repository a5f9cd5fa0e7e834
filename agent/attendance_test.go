package agent

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beside/consent"
	"beside/consent/consenttest"
)

// paperSenses are a user at a computer that a test moves about.
type paperSenses struct {
	mu      sync.Mutex
	last    time.Time
	dark    bool
	changed func()
}

func (p *paperSenses) Last() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

func (p *paperSenses) Dark() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dark
}

func (p *paperSenses) Close() {}

func (p *paperSenses) touch() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
}

func (p *paperSenses) lock(dark bool) {
	p.mu.Lock()
	p.dark = dark
	p.mu.Unlock()
	p.changed()
}

// room is a session with control granted and a user who may leave.
type room struct {
	*attendance
	senses  *paperSenses
	gate    *consent.Gate
	control *consent.ControlGrant
	windows *person
}

// enter begins one in a bubble of virtual time.
func enter(t *testing.T, after time.Duration) *room {
	t.Helper()
	control, gate := consenttest.NewControl(t)
	r := &room{senses: &paperSenses{last: time.Now()}, gate: gate, control: control, windows: newPerson()}
	r.attendance = newAttendance(gate, r.windows, "Ana", after)
	r.attendance.sense = func(_ context.Context, changed func()) (senses, error) {
		r.senses.changed = changed
		return r.senses, nil
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		gate.Close()
	})
	synctest.Wait()
	return r
}

func (r *room) waits() bool {
	return errors.Is(r.control.Use(func() error { return nil }), consent.ErrPaused)
}

// shown is whether the window is there, and whether it says that control waits.
func (r *room) shown() (there, waits bool) {
	synctest.Wait()
	for {
		select {
		case v := <-r.windows.here:
			there, waits = v != nil, v != nil && v.Waits.IsZero()
		default:
			return there, waits
		}
	}
}

// PROMISE A4: nobody there, no control; and only the user's own word brings it back.
func TestAwayHoldsControl(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := enter(t, 0)
		time.Sleep(4*time.Minute - time.Second)
		if there, _ := r.shown(); there || r.waits() {
			t.Fatal("asked too early")
		}
		time.Sleep(2 * time.Second)
		if there, waits := r.shown(); !there || waits || r.waits() {
			t.Fatalf("after four minutes: asked %v, waits %v", there, r.waits())
		}
		r.senses.touch() // a hand on the mouse is an answer
		time.Sleep(warnLook)
		if there, _ := r.shown(); there {
			t.Fatal("still asked, though somebody is there")
		}
		time.Sleep(5*time.Minute - 2*warnLook)
		if r.waits() {
			t.Fatal("waits too early")
		}
		time.Sleep(3 * warnLook)
		if _, waits := r.shown(); !waits || !r.waits() {
			t.Fatal("five minutes away, and control goes on")
		}
		r.senses.touch() // whoever that is, it is no word
		time.Sleep(time.Minute)
		if !r.waits() {
			t.Fatal("a touch brought control back")
		}
		r.here()
		if r.waits() {
			t.Fatal("the user is there, and control waits")
		}
		time.Sleep(4*time.Minute - time.Second)
		if r.waits() {
			t.Fatal("the time does not begin anew")
		}
	})
}

// PROMISE A4: a locked screen holds control at once, and an unlocked one is no word yet.
func TestLockedHoldsControl(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := enter(t, 0)
		r.senses.lock(true)
		synctest.Wait()
		if _, waits := r.shown(); !r.waits() || !waits {
			t.Fatal("control goes on behind a locked screen")
		}
		r.senses.lock(false)
		synctest.Wait()
		if !r.waits() {
			t.Fatal("unlocking brought control back")
		}
		r.here()
		if r.waits() {
			t.Fatal("the user is back, and control waits")
		}
		synctest.Wait()
		r.gate.Withdraw(consent.Control, consent.ByUser)
		r.changed()
		r.senses.lock(true)
		synctest.Wait()
		if r.gate.Snapshot().Away {
			t.Error("nothing is granted, and something waits")
		}
	})
}

// PROMISE A4: where nobody can tell whether the user is there, nothing is done.
func TestNoSensesHoldControl(t *testing.T) {
	control, gate := consenttest.NewControl(t)
	a := newAttendance(gate, newPerson(), "Ana", 0)
	a.sense = func(context.Context, func()) (senses, error) { return nil, errors.New("deaf") }
	if err := a.run(t.Context()); !errors.Is(err, errNoSenses) {
		t.Errorf("got %v", err)
	}
	if err := control.Use(func() error { return nil }); !errors.Is(err, consent.ErrPaused) {
		t.Errorf("control: %v", err)
	}
	receipt := gate.Receipt()
	statements, err := receipt.Verify()
	if err != nil || !slices.ContainsFunc(statements, func(s consent.Statement) bool { return s.Event.Hold == "away" }) {
		t.Errorf("the receipt does not say so: %v", err)
	}
}
