// Package input puts the technician's pointer and keyboard events into the system,
// once the user has said yes.
//
// Begin with Open, which takes the user's consent and lets go of keys that an earlier
// run may have left down. It promises:
//
//   - Every event goes in inside the grant. After a revocation nothing goes in, and
//     whatever was held is let go.
//   - Nobody can press for the user: while a question is shown nothing goes in, and no
//     event ever reaches one of our own windows. The target is looked up event by event.
//   - The user's own hands win: while the user moves the mouse or types, and for three
//     seconds after, everything from the technician is dropped.
//
// One event takes this way:
//
//	grant.Use ─ question shown? ─ user active? ─ target ours? ─ pointer: robotgo
//	                                                         └─ keys: XTEST
//
// Releasing is never refused: a key or a button that the technician holds comes up
// whatever is under the pointer by then.
package input

import (
	"errors"
	"fmt"
	"image"
	"sync"
	"time"

	"beside/consent"
)

// Guard keeps injected events away from questions and from our own windows. Its
// methods are called from several goroutines and must not wait for the Injector.
type Guard interface {
	// Locked reports whether a question of ours is on the screen.
	Locked() bool
	// Ours reports whether the X window is one of ours, or inside one.
	Ours(window uint32) bool
}

// Options make an Injector.
type Options struct {
	// Bounds of the shared display; positions of events are relative to its corner.
	Bounds image.Rectangle
	// Guard is required.
	Guard Guard
	// Shows reports whether events may reach the windows that they would go to, from the
	// topmost to the innermost; nil lets them reach all.
	Shows func(windows []uint32) bool

	// hold is how long the user's hands keep the technician out; 0 means userHold.
	hold time.Duration
	// look is how often what is held is looked after; 0 means lookAgain.
	look time.Duration
}

// ErrBlocked means that the event was dropped: a question is shown, the target is one of
// our own windows, or one that the user does not show.
var ErrBlocked = errors.New("input: dropped, the target is not the technician's")

// ErrUserActive means that the event was dropped because the user is using the mouse
// or the keyboard. It is an ErrBlocked.
var ErrUserActive = fmt.Errorf("%w: the user is using mouse or keyboard", ErrBlocked)

// ErrNoKey means that the user's keyboard has no such key or character.
var ErrNoKey = errors.New("input: no such key")

// ErrClosed is returned after Close.
var ErrClosed = errors.New("input: closed")

// Injector injects. One goroutine uses it; ReleaseAll, Close, SetBounds, UserActive
// and UserChanges may be called by any.
type Injector struct {
	grant *consent.ControlGrant
	guard Guard
	shows func(windows []uint32) bool
	sys   *system
	user  *activity
	stop  chan struct{}
	ended chan struct{}
	once  sync.Once

	mu      sync.Mutex
	bounds  image.Rectangle
	buttons map[int]bool // MouseEvent.button
	closed  bool
}

// Open prepares injection and releases keys that an earlier run left down.
func Open(grant *consent.ControlGrant, opts Options) (*Injector, error) {
	if err := grant.Use(anywhere); err != nil {
		return nil, err
	}
	switch {
	case opts.Guard == nil:
		return nil, errors.New("input: no guard")
	case opts.Bounds.Empty():
		return nil, errors.New("input: the shared display has no size")
	}
	if opts.hold == 0 {
		opts.hold = userHold
	}
	if opts.look == 0 {
		opts.look = lookAgain
	}
	user := newActivity(opts.hold)
	sys, err := openSystem(user.saw)
	if err != nil {
		return nil, err
	}
	i := &Injector{grant: grant, guard: opts.Guard, shows: opts.Shows, sys: sys, user: user, bounds: opts.Bounds,
		buttons: map[int]bool{}, stop: make(chan struct{}), ended: make(chan struct{})}
	go i.watch(opts.look)
	return i, nil
}

// use runs effect, inside the grant, with i.mu held, unless a question is shown or the
// user is active. Whatever keeps the technician out also lets go of what is held.
func (i *Injector) use(target func() error, effect func() error) error {
	started := false
	err := i.grant.Use(func() error {
		started = true
		if i.guard.Locked() {
			i.ReleaseAll()
			return ErrBlocked
		}
		if err := target(); err != nil {
			return err
		}
		i.mu.Lock()
		defer i.mu.Unlock()
		// With i.mu held, because whoever ends it releases with i.mu held, after: what
		// goes in before that is released, and nothing goes in behind it.
		switch {
		case i.closed:
			return ErrClosed
		case over(i.grant.Done()):
			return consent.ErrRevoked
		case i.user.active():
			return ErrUserActive
		}
		return effect()
	})
	if !started {
		i.ReleaseAll()
	}
	return err
}

func over(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// at checks the windows under a point of the screen.
func (i *Injector) at(p image.Point) func() error {
	return func() error { return i.blocked(i.sys.under(p)) }
}

// anywhere is for what must never be refused: letting go.
func anywhere() error { return nil }

// focused checks the windows that get the keys.
func (i *Injector) focused() error { return i.blocked(i.sys.focus()) }

func (i *Injector) blocked(windows []uint32, err error) error {
	if err != nil {
		return err
	}
	for _, w := range windows {
		if i.guard.Ours(w) {
			return ErrBlocked
		}
	}
	if i.shows != nil && !i.shows(windows) {
		return ErrBlocked
	}
	return nil
}

func (i *Injector) dragging() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.buttons) > 0
}

// place turns a position on the shared display into one on the screen.
func (i *Injector) place(x, y int) image.Point {
	i.mu.Lock()
	defer i.mu.Unlock()
	b := i.bounds
	return image.Pt(b.Min.X+min(max(x, 0), b.Dx()-1), b.Min.Y+min(max(y, 0), b.Dy()-1))
}

// SetBounds changes the shared display's place, after a change of resolution. Empty
// bounds are ignored.
func (i *Injector) SetBounds(r image.Rectangle) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !r.Empty() {
		i.bounds = r
	}
}

// Move moves the pointer. Positions outside the display are moved to its edge.
//
// Like every method that injects it runs inside the grant: it returns ErrRevoked or
// ErrPaused of package consent without it, and ErrBlocked when the event was dropped.
func (i *Injector) Move(x, y int) error {
	p := i.place(x, y)
	target := i.at(p)
	if i.dragging() {
		// The window that got the press gets the motion, wherever it goes. Should no
		// window have taken the press, ours see a pointer pass over, and no press.
		target = anywhere
	}
	return i.use(target, func() error { return i.sys.move(p) })
}

// The buttons of MouseEvent.button.
const (
	buttonLeft = iota
	buttonMiddle
	buttonRight
	buttonBack
	buttonForward
)

// Button presses or releases a button, numbered as MouseEvent.button, at x, y.
func (i *Injector) Button(x, y, button int, down bool) error {
	if button < buttonLeft || button > buttonForward {
		return fmt.Errorf("%w: button %d", ErrNoKey, button)
	}
	p := i.place(x, y)
	target := i.at(p)
	if !down {
		target = anywhere
	}
	return i.use(target, func() error {
		if i.buttons[button] == down {
			return nil // pressed twice, or let go when we let go of everything
		}
		if err := i.sys.move(p); err != nil {
			return err
		}
		if err := i.sys.button(button, down); err != nil {
			return err
		}
		if down {
			i.buttons[button] = true
			i.user.poke()
		} else {
			delete(i.buttons, button)
		}
		return nil
	})
}

// maxNotches bounds one wheel event; a page sends a few.
const maxNotches = 50

// Wheel turns the wheel at x, y by notches, positive down and right.
func (i *Injector) Wheel(x, y, dx, dy int) error {
	p := i.place(x, y)
	limit := func(n int) int { return min(max(n, -maxNotches), maxNotches) }
	return i.use(i.at(p), func() error {
		if err := i.sys.move(p); err != nil {
			return err
		}
		return i.sys.wheel(limit(dx), limit(dy))
	})
}

// Key is one key event: KeyboardEvent.code and .key with the lock states.
type Key struct {
	Code, Key         string
	Down              bool
	CapsLock, NumLock bool
}

// Key presses or releases a key: by its place on the keyboard while Control, Alt or
// the system key is held and for keys without a character, by its character otherwise.
func (i *Injector) Key(k Key) error {
	if !k.Down {
		return i.use(anywhere, func() error { return i.sys.keys.up(k) })
	}
	return i.use(i.focused, func() error {
		i.user.poke()
		return i.sys.keys.down(k)
	})
}

// Text types characters. Control characters other than line feed and tab are left out.
func (i *Injector) Text(s string) error {
	t := i.sys.keys.newTyping(s)
	for t.more() {
		err := i.use(i.focused, t.step)
		if errors.Is(err, errSettle) {
			err = i.settle(t.wait())
		}
		if err != nil {
			return errors.Join(err, i.use(i.focused, t.finish))
		}
	}
	return i.use(i.focused, t.finish)
}

// settle waits outside the grant; it ends early when the grant does.
func (i *Injector) settle(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-i.grant.Done():
		return consent.ErrRevoked
	case <-i.stop:
		return ErrClosed
	}
}

// ReleaseAll lets go of every held key and button. It works after revocation.
func (i *Injector) ReleaseAll() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed {
		return
	}
	for button := range i.buttons {
		i.sys.release(button)
		delete(i.buttons, button)
	}
	i.sys.keys.releaseAll()
}

func (i *Injector) holding() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.buttons) > 0 || i.sys.keys.holding()
}

// UserActive reports whether the user's own mouse or keyboard was used within the last
// three seconds. Meanwhile every event is dropped with ErrUserActive.
func (i *Injector) UserActive() bool { return i.user.active() }

// UserChanges delivers true when the user takes over and false when the technician may
// go on. It holds the latest change only; one goroutine should receive from it.
func (i *Injector) UserChanges() <-chan bool { return i.user.changes }

// Close lets go of everything and ends injection. Key codes that were borrowed are given
// back, and the display is left, a moment later: see Done.
func (i *Injector) Close() error {
	i.once.Do(func() {
		i.ReleaseAll()
		i.mu.Lock()
		i.closed = true
		i.sys.closePointer()
		i.mu.Unlock()
		close(i.stop)
	})
	return nil
}

// Done is closed when nothing of a closed Injector is left. That takes up to 0.4 s
// after the last character, for programs that read late.
func (i *Injector) Done() <-chan struct{} { return i.ended }
