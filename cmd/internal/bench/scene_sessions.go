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
func playSessions(ctx context.Context, s *set, r *rig) error {
	tap, err := openTap()
	if err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	if tap == nil {
		r.note("%s is left out: it needs the right to see raw packets", colLastPacket)
	}
	defer tap.close()
	seen, err := s.landmarks()
	if err != nil {
		return err
	}
	var code, question, last []float64
	var took takes
	for n := range s.opts.cold + s.opts.warm {
		f, err := attach(ctx, s.system, n < s.opts.cold, seen)
		if err != nil {
			return err
		}
		took.note(f, n < s.opts.cold)
		code, question = append(code, milliseconds(s.ours.code)), append(question, milliseconds(s.ours.question))
		late, err := s.end(ctx, tap)
		if err != nil {
			return err
		}
		last = append(last, late)
	}
	r.add(spread(colCode, "ms", code), spread(colQuestion, "ms", question))
	r.add(took.figures()...)
	if tap != nil {
		r.add(spread(colLastPacket, "ms", last))
	}
	return nil
}

// end lets the user press End while a terminal scrolls, and returns how much later the
// last packet of the picture left the agent.
func (s *set) end(ctx context.Context, tap *tap) (late float64, err error) {
	lines, err := openTerminal(ctx, s.desktop, 300, 200, linePace)
	if err != nil {
		return 0, err
	}
	defer lines.close()
	ports, err := udpPorts(s.stage.Agent.PID())
	if err != nil {
		return 0, err
	}
	pressed, err := s.stage.EndSession(ctx)
	if err != nil {
		return 0, err
	}
	if _, err := s.stage.AwaitOver(ctx); err != nil {
		return 0, err
	}
	if err := pause(ctx, 500*time.Millisecond); err != nil { // for packets that should not come
		return 0, err
	}
	if tap != nil {
		if tap.last(ports).IsZero() {
			return 0, errors.New("bench: no packet of the picture was seen")
		}
		late = max(0, milliseconds(tap.last(ports).Sub(pressed)))
	}
	s.ours.stopAgent()
	return late, nil
}
