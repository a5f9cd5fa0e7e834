package main

import (
	"context"
	"fmt"
	"image"
	"math/rand/v2"
	"time"
)

// rig is what one scene is measured with: a system that is connected, the patch, and
// the figures so far.
type rig struct {
	opts    options
	scene   string
	system  system
	page    page
	patch   *patch
	grab    func() (*image.RGBA, error) // the user's screen as it is
	xServer family
	bridge  *bridge // of the link; nil when there is none
	figures []figure
	notes   []string

	described bool    // how the page first differed has been noted
	quality   float64 // of the worst settled picture that was looked at, in dB
}

func (r *rig) add(f ...figure) { r.figures = append(r.figures, f...) }

func (r *rig) note(format string, arguments ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, arguments...))
}

// settleIn is how long a scene runs before it is measured: toolbars, cursors and first
// refinements pass.
const settleIn = 1500 * time.Millisecond

// begin reads all counters, those in the page first: what reading costs the page is not the scene's.
func (r *rig) begin(ctx context.Context) (s snapshot, err error) {
	if s.got, err = r.system.received(ctx); err != nil {
		return s, err
	}
	s.at = time.Now()
	s.cpu, err = cpuOf(append(r.system.families(), r.xServer))
	return s, err
}

// end reads them again, those in the page last.
func (r *rig) end(ctx context.Context) (s snapshot, err error) {
	s.at = time.Now()
	if s.cpu, err = cpuOf(append(r.system.families(), r.xServer)); err != nil {
		return s, err
	}
	s.got, err = r.system.received(ctx)
	return s, err
}

// costs counts what the scene costs for a while, and the server's memory after it.
func (r *rig) costs(ctx context.Context, window time.Duration) error {
	before, err := r.begin(ctx)
	if err != nil {
		return err
	}
	if err := pause(ctx, window); err != nil {
		return err
	}
	after, err := r.end(ctx)
	if err != nil {
		return err
	}
	figures, err := costsBetween(before, after)
	if err != nil {
		return err
	}
	r.add(figures...)
	m, err := memoryOf(r.system.families(), partServer, partGateway)
	if err != nil {
		return err
	}
	r.add(figure{Name: colProportional, Unit: "MiB", Value: m.proportional}, figure{Name: colResident, Unit: "MiB", Value: m.resident})
	return nil
}

// shown counts the distinct pictures. It reads the page, so it runs apart from costs.
func (r *rig) shown(ctx context.Context, s sight) error {
	if s.at.Empty() {
		return nil
	}
	rate, err := r.page.pictures(ctx, r.opts.pictures, s)
	if err != nil {
		return err
	}
	r.add(figure{Name: colPictures, Unit: "a second", Value: rate})
	if f, ok := perPicture(r.figures); ok {
		r.add(f)
	}
	return nil
}

// pressLimit is how long a press may take to be seen. One that takes longer counts as
// having taken that long.
const pressLimit = 4 * time.Second

// latency presses the patch again and again and reads when the page shows it.
func (r *rig) latency(ctx context.Context) error {
	at := r.patch.middle()
	x, y, err := r.page.place(ctx, at)
	if err != nil {
		return err
	}
	var samples, arrivals []float64
	lost := 0
	for range r.opts.samples {
		// At any phase of what moves.
		if err := pause(ctx, time.Duration(30+rand.IntN(90))*time.Millisecond); err != nil {
			return err
		}
		took, err := r.press(ctx, at, x, y)
		if err != nil {
			return err
		}
		if took.Arrived >= 0 {
			arrivals = append(arrivals, took.Arrived)
		}
		if took.Shown < 0 {
			lost, took.Shown = lost+1, milliseconds(pressLimit)
		}
		if samples = append(samples, took.Shown); lost > 3 {
			break
		}
	}
	if lost > 0 {
		r.note("%d of %d presses were not seen within %v", lost, len(samples), pressLimit)
	}
	r.add(spread(colLatency, "ms", samples))
	if len(arrivals) > 0 { // not of film, nor of viewers that share no memory
		r.add(spread(colArrival, "ms", arrivals))
	}
	return nil
}

// answer is how many milliseconds after a press its answer was there, or a negative number.
type answer struct {
	Shown   float64 // on the page
	Arrived float64 // in the page's memory: what is left is the browser's frame
}

// press presses once and returns when the answer was there.
func (r *rig) press(ctx context.Context, at image.Point, x, y float64) (took answer, err error) {
	if err := r.page.call(ctx, nil, "armPress", at.X, at.Y, pressLimit.Milliseconds()); err != nil {
		return took, err
	}
	if err := r.system.hands().ClickAt(ctx, x, y); err != nil {
		return took, err
	}
	err = r.page.Evaluate(ctx, "window.besideBench.pressed", &took)
	return took, err
}
