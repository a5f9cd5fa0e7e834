package consent

import (
	"errors"
	"sync"
)

// ErrRevoked is returned by Use when the grant is nil, zero or no longer live.
var ErrRevoked = errors.New("consent: not granted")

// grant is the one mechanism behind every kind of grant: effects run under the read
// lock, revoke takes the write lock, so when revoke returns nothing is in progress
// and nothing can start.
type grant struct {
	mu   sync.RWMutex
	live bool
	done chan struct{}
}

func (g *grant) use(effect func() error) error {
	if g == nil {
		return ErrRevoked
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	if !g.live {
		return ErrRevoked
	}
	return effect()
}

// never is the Done channel of a nil or zero grant: already closed.
var never = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func (g *grant) ended() <-chan struct{} {
	if g == nil {
		return never
	}
	return g.done
}

// ViewGrant allows reading the screen and sending what was read.
type ViewGrant struct{ view *grant }

// Use runs effect if view is granted now. It returns effect's error or ErrRevoked.
func (g *ViewGrant) Use(effect func() error) error {
	if g == nil {
		return ErrRevoked
	}
	return g.view.use(effect)
}

// Done is closed when the grant has been revoked.
func (g *ViewGrant) Done() <-chan struct{} {
	if g == nil {
		return never
	}
	return g.view.ended()
}

// ControlGrant allows injecting pointer and keyboard events.
type ControlGrant struct{ control *grant }

// Use runs effect if control is granted now. It returns effect's error or ErrRevoked.
func (g *ControlGrant) Use(effect func() error) error {
	if g == nil {
		return ErrRevoked
	}
	return g.control.use(effect)
}

// Done is closed when the grant has been revoked.
func (g *ControlGrant) Done() <-chan struct{} {
	if g == nil {
		return never
	}
	return g.control.ended()
}

// RecordGrant allows writing a recording.
type RecordGrant struct{ record *grant }

// Use runs effect if recording is granted now. It returns effect's error or ErrRevoked.
func (g *RecordGrant) Use(effect func() error) error {
	if g == nil {
		return ErrRevoked
	}
	return g.record.use(effect)
}

// Done is closed when the grant has been revoked.
func (g *RecordGrant) Done() <-chan struct{} {
	if g == nil {
		return never
	}
	return g.record.ended()
}
