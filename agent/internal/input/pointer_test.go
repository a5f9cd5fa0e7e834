package input

import (
	"errors"
	"testing"
	"time"

	"beside/agent/desktop"
	"beside/consent"
	"beside/consent/consenttest"
)

func TestMotionIsRelativeToTheSharedDisplay(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct{ x, y, wantX, wantY int }{
		{190, 180, 200, 200}, {0, 0, 10, 20}, {-5, -999, 10, 20}, {5000, 5000, 1279, 719},
	} {
		must(t, d.Move(c.x, c.y))
		if x, y, err := d.Person().Location(); err != nil || x != c.wantX || y != c.wantY {
			t.Errorf("Move(%d, %d) went to %d,%d, want %d,%d (%v)", c.x, c.y, x, y, c.wantX, c.wantY, err)
		}
	}
}

func TestEveryButtonArrives(t *testing.T) {
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			d := furnish(t, start)
			for button, want := range map[int]int{0: 1, 1: 2, 2: 3, 3: 8, 4: 9} {
				must(t, d.Button(200, 200, button, true), d.Button(200, 200, button, false))
				got := d.arrived(t, desktop.ButtonPress, desktop.ButtonRelease)
				if len(got) != 2 || got[0].Button != want || got[1].Button != want || got[0].X != 210 || got[0].Y != 220 {
					t.Errorf("button %d: got %+v, want X button %d at 210,220", button, got, want)
				}
			}
			if err := d.Button(200, 200, 5, true); !errors.Is(err, ErrNoKey) {
				t.Errorf("button 5: got %v, want ErrNoKey", err)
			}
		})
	}
}

func TestTheWheelTurnsEachWay(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct{ dx, dy, button, count int }{
		{0, 3, 5, 3}, {0, -2, 4, 2}, {1, 0, 7, 1}, {-4, 0, 6, 4}, {0, 9999, 5, maxNotches},
	} {
		must(t, d.Wheel(200, 200, c.dx, c.dy))
		got := d.arrived(t, desktop.ButtonPress)
		if len(got) != c.count || got[0].Button != c.button {
			t.Errorf("wheel %d,%d: %d events %+v, want %d of button %d", c.dx, c.dy, len(got), got, c.count, c.button)
		}
	}
}

func TestADragKeepsItsWindow(t *testing.T) {
	d := newDesk(t)
	ours := d.second(t)
	must(t, d.Button(200, 200, 0, true))
	d.guard.ours.Store(uint32(ours.ID()))
	x, y := d.over(ours)
	must(t, d.Move(x, y), d.Button(x, y, 0, false))
	got := d.arrived(t, desktop.Motion, desktop.ButtonRelease)
	if len(got) == 0 || got[len(got)-1].Kind != desktop.ButtonRelease {
		t.Errorf("the drag's window got %+v, want its release at the end", got)
	}
	must(t, ours.Sync(within(t)))
	for _, e := range ours.Clear() {
		if e.Kind != desktop.Motion {
			t.Errorf("our window got %+v of a drag that began elsewhere", e)
		}
	}
	if err := d.Move(x, y); !errors.Is(err, ErrBlocked) {
		t.Errorf("after the drag: got %v, want ErrBlocked", err)
	}
}

// PROMISE A5
// THREAT 4
func TestRevocationLetsGoAndNothingComesAfter(t *testing.T) {
	d := newDesk(t)
	must(t, d.Button(200, 200, 0, true), d.Key(Key{Code: "KeyA", Key: "a", Down: true}),
		d.Key(Key{Code: "ShiftLeft", Key: "Shift", Down: true}))
	if got := d.held(t); len(got) != 3 {
		t.Fatalf("held %v, want three", got)
	}
	d.gate.Withdraw(consent.Control, consent.ByUser)
	d.eventually(t, "let go", func() bool { return len(d.held(t)) == 0 })
	d.arrived(t)
	for _, err := range []error{
		d.Move(300, 300), d.Button(200, 200, 0, true), d.Wheel(200, 200, 0, 1),
		d.Key(Key{Code: "KeyA", Key: "a", Down: true}), d.Text("secret"),
	} {
		if !errors.Is(err, consent.ErrRevoked) {
			t.Errorf("after revocation: got %v, want ErrRevoked", err)
		}
	}
	if got := d.arrived(t, desktop.Motion, anyButton, anyKey); len(got) != 0 {
		t.Errorf("after revocation arrived %+v", got)
	}
	if _, err := Open(d.grant, Options{}); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("Open with a revoked grant: %v", err)
	}
	if _, err := Open(nil, Options{}); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("Open without a grant: %v", err)
	}
}

// THREAT 4
func TestNoPressOutrunsTheRevocation(t *testing.T) {
	d := newDesk(t)
	const rounds = 30
	for range rounds {
		grant, gate := consenttest.NewControl(t)
		i := d.openLooking(t, grant, time.Hour) // what is released is released at once
		started, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			close(started)
			for n := 0; ; n++ {
				key := Key{Code: "KeyA", Key: "a", Down: n%2 == 0}
				err := errors.Join(i.Key(key), i.Button(200, 200, 0, n%2 == 0))
				if errors.Is(err, consent.ErrRevoked) {
					return
				}
			}
		}()
		<-started
		must(t, d.target.Wait(within(t), func(e []desktop.Event) bool { return len(e) > 0 }))
		gate.Withdraw(consent.Control, consent.ByUser)
		// What was in before is allowed to arrive; from here on presses must not.
		d.arrived(t)
		<-stopped
		if got := d.arrived(t, desktop.ButtonPress, desktop.KeyPress); len(got) != 0 {
			t.Fatalf("after the revocation arrived %+v", got)
		}
		d.eventually(t, "let go", func() bool { return len(d.held(t)) == 0 })
		must(t, i.Close())
		d.arrived(t)
	}
}

// The user's press comes between the look at the target and the technician's press.
//
// THREAT 4
func TestARevocationDuringTheLookComesFirst(t *testing.T) {
	d := newDesk(t)
	grant, gate := consenttest.NewControl(t)
	i := d.openLooking(t, grant, time.Hour)
	withdrawn := make(chan struct{})
	d.guard.asked = func() {
		d.guard.asked = nil
		go func() {
			defer close(withdrawn)
			gate.Withdraw(consent.Control, consent.ByUser)
		}()
		<-grant.Done()
	}
	if err := i.Button(200, 200, 0, true); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("got %v, want ErrRevoked", err)
	}
	<-withdrawn
	if got := d.arrived(t, desktop.ButtonPress); len(got) != 0 {
		t.Errorf("arrived %+v", got)
	}
}

func TestAPauseLetsGo(t *testing.T) {
	d := newDesk(t)
	must(t, d.Key(Key{Code: "KeyA", Key: "a", Down: true}))
	d.gate.Pause()
	d.eventually(t, "let go", func() bool { return len(d.held(t)) == 0 })
	if err := d.Move(1, 1); !errors.Is(err, consent.ErrPaused) {
		t.Errorf("got %v, want ErrPaused", err)
	}
	d.gate.Resume()
	must(t, d.Move(1, 1))
}

func TestAnEarlierRunsKeysAreReleased(t *testing.T) {
	d := newDesk(t)
	must(t, d.Key(Key{Code: "ControlLeft", Key: "Control", Down: true}), d.Button(200, 200, 2, true))
	must(t, d.Person().Press('b')) // the user's own key stays where it is
	d.eventually(t, "given way", d.UserActive)
	d.eventually(t, "let go", func() bool { return len(d.held(t)) == 0 })
	d.eventually(t, "free", func() bool { return !d.UserActive() })

	// As if the run were killed: press below the injector, which knows nothing of it.
	must(t, d.sys.fake(2, byte(keycode("ControlLeft"))), d.sys.fake(4, 3))
	if len(d.held(t)) != 2 {
		t.Fatalf("held %v, want a key and a button", d.held(t))
	}
	d.open(t, d.grant)
	if got := d.held(t); len(got) != 0 {
		t.Errorf("still held: %v", got)
	}
	d.arrived(t)
	must(t, d.Person().Release('b'))
	if got := d.arrived(t, desktop.KeyRelease); len(got) != 1 || got[0].Keysym != 'b' {
		t.Errorf("the user's own key came up before they let go: %+v", got)
	}
}

func TestTheUsersHandsWin(t *testing.T) {
	for name, act := range map[string]func(p *desktop.Person) error{
		"motion": func(p *desktop.Person) error { return p.MoveTo(300, 300) },
		"button": func(p *desktop.Person) error { return p.Click(desktop.Left) },
		"wheel":  func(p *desktop.Person) error { return p.Wheel(1) },
		"key":    func(p *desktop.Person) error { return p.Tap('x') },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			must(t, d.Move(150, 150), d.Button(200, 200, 0, true), d.Key(Key{Code: "KeyA", Key: "a", Down: true}))
			if d.UserActive() {
				t.Fatal("the technician's own events were taken for the user's")
			}
			must(t, act(d.Person()))
			if !<-d.UserChanges() {
				t.Error("the user took over and the change says the opposite")
			}
			d.eventually(t, "let go", func() bool { return len(d.held(t)) == 0 })
			d.arrived(t)
			if err := d.Button(200, 200, 0, true); !errors.Is(err, ErrUserActive) || !errors.Is(err, ErrBlocked) {
				t.Errorf("got %v, want ErrUserActive", err)
			}
			if got := d.arrived(t, desktop.ButtonPress); len(got) != 0 {
				t.Errorf("arrived %+v", got)
			}
			select {
			case free := <-d.UserChanges():
				if free {
					t.Error("the change says that the user is active still")
				}
			case <-time.After(30 * time.Second):
				t.Fatal("the technician was never let in again")
			}
			must(t, d.Move(160, 160))
		})
	}
}
