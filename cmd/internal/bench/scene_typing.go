package main

import (
	"context"
	"time"

	"beside/agent/desktop"
)

// typingPace is the time between two characters of the typing scene.
const typingPace = 100 * time.Millisecond

// playTyping has the technician type into a terminal of the user's.
func playTyping(ctx context.Context, r *rig) error {
	terminal, err := r.stage.Desktop.Run(desktop.Xterm(300, 200, "cat"))
	if err != nil {
		return err
	}
	defer terminal.Stop()
	if _, err := r.view(ctx); err != nil {
		return err
	}
	if err := r.control(ctx); err != nil {
		return err
	}
	if err := r.stage.Rested(ctx, r.technician); err != nil {
		return err
	}
	if err := r.technician.ClickOn(ctx, 600, 400); err != nil {
		return err
	}
	if err := r.settle(ctx); err != nil {
		return err
	}
	err = r.costs(ctx, goals{resident: 80}, func(ctx context.Context) error { return r.typeFor(ctx, r.opts.window) })
	if err != nil {
		return err
	}
	typing, stop := context.WithCancel(ctx)
	typed := make(chan error, 1)
	go func() { typed <- r.typeFor(typing, time.Hour) }()
	err = r.shown(ctx)
	stop()
	<-typed
	return err
}

// typeFor types at the scene's pace for a while.
func (r *rig) typeFor(ctx context.Context, d time.Duration) error {
	const line = "the quick brown fox jumps over the lazy dog \r"
	ticker := time.NewTicker(typingPace)
	defer ticker.Stop()
	for i, end := 0, time.Now().Add(d); time.Now().Before(end); i++ {
		if err := r.technician.TypeKeys(ctx, line[i%len(line):][:1]); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
	return nil
}
