package main

import "context"

// playRecording counts the cost of the scrolling terminal while it is recorded.
func playRecording(ctx context.Context, r *rig) error {
	if err := r.technician.SetUpRecording(ctx); err != nil {
		return err
	}
	if _, err := r.view(ctx); err != nil {
		return err
	}
	if err := r.grant(ctx, r.technician.AskRecord, "To show a colleague.", "REC"); err != nil {
		return err
	}
	lines, err := r.scroll()
	if err != nil {
		return err
	}
	defer lines.Stop()
	if err := r.settle(ctx); err != nil {
		return err
	}
	return r.costs(ctx, goals{}, func(ctx context.Context) error { return pause(ctx, r.opts.window) })
}
