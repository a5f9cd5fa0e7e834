package probe

import (
	"context"
	"fmt"
	"slices"
	"time"

	"beside/protocol/wire"
)

// State is what a session looks like at one moment.
type State struct {
	Joined time.Time // the handshake was done
	Asking []Asking
	// Decisions in the order in which they came.
	Decisions []Decision
	Agent     *wire.State // the last one
	Displays  *wire.Displays
	Recording []*wire.RecordingStatus
	Connected bool // the direct connection stood at least once
	Media     Media

	CursorMessages int
	// Ended is the agent's goodbye.
	Ended   *wire.Ended
	EndedAt time.Time
	// Broken is why nothing can come from the relay any more.
	Broken error
}

// Asking is a question that was put to the user.
type Asking struct {
	Scope wire.Scope
	At    time.Time
}

// Decision is one answer, or the end of a scope.
type Decision struct {
	Scope   wire.Scope
	Outcome wire.Decision_Outcome
	Detail  string
	At      time.Time
}

// Media counts what came on the video track.
type Media struct {
	Packets, Bytes    int64
	Frames, KeyFrames int64 // whole ones
	Broken            int64 // frames with packets missing
	FirstPacket       time.Time
	LastPacket        time.Time
	FirstFrame        time.Time // the first key frame was whole
}

// Decided returns the last decision about a scope, if there was one.
func (s State) Decided(scope wire.Scope) (Decision, bool) {
	for _, d := range slices.Backward(s.Decisions) {
		if d.Scope == scope {
			return d, true
		}
	}
	return Decision{}, false
}

// Granted reports whether a scope is granted, by the decisions so far.
func (s State) Granted(scope wire.Scope) bool {
	d, ok := s.Decided(scope)
	return ok && d.Outcome == wire.Decision_OUTCOME_GRANTED
}

// Over reports whether nothing more can be expected.
func (s State) Over() bool { return s.Ended != nil || s.Broken != nil && !s.Connected }

// State returns what the session looks like now. Do not change what it points to.
func (s *Session) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}

// change changes the state and wakes all who wait.
func (s *Session) change(f func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.state)
	close(s.changed)
	s.changed = make(chan struct{})
}

// Wait waits until done says so, and returns the state that it liked. When the session
// is over before, the error matches ErrOver.
func (s *Session) Wait(ctx context.Context, done func(State) bool) (State, error) {
	for {
		s.mu.Lock()
		state, changed := s.state, s.changed
		s.mu.Unlock()
		if done(state) {
			return state, nil
		}
		if state.Over() {
			return state, fmt.Errorf("%w: %s", ErrOver, endWords(state))
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return state, fmt.Errorf("probe: wait: %w", ctx.Err())
		}
	}
}

func endWords(s State) string {
	if s.Ended != nil {
		return s.Ended.GetBy().String()
	}
	return s.Broken.Error()
}
