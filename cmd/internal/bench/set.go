package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"time"

	"beside/agent/desktop"
	"beside/cmd/internal/stage"
)

// set is what all scenes are played on: one X server, one relay, the patch, and the
// system whose turn it is.
type set struct {
	opts    options
	stage   *stage.Stage
	desktop *desktop.Desktop
	patch   *patch
	xServer family
	ours    *beside
	system  system
	bridge  *bridge // between the agent and everybody else; nil when there is none

	connected bool
	recording bool // what connected means: with the recording or without
}

func newSet(ctx context.Context, opts options, log io.Writer) (_ *set, err error) {
	s := &set{opts: opts}
	if s.stage, err = stage.New(ctx, stage.Options{Bin: opts.bin, Log: log, Desktop: desktop.Options{Log: log}}); err != nil {
		return nil, err
	}
	s.desktop = s.stage.Desktop
	s.ours = &beside{stage: s.stage}
	if s.patch, err = openPatch(s.desktop.Display()); err == nil {
		s.xServer, err = xServer()
	}
	if err != nil {
		s.stage.Close()
		return nil, err
	}
	return s, nil
}

func (s *set) close() {
	s.patch.close()
	s.stage.Close()
}

// systems are those to be measured, ours first.
func (s *set) systems() []system { return append([]system{s.ours}, peers(s.stage)...) }

// connect sees to it that the system's viewer is attached and can act.
func (s *set) connect(ctx context.Context) error {
	if s.connected && s.recording == s.ours.record {
		return nil
	}
	if s.connected {
		if err := s.disconnect(ctx); err != nil {
			return err
		}
	}
	seen, err := s.landmarks()
	if err != nil {
		return err
	}
	if _, err := attach(ctx, s.system, false, seen); err != nil {
		return err
	}
	s.connected, s.recording = true, s.ours.record
	if err := s.system.furnish(ctx); err != nil {
		return err
	}
	return s.patch.raise()
}

func (s *set) disconnect(ctx context.Context) error {
	if !s.connected {
		return nil
	}
	s.connected = false
	return detach(ctx, s.system)
}

// landmarks are those of the screen as it is now.
func (s *set) landmarks() ([]landmark, error) {
	screen, err := s.desktop.Picture()
	if err != nil {
		return nil, err
	}
	return landmarks(screen), nil
}

// readier is a motion that wants something of the viewer before it begins.
type readier interface {
	ready(ctx context.Context, s system) error
}

// aside is where the pointer waits while the settling is measured: away from the patch.
var aside = image.Pt(1812, 720)

// play plays a scene with the system whose turn it is.
func (s *set) play(ctx context.Context, sc scene) (_ *rig, err error) {
	r := &rig{opts: s.opts, scene: sc.name, quality: noDifference, system: s.system, patch: s.patch, grab: s.desktop.Picture, xServer: s.xServer, bridge: s.bridge}
	s.ours.record = sc.record
	if sc.play != nil {
		return r, sc.play(ctx, s, r)
	}
	if err := s.connect(ctx); err != nil {
		return r, err
	}
	r.page = s.system.page()
	m, err := sc.open(ctx, s)
	if err != nil {
		return r, err
	}
	defer m.close()
	if err := s.patch.raise(); err != nil {
		return r, err
	}
	if ready, ok := m.(readier); ok {
		if err := ready.ready(ctx, s.system); err != nil {
			return r, err
		}
	}
	return r, r.usual(ctx, sc, m)
}

// usual is the course of a scene: costs, then pictures, then latencies while it moves;
// then it settles again and again.
func (r *rig) usual(ctx context.Context, sc scene, m motion) error {
	err := while(ctx, m, func(ctx context.Context) error {
		if err := pause(ctx, settleIn); err != nil {
			return err
		}
		if r.bridge != nil {
			r.bridge.reset()
		}
		// CPU is counted in hundredths of a second: where there is little, count for longer.
		if err := r.costs(ctx, r.opts.window*time.Duration(max(1, sc.patience))); err != nil {
			return err
		}
		if err := r.shown(ctx, sc.sight); err != nil {
			return err
		}
		return r.latency(ctx)
	})
	if err != nil {
		return err
	}
	if r.bridge != nil {
		r.add(r.bridge.figures()...)
	}
	if err := r.point(ctx, aside); err != nil {
		return err
	}
	return r.settling(ctx, m)
}

// point moves the technician's pointer to a pixel of the user's screen.
func (r *rig) point(ctx context.Context, at image.Point) error {
	x, y, err := r.page.place(ctx, at)
	if err != nil {
		return err
	}
	if err := r.system.hands().MoveTo(ctx, x, y); err != nil {
		return err
	}
	return pause(ctx, 200*time.Millisecond)
}

// turn plays all scenes with one system.
func (s *set) turn(ctx context.Context, sys system, chosen []scene, report *report, say func(string, ...any)) error {
	s.system, s.connected = sys, false
	defer sys.close()
	var failed error
	for _, sc := range chosen {
		if sc.own && sys.name() != ownName {
			continue
		}
		began := time.Now()
		r, err := s.bounded(ctx, sc)
		report.add(sc, sys.name(), r.figures, r.notes)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s, %s: %w", sc.name, sys.name(), err))
			s.abandon(ctx)
			say("%s, %s: FAILED after %.0f s: %v", sys.name(), sc.name, time.Since(began).Seconds(), err)
		} else {
			say("%s, %s: %.0f s", sys.name(), sc.name, time.Since(began).Seconds())
		}
		if ctx.Err() != nil {
			return failed
		}
	}
	return errors.Join(failed, s.disconnect(ctx))
}

func (s *set) bounded(ctx context.Context, sc scene) (*rig, error) {
	ctx, cancel := context.WithTimeout(ctx, sceneTime)
	defer cancel()
	return s.play(ctx, sc)
}

// abandon throws the session away after a failure: the next scene begins anew.
func (s *set) abandon(ctx context.Context) {
	s.connected = false
	if ctx.Err() == nil {
		s.system.close()
	}
}
