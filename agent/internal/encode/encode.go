// Package encode turns screen pictures into VP9 through libvpx.
package encode

import (
	"errors"
	"image"
)

// Config makes an encoder. See docs/architecture.md for how the defaults were found.
type Config struct {
	Width, Height int
	// Kilobits a second; zero means 8,000.
	Kilobits int
	// FullChroma selects profile 1 (4:4:4).
	FullChroma bool
	// FramesPerSecond bounds rate control; zero means 60.
	FramesPerSecond int
	// Recording selects settings for a recording: quality over latency, few frames.
	Recording bool
}

// VP9 is one encoder. Not safe for concurrent use.
type VP9 struct{}

// New allocates an encoder. Close frees it.
func New(cfg Config) (*VP9, error) { return nil, errors.New("encode: unfinished") }

// Picture is a BGRX screen picture and what changed in it since the last one encoded.
type Picture struct {
	Pix    []byte
	Stride int
	Damage []image.Rectangle
}

// Encode converts the damaged parts and encodes. The result is valid until the next
// call; it may be empty when the encoder dropped the frame.
func (v *VP9) Encode(p Picture, forceKey bool) (data []byte, key bool, err error) {
	return nil, false, errors.New("encode: unfinished")
}

// SetKilobits changes the target rate.
func (v *VP9) SetKilobits(n int) error { return nil }

// Close frees the encoder.
func (v *VP9) Close() {}
