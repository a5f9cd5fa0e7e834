package consent

import (
	"cmp"
	"fmt"
)

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
