package agent

import (
	"context"
	"errors"
	"image"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"beside/agent/internal/capture"
	"beside/agent/internal/cores"
	"beside/consent"
)

const (
	// framePace is the shortest time between two pictures: 60 a second.
	framePace = time.Second / 60
	// encoderShare is how much of the network's estimate the encoder may use; the rest
	// is for retransmissions and the other channels.
	encoderShare = 0.9
	// firstKilobits is what an encoder may use before anything is known.
	firstKilobits = initialRate * encoderShare / 1000
	// channelTime is how long a connection waits for the viewer's channel for screen
	// updates; a viewer that opens none is shown video.
	channelTime = 300 * time.Millisecond
)

// picture brings the screen to the viewer, and to the recorder while there is one.
// One goroutine captures and encodes, one follows the cursor; both end with the view
// grant, with stop, or with an error, and are waited for.
type picture struct {
	grant *consent.ViewGrant
	log   *slog.Logger
	peer  *peer
	// scene says what of the display is shown; nil shows everything.
	scene *capture.Scene
	// area is the one monitor that is shown; empty shows display.
	area image.Rectangle
	// resized hears that the monitors changed, and, before the first picture of it, that
	// the display has another size. It must not wait; nil hears nothing.
	resized func()

	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup
	begun  func()       // the first picture was sent: one core may be enough
	effort cores.Effort // of the goroutine that shows
	lost   bool         // of the goroutine that shows: there is no picture, and the log says so

	ready    chan struct{} // closed when the connection first stands
	once     sync.Once
	resumed  chan struct{}           // holds one token after a pause
	acts     chan struct{}           // holds one token after an act of the technician's
	acted    atomic.Int64            // when that was, in nanoseconds
	updates  atomic.Pointer[updates] // nil until the viewer's channel is open
	forceKey atomic.Bool
	kilobits atomic.Int64
	// measured says that kilobits has fallen once: it is what the network carries, and
	// not what nobody tried.
	measured atomic.Bool
	display  atomic.Int64
	recorder atomic.Pointer[recorder]
	wishes   wishes

	mu      sync.Mutex
	current *capture.Capture // guarded by mu; the display being shown
	cursor  cursorState      // guarded by mu
}

func newPicture(grant *consent.ViewGrant, display int, log *slog.Logger) *picture {
	p := &picture{grant: grant, log: log, ready: make(chan struct{}), resumed: make(chan struct{}, 1), acts: make(chan struct{}, 1)}
	p.kilobits.Store(firstKilobits)
	p.display.Store(int64(display))
	return p
}

// start begins to capture. Pictures go out once connected was called.
func (p *picture) start(to *peer) {
	p.peer = to
	to.video.outlet.onLost(func() { p.forceKey.Store(true) })
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.begun = cores.All()
	p.done.Go(func() {
		for p.ctx.Err() == nil {
			err := p.stream(int(p.display.Load()))
			if errors.Is(err, consent.ErrRevoked) {
				return
			}
			if err != nil && p.ctx.Err() == nil {
				p.fail(err)
				select {
				case <-p.ctx.Done():
				case <-time.After(time.Second):
				}
			}
		}
	})
}

// fail says once that there is no picture, however often it is tried again.
func (p *picture) fail(err error) {
	if !p.lost {
		p.lost = true
		p.log.Error("picture lost, trying until it is back", "err", err)
	}
}

// succeed says that there is a picture again.
func (p *picture) succeed() {
	if p.lost {
		p.lost = false
		p.log.Info("picture is back")
	}
}

// stop ends capturing and waits for it.
func (p *picture) stop() {
	if p.cancel == nil {
		return
	}
	p.cancel()
	p.done.Wait()
	p.begun()
	p.effort.Rest()
}

// connected lets pictures out as soon as it is known how the viewer wants them; a
// repaired connection begins with a whole one.
func (p *picture) connected() {
	if p.updates.Load() != nil {
		p.begin()
	} else {
		time.AfterFunc(channelTime, p.begin)
	}
	p.wantKey()
}

func (p *picture) begin() { p.once.Do(func() { close(p.ready) }) }

// paint goes over to screen updates: the viewer has opened their channel.
func (p *picture) paint() {
	p.updates.Store(newUpdates(p.grant, p.peer.sendScreen, p.peer.distance, p.nudge))
	p.begin()
	p.refresh()
}

// painted takes the viewer's answer to a screen update.
func (p *picture) painted(data []byte) {
	if u := p.updates.Load(); u != nil {
		u.heard(data)
	}
}

// brisk reports whether the way to the viewer is known to be good. On another one a film
// cannot go by updates until its line is open, and they would keep the line from opening.
func (p *picture) brisk() bool {
	u := p.updates.Load()
	return u != nil && u.brisk()
}

// resume goes on after a pause.
func (p *picture) resume() {
	select {
	case p.resumed <- struct{}{}:
	default:
	}
}

// missed hears that the viewer asks for a key frame.
func (p *picture) missed() {
	if p.wishes.grant(time.Now()) {
		p.wantKey()
	}
}

// wantKey makes the video's next picture a key frame and takes it now, even when nothing
// changed.
func (p *picture) wantKey() {
	p.forceKey.Store(true)
	if p.updates.Load() != nil {
		p.nudge()
		return
	}
	p.refresh()
}

// pointerMoved has the pointer read soon: moving it for the technician is no motion of
// a device.
func (p *picture) pointerMoved() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil {
		p.current.PointerMoved()
	}
}

// answer hears that the technician pressed or typed something: the next pictures may show
// what came of it.
func (p *picture) answer() {
	p.acted.Store(time.Now().UnixNano())
	select {
	case p.acts <- struct{}{}:
	default:
	}
}

// answering reports whether something was pressed so lately that its answer may be on its way.
func (p *picture) answering(now time.Time) bool {
	return now.Sub(time.Unix(0, p.acted.Load())) < answerTime
}

// nudge has the screen looked at, without taking it for new.
func (p *picture) nudge() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil {
		p.current.Nudge()
	}
}

func (p *picture) refresh() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil {
		p.current.Refresh()
	}
}

// setRate follows the network's estimate, in bits a second.
func (p *picture) setRate(bits int) {
	k := int64(float64(bits) * encoderShare / 1000)
	if k < p.kilobits.Swap(k) {
		p.measured.Store(true)
	}
}

// show switches to another display.
func (p *picture) show(display int) {
	p.display.Store(int64(display))
	p.refresh()
}

// record gives every further picture to r as well; nil ends that.
func (p *picture) record(r *recorder) {
	p.recorder.Store(r)
	p.refresh()
}

// stream shows one display until another is chosen or the picture ends.
func (p *picture) stream(display int) error {
	screen, err := capture.Open(p.grant, capture.Options{
		Display: display, Area: p.area, Scene: p.scene, Changed: p.resized, Logger: p.log,
	})
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.current = screen
	p.mu.Unlock()
	var cursors sync.WaitGroup
	cursors.Go(func() { p.followCursor(screen.Cursors()) })
	defer func() {
		p.mu.Lock()
		p.current = nil
		p.mu.Unlock()
		if err := screen.Close(); err != nil {
			p.log.Warn("capture not closed", "err", err)
		}
		cursors.Wait()
	}()
	carrier := p.carrier()
	defer func() { carrier.close() }()
	for int(p.display.Load()) == display {
		frame, err := carrier.next(screen)
		if errors.Is(err, consent.ErrPaused) {
			frame, err = nil, p.awaitResume()
		}
		if err != nil {
			return err
		}
		if frame == nil {
			continue
		}
		p.succeed()
		if frame.Resized && p.resized != nil {
			p.resized()
		}
		if r := p.recorder.Load(); r != nil && len(frame.Damage) > 0 {
			r.offer(frame)
		}
		if err := p.awaitReady(); err != nil {
			return err
		}
		if !carrier.current() {
			carrier.close()
			carrier = p.carrier()
		}
		err = carrier.send(frame)
		p.begun()
		if errors.Is(err, consent.ErrPaused) {
			p.nudge() // once it may
			err = p.awaitResume()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// carrier is how the viewer is shown pictures now.
func (p *picture) carrier() carrier {
	if u := p.updates.Load(); u != nil {
		return newExact(p, u)
	}
	return newLane(p)
}

// awaitResume waits until the user goes on.
func (p *picture) awaitResume() error {
	select {
	case <-p.resumed:
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	case <-p.grant.Done():
		return consent.ErrRevoked
	}
}
