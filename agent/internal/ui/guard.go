package ui

import "time"

// guardEvery is how often that is asked while all is well: it takes half a dozen questions.
const guardEvery = 2 * time.Second

// darkFor is how long the screen may be dark before everything waits: monitors that are
// changed are dark for a moment. Who sees nothing is in no doubt that they see no bar.
const darkFor = 2 * time.Second

// guarded is what the bar depends on beside being seen: that it can be told who presses, that
// somebody can, and that there is light.
type guarded struct {
	next  time.Time // when to look after devices and monitors again
	taken bool      // none of the user's devices reached us at the last look
	dark  time.Time // since when no monitor shows the bar; zero while one does
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
	g.next = now.Add(guardEvery)
	defer c.expect()()
	b.witness.shaded = c.hasCompositor()
	was := g.away
	if g.away = c.elsewhere(); g.away {
		g.next, g.taken, g.dark = now.Add(heartbeat), false, time.Time{} // its devices are off meanwhile
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
	switch {
	case c.lit(b.p.win.rect) && c.pointsOver(b.p.win.rect):
		g.dark = time.Time{}
	case g.dark.IsZero():
		g.dark = now // what is changed this moment holds nothing: it takes a second look
	}
	if g.taken || !g.dark.IsZero() {
		g.next = now.Add(heartbeat)
	}
}

// shows reports whether there is something on the bar that gives.
func (b *Bar) shows() bool { return b.view.Paused || b.view.Secret || b.view.Muted || b.report.open() }
