package agent

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"beside/agent/internal/pace"
)

// How much of one kind a calm log writes: what goes wrong by itself goes wrong a few times,
// and what a technician or a relay causes without end is not to fill the user's disk.
// THREAT 18.
const (
	calmBurst = 40
	calmPace  = 10 * time.Second
	// calmKinds bounds the kinds that are told apart: ours are some two hundred.
	calmKinds = 1000
)

// calm writes so many records of each message and level and leaves the others out. The next
// one that is written says how many were. Messages are constants: what differs is in the
// attributes.
type calm struct {
	slog.Handler
	past *past // of all that come of one calm
}

// past is what was written and left out.
type past struct {
	mu    sync.Mutex
	kinds map[kind]*count // guarded by mu
}

type kind struct {
	level   slog.Level
	message string
}

type count struct {
	limit pace.Limit
	left  int // out, since one was written
}

func calmed(log *slog.Logger) *slog.Logger {
	if log == nil {
		return nil
	}
	return slog.New(&calm{log.Handler(), &past{kinds: map[kind]*count{}}})
}

// Handle implements slog.Handler.
func (c *calm) Handle(ctx context.Context, r slog.Record) error {
	left, ok := c.past.allow(kind{r.Level, r.Message}, r.Time)
	if !ok {
		return nil
	}
	if left > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Int("left_out", left))
	}
	return c.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (c *calm) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &calm{c.Handler.WithAttrs(attrs), c.past}
}

// WithGroup implements slog.Handler.
func (c *calm) WithGroup(name string) slog.Handler {
	return &calm{c.Handler.WithGroup(name), c.past}
}

// allow counts one of a kind, and returns how many were left out before it if it may be
// written.
func (h *past) allow(k kind, now time.Time) (left int, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.kinds[k]
	if n == nil {
		if len(h.kinds) >= calmKinds {
			return 0, false
		}
		n = &count{limit: pace.Limit{Burst: calmBurst, Every: calmPace}}
		h.kinds[k] = n
	}
	if !n.limit.Allow(now) {
		n.left++
		return 0, false
	}
	left, n.left = n.left, 0
	return left, true
}
