// Package screen turns damage into screen updates, the lossless carrier of the picture.
//
// Begin at NewCoder and call Update for each picture:
//
//	damage ─► what really differs from the viewer's canvas ─► copy rectangles (scrolling,
//	       dragging) ─► fills, palette and raw cells for the rest ─► zstd ─► updates, which the agent cuts into messages
//
// A Chooser hears what updates cost, and says which regions move like film: those are
// left to the video track. Decoder does what the viewer does, for tests. The format is in docs/protocol.md.
//
// What it promises: the decoder's picture is the source's to the last bit, wherever it is
// not film; nothing is allocated for a picture that changes little; what a decoder is given
// costs it bounded memory.
package screen

import (
	"errors"
	"image"
)

// Limits of the format, as docs/protocol.md has them.
const (
	// Version is the first byte of every update.
	Version = 1
	// MaxSide is the longest side of a picture.
	MaxSide = 16384
	// MaxBody is the longest body of an update, packed or not.
	MaxBody = 8 << 20
	// MaxPiece is the longest piece of an update in one message, which has one byte more.
	MaxPiece = 60 << 10
)

// Errors of this package.
var (
	// ErrSize says that a picture's sides are not between 1 and MaxSide.
	ErrSize = errors.New("screen: bad size")
	// ErrPicture says that Pix is too short for the coder's size and the stride.
	ErrPicture = errors.New("screen: picture does not fit the coder")
	// ErrBudget says that the lossless update would be larger than the budget.
	ErrBudget = errors.New("screen: over budget")
	// ErrFormat says that an update breaks a rule of the format.
	ErrFormat = errors.New("screen: bad update")
	// ErrLost says that an update cannot be drawn before a refresh has come.
	ErrLost = errors.New("screen: waiting for a refresh")
)

// Flags of an update, and of a message.
const (
	flagRefresh = 1 // nothing before matters
	flagZstd    = 2 // the body is one zstd frame
	flagMore    = 4 // draw together with the next update

	pieceFirst  = 1
	pieceLast   = 2
	piecePadded = 4 // the last two bytes say how many at the end are no part of it
)

// The operations of an update's body.
const (
	opCopy    = 1
	opFill    = 2
	opPalette = 3
	opRaw     = 4
	opVideo   = 5
)

// The filters of raw pixels.
const (
	filterNone = 0
	filterLeft = 1
	filterUp   = 2
)

// headerSize is the length of an update's header: version, flags, serial, RTP timestamp,
// width, height, length of the unpacked body.
const headerSize = 1 + 1 + 4 + 4 + 2 + 2 + 4

// opSize is the length of an operation's beginning: op, x, y, w, h.
const opSize = 1 + 4*2

// indexBits is the number of bits that the format gives to an index among n colours.
func indexBits(n int) int {
	switch {
	case n <= 2:
		return 1
	case n <= 4:
		return 2
	case n <= 16:
		return 4
	}
	return 8
}

// fits reports whether a picture may have this size.
func fits(width, height int) bool {
	return width >= 1 && height >= 1 && width <= MaxSide && height <= MaxSide
}

// area is the number of pixels in r.
func area(r image.Rectangle) int { return r.Dx() * r.Dy() }
