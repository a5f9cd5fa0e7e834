package consent

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
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

// AskView asks the user to show the screen.
func (g *Gate) AskView(ctx context.Context, q Question) (*ViewGrant, error) {
	minted, err := g.ask(ctx, View, q)
	if err != nil {
		return nil, err
	}
	return &ViewGrant{view: minted}, nil
}

// AskControl asks for mouse and keyboard. View must be granted.
func (g *Gate) AskControl(ctx context.Context, q Question) (*ControlGrant, error) {
	minted, err := g.ask(ctx, Control, q)
	if err != nil {
		return nil, err
	}
	return &ControlGrant{control: minted}, nil
}

// AskRecord asks to record. View must be granted.
func (g *Gate) AskRecord(ctx context.Context, q Question) (*RecordGrant, error) {
	minted, err := g.ask(ctx, Record, q)
	if err != nil {
		return nil, err
	}
	return &RecordGrant{record: minted}, nil
}

// AskClipboard asks to read the clipboard and to put something on it. View must be
// granted.
func (g *Gate) AskClipboard(ctx context.Context, q Question) (*ClipboardGrant, error) {
	minted, err := g.ask(ctx, Clipboard, q)
	if err != nil {
		return nil, err
	}
	return &ClipboardGrant{clipboard: minted}, nil
}

// AskFiles asks to send files to the user and to take files that the user chooses. View
// must be granted.
func (g *Gate) AskFiles(ctx context.Context, q Question) (*FilesGrant, error) {
	minted, err := g.ask(ctx, Files, q)
	if err != nil {
		return nil, err
	}
	return &FilesGrant{files: minted}, nil
}

// AskVoice asks to talk: to open the microphone, and to play what the technician says.
// View must be granted.
func (g *Gate) AskVoice(ctx context.Context, q Question) (*VoiceGrant, error) {
	minted, err := g.ask(ctx, Voice, q)
	if err != nil {
		return nil, err
	}
	return &VoiceGrant{voice: minted}, nil
}

// ask puts one question from the check of the bar to the minted grant.
func (g *Gate) ask(ctx context.Context, scope Scope, q Question) (*grant, error) {
	q = g.complete(scope, q)
	ctx, cancel := context.WithTimeout(ctx, max(q.Timeout, q.Longest))
	defer cancel()
	if err := g.open(scope, q, cancel); err != nil {
		return nil, err
	}
	answer, err := g.prompt(ctx, q)
	given := g.judge(ctx, answer, err)
	minted, stepErr := g.change(input{kind: inAnswer, scope: scope, answer: given}, func() {
		if x, ok := g.cfg.Prompter.(Extender); ok && scope == View {
			g.asked[scope] = g.asked[scope].Showing(x.Extent())
		}
	})
	if stepErr != nil && err != nil {
		return nil, fmt.Errorf("%w: %w", stepErr, err)
	}
	return minted, stepErr
}

// complete fills in what the gate knows better than its caller.
func (g *Gate) complete(scope Scope, q Question) Question {
	q.ID, q.Scope, q.Party = newID(), scope, g.cfg.Party
	q.Language = Language(q.Language)
	if q.Text.Title == "" {
		q.Text = NoticeFor(scope, q.Party, q.Language)
	}
	if q.Timeout <= 0 {
		q.Timeout = DefaultTimeout
	}
	if scope == View {
		return q
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return q.Showing(g.asked[View].Extent)
}

// open makes q the open question, if one may be asked now.
func (g *Gate) open(scope Scope, q Question, cancel context.CancelFunc) error {
	if g.Snapshot().Over {
		return ErrEnded
	}
	if !g.cfg.Indicator.Visible() {
		return ErrNoBar
	}
	_, err := g.change(input{kind: inAsk, scope: scope}, func() {
		g.cancel, g.asked[scope] = cancel, q
	})
	return err
}

// prompt runs the Prompter; a panic in it is an error, with the zero answer, which is no.
func (g *Gate) prompt(ctx context.Context, q Question) (_ Answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("consent: the prompter failed: %v", p)
		}
	}()
	return g.cfg.Prompter.Ask(ctx, q)
}

// judge turns what the Prompter brought back into a verdict. Only one way leads to yes.
func (g *Gate) judge(ctx context.Context, answer Answer, err error) verdict {
	switch {
	case ctx.Err() != nil || answer == TimedOut:
		return verdictLate
	case err != nil:
		return verdictFailed
	case answer != Yes:
		return verdictNo
	case !g.cfg.Indicator.Visible():
		return verdictNoBar
	}
	return verdictYes
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

// change takes one input through the machine and carries out what comes of it. It
// returns the grant that was minted, if one was. accepted, if not nil, runs when the
// machine took the input, before anything is carried out.
func (g *Gate) change(in input, accepted func()) (*grant, error) {
	g.turn.Lock()
	defer g.tell()
	defer g.turn.Unlock()
	effects, err := g.step(in, accepted)
	minted, failed := g.carryOut(effects)
	if failed == nil {
		return minted, err
	}
	// Consent that cannot be shown later is none: without its record nothing goes on.
	effects, _ = g.step(input{kind: inEnd, by: ByAgent}, nil)
	_, _ = g.carryOut(effects)
	return nil, fmt.Errorf("%w: %w", ErrEnded, failed)
}

// step runs the machine. It is called with the turn.
func (g *Gate) step(in input, accepted func()) ([]effect, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	next, effects, err := step(g.state, in)
	g.state = next
	if err == nil && accepted != nil {
		accepted()
	}
	return effects, err
}

// carryOut does all that the machine decided. Everything revoked is cut at once, before
// anything is waited for. It returns the first error of the journal.
func (g *Gate) carryOut(effects []effect) (minted *grant, failed error) {
	for _, e := range effects {
		if e.kind == doRevoke {
			g.grants[e.scope].cut()
		}
	}
	for _, e := range effects {
		switch e.kind {
		case doMint:
			minted = newGrant(e.epoch, g.state.waits(e.scope))
			g.grants[e.scope] = minted
		case doRevoke:
			g.grants[e.scope].settle()
		case doHold:
			g.holdAll()
		case doCancel:
			g.cancel()
		case doNote:
			failed = cmp.Or(failed, g.note(e))
		case doOver:
			close(g.over)
		}
	}
	return minted, failed
}

// holdAll stops every grant that is to wait before it waits for any.
func (g *Gate) holdAll() {
	for scope, one := range g.grants {
		if one != nil {
			one.paused.Store(g.state.waits(Scope(scope)))
		}
	}
	for _, one := range g.grants {
		if one != nil && one.paused.Load() {
			one.settle()
		}
	}
}

// note records an event and queues it for OnEvent.
func (g *Gate) note(e effect) error {
	event := Event{Time: g.cfg.Now(), Kind: e.event, Scope: e.scope, Hold: e.hold, By: e.by}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queue = append(g.queue, event)
	return g.log.add(event, g.asked[e.scope])
}

// tell delivers queued events, in order, one at a time, without any lock. Only one
// goroutine tells; the others leave their events to it.
func (g *Gate) tell() {
	g.mu.Lock()
	if g.telling {
		g.mu.Unlock()
		return
	}
	g.telling = true
	for len(g.queue) > 0 {
		event := g.queue[0]
		g.queue = g.queue[1:]
		g.mu.Unlock()
		if g.cfg.OnEvent != nil {
			g.cfg.OnEvent(event)
		}
		g.mu.Lock()
	}
	g.telling = false
	g.mu.Unlock()
}

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
