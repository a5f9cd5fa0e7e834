package main

import "context"

// playStill counts what costs when nothing happens but the bar's clock.
func playStill(ctx context.Context, r *rig) error {
	if _, err := r.view(ctx); err != nil {
		return err
	}
	if err := r.settle(ctx); err != nil {
		return err
	}
	return r.costs(ctx, goals{agent: 2, resident: 80}, func(ctx context.Context) error { return pause(ctx, r.opts.window) })
}
