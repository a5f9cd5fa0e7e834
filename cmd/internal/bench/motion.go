package main

import (
	"context"
	"errors"
	"time"
)

// motion is what moves on the user's screen in a scene.
type motion interface {
	// run moves until ctx ends, and then returns when it has asked for nothing more.
	run(ctx context.Context) error
	// close takes away what the motion put onto the screen.
	close()
}

// step is the time between two steps of what moves smoothly.
const step = time.Second / 60

// every calls do at a pace until ctx ends. A call that comes late is not made up for,
// as in programs that draw when the screen is refreshed.
func every(ctx context.Context, pace time.Duration, do func(n int) error) error {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for n := 0; ; n++ {
		if ctx.Err() != nil {
			return nil
		}
		if err := do(n); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// running is a motion that has been set going.
type running struct {
	cancel context.CancelFunc
	ended  chan struct{}
	err    error // valid once ended is closed
}

func start(ctx context.Context, m motion) *running {
	ctx, cancel := context.WithCancel(ctx)
	r := &running{cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(r.ended)
		r.err = m.run(ctx)
	}()
	return r
}

// stop ends it and returns when nothing more is asked of the server.
func (r *running) stop() error {
	r.cancel()
	<-r.ended
	if errors.Is(r.err, context.Canceled) {
		return nil
	}
	return r.err
}

// while runs f while m moves.
func while(ctx context.Context, m motion, f func(context.Context) error) error {
	r := start(ctx, m)
	return errors.Join(f(ctx), r.stop())
}

// stillness is the motion of a scene in which nothing moves, but for the patch, which
// changes once each time when the settling is measured.
type stillness struct{ patch *patch }

func (s stillness) run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func (stillness) close() {}

// nudge is the one change that a still scene settles after.
func (s stillness) nudge() error {
	s.patch.flip()
	return s.patch.x.sync()
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
