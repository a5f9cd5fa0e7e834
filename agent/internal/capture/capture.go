// Package capture reads the user's screen, once the user has said yes.
package capture

import (
	"context"
	"errors"
	"image"
	"time"

	"beside/consent"
)

// Display is one monitor, in the X screen's pixels.
type Display struct {
	Index  int
	Bounds image.Rectangle
}

// Displays lists the monitors. It reads no picture and needs no grant.
func Displays() ([]Display, error) { return nil, errors.New("capture: unfinished") }

// Options make a Capture.
type Options struct {
	Display int
}

// Frame is the screen at one moment. Pix is BGRX, 4 bytes a pixel, Stride bytes a
// row; it belongs to the Capture and is valid until the next call of Next.
type Frame struct {
	Pix     []byte
	Stride  int
	Width   int
	Height  int
	Damage  []image.Rectangle // what changed since the last frame; the whole at first
	At      time.Time
	Resized bool // the size differs from the last frame's
}

// Cursor is the pointer, which is never part of a frame.
type Cursor struct {
	X, Y    int // the hot spot, in the frame's pixels
	Visible bool
	Serial  uint32
	Shape   *CursorShape // set when Serial is new
}

// CursorShape is RGBA, not premultiplied.
type CursorShape struct {
	Width, Height, HotX, HotY int
	RGBA                      []byte
}

// Capture reads one display. One goroutine calls Next; Close may be called by any.
type Capture struct{}

// Open starts reading a display.
func Open(grant *consent.ViewGrant, opts Options) (*Capture, error) {
	return nil, errors.New("capture: unfinished")
}

// Next waits for damage and returns the newest picture. Every grab runs inside the
// grant; after revocation it returns consent.ErrRevoked.
func (c *Capture) Next(ctx context.Context) (*Frame, error) { return nil, consent.ErrRevoked }

// Cursors delivers pointer changes, newest wins. Closed with the capture.
func (c *Capture) Cursors() <-chan Cursor { return nil }

// Refresh makes the next call of Next return at once with the whole picture damaged.
func (c *Capture) Refresh() {}

// Close stops reading and frees the shared memory. It does not wait for the network.
func (c *Capture) Close() error { return nil }
