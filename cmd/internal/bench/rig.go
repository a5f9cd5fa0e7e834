package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"beside/agent/desktop"
	"beside/cmd/internal/stage"
)

// rig is the stage of one scene and what was measured on it.
type rig struct {
	opts       options
	stage      *stage.Stage
	technician *stage.Technician
	families   []family // while a session runs
	figures    []figure
}

func newRig(ctx context.Context, opts options, log io.Writer) (*rig, error) {
	s, err := stage.New(ctx, stage.Options{Bin: opts.bin, Log: log, Desktop: desktop.Options{Log: log}})
	if err != nil {
		return nil, err
	}
	r := &rig{opts: opts, stage: s}
	if r.technician, err = s.SignUp(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return r, nil
}

func (r *rig) close() { r.stage.Close() }

func (r *rig) add(f figure) { r.figures = append(r.figures, f) }

// waits are what people waited for in one session, in milliseconds.
type waits struct{ code, question, picture float64 }

// view brings a session up to the first picture.
func (r *rig) view(ctx context.Context) (w waits, err error) {
	digits, took, err := r.stage.StartAgent(ctx)
	if err != nil {
		return w, err
	}
	w.code = milliseconds(took)
	if err := r.technician.TypeCode(ctx, digits, "You wrote that your printer prints blank pages.", "HELP-4711"); err != nil {
		return w, err
	}
	asked := time.Now()
	if err := r.technician.Click(ctx, "Ask to see their screen"); err != nil {
		return w, err
	}
	if _, err := r.stage.AwaitQuestion(ctx); err != nil {
		return w, err
	}
	w.question = milliseconds(time.Since(asked))
	if err := r.stage.AwaitArmed(ctx); err != nil {
		return w, err
	}
	if err := r.technician.Evaluate(ctx, watchFirst, nil); err != nil {
		return w, err
	}
	yes, err := r.stage.SayYes(ctx)
	if err != nil {
		return w, err
	}
	seen, err := r.firstPicture(ctx)
	if err != nil {
		return w, err
	}
	w.picture = milliseconds(seen.Sub(yes))
	return w, r.identify()
}

// identify finds the processes of the session.
func (r *rig) identify() error {
	all, err := processes()
	if err != nil {
		return err
	}
	server := 0
	for pid, s := range all {
		if strings.HasPrefix(s.command, "Xorg") && descends(all, pid, os.Getpid()) {
			server = pid
		}
	}
	if server == 0 {
		return errors.New("bench: the X server was not found")
	}
	r.families = []family{
		{"agent", r.stage.Agent.PID()}, {"X server", server}, {"relay", r.stage.Relay.PID()}, {"browser", r.technician.Pid()},
	}
	return nil
}

// grant asks for a further scope and has the user say yes.
func (r *rig) grant(ctx context.Context, ask func(context.Context, string) error, reason, sign string) error {
	if err := ask(ctx, reason); err != nil {
		return err
	}
	if err := r.stage.AwaitArmed(ctx); err != nil {
		return err
	}
	if _, err := r.stage.SayYes(ctx); err != nil {
		return err
	}
	return r.technician.WaitText(ctx, sign)
}

func (r *rig) control(ctx context.Context) error {
	return r.grant(ctx, r.technician.AskControl, "I would like to look at the settings.", "Stop control")
}

// settle waits for the toolbar, cursors and refinement of a scene's beginning to pass.
func (r *rig) settle(ctx context.Context) error { return pause(ctx, 4*time.Second) }

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// goals of a scene's costs; 0 is none.
type goals struct{ agent, resident float64 }

// costs counts what the scene costs for the window, while act runs: CPU of each process
// in percent of one core, what goes over the connection, and the agent's memory after.
func (r *rig) costs(ctx context.Context, g goals, act func(context.Context) error) error {
	before, err := cpuOf(r.families)
	if err != nil {
		return err
	}
	had, err := r.received(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := act(ctx); err != nil {
		return err
	}
	seconds := time.Since(began).Seconds()
	after, err := cpuOf(r.families)
	if err != nil {
		return err
	}
	has, err := r.received(ctx)
	if err != nil {
		return err
	}
	for _, f := range r.families {
		goal := 0.0
		if f.name == "agent" {
			goal = g.agent
		}
		r.add(figure{Name: f.name + " CPU", Unit: "% of a core", Goal: goal, Value: 100 * (after[f.name] - before[f.name]).Seconds() / seconds})
	}
	r.add(figure{Name: "to the viewer", Unit: "kbit/s", Value: 8 * (has.Bytes - had.Bytes) / 1000 / seconds})
	r.add(figure{Name: "frames decoded", Unit: "a second", Value: (has.Frames - had.Frames) / seconds})
	return r.memory(g.resident)
}

// memory reports what the agent holds now.
func (r *rig) memory(goal float64) error {
	m, err := memoryOf(r.stage.Agent.PID())
	if err != nil {
		return err
	}
	r.add(figure{Name: "agent resident", Unit: "MiB", Value: m.resident, Goal: goal})
	r.add(figure{Name: "agent proportional", Unit: "MiB", Value: m.proportional})
	return nil
}

// shown reports the distinct pictures a second.
func (r *rig) shown(ctx context.Context) error {
	rate, err := r.pictures(ctx, 5*time.Second)
	if err != nil {
		return fmt.Errorf("bench: pictures: %w", err)
	}
	r.add(figure{Name: "distinct pictures", Unit: "a second", Value: rate})
	return nil
}
