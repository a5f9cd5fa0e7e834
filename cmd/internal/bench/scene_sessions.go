package main

import (
	"context"
	"errors"
	"io/fs"
	"time"
)

// playSessions plays whole sessions, each with a new agent, and takes the median of
// what people waited for. Something moves when the user presses End, so that there is a
// last packet to be late.
func playSessions(ctx context.Context, r *rig) error {
	var code, question, picture, last []float64
	tap, err := openTap()
	if err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	defer tap.close()
	for range r.opts.sessions {
		w, err := r.view(ctx)
		if err != nil {
			return err
		}
		code, question, picture = append(code, w.code), append(question, w.question), append(picture, w.picture)
		late, err := r.end(ctx, tap)
		if err != nil {
			return err
		}
		last = append(last, late)
	}
	r.add(spread("start to code", "ms", 0, code))
	r.add(spread("code to question", "ms", 0, question))
	r.add(spread("yes to first picture", "ms", 600, picture))
	if tap != nil {
		r.add(spread("End to last packet", "ms", 150, last))
	}
	return nil
}

// end lets the user press End while a terminal scrolls, and returns how much later the
// last packet of the picture left the agent.
func (r *rig) end(ctx context.Context, tap *tap) (late float64, err error) {
	lines, err := r.scroll()
	if err != nil {
		return 0, err
	}
	defer lines.Stop()
	if err := pause(ctx, time.Second); err != nil {
		return 0, err
	}
	pressed, err := r.stage.EndSession(ctx)
	if err != nil {
		return 0, err
	}
	if _, err := r.stage.AwaitOver(ctx); err != nil {
		return 0, err
	}
	if err := pause(ctx, 500*time.Millisecond); err != nil { // for packets that should not come
		return 0, err
	}
	if tap != nil {
		late = max(0, milliseconds(tap.last().Sub(pressed)))
	}
	return late, r.stage.CloseAgent(ctx)
}
