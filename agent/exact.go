package agent

import (
	"context"
	"encoding/binary"
	"errors"
	"image"
	"time"

	"beside/agent/internal/capture"
	"beside/agent/internal/screen"
	"beside/consent"
)

const (
	// filmStill is how long the film's box must be still before it is made exact, step by
	// step, and filmStep the time between steps.
	filmStill = 200 * time.Millisecond
	filmStep  = 25 * time.Millisecond
	// filmBand is how many rows are made exact at a time.
	filmBand = 64
	// tidyAfter is how long the screen must be still before memory goes back to the system,
	// and tidyPace the shortest time between two such times.
	tidyAfter = 2 * time.Second
	tidyPace  = 30 * time.Second
	// mostOwed is how many rectangles are kept apart before they become one.
	mostOwed = 64
)

// exact shows a display by screen updates, which are exact to the pixel, and as video
// what moves like film or what would take the way too long otherwise.
//
//	damage ─► owed ─► coder ─► updates (while the window has room)
//	            └───► film  ─► video   (the box, as long as it moves)
//
// When the box is still, updates take it over again from the top, band by band, as far
// as that is worth its bytes.
type exact struct {
	film
	updates *updates
	coder   *screen.Coder
	size    image.Point
	last    *capture.Frame

	owed []image.Rectangle // changed and not sent
	// hole is the part of the film's box in which the video is seen. It shrinks when the
	// film is over.
	hole  image.Rectangle
	stamp uint32    // of the first video frame of the box
	begun time.Time // when that was taken
	due   time.Time // when the film is looked after next; zero when there is nothing to do

	tidied   time.Time
	tidyTime time.Time // when to be tidy; zero when nothing happened since
}

func newExact(p *picture, u *updates) *exact {
	return &exact{film: film{picture: p}, updates: u}
}

func (e *exact) current() bool { return e.picture.updates.Load() == e.updates }

// next waits for a picture with something to send, and before that for room to send
// it: what changes meanwhile gathers at the screen. A film does not wait.
func (e *exact) next(display *capture.Capture) (*capture.Frame, error) {
	for e.hole.Empty() && e.updates.room() <= 0 {
		select {
		case <-e.updates.wake:
		case <-e.ctx.Done():
			return nil, e.ctx.Err()
		case <-e.grant.Done():
			return nil, consent.ErrRevoked
		}
	}
	until := earlier(e.due, e.tidyTime)
	if until.IsZero() {
		return display.Next(e.ctx)
	}
	still, cancel := context.WithDeadline(e.ctx, until)
	defer cancel()
	frame, err := display.Next(still)
	if errors.Is(err, context.DeadlineExceeded) && e.ctx.Err() == nil {
		return nil, e.whileStill()
	}
	return frame, err
}

// earlier is the first of two times, of which either may be never.
func earlier(a, b time.Time) time.Time {
	if b.IsZero() || !a.IsZero() && a.Before(b) {
		return a
	}
	return b
}

// whileStill does what is due while the screen does not change.
func (e *exact) whileStill() error {
	if now := time.Now(); !e.tidyTime.IsZero() && !now.Before(e.tidyTime) {
		tidy()
		e.tidied, e.tidyTime = now, time.Time{}
	}
	if e.due.IsZero() {
		return nil
	}
	return e.settle()
}

// send brings one picture to the viewer, at most 60 a second.
func (e *exact) send(frame *capture.Frame) error {
	if err := e.fit(frame); err != nil {
		return err
	}
	began := time.Now()
	e.last = frame
	if began.Sub(e.tidied) > tidyPace {
		e.tidyTime = began.Add(tidyAfter)
	}
	if e.updates.wantsRefresh() {
		e.coder.Invalidate()
	}
	e.owe(frame.Damage)
	// Updates first: they are made in a moment, and what the technician does shows in them.
	if err := e.paintOwed(); err != nil {
		return err
	}
	if err := e.shoot(frame); err != nil {
		return err
	}
	return e.pace(began)
}

// fit makes a coder for the frame's size.
func (e *exact) fit(frame *capture.Frame) error {
	size := image.Pt(frame.Width, frame.Height)
	if e.coder != nil && size == e.size {
		return nil
	}
	e.endFilm()
	e.owed, e.size = e.owed[:0], size
	if e.coder != nil {
		return e.coder.Resize(size.X, size.Y)
	}
	coder, err := screen.NewCoder(size.X, size.Y)
	e.coder = coder
	return err
}

// owe notes what changed.
func (e *exact) owe(damage []image.Rectangle) {
	e.owed = append(e.owed, damage...)
	if len(e.owed) > mostOwed {
		e.owed = append(e.owed[:0], bounding(e.owed))
	}
}

// bounding is the smallest rectangle round all of them.
func bounding(all []image.Rectangle) (r image.Rectangle) {
	for _, each := range all {
		r = r.Union(each)
	}
	return r
}

// paintOwed sends what is owed by screen updates, if there is room. What would take
// the way too long becomes film.
func (e *exact) paintOwed() error {
	budget, all := e.updates.budget()
	e.updates.owing.Store(true)
	if budget <= 0 {
		return nil
	}
	list, err := e.code(e.owed, e.hole, budget)
	if errors.Is(err, screen.ErrBudget) {
		if !all {
			return nil // again, when there is more room
		}
		return e.beginFilm(bounding(e.owed))
	}
	if err != nil {
		return err
	}
	e.owed = e.owed[:0]
	e.updates.owing.Store(false)
	return e.updates.sendAll(list)
}

// code makes the updates for some damage while the video is seen in hole.
func (e *exact) code(damage []image.Rectangle, hole image.Rectangle, budget int) ([][]byte, error) {
	p := screen.Picture{
		Pix: e.last.Pix, Stride: e.last.Stride, Damage: damage, Budget: budget, RTP: e.stamp, VideoAt: e.box.Min,
	}
	if !hole.Empty() {
		p.Film = []image.Rectangle{hole}
	}
	return e.coder.Update(p)
}

// beginFilm shows a part of the screen as video from now on.
func (e *exact) beginFilm(part image.Rectangle) error {
	box := filmBox(part, e.box, e.size)
	e.most = filmRate(box.Size())
	if err := e.place(box); err != nil {
		return err
	}
	e.hole, e.stamp, e.due = box, e.peer.video.stamp(e.last.At), e.last.At.Add(filmStill)
	list, err := e.code(e.owed, e.hole, 0)
	if err != nil {
		return err
	}
	e.owed = e.owed[:0]
	e.updates.owing.Store(false)
	e.begun = e.last.At
	return errors.Join(e.updates.sendAll(list), e.show(e.last, []image.Rectangle{box}))
}

// filmBox is the box for a part: the last one if it will do, else the part widened to
// even numbers, which video needs.
func filmBox(part, last image.Rectangle, size image.Point) image.Rectangle {
	const step = 16
	if part.In(last) {
		return last
	}
	part.Min.X, part.Min.Y = part.Min.X/step*step, part.Min.Y/step*step
	part.Max.X, part.Max.Y = (part.Max.X+step-1)/step*step, (part.Max.Y+step-1)/step*step
	return part.Intersect(image.Rectangle{Max: size})
}

// shoot sends the film's next picture, or looks after a film that is over while
// something else goes on.
func (e *exact) shoot(frame *capture.Frame) error {
	switch {
	case e.encoder == nil || frame.At.Equal(e.begun):
		return nil
	case e.forceKey.Load(), bounding(frame.Damage).Overlaps(e.box):
		e.due = frame.At.Add(filmStill)
		return e.show(frame, frame.Damage)
	case !e.due.IsZero() && frame.At.After(e.due):
		return e.settle()
	}
	return nil
}

// settle takes one step with a film that is over: gives a band of it to the updates, or
// refines it, and lets the encoder go in the end. What is not worth its bytes stays video.
func (e *exact) settle() error {
	e.due = time.Now().Add(filmStep)
	before := e.hole
	err := e.takeBand()
	switch {
	case err != nil:
	case e.hole.Empty():
		e.endFilm()
	case e.encoder.Refinable():
		return e.refine(e.last)
	case e.hole == before && e.updates.idle():
		e.due = time.Time{}
	}
	return err
}

// takeBand makes the hole's upper rows exact, if that fits through the way in good time.
func (e *exact) takeBand() error {
	budget, all := e.updates.budget()
	if e.hole.Empty() || budget <= 0 || !all {
		return nil
	}
	rest := e.hole
	rest.Min.Y = min(rest.Min.Y+filmBand, rest.Max.Y)
	list, err := e.code(nil, rest, budget)
	if errors.Is(err, screen.ErrBudget) {
		return nil
	}
	if err != nil {
		return err
	}
	e.hole = rest
	return e.updates.sendAll(list)
}

func (e *exact) endFilm() {
	if e.encoder == nil {
		return
	}
	e.film.close()
	e.box, e.hole, e.due = image.Rectangle{}, image.Rectangle{}, time.Time{}
}

// serialOf reads an update's serial, docs/protocol.md.
func serialOf(update []byte) uint32 { return binary.LittleEndian.Uint32(update[2:]) }
