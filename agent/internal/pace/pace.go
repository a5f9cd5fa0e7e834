// Package pace bounds how often something happens that a technician causes: as often as
// people do it, and no more. THREAT 18.
//
// Begin with Limit.
package pace

import "time"

// Limit lets Burst things happen at once, and one more every Every. The zero Limit lets
// nothing happen. It knows no clock, and is not safe for use by several goroutines.
type Limit struct {
	Burst int
	Every time.Duration

	used int // of the burst
	at   time.Time
}

// Allow reports whether one more may happen now, and counts it if it may.
func (l *Limit) Allow(now time.Time) bool {
	if l.Burst <= 0 || l.Every <= 0 {
		return false
	}
	back := int(now.Sub(l.at) / l.Every)
	switch {
	case l.at.IsZero() || back >= l.used:
		l.used, l.at = 0, now
	case back > 0:
		l.used, l.at = l.used-back, l.at.Add(time.Duration(back)*l.Every)
	}
	if l.used >= l.Burst {
		return false
	}
	l.used++
	return true
}
