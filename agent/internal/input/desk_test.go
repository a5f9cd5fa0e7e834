package input

import (
	"context"
	"image"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
	"go.uber.org/goleak"

	"beside/agent/desktop"
	"beside/consent"
	"beside/consent/consenttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// within bounds what a test waits for; it is long because machines are shared.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// guard is a Guard whose answers a test sets.
type guard struct {
	locked atomic.Bool
	ours   atomic.Uint32
	asked  func() // called while an event looks for its target; nil for nothing
}

func (g *guard) Locked() bool { return g.locked.Load() }

func (g *guard) Ours(window uint32) bool {
	if g.asked != nil {
		g.asked()
	}
	return window == g.ours.Load()
}

// desk is a desktop with a person, a target and a technician who may control.
type desk struct {
	*desktop.Desktop
	*Injector
	target *desktop.Target
	guard  *guard
	gate   *consent.Gate
	grant  *consent.ControlGrant
}

func newDesk(t testing.TB) *desk { return furnish(t, desktop.Start) }

func furnish(t testing.TB, start func(context.Context, desktop.Options) (*desktop.Desktop, error)) *desk {
	t.Helper()
	screen, err := start(within(t), desktop.Options{Width: 1280, Height: 720, Log: t.Output()})
	must(t, err)
	t.Cleanup(screen.Stop)
	t.Setenv("DISPLAY", screen.Display())
	target, err := desktop.OpenTarget(screen.Display(), image.Rect(100, 100, 500, 400))
	must(t, err)
	t.Cleanup(target.Close)
	d := &desk{Desktop: screen, target: target, guard: new(guard)}
	d.grant, d.gate = consenttest.NewControl(t)
	d.Injector = d.open(t, d.grant)
	return d
}

// open makes an injector whose positions begin at 10,20 of the screen.
func (d *desk) open(t testing.TB, grant *consent.ControlGrant) *Injector {
	return d.openLooking(t, grant, lookAgain)
}

// openLooking makes one that looks after what is held every so often.
func (d *desk) openLooking(t testing.TB, grant *consent.ControlGrant, look time.Duration) *Injector {
	t.Helper()
	i, err := Open(grant, Options{Bounds: image.Rect(10, 20, 1280, 720), Guard: d.guard, hold: 300 * time.Millisecond, look: look})
	must(t, err)
	t.Cleanup(func() { must(t, i.Close()); <-i.Done() })
	return i
}

// arrived are the events at the target so far, of some kinds.
func (d *desk) arrived(t testing.TB, kinds ...desktop.EventKind) []desktop.Event {
	t.Helper()
	must(t, d.target.Sync(within(t)))
	return slices.DeleteFunc(d.target.Clear(), func(e desktop.Event) bool { return !slices.Contains(kinds, e.Kind) })
}

// held are the keys and buttons that XTEST has down.
func (d *desk) held(t testing.TB) (held []byte) {
	t.Helper()
	conn, err := dial(func([]byte) bool { return false })
	must(t, err)
	defer conn.Close()
	x, err := newXinput(conn)
	must(t, err)
	for _, id := range x.simulated {
		keys, buttons, err := x.pressed(id)
		must(t, err)
		held = append(append(held, keys...), buttons...)
	}
	return held
}

// tap presses and releases a key.
func (d *desk) tap(t testing.TB, key Key) {
	t.Helper()
	key.Down = true
	must(t, d.Key(key))
	key.Down = false
	must(t, d.Key(key))
}

// eventually waits until ok, looking again at every event of the target.
func (d *desk) eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx := within(t)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("never %s", what)
		}
	}
}

const (
	anyButton = desktop.ButtonPress
	anyKey    = desktop.KeyPress
	control   = xproto.ModMaskControl
)
