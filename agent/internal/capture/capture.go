// Package capture reads the user's screen, once the user has said yes.
//
// Begin at Open, which needs a live view grant, then call Next in a loop:
//
//	X server ──DAMAGE──► region of what changed (kept by the server, costs nothing while the screen is still)
//	Next: take the region ─► copy just that region into the shared picture ─► Frame{Pix, Damage}
//	XFixes, XInput 2 ──► pointer loop ──► Cursors (newest wins)
//
// What it promises: every look at the screen happens inside the grant, so none happens
// after Revoke has returned; the pointer is never part of a picture; a slow reader gets
// the newest picture and never a queue of old ones; a still screen costs no CPU; after
// Close, which revocation brings about by itself, the shared memory is gone and a
// picture that its reader still holds has turned black.
package capture

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"beside/consent"
)

// Errors of Open and Next.
var (
	// ErrClosed is returned by Next after Close.
	ErrClosed = errors.New("capture: closed")
	// ErrNoDisplay says that the display asked for is not, or no longer, there.
	ErrNoDisplay = errors.New("capture: no such display")
	// ErrUnsupported says that the screen's pixels have a layout that is not BGRX.
	ErrUnsupported = errors.New("capture: unsupported screen format")
	// ErrLost says that the connection to the window system broke.
	ErrLost = errors.New("capture: lost the window system")
)

// closePatience is how long Close lets the window system answer before it cuts the
// connection: long enough for a busy server, short enough for a person at the button.
const closePatience = 500 * time.Millisecond

// Display is one monitor, in the X screen's pixels.
type Display struct {
	Index  int
	Bounds image.Rectangle
}

// Options make a Capture.
type Options struct {
	// Display is the index of the monitor in Displays; zero is the first.
	Display int
	// Area, when it is not empty, is the place of the one monitor that may be shown, and
	// counts instead of Display. While no monitor is exactly there, there is no picture
	// (ErrNoDisplay): what the user chose was what is on it, and not its number.
	Area image.Rectangle
	// Changed is told of every change of the monitors. It must not wait; nil hears nothing.
	Changed func()
	// Scene says what of the display is shown; nil shows everything.
	Scene *Scene
	// Logger hears which source was chosen and why; nil is silence.
	Logger *slog.Logger

	source Source // tests force one; zero lets Open choose
}

// Source is the way by which pixels are read.
type Source uint8

// The sources, best first. Open takes the first that works.
const (
	// SharedPixmap has the server copy dirty pixels to their place in shared memory.
	SharedPixmap Source = iota + 1
	// SharedImage has the server copy dirty rectangles into shared memory, packed.
	SharedImage
	// Requests sends dirty pixels through the connection: shared memory was refused,
	// as it is across containers and machines.
	Requests
	// Screenshot uses kbinani/screenshot: the server has no shared memory at all.
	Screenshot
)

// String names the source for a log.
func (s Source) String() string {
	switch s {
	case SharedPixmap:
		return "shared pixmap"
	case SharedImage:
		return "shared image"
	case Requests:
		return "requests"
	case Screenshot:
		return "screenshot"
	}
	return "automatic"
}

// Frame is the screen at one moment. Pix is BGRX, 4 bytes a pixel, Stride bytes a
// row; it belongs to the Capture and is valid until the next call of Next. When the
// Capture is closed meanwhile, or its grant revoked, Pix stays readable, and is black
// if it was in shared memory.
type Frame struct {
	Pix     []byte
	Stride  int
	Width   int
	Height  int
	Damage  []image.Rectangle // what changed since the last frame; the whole at first; may overlap
	At      time.Time
	Resized bool // the size differs from the last frame's
}

// Capture reads one display. One goroutine calls Next; Close may be called by any.
type Capture struct {
	grant   *consent.ViewGrant
	log     *slog.Logger
	cursors chan Cursor
	closed  chan struct{}
	once    sync.Once
	refresh atomic.Bool
	nudged  atomic.Bool

	// mu is taken inside the grant, never around it.
	mu     sync.Mutex
	screen *screen
	over   bool
	frame  Frame
}

// Open starts reading a display.
func Open(grant *consent.ViewGrant, opts Options) (*Capture, error) {
	c := &Capture{
		grant:   grant,
		log:     opts.Logger,
		cursors: make(chan Cursor, 1),
		closed:  make(chan struct{}),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	err := grant.Use(func() (err error) {
		c.screen, err = openScreen(opts, c.log)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("capture: open: %w", err)
	}
	c.refresh.Store(true)
	signal(c.screen.dirty)
	go c.followPointer()
	go c.guard()
	return c, nil
}

// guard closes the capture when the grant is revoked, whoever forgets to: the picture
// turns black, and a grab that hangs in a frozen window system is cut off, since the
// gate waits for it.
func (c *Capture) guard() {
	select {
	case <-c.grant.Done():
		_ = c.Close()
	case <-c.closed:
	}
}

// Source says how pixels are read.
func (c *Capture) Source() Source {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.screen.source()
}

// Next waits for damage and returns the newest picture. Every grab runs inside the
// grant; after revocation it returns consent.ErrRevoked. An error of the grant that
// passes, such as a pause, loses no damage: the next call that is allowed has it.
func (c *Capture) Next(ctx context.Context) (*Frame, error) {
	for {
		if err := c.wait(ctx); err != nil {
			return nil, err
		}
		fresh, grabbed := false, false
		err := c.grant.Use(func() (err error) {
			grabbed = true
			fresh, err = c.grab()
			return err
		})
		switch {
		case err != nil && !grabbed:
			signal(c.screen.dirty)
			return nil, err
		case err != nil:
			if over := c.stopped(ctx); over != nil {
				return nil, over
			}
			return nil, fmt.Errorf("capture: next: %w", err)
		case fresh:
			return &c.frame, nil
		}
	}
}

// wait blocks until there is something to grab or a reason to stop.
func (c *Capture) wait(ctx context.Context) error {
	if err := c.stopped(ctx); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-c.closed:
	case <-c.grant.Done():
	case <-c.screen.lost:
	case <-c.screen.dirty:
	}
	return c.stopped(ctx)
}

// stopped returns the reason not to grab, the user's first.
func (c *Capture) stopped(ctx context.Context) error {
	select {
	case <-c.grant.Done():
		return consent.ErrRevoked
	default:
	}
	select {
	case <-c.closed:
		return ErrClosed
	default:
	}
	select {
	case <-c.screen.lost:
		return ErrLost
	default:
		return ctx.Err()
	}
}

// grab fetches what changed. It reports false when that was not on this display.
func (c *Capture) grab() (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over {
		return false, ErrClosed
	}
	resized, err := c.screen.relayout()
	if err != nil {
		return false, err
	}
	nudged := c.nudged.Swap(false)
	whole := c.refresh.Swap(false) || resized
	f := &c.frame
	f.Damage, err = c.screen.grab(f.Damage[:0], whole)
	if err != nil {
		return false, err
	}
	size := c.screen.bounds.Size()
	f.Resized = f.Width != 0 && (f.Width != size.X || f.Height != size.Y)
	f.Pix, f.Stride, f.Width, f.Height = c.screen.pix, size.X*4, size.X, size.Y
	f.At = time.Now()
	return len(f.Damage) > 0 || nudged, nil
}

// Refresh makes the next call of Next return at once with the whole picture damaged.
func (c *Capture) Refresh() {
	c.refresh.Store(true)
	signal(c.screen.dirty)
}

// Nudge makes the next call of Next return at once with what changed, if only nothing.
func (c *Capture) Nudge() {
	c.nudged.Store(true)
	signal(c.screen.dirty)
}

// Close stops reading and frees the shared memory. It does not wait for the network,
// nor longer than half a second for the window system, and it may be called while a
// picture is being read. The channel of Cursors is closed soon after.
func (c *Capture) Close() error {
	c.once.Do(func() {
		close(c.closed)
		cut := time.AfterFunc(closePatience, c.screen.cut)
		defer cut.Stop()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.over = true
		c.screen.close()
	})
	return nil
}

// signal wakes the reader of ch, which has room for one.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
