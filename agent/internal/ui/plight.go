package ui

import "time"

// plight is why the user cannot see the bar though no window lies over it: what happens on
// ordinary desktops, by the user's own doing mostly. A session does not die of it. Everything
// waits, picture and input alike, until the bar is seen again and the user presses Resume. A
// program that brings one about wins nothing: nothing is sent, and nothing arrives. THREAT 3.
type plight struct {
	why   string    // for the log; empty is none
	since time.Time // when it began
	last  time.Time // when the picture of the bar was last wrong
	told  bool      // on the bar, until the user goes on
}

const (
	plightAway   = "another terminal is on the screen"
	plightDark   = "the screen is dark, or the pointer lies over the bar"
	plightOther  = "the screen does not show the bar as it is"
	plightFrozen = "the screen did not answer"
)

const (
	// heldWithin is how long it may take until everything waits; then the session ends.
	heldWithin = lostAfter
	// blurredAfter is how long, added up, a compositing manager may show something else.
	blurredAfter = 3 * lostAfter / 5
	// frozenMost is how long the screen may not answer at all: monitors that are changed take
	// a second or two, a window whose outline is moved as long as it is moved.
	frozenMost = 15 * time.Second
)

// beset looks for a plight and has everything wait in it.
func (b *Bar) beset(now time.Time) {
	p, g := &b.plight, &b.guarded
	why := ""
	switch {
	case b.frozen.Load():
		b.frozen.Store(false) // it has answered: the loop is here
		why = plightFrozen
	case g.away:
		why = plightAway
	case g.dark.reigns():
		why = plightDark
	case b.blurred() && (p.why != "" || b.presence.debt >= blurredAfter):
		why, p.last = plightOther, now
	case p.why == plightOther && now.Sub(p.last) < heldWithin:
		why = plightOther // what comes and goes is not over
	}
	switch {
	case why == "":
		p.why = ""
	case p.why == "":
		p.since, p.told, b.presence.debt = now, true, 0
		b.u.log.Info("everything waits", "why", why)
		if why != plightFrozen { // watch has told
			b.u.emit(HoldSession)
		}
		b.witness.next = now
		fallthrough
	default:
		p.why = why
	}
	b.plighted.Store(p.why != "")
	if p.told && p.why == "" && !b.view.Paused && now.Sub(p.since) > heldWithin {
		p.told = false
	}
}

// blurred reports whether only the picture of the bar is wrong, where a compositing manager
// makes it: it may have been enlarged, inverted, or drawn a message over it.
func (b *Bar) blurred() bool {
	made := b.u.conn.composited || b.witness.shaded
	return made && b.witness.blind && (b.top.seen || b.plight.why == plightOther)
}

// excused reports whether it does not count that the bar is not seen: everything waits, or
// will in a moment.
func (b *Bar) excused(now time.Time) bool {
	return b.plight.why != "" && (b.view.Paused || now.Sub(b.plight.since) < heldWithin)
}

// stuck says that the server does not answer. The loop waits for it, so watch tells of it.
func (b *Bar) stuck() {
	b.visible.Store(false)
	b.frozen.Store(true)
	b.plighted.Store(true)
	select {
	case b.halts <- struct{}{}:
	default:
	}
}
