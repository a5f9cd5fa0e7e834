package consent

import (
	"errors"
	"sync"
	"sync/atomic"
)

// Errors of Use.
var (
	// ErrRevoked is returned by Use when the grant is nil, zero or no longer live.
	ErrRevoked = errors.New("consent: not granted")
	// ErrPaused is returned by Use while the user has paused. The grant is live; try
	// again after the Resumed event.
	ErrPaused = errors.New("consent: paused by the user")
)

// grant is the one mechanism behind every kind of grant: effects run under the read
// lock, revoke takes the write lock, so when revoke returns nothing is in progress
// and nothing can start.
type grant struct {
	epoch  uint64
	live   atomic.Bool
	paused atomic.Bool
	done   chan struct{}

	mu sync.RWMutex // held for reading while an effect runs
}

func newGrant(epoch uint64, paused bool) *grant {
	g := &grant{epoch: epoch, done: make(chan struct{})}
	g.live.Store(true)
	g.paused.Store(paused)
	return g
}

func (g *grant) use(effect func() error) error {
	if g == nil {
		return ErrRevoked
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	switch {
	case !g.live.Load():
		return ErrRevoked
	case g.paused.Load():
		return ErrPaused
	}
	return effect()
}

// cut lets nothing new start. It does not wait; settle does.
func (g *grant) cut() {
	if g.live.Swap(false) {
		close(g.done)
	}
}

// settle waits until no effect is in progress.
func (g *grant) settle() {
	g.mu.Lock()
	defer g.mu.Unlock()
}

func (g *grant) ended() <-chan struct{} {
	if g == nil {
		closed := make(chan struct{})
		close(closed)
		return closed
	}
	return g.done
}

func (g *grant) number() uint64 {
	if g == nil {
		return 0
	}
	return g.epoch
}

// ViewGrant allows reading the screen and sending what was read.
//
// The kinds of grant differ in the name of their one field, so that none can be
// converted into another, and only a Gate can fill it. All of them share these rules:
// only bounded local work goes inside Use (one grab, one event, one packet); an effect
// never calls Use of the same grant, nor Withdraw, Pause, End or Close of the gate,
// which wait for it.
type ViewGrant struct{ view *grant }

// Use runs effect if view is granted now. It returns effect's error, ErrRevoked or
// ErrPaused.
func (g *ViewGrant) Use(effect func() error) error {
	if g == nil {
		return ErrRevoked
	}
	return g.view.use(effect)
}

// Done is closed when the grant has been revoked. An effect may still be finishing;
// Withdraw and End wait for it.
func (g *ViewGrant) Done() <-chan struct{} {
	if g == nil {
		return (*grant)(nil).ended()
	}
	return g.view.ended()
}

// Epoch tells this grant from earlier and later ones of the session: it rises with
// every grant. It is 0 for a grant that was never given.
func (g *ViewGrant) Epoch() uint64 {
	if g == nil {
		return 0
	}
	return g.view.number()
}

// ControlGrant allows injecting pointer and keyboard events. See ViewGrant for the
// rules.
type ControlGrant struct{ control *grant }

// Use runs effect if control is granted now. It returns effect's error, ErrRevoked or
// ErrPaused.
func (g *ControlGrant) Use(effect func() error) error {
	if g == nil {
		return ErrRevoked
	}
	return g.control.use(effect)
}

// Done is closed when the grant has been revoked.
func (g *ControlGrant) Done() <-chan struct{} {
	if g == nil {
		return (*grant)(nil).ended()
	}
	return g.control.ended()
}

// Epoch tells this grant from earlier and later ones of the session.
func (g *ControlGrant) Epoch() uint64 {
	if g == nil {
		return 0
	}
	return g.control.number()
}

// RecordGrant allows writing a recording. See ViewGrant for the rules.
type RecordGrant struct{ record *grant }

// Use runs effect if recording is granted now. It returns effect's error, ErrRevoked or
// ErrPaused.
func (g *RecordGrant) Use(effect func() error) error {
	if g == nil {
		return ErrRevoked
	}
	return g.record.use(effect)
}

// Done is closed when the grant has been revoked.
func (g *RecordGrant) Done() <-chan struct{} {
	if g == nil {
		return (*grant)(nil).ended()
	}
	return g.record.ended()
}

// Epoch tells this grant from earlier and later ones of the session.
func (g *RecordGrant) Epoch() uint64 {
	if g == nil {
		return 0
	}
	return g.record.number()
}

// ClipboardGrant allows reading the clipboard, and putting something on it. See ViewGrant for the rules.
type ClipboardGrant struct{ clipboard *grant }

// Use runs effect if the clipboard is granted now. It returns effect's error,
// ErrRevoked or ErrPaused.
func (g *ClipboardGrant) Use(effect func() error) error {
	if g == nil {
		return ErrRevoked
	}
	return g.clipboard.use(effect)
}

// Done is closed when the grant has been revoked.
func (g *ClipboardGrant) Done() <-chan struct{} {
	if g == nil {
		return (*grant)(nil).ended()
	}
	return g.clipboard.ended()
}

// Epoch tells this grant from earlier and later ones of the session.
func (g *ClipboardGrant) Epoch() uint64 {
	if g == nil {
		return 0
	}
	return g.clipboard.number()
}

// FilesGrant allows sending and receiving files. See ViewGrant for the rules.
type FilesGrant struct{ files *grant }

// Use runs effect if the files scope is granted now. It returns effect's error,
// ErrRevoked or ErrPaused.
func (g *FilesGrant) Use(effect func() error) error {
	if g == nil {
		return ErrRevoked
	}
	return g.files.use(effect)
}

// Done is closed when the grant has been revoked.
func (g *FilesGrant) Done() <-chan struct{} {
	if g == nil {
		return (*grant)(nil).ended()
	}
	return g.files.ended()
}

// Epoch tells this grant from earlier and later ones of the session.
func (g *FilesGrant) Epoch() uint64 {
	if g == nil {
		return 0
	}
	return g.files.number()
}

// VoiceGrant allows opening the microphone and sending what it hears, and playing what
// the technician says. See ViewGrant for the rules.
type VoiceGrant struct{ voice *grant }

// Use runs effect if voice is granted now. It returns effect's error, ErrRevoked or
// ErrPaused.
func (g *VoiceGrant) Use(effect func() error) error {
	if g == nil {
		return ErrRevoked
	}
	return g.voice.use(effect)
}

// Done is closed when the grant has been revoked.
func (g *VoiceGrant) Done() <-chan struct{} {
	if g == nil {
		return (*grant)(nil).ended()
	}
	return g.voice.ended()
}

// Epoch tells this grant from earlier and later ones of the session.
func (g *VoiceGrant) Epoch() uint64 {
	if g == nil {
		return 0
	}
	return g.voice.number()
}
