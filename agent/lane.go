package agent

import (
	"context"
	"errors"
	"image"
	"runtime/debug"
	"time"

	"beside/agent/internal/capture"
	"beside/consent"
)

const (
	// refinePace is how long the screen must be still before the picture is made finer (longer
	// than between the strokes of somebody who types: refining each letter is work for nothing),
	// and the time between two such steps.
	refinePace = 120 * time.Millisecond
	// restAfter is how long the screen must be still before the encoder's memory goes
	// back to the system. Making another costs one key frame, some 60 ms of CPU.
	restAfter = 20 * time.Second
)

// carrier brings the pictures of one display to the viewer.
type carrier interface {
	// next waits for a picture with something to send.
	next(*capture.Capture) (*capture.Frame, error)
	// send sends it, and waits until the next may be due.
	send(*capture.Frame) error
	// current reports whether this is still how the viewer wants it.
	current() bool
	close()
}

// lane shows a display as video alone, to a viewer that paints no screen updates.
type lane struct {
	film
	last *capture.Frame
}

func newLane(p *picture) *lane {
	p.peer.video.showing(true)
	return &lane{film: film{picture: p, fullChroma: p.peer.video.chroma()}}
}

// next waits for the next picture. While nothing changes it makes what was sent
// finer, step by step, until the encoder has nothing more to give; then memory that a
// still screen does not need goes back to the system.
func (l *lane) next(screen *capture.Capture) (*capture.Frame, error) {
	for l.encoder != nil && (l.encoder.Refinable() || l.encoder.Unsettled() || len(l.unshot) > 0) {
		still, cancel := context.WithTimeout(l.ctx, refinePace)
		frame, err := screen.Next(still)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			return frame, err
		}
		if !l.encoder.Refinable() && len(l.unshot) == 0 {
			l.encoder.Settle()
			debug.FreeOSMemory()
			continue
		}
		if err := l.refine(l.last); err != nil {
			return nil, err
		}
	}
	return l.rest(screen)
}

// rest waits for the next picture of a screen that has nothing more to be refined, and
// lets the encoder go when that takes long.
func (l *lane) rest(screen *capture.Capture) (*capture.Frame, error) {
	if l.encoder == nil {
		return screen.Next(l.ctx)
	}
	still, cancel := context.WithTimeout(l.ctx, restAfter)
	defer cancel()
	frame, err := screen.Next(still)
	if !errors.Is(err, context.DeadlineExceeded) {
		return frame, err
	}
	l.close()
	debug.FreeOSMemory()
	return screen.Next(l.ctx)
}

// send encodes one picture and sends it, at most 60 a second.
func (l *lane) send(frame *capture.Frame) error {
	if err := l.place(image.Rect(0, 0, frame.Width, frame.Height)); err != nil {
		return err
	}
	began := time.Now()
	l.last = frame
	if err := l.show(frame, frame.Damage); err != nil {
		return err
	}
	return l.await(began.Add(framePace))
}

func (l *lane) current() bool { return l.updates.Load() == nil }

// awaitReady waits until the connection stands.
func (p *picture) awaitReady() error {
	select {
	case <-p.ready:
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	case <-p.grant.Done():
		return consent.ErrRevoked
	}
}

// await waits until a time. Damage gathers meanwhile: the next picture is the newest one.
func (p *picture) await(until time.Time) error {
	_, err := p.awaitFor(nil, until)
	return err
}

// awaitAct waits until a time, or until the technician does something.
func (p *picture) awaitAct(until time.Time) (acted bool, err error) { return p.awaitFor(p.acts, until) }

func (p *picture) awaitFor(sooner <-chan struct{}, until time.Time) (came bool, err error) {
	left := time.Until(until)
	if left <= 0 {
		return false, nil
	}
	select {
	case <-time.After(left):
		return false, nil
	case <-sooner:
		return true, nil
	case <-p.ctx.Done():
		return false, p.ctx.Err()
	}
}
