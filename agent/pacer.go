package agent

import "time"

const (
	// closest is the shortest time between two pictures: what a program draws in answer to
	// one key comes in several pieces, and they are one picture.
	closest = 4 * time.Millisecond
	// spacing is the time between two pictures in the long run, a little less than framePace:
	// a screen that changes 60 times a second then never waits.
	spacing = time.Second / 72
	// mostAhead is how much sooner than evenly a picture may come. What follows a rest, or
	// answers the technician while something else moves, waits for nothing.
	mostAhead = 2 * spacing
	// answerTime is for how long after an act of the technician's pictures may come as close
	// as they can, whatever came before them: a program draws its answer within that.
	answerTime = 10 * time.Millisecond
)

// pacer spaces pictures evenly in the long run, and lets a few come sooner.
type pacer struct {
	due time.Time // when the next one would be, had they all come evenly
}

// taken notes a picture and returns when the next may be taken. What came sooner than it
// would have let is not made up for by more than spacing.
func (p *pacer) taken(now time.Time) time.Time {
	if p.due.Before(now) {
		p.due = now
	}
	if latest := now.Add(mostAhead); p.due.After(latest) {
		p.due = latest
	}
	p.due = p.due.Add(spacing)
	next := p.due.Add(-mostAhead)
	if soonest := now.Add(closest); next.Before(soonest) {
		return soonest
	}
	return next
}
