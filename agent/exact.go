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
	// tidyAfter is how long the screen must be still before memory goes back to the system,
	// and tidyPace the shortest time between two such times.
	tidyAfter = 2 * time.Second
	tidyPace  = 10 * time.Second

	// shedPace is between two times of giving the program's own pages back while pictures go on.
	shedPace = 5 * time.Second
	// mostOwed is how many rectangles are kept apart before they become one.
	mostOwed = 64
)

// exact shows a display by screen updates, which are exact to the pixel, and as video
// what moves like film or what would take the way too long otherwise.
//
//	damage ─► owed ─► coder ─► updates (while the window has room)
//	            │        └─ what each part took ─► chooser ─► which parts are film
//	            └───► film  ─► video   (a box round those)
//
// When film is still, the chooser gives it back to the updates, the cheap parts first.
type exact struct {
	film
	updates *updates
	coder   *screen.Coder
	chooser *screen.Chooser
	size    image.Point
	last    *capture.Frame

	pacer pacer
	clock clock
	now   time.Duration // the clock's time of the picture being sent

	owed []image.Rectangle // changed and not sent
	// around is the film's box as the viewer was last told. fresh says that the video has
	// not shown all of it since, changed that the viewer is to be told of another. stands
	// says that there is a line for it: without one there is no film.
	around                 image.Rectangle
	fresh, changed, stands bool
	overtaken              int // how often in a row what was shown coarsely changed before it was sharp

	tidied   time.Time
	tidyTime time.Time // when to be tidy; zero when nothing happened since
	shedTime time.Time // when to give the program's pages back, be the screen still or not
}

func newExact(p *picture, u *updates) *exact {
	return &exact{film: film{picture: p, exactLater: true}, updates: u, clock: clock{began: time.Now()}, shedTime: time.Now().Add(tidyAfter)}
}

func (e *exact) current() bool { return e.picture.updates.Load() == e.updates }

// next waits for a picture with something to send, and before that for room to send
// it: what changes meanwhile gathers at the screen. A film does not wait.
func (e *exact) next(display *capture.Capture) (*capture.Frame, error) {
	if err := e.awaitRoom(); err != nil {
		return nil, err
	}
	until := earlier(e.due(), e.tidyTime)
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

func (e *exact) awaitRoom() error {
	began := time.Now()
	defer func() { e.clock.stand(time.Since(began)) }()
	for e.encoder == nil && e.updates.room() <= 0 {
		select {
		case <-e.updates.wake:
		case <-e.ctx.Done():
			return e.ctx.Err()
		case <-e.grant.Done():
			return consent.ErrRevoked
		}
	}
	return nil
}

// due is when the chooser has something to do though nothing changes; zero for never.
func (e *exact) due() time.Time {
	if e.chooser == nil {
		return time.Time{}
	}
	now := time.Now()
	after, ok := e.chooser.Wake(e.clock.at(now))
	if !ok {
		return time.Time{}
	}
	return now.Add(after)
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
	now := time.Now()
	if !e.tidyTime.IsZero() && !now.Before(e.tidyTime) {
		e.coder.Rest()
		e.effort.Rest()
		tidy()
		e.tidied, e.tidyTime, e.shedTime = now, time.Time{}, now.Add(shedPace)
	}
	switch {
	case e.chooser.Tick(e.clock.at(now), e.updates.link()):
		return e.giveBack()
	case e.encoder == nil || !e.mayShow():
		return nil
	case len(e.unshot) > 0:
		return e.show(e.last, nil)
	case e.encoder.Refinable():
		return e.refine(e.last)
	}
	return nil
}

// giveBack brings by updates what is film no longer.
func (e *exact) giveBack() error {
	list, err := e.coder.Update(e.newest(nil, budget{}))
	if err != nil {
		return err
	}
	if e.around.Empty() {
		e.endFilm()
	}
	return e.updates.sendAll(list)
}

// send brings one picture to the viewer, at most 60 a second. Updates come first: they
// are made in a moment, and what the technician does shows in them.
func (e *exact) send(frame *capture.Frame) error {
	if err := e.fit(frame); err != nil {
		return err
	}
	began := time.Now()
	e.last, e.now = frame, e.clock.at(began)
	e.tidyTime = tidyNext(began, e.tidied)
	if !began.Before(e.shedTime) {
		shed()
		e.shedTime = began.Add(shedPace)
	}
	if e.updates.wantsRefresh() {
		e.coder.Invalidate()
		e.changed = true
	}
	e.seekLine()
	e.fresh, e.changed = e.fresh || e.changed, false
	e.owe(frame.Damage)
	if err := e.paintOwed(); err != nil {
		return err
	}
	if err := e.shoot(); err != nil {
		return err
	}
	ended := time.Now()
	e.clock.worked(ended.Sub(began))
	e.effort.Worked(ended, ended.Sub(began))
	return e.space(began)
}

// space waits until the next picture may be taken. One that may show the answer to what
// the technician just did waits no longer than to be no piece of the one before.
func (e *exact) space(began time.Time) error {
	next := e.pacer.taken(began)
	for !e.answering(time.Now()) {
		if acted, err := e.awaitAct(next); !acted || err != nil {
			return err
		}
	}
	return e.await(earlier(next, began.Add(closest)))
}

// seekLine asks for the video's line when there is film. Until it stands film is shown by
// updates.
func (e *exact) seekLine() {
	stands := e.peer.video.ready(len(e.chooser.Film()) > 0)
	e.changed = e.changed || stands != e.stands
	e.stands = stands
}

// tidyNext is when to be tidy if the screen stays as it was at a time. Whatever came after
// the last time is tidied up after, if not at once.
func tidyNext(changed, tidied time.Time) time.Time {
	next := changed.Add(tidyAfter)
	if soonest := tidied.Add(tidyPace); next.Before(soonest) {
		return soonest
	}
	return next
}

// fit makes a coder and a chooser for the frame's size.
func (e *exact) fit(frame *capture.Frame) (err error) {
	size := image.Pt(frame.Width, frame.Height)
	if e.coder != nil && size == e.size {
		return nil
	}
	e.endFilm()
	e.owed, e.size = e.owed[:0], size
	if e.chooser, err = screen.NewChooser(size.X, size.Y); err != nil {
		return err
	}
	if e.coder != nil {
		return e.coder.Resize(size.X, size.Y)
	}
	e.coder, err = screen.NewCoder(size.X, size.Y)
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

// paintOwed sends what is owed by screen updates, if there is room. Of what would take
// the way too long the dear parts are shown coarsely first, or become film.
func (e *exact) paintOwed() error {
	e.updates.owing.Store(true) // first: an answer that comes now must have the rest sent
	room := e.updates.budget()
	if room.bytes <= 0 {
		return nil
	}
	list, err := e.coder.Update(e.newest(e.owed, room))
	if errors.Is(err, screen.ErrBudget) {
		e.observe(filmLoads(e.coder.Loads())) // of which the next update knows nothing
		if !room.all {
			return nil // again, when there is more room
		}
		if e.chooser.Relieve(e.now, e.coder.Loads()) {
			e.fresh = true
		}
		if e.seekLine(); e.missesLine() {
			return nil // again, when it stands
		}
		list, err = e.coder.Update(e.newest(e.owed, budget{}))
	}
	if err != nil {
		return err
	}
	e.owed = e.owed[:0]
	e.updates.owing.Store(e.coder.Owes())
	e.observe(e.coder.Loads())
	e.outrun()
	if err := e.updates.sendAll(list); err != nil {
		return err
	}
	if e.coder.Owes() && e.updates.room() > 0 {
		e.nudge() // goes on at once
	}
	return nil
}

// outrun gives to film what has changed again and again before it could be sharpened.
func (e *exact) outrun() {
	const often = 2
	if !e.coder.Overtaken() {
		if !e.coder.Owes() {
			e.overtaken = 0
		}
		return
	}
	if e.overtaken++; e.overtaken >= often && e.chooser.Relieve(e.now, e.coder.Loads()) {
		e.overtaken, e.changed = 0, true
	}
}

// missesLine reports whether there is film that waits for its line to open.
func (e *exact) missesLine() bool {
	return !e.stands && len(e.chooser.Film()) > 0 && e.peer.video.coming()
}

// observe tells the chooser what an update had.
func (e *exact) observe(loads []screen.Load) {
	if e.chooser.Observe(e.now, loads, e.updates.link()) {
		e.changed = true
	}
}

// filmLoads is what of the loads is film; they come first.
func filmLoads(loads []screen.Load) []screen.Load {
	for i, l := range loads {
		if !l.Film {
			return loads[:i]
		}
	}
	return loads
}

// newest is the newest picture for the coder, with some damage.
func (e *exact) newest(damage []image.Rectangle, b budget) screen.Picture {
	around, rects := e.chooser.Box(), e.chooser.Film()
	if !e.stands {
		around, rects = image.Rectangle{}, nil
	}
	e.around = around
	e.peer.video.showing(!around.Empty())
	return screen.Picture{
		Pix: e.last.Pix, Stride: e.last.Stride, Damage: damage, Budget: b.bytes, Coarse: b.coarse,
		Film: rects, VideoAt: around.Min, RTP: e.peer.video.stamp(e.last.At),
	}
}

// shoot sends the film's next picture.
func (e *exact) shoot() error {
	if e.around.Empty() {
		e.endFilm()
		return nil
	}
	e.most = filmRate(e.around.Size())
	e.guess = int64(float64(e.updates.link()) * encoderShare / 1000)
	if err := e.place(e.around); err != nil {
		return err
	}
	damage := e.last.Damage
	if e.fresh {
		e.fresh, damage = false, []image.Rectangle{e.around}
	}
	if len(damage) == 0 && !e.forceKey.Load() {
		return nil
	}
	return e.show(e.last, damage)
}

// endFilm lets the encoder go.
func (e *exact) endFilm() {
	e.close()
	e.box = image.Rectangle{}
}

// serialOf reads an update's serial, docs/protocol.md.
func serialOf(update []byte) uint32 { return binary.LittleEndian.Uint32(update[2:]) }
