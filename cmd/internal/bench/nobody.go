package main

import (
	"context"
	"fmt"
	"time"
)

// nobodyName is what tables call the scenes by themselves, with no system attached.
const nobodyName = "nobody watching"

// alone plays the scenes that move by themselves with nobody watching, and counts what
// they cost the X server: it is in every system's figure.
func (s *set) alone(ctx context.Context, chosen []scene, report *report, say func(string, ...any)) error {
	for _, sc := range chosen {
		if sc.open == nil || sc.own {
			continue
		}
		figures, err := s.playAlone(ctx, sc)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", sc.name, nobodyName, err)
		}
		if figures != nil {
			report.add(sc, nobodyName, figures, nil)
		}
	}
	say("%s: done", nobodyName)
	return nil
}

func (s *set) playAlone(ctx context.Context, sc scene) ([]figure, error) {
	ctx, cancel := context.WithTimeout(ctx, sceneTime)
	defer cancel()
	m, err := sc.open(ctx, s)
	if err != nil {
		return nil, err
	}
	defer m.close()
	switch m.(type) {
	case nudger, readier: // moves only when somebody watches
		return nil, nil
	}
	var before, after snapshot
	err = while(ctx, m, func(ctx context.Context) error {
		if err := pause(ctx, settleIn); err != nil {
			return err
		}
		if before, err = s.bare(); err != nil {
			return err
		}
		if err := pause(ctx, s.opts.window/2); err != nil {
			return err
		}
		after, err = s.bare()
		return err
	})
	if err != nil {
		return nil, err
	}
	figures, err := costsBetween(before, after)
	if err != nil {
		return nil, err
	}
	x, _ := find(figures, colXServer)
	return []figure{x}, nil
}

// bare reads the counters of the X server alone.
func (s *set) bare() (snapshot, error) {
	cpu, err := cpuOf([]family{s.xServer})
	return snapshot{at: time.Now(), cpu: cpu}, err
}
