package files

import (
	"errors"
	"time"

	"beside/consent"
)

// holdUp is how long a disk may hold up who takes the grant back or pauses it. A stick that
// is being filled, or a folder on another machine, takes many times as long.
const holdUp = 5 * time.Millisecond

// errHeld means that the disk is still at it.
var errHeld = errors.New("files: the disk takes its time")

// outcome is what came of an effect.
type outcome[T any] struct {
	value T
	err   error
}

// slowly begins an effect on the disk inside the grant and returns what comes of it. One that
// takes longer than a moment goes on outside, so that nobody waits for it; when it ends after
// the grant it is undone, and the error is ErrRevoked.
func slowly[T any](grant *consent.FilesGrant, effect func() (T, error), undo func(T)) (T, error) {
	var got outcome[T]
	done := make(chan outcome[T], 1)
	err := grant.Use(func() error {
		go func() {
			value, err := effect()
			done <- outcome[T]{value, err}
		}()
		select {
		case got = <-done:
			return got.err
		case <-time.After(holdUp):
			return errHeld
		}
	})
	if !errors.Is(err, errHeld) {
		return got.value, err
	}
	late := func() {
		if got := <-done; got.err == nil {
			undo(got.value)
		}
	}
	var none T
	select {
	case <-grant.Done():
		go late()
		return none, consent.ErrRevoked
	case got = <-done:
	}
	select {
	case <-grant.Done(): // both in the same moment
		done <- got
		late()
		return none, consent.ErrRevoked
	default:
		return got.value, got.err
	}
}

// nothing is to be undone.
func nothing(int) {}
