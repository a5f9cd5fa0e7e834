package consent

import (
	"context"
	"crypto/ed25519"
	"errors"
	"sync"
	"time"
)

// Config makes a Gate. Every field without a stated zero value is required.
type Config struct {
	SessionID string
	Party     Party
	Prompter  Prompter
	Indicator Indicator
	// Key signs the consent records.
	Key ed25519.PrivateKey
	// OnEvent is called for every event, one at a time, in order and outside all locks.
	// It may call the gate. The call that caused an event returns after OnEvent has had
	// it, unless OnEvent is running just then; then it follows at once. Nil means nobody
	// wants to know.
	OnEvent func(Event)
	// Synthetic says that the user chose, before the session, that programs may press for
	// them, as accessibility tools do. It goes into every record of an answer.
	Synthetic bool
	// Now is the clock of events and records. Nil means time.Now.
	Now func() time.Time
}

func (c Config) check() error {
	switch {
	case c.SessionID == "":
		return errors.New("consent: gate without a session")
	case c.Prompter == nil:
		return errors.New("consent: gate without a prompter")
	case c.Indicator == nil:
		return errors.New("consent: gate without an indicator")
	case len(c.Key) != ed25519.PrivateKeySize:
		return errors.New("consent: gate without a key")
	}
	return nil
}

// Gate is the only maker of grants of one session. All methods are safe for use by
// several goroutines. It watches the bar from the moment it is made until the session
// is over.
type Gate struct {
	cfg     Config
	over    chan struct{}
	watched chan struct{} // closed when the watcher has gone

	turn   sync.Mutex // one change at a time, carried out whole; guards what follows
	grants [scopes]*grant
	cancel context.CancelFunc // of the open question
	asked  [scopes]Question   // the last question about each scope, for its records

	mu      sync.Mutex // never held while waiting for an effect; guards what follows
	state   state      // written with the turn only
	log     journal
	queue   []Event // not yet delivered
	telling bool    // somebody is delivering
}

// NewGate checks cfg and returns a gate with nothing granted.
func NewGate(cfg Config) (*Gate, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	signed, err := newSignedLog(cfg)
	if err != nil {
		return nil, err
	}
	return newGate(cfg, signed), nil
}

func newGate(cfg Config, log journal) *Gate {
	g := &Gate{cfg: cfg, log: log, over: make(chan struct{}), watched: make(chan struct{})}
	lost := cfg.Indicator.Lost()
	go g.watch(lost)
	return g
}

// watch ends the session when the bar is lost.
func (g *Gate) watch(lost <-chan struct{}) {
	defer close(g.watched)
	select {
	case <-lost:
		g.End(ByBarLost)
	case <-g.over:
	}
}

// Withdraw takes s back. When it returns nothing of s is in progress. Withdrawing
// View ends the session. If s is just being asked, the question is called off.
func (g *Gate) Withdraw(s Scope, by Actor) {
	_, _ = g.change(input{kind: inWithdraw, scope: s, by: by}, nil) // after the end there is nothing to withdraw
}

// Pause stops the effects of all grants until Resume; the grants stay. When it returns
// no effect is in progress.
func (g *Gate) Pause() { g.Hold(HoldPause, ByUser) }

// Resume ends a pause.
func (g *Gate) Resume() { g.Free(HoldPause, ByUser) }

// Hold stops the effects that wait under h until Free; the grants stay. When it returns
// none of them is in progress.
func (g *Gate) Hold(h Hold, by Actor) { _, _ = g.change(input{kind: inHold, hold: h, by: by}, nil) }

// Free ends a hold.
func (g *Gate) Free(h Hold, by Actor) { _, _ = g.change(input{kind: inFree, hold: h, by: by}, nil) }

// End revokes everything, for good. When it returns nothing is in progress.
func (g *Gate) End(by Actor) { _, _ = g.change(input{kind: inEnd, by: by}, nil) }

// Close ends the session, if nobody has, and waits until the gate's own goroutine has
// gone. OnEvent must not call it.
func (g *Gate) Close() {
	g.End(ByAgent)
	<-g.watched
}

// Over is closed when the session has ended.
func (g *Gate) Over() <-chan struct{} { return g.over }

// Snapshot is the gate's state at one moment.
type Snapshot struct {
	Granted []Scope
	Asking  Scope // zero when no question is open
	Paused  bool  // by the user's Pause
	Secret  bool  // the user types a secret
	Away    bool  // the user is not there
	Over    bool
	EndedBy Actor
}

// Snapshot returns the state now.
func (g *Gate) Snapshot() Snapshot {
	g.mu.Lock()
	defer g.mu.Unlock()
	snap := Snapshot{
		Asking: g.state.asking, Paused: g.state.held[HoldPause],
		Secret: g.state.held[HoldSecret], Away: g.state.held[HoldAway],
		Over: g.state.phase == over, EndedBy: g.state.endedBy,
	}
	for scope := View; scope < scopes; scope++ {
		if g.state.on[scope] {
			snap.Granted = append(snap.Granted, scope)
		}
	}
	return snap
}

// Receipt returns the session's receipt so far: the signed consent records of all
// events, chained by hash.
func (g *Gate) Receipt() Receipt {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.log.receipt()
}
