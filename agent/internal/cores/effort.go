package cores

import "time"

const (
	// longPiece is work that others should not have to wait for: on one core a press that
	// comes meanwhile is heard when it is done, or after the scheduler's 10 ms, twice over.
	longPiece = 4 * time.Millisecond
	// goneAfter is how long there must be no such piece before one core is enough again.
	goneAfter = time.Second
)

// Effort has the program use every core while work comes in long pieces. The zero value
// is ready; it is not safe for concurrent use.
type Effort struct {
	done func() // nil while one core is enough
	last time.Time
}

// Worked tells of a piece that ended now and how long it took.
func (e *Effort) Worked(now time.Time, took time.Duration) {
	switch {
	case took >= longPiece:
		e.last = now
		if e.done == nil {
			e.done = All()
		}
	case now.Sub(e.last) >= goneAfter:
		e.Rest()
	}
}

// Rest says that nothing more is to be done for now.
func (e *Effort) Rest() {
	if e.done != nil {
		e.done()
		e.done = nil
	}
}
