package ui

import "time"

// lostAfter is how long the bar may be out of sight before the session ends
// (ARCHITECTURE: no bar, no grant). THREAT 3.
const lostAfter = 500 * time.Millisecond

// presence adds up how long the bar was out of sight. Time in sight pays back a
// fifth, so that a window that keeps coming to the top wins nothing by letting the
// bar through now and then, while menus that open over it for a moment do no harm.
type presence struct {
	seen bool
	at   time.Time
	debt time.Duration
}

// update says whether the bar is seen from now on.
func (p *presence) update(now time.Time, seen bool) {
	if !p.at.IsZero() {
		passed := now.Sub(p.at)
		if p.seen {
			p.debt = max(p.debt-passed/5, 0)
		} else {
			p.debt += passed
		}
	}
	p.seen, p.at = seen, now
}

// lost reports whether the bar has been out of sight for too long.
func (p *presence) lost() bool { return p.debt >= lostAfter }

// due is when the bar will be lost unless it comes back; zero while it is seen.
func (p *presence) due() time.Time {
	if p.seen {
		return time.Time{}
	}
	return p.at.Add(lostAfter - p.debt)
}
