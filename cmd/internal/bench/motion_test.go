package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

type counting struct{ steps int }

func (c *counting) run(ctx context.Context) error {
	return every(ctx, 10*time.Millisecond, func(n int) error {
		c.steps = n + 1
		return nil
	})
}
func (*counting) close() {}

func TestAMotionStepsAtItsPaceUntilItIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counting{}
		err := while(t.Context(), c, func(ctx context.Context) error { return pause(ctx, 95*time.Millisecond) })
		if err != nil || c.steps != 10 {
			t.Errorf("%d steps in 95 ms, %v; want 10", c.steps, err)
		}
	})
}

func TestAMotionThatFailsSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := errors.New("gone")
		err := every(t.Context(), time.Millisecond, func(n int) error {
			if n == 3 {
				return gone
			}
			return nil
		})
		if !errors.Is(err, gone) {
			t.Errorf("got %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := pause(ctx, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("a pause outlasted its context: %v", err)
		}
	})
}
