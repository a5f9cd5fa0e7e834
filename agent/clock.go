package agent

import "time"

// clock is the chooser's. It stands while the way to the viewer has no room, and a
// picture that took long to code and to encode took no longer than a quick one: a film
// that the way or this machine cannot keep up with is film, however few of its pictures
// are looked at.
type clock struct {
	began time.Time
	stood time.Duration // since began
}

// at is the clock's time.
func (c *clock) at(now time.Time) time.Duration { return now.Sub(c.began) - c.stood }

// stand takes out a time in which nothing could be sent.
func (c *clock) stand(d time.Duration) { c.stood += d }

// worked takes out what the work on one picture took beyond the shortest time between two.
func (c *clock) worked(took time.Duration) { c.stand(max(took-framePace, 0)) }
