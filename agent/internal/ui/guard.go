package ui

import (
	"math/rand/v2"
	"time"
)

// guardEvery is how often that is asked at least while all is well: it takes half a dozen
// questions.
const guardEvery = 2 * time.Second

// darkFor is how long the screen may be dark before everything waits: monitors that are
// changed are dark for a moment. Who sees nothing is in no doubt that they see no bar.
const darkFor = 2 * time.Second

// gloom is for how long the screen was dark, added up: what makes it dark again and again,
// and light in between, counts as well. Light takes a tenth of its own time away.
type gloom struct {
	sum  time.Duration
	now  bool      // dark at the last look
	last time.Time // the last look
}

func (g *gloom) look(dark bool, now time.Time) {
	passed := now.Sub(g.last)
	g.now, g.last = dark, now
	switch {
	case !dark:
		g.sum = max(0, g.sum-passed/10)
	case g.sum == 0:
		g.sum = heartbeat // what is changed this moment holds nothing: it takes a second look
	default:
		g.sum = min(g.sum+passed, darkFor+heartbeat)
	}
}

// reigns reports whether it is dark, and has been for long.
func (g *gloom) reigns() bool { return g.now && g.sum > darkFor }

// about is a moment to look again: every so often at least, and when nobody can tell.
func about(now time.Time, often time.Duration) time.Time {
	return now.Add(often/2 + rand.N(often/2))
}

// guarded is what the bar depends on beside being seen: that it can be told who presses, that
// somebody can, and that there is light.
type guarded struct {
	next  time.Time // when to look after devices and monitors again
	taken bool      // none of the user's devices reached us at the last look
	dark  gloom     // no monitor shows the bar
	away  bool      // the user looks at another terminal of this computer
}

// guard finds out when nobody can tell any more who presses the bar, or nobody can press it.
func (b *Bar) guard(now time.Time) {
	c, g := b.u.conn, &b.guarded
	if !c.synthetic && !c.testimony.take() {
		b.lose("a program pressed in the name of the user's devices")
	}
	if now.Before(g.next) {
		return
	}
	g.next = about(now, guardEvery)
	defer c.expect()()
	b.witness.shaded = c.hasCompositor()
	was := g.away
	if g.away = c.elsewhere(); g.away {
		g.next, g.taken, g.dark = about(now, heartbeat), false, gloom{} // its devices are off meanwhile
		return
	}
	if was {
		b.witness.next = now // before anything is believed that is pressed on it
	}
	switch taken := c.takenAway(); {
	case taken && g.taken:
		b.lose("the user's devices were switched off")
	default:
		g.taken = taken
	}
	if !c.pointsAt(b.p.win.rect) {
		b.p.win.point()
	}
	g.dark.look(!c.lit(b.p.win.rect) || !c.pointsOver(b.p.win.rect), now)
	if g.taken || g.dark.sum > 0 {
		g.next = about(now, heartbeat)
	}
}

// shows reports whether there is something on the bar that gives.
func (b *Bar) shows() bool { return b.view.Paused || b.view.Secret || b.view.Muted || b.report.open() }
