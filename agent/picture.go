package agent

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"beside/agent/internal/capture"
	"beside/agent/internal/encode"
	"beside/consent"
	"beside/protocol/wire"
)

const (
	// framePace is the shortest time between two pictures: 60 a second.
	framePace = time.Second / 60
	// encoderShare is how much of the network's estimate the encoder may use; the rest
	// is for retransmissions and the other channels.
	encoderShare = 0.9
	// refinePace is how long the screen must be still before the picture is made finer (longer
	// than between the strokes of somebody who types: refining each letter is work for nothing),
	// and the time between two such steps.
	refinePace = 120 * time.Millisecond
	// restAfter is how long the screen must be still before the encoder's memory goes
	// back to the system. Making another costs one key frame, some 60 ms of CPU.
	restAfter = 20 * time.Second
	// maxCursorBytes is the largest shape sent, in bytes of RGBA: 192 by 192 pixels.
	maxCursorBytes = 192 * 192 * 4
)

// picture brings the screen to the viewer, and to the recorder while there is one.
// One goroutine captures and encodes, one follows the cursor; both end with the view
// grant, with stop, or with an error, and are waited for.
type picture struct {
	grant *consent.ViewGrant
	log   *slog.Logger
	peer  *peer
	// resized hears, before the first picture of it, that the display has another
	// size. It must not wait; nil hears nothing.
	resized func()

	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup

	ready    chan struct{} // closed when the connection first stands
	once     sync.Once
	forceKey atomic.Bool
	kilobits atomic.Int64
	display  atomic.Int64
	recorder atomic.Pointer[recorder]
	wishes   wishes

	mu      sync.Mutex
	current *capture.Capture // guarded by mu; the display being shown
	cursor  cursorState      // guarded by mu
}

// cursorState is what the viewer must have to draw the pointer.
type cursorState struct {
	last      *wire.Cursor
	shape     *wire.CursorShape
	delivered bool // the shape has reached the channel
}

func newPicture(grant *consent.ViewGrant, display int, log *slog.Logger) *picture {
	p := &picture{grant: grant, log: log, ready: make(chan struct{})}
	p.kilobits.Store(initialRate * encoderShare / 1000)
	p.display.Store(int64(display))
	return p
}

// start begins to capture. Pictures go out once connected was called.
func (p *picture) start(to *peer) {
	p.peer = to
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.done.Go(func() {
		for p.ctx.Err() == nil {
			err := p.stream(int(p.display.Load()))
			if errors.Is(err, consent.ErrRevoked) {
				return
			}
			if err != nil && p.ctx.Err() == nil {
				p.log.Error("picture lost, trying again", "err", err)
				select {
				case <-p.ctx.Done():
				case <-time.After(time.Second):
				}
			}
		}
	})
}

// stop ends capturing and waits for it.
func (p *picture) stop() {
	if p.cancel == nil {
		return
	}
	p.cancel()
	p.done.Wait()
}

// connected lets pictures out; a repaired connection begins with a whole one.
func (p *picture) connected() {
	p.once.Do(func() { close(p.ready) })
	p.wantKey()
}

// missed hears that the viewer asks for a key frame.
func (p *picture) missed() {
	if p.wishes.grant(time.Now()) {
		p.wantKey()
	}
}

// wantKey makes the next picture a key frame and takes it now, even when nothing changed.
func (p *picture) wantKey() {
	p.forceKey.Store(true)
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

func (p *picture) refresh() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil {
		p.current.Refresh()
	}
}

// setRate follows the network's estimate, in bits a second.
func (p *picture) setRate(bits int) { p.kilobits.Store(int64(float64(bits) * encoderShare / 1000)) }

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
	screen, err := capture.Open(p.grant, capture.Options{Display: display, Logger: p.log})
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
	lane := &lane{picture: p}
	defer lane.close()
	for int(p.display.Load()) == display {
		frame, err := lane.next(screen)
		if err != nil {
			return err
		}
		if frame.Resized && p.resized != nil {
			p.resized()
		}
		if r := p.recorder.Load(); r != nil {
			r.offer(frame)
		}
		if err := lane.send(frame); err != nil {
			return err
		}
	}
	return nil
}

// lane encodes the pictures of one display and sends them.
type lane struct {
	*picture
	encoder  *encode.VP9
	width    int
	height   int
	kilobits int64 // what the encoder was told
	last     *capture.Frame
}

// next waits for the next picture. While nothing changes it makes what was sent
// finer, step by step, until the encoder has nothing more to give; then memory that a
// still screen does not need goes back to the system.
func (l *lane) next(screen *capture.Capture) (*capture.Frame, error) {
	for l.encoder != nil && (l.encoder.Refinable() || l.encoder.Unsettled()) {
		still, cancel := context.WithTimeout(l.ctx, refinePace)
		frame, err := screen.Next(still)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			return frame, err
		}
		if !l.encoder.Refinable() {
			l.encoder.Settle()
			debug.FreeOSMemory()
			continue
		}
		if err := l.emit(encode.Picture{Pix: l.last.Pix, Stride: l.last.Stride, Refine: true, At: time.Now()}); err != nil {
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
	if err := l.fit(frame); err != nil {
		return err
	}
	select {
	case <-l.ready:
	case <-l.ctx.Done():
		return l.ctx.Err()
	case <-l.grant.Done():
		return consent.ErrRevoked
	}
	if k := l.picture.kilobits.Load(); k != l.kilobits {
		if err := l.encoder.SetKilobits(int(k)); err != nil {
			return err
		}
		l.kilobits = k
	}
	began := time.Now()
	l.last = frame
	err := l.emit(encode.Picture{Pix: frame.Pix, Stride: frame.Stride, Damage: frame.Damage, At: frame.At})
	if err != nil {
		return err
	}
	return l.pace(began)
}

// emit encodes and sends one picture, as a key frame when the viewer needs one.
func (l *lane) emit(picture encode.Picture) error {
	forced := l.forceKey.Swap(false)
	data, _, err := l.encoder.Encode(picture, forced)
	if err != nil || len(data) == 0 {
		return err
	}
	l.wishes.sent(time.Now(), !forced && !picture.Refine)
	err = l.peer.video.send(data, picture.At)
	if errors.Is(err, consent.ErrPaused) {
		l.forceKey.Store(true) // the viewer missed this one
		return nil
	}
	return err
}

// fit makes an encoder for the frame's size.
func (l *lane) fit(frame *capture.Frame) error {
	if l.encoder != nil && frame.Width == l.width && frame.Height == l.height {
		return nil
	}
	l.close()
	l.kilobits = l.picture.kilobits.Load()
	encoder, err := encode.New(encode.Config{
		Width: frame.Width, Height: frame.Height, Kilobits: int(l.kilobits), FullChroma: l.peer.video.fullChroma,
	})
	if err != nil {
		return err
	}
	l.encoder, l.width, l.height = encoder, frame.Width, frame.Height
	return nil
}

// pace waits until the next picture is due. Damage gathers meanwhile: the next
// picture is the newest one.
func (l *lane) pace(began time.Time) error {
	left := framePace - time.Since(began)
	if left <= 0 {
		return nil
	}
	select {
	case <-time.After(left):
		return nil
	case <-l.ctx.Done():
		return l.ctx.Err()
	}
}

func (l *lane) close() {
	if l.encoder != nil {
		l.encoder.Close()
		l.encoder = nil
	}
}

// followCursor sends the pointer's place and shape until the capture closes.
func (p *picture) followCursor(cursors <-chan capture.Cursor) {
	for c := range cursors {
		m := &wire.Cursor{X: int32(c.X), Y: int32(c.Y), Visible: c.Visible, ShapeSerial: c.Serial}
		p.mu.Lock()
		p.cursor.last = m
		if s := c.Shape; s != nil {
			p.cursor.shape = cursorShape(c.Serial, s)
			p.cursor.delivered = false
		}
		p.sendCursorLocked()
		p.mu.Unlock()
	}
}

// cursorShape puts a shape on the wire. One that is too large for a message is shown at
// half its size.
func cursorShape(serial uint32, s *capture.CursorShape) *wire.CursorShape {
	w, h, hotX, hotY, rgba := s.Width, s.Height, s.HotX, s.HotY, s.RGBA
	for len(rgba) > maxCursorBytes {
		half := make([]byte, 0, len(rgba)/4)
		for y := 0; y+1 < h; y += 2 {
			for x := 0; x+1 < w; x += 2 {
				at := 4 * (y*w + x)
				half = append(half, rgba[at:at+4]...)
			}
		}
		w, h, hotX, hotY, rgba = w/2, h/2, hotX/2, hotY/2, half
	}
	return &wire.CursorShape{
		Serial: serial, Width: uint32(w), Height: uint32(h),
		HotX: uint32(min(hotX, w-1)), HotY: uint32(min(hotY, h-1)), Rgba: rgba,
	}
}

// resendCursor sends the pointer whole, when its channel has just opened.
func (p *picture) resendCursor() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cursor.delivered = false
	p.sendCursorLocked()
}

func (p *picture) sendCursorLocked() {
	if p.cursor.last == nil || p.peer == nil {
		return
	}
	m := &wire.Cursor{
		X: p.cursor.last.X, Y: p.cursor.last.Y, Visible: p.cursor.last.Visible, ShapeSerial: p.cursor.last.ShapeSerial,
	}
	if !p.cursor.delivered {
		m.Shape = p.cursor.shape
	}
	data, err := proto.Marshal(m)
	if err != nil {
		return
	}
	_ = p.grant.Use(func() error { // revoked or paused: the pointer stays here
		if p.peer.sendCursor(data) && m.Shape != nil {
			p.cursor.delivered = true
		}
		return nil
	})
}
