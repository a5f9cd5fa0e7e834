// Package input puts the technician's pointer and keyboard events into the system,
// once the user has said yes.
package input

import (
	"errors"
	"image"

	"beside/consent"
)

// Guard keeps injected events away from questions and from our own windows.
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
	Guard  Guard
}

// Injector injects. One goroutine uses it; ReleaseAll may be called by any.
type Injector struct{}

// Open prepares injection and releases keys that an earlier run left down.
func Open(grant *consent.ControlGrant, opts Options) (*Injector, error) {
	return nil, errors.New("input: unfinished")
}

// Every method runs inside the grant and returns consent.ErrRevoked after it.
// ErrBlocked means that the event was dropped: a question is shown or the target
// is one of our own windows.
var ErrBlocked = errors.New("input: dropped, the target is not the technician's")

// Move moves the pointer.
func (i *Injector) Move(x, y int) error { return nil }

// Button presses or releases a button, numbered as MouseEvent.button, at x, y.
func (i *Injector) Button(x, y, button int, down bool) error { return nil }

// Wheel turns the wheel at x, y by notches, positive down and right.
func (i *Injector) Wheel(x, y, dx, dy int) error { return nil }

// Key is one key event: KeyboardEvent.code and .key with the lock states.
type Key struct {
	Code, Key         string
	Down              bool
	CapsLock, NumLock bool
}

// Key presses or releases a key.
func (i *Injector) Key(k Key) error { return nil }

// Text types characters.
func (i *Injector) Text(s string) error { return nil }

// ReleaseAll lets go of every held key and button. It works after revocation.
func (i *Injector) ReleaseAll() {}

// Close releases everything and disconnects.
func (i *Injector) Close() error { return nil }
