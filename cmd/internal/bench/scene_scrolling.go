package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"beside/agent/desktop"
)

// printerArgument has this program print lines instead: the terminal of a scene runs it.
const printerArgument = "print-lines"

// linePace is the time between two lines of the scrolling scenes.
const linePace = time.Second / 60

// printLines prints numbered lines at a pace until it is ended.
func printLines(to io.Writer, pace string) {
	every, err := time.ParseDuration(pace)
	if err != nil || every <= 0 {
		fmt.Fprintln(to, "bad pace", pace)
		return
	}
	for n := 1; ; n++ {
		if _, err := fmt.Fprintf(to, "%6d  printer log: page %d of job %x went to tray %d\n", n, n%12+1, n*2654435761, n%3+1); err != nil {
			return
		}
		time.Sleep(every)
	}
}

// scroll starts a terminal that prints.
func (r *rig) scroll() (*desktop.Process, error) {
	own, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return r.stage.Desktop.Run(desktop.Xterm(300, 200, own, printerArgument, linePace.String()))
}

// playScrolling counts the cost of a terminal that scrolls, and what remains of it in
// memory afterwards.
func playScrolling(ctx context.Context, r *rig) error {
	if _, err := r.view(ctx); err != nil {
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
	if err := r.costs(ctx, goals{}, func(ctx context.Context) error { return pause(ctx, r.opts.window) }); err != nil {
		return err
	}
	if err := r.shown(ctx); err != nil {
		return err
	}
	lines.Stop()
	if err := r.settle(ctx); err != nil {
		return err
	}
	m, err := memoryOf(r.stage.Agent.PID())
	if err != nil {
		return err
	}
	r.add(figure{Name: "agent resident afterwards", Unit: "MiB", Value: m.resident, Goal: 80})
	return nil
}
