package screen

import (
	"encoding/binary"
	"fmt"
	"image"

	"github.com/klauspost/compress/zstd"
)

// maxWindow is the largest window of a zstd frame, which a decoder must be ready to keep.
const maxWindow = 8 << 20

// oneBlock is how much of a frame may be unpacked before it is seen that there is more
// than announced: a block of zstd, and what its decoder wants beyond.
const oneBlock = 128<<10 + 32

// Decoder does what the viewer does: it takes the channel's messages and has the picture.
// It holds three bytes a pixel twice, one update and its body, and no more. Not safe for
// concurrent use.
type Decoder struct {
	maxPixels int
	unpack    *zstd.Decoder
	update    []byte // the pieces so far
	open      bool   // a first piece came, its last did not
	body      []byte
	serial    uint32
	lost      bool // nothing but a refresh can be drawn
	chained   bool // the last update was to be drawn with the next
	drawing   canvas
	shown     canvas
}

// NewDecoder makes a decoder for pictures of at most maxPixels; zero means a screen of
// 7680 by 4320.
func NewDecoder(maxPixels int) (*Decoder, error) {
	if maxPixels == 0 {
		maxPixels = 7680 * 4320
	}
	unpack, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(MaxBody))
	if err != nil {
		return nil, fmt.Errorf("screen: %w", err)
	}
	return &Decoder{maxPixels: maxPixels, unpack: unpack, lost: true}, nil
}

// Close frees what the decoder holds.
func (d *Decoder) Close() { d.unpack.Close() }

// Message takes one message of the channel. It reports whether an update was completed
// and drawn, or kept to be drawn with the next; its serial is then Serial. After an error
// nothing of the update is seen, and all but a refresh is refused with ErrLost.
func (d *Decoder) Message(message []byte) (done bool, err error) {
	update, err := d.join(message)
	if err == nil && update != nil {
		err = d.draw(update)
	}
	if err != nil {
		d.lost, d.open, d.update = true, false, d.update[:0]
		return false, err
	}
	return update != nil, nil
}

// Serial is that of the last update drawn or kept.
func (d *Decoder) Serial() uint32 { return d.serial }

// Shown says that the video frame with this RTP timestamp is on the screen.
func (d *Decoder) Shown(rtp uint32) {
	d.drawing.frame(rtp)
	d.shown.frame(rtp)
}

// VideoAt is where the upper left corner of the video lies in the picture, as the last
// update drawn that let it be seen has it.
func (d *Decoder) VideoAt() image.Point { return d.shown.videoAt }

// Picture returns the canvas: opaque, or with all four values 0 where the video is seen.
// It is nil before the first update, and valid until the next call of Message.
func (d *Decoder) Picture() *image.NRGBA { return d.shown.pix }

// join appends a message's piece, and returns the update if it was the last.
func (d *Decoder) join(message []byte) ([]byte, error) {
	flags, piece, err := parseMessage(message)
	switch {
	case err != nil:
		return nil, err
	case flags&pieceFirst != 0 && d.open:
		return nil, fmt.Errorf("%w: an update begins inside another", ErrFormat)
	case flags&pieceFirst == 0 && !d.open && d.lost:
		return nil, ErrLost // the rest of what was refused
	case flags&pieceFirst == 0 && !d.open:
		return nil, fmt.Errorf("%w: a piece without a beginning", ErrFormat)
	case len(d.update)+len(piece) > headerSize+MaxBody:
		return nil, fmt.Errorf("%w: update too long", ErrFormat)
	}
	d.open = true
	d.update = append(d.update, piece...)
	if flags&pieceLast == 0 {
		return nil, nil
	}
	update := d.update
	d.open, d.update = false, d.update[:0]
	return update, nil
}

// parseMessage takes a message apart.
func parseMessage(message []byte) (flags byte, piece []byte, err error) {
	if len(message) < 2 || len(message) > MaxPiece+1 {
		return 0, nil, fmt.Errorf("%w: message of %d bytes", ErrFormat, len(message))
	}
	flags, piece = message[0], message[1:]
	if flags&^(pieceFirst|pieceLast|piecePadded) != 0 {
		return 0, nil, fmt.Errorf("%w: piece flags %#x", ErrFormat, flags)
	}
	if flags&piecePadded == 0 {
		return flags, piece, nil
	}
	padding := 0
	if len(piece) >= 2 {
		padding = int(binary.LittleEndian.Uint16(piece[len(piece)-2:]))
	}
	if padding < 2 || padding > len(piece) {
		return 0, nil, fmt.Errorf("%w: padding of %d bytes", ErrFormat, padding)
	}
	return flags, piece[:len(piece)-padding], nil
}

// draw carries an update out, and shows it unless more belongs to it.
func (d *Decoder) draw(update []byte) error {
	h, packed, err := parseHeader(update)
	if err != nil {
		return err
	}
	if err := d.follows(h); err != nil {
		return err
	}
	body, err := d.unpacked(h, packed)
	if err != nil {
		return err
	}
	if h.flags&flagRefresh != 0 {
		d.drawing.clear(h.width, h.height)
	}
	if err := d.drawing.run(body, h.rtp); err != nil {
		return err
	}
	d.lost, d.serial, d.chained = false, h.serial, h.flags&flagMore != 0
	if !d.chained {
		d.drawing.settle()
		d.shown.take(&d.drawing)
	}
	return nil
}

// follows checks that the update can come next.
func (d *Decoder) follows(h header) error {
	switch {
	case h.width*h.height > d.maxPixels:
		return fmt.Errorf("%w: %d x %d is more than this decoder takes", ErrFormat, h.width, h.height)
	case h.flags&flagRefresh != 0:
		return nil
	case d.lost:
		return ErrLost
	case h.serial != d.serial+1:
		return fmt.Errorf("%w: serial %d after %d", ErrFormat, h.serial, d.serial)
	case d.drawing.pix.Rect != image.Rect(0, 0, h.width, h.height):
		return fmt.Errorf("%w: another size without a refresh", ErrFormat)
	}
	return nil
}

// unpacked returns the body. A frame's window and length are checked before anything is
// made for it, and unpacking stops at the length announced.
func (d *Decoder) unpacked(h header, packed []byte) ([]byte, error) {
	if h.flags&flagZstd == 0 {
		return packed, nil
	}
	var frame zstd.Header
	if err := frame.Decode(packed); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	size := uint64(h.length)
	switch {
	case frame.Skippable || frame.DictionaryID != 0:
		return nil, fmt.Errorf("%w: not a plain zstd frame", ErrFormat)
	case frame.WindowSize > maxWindow:
		return nil, fmt.Errorf("%w: window of %d bytes", ErrFormat, frame.WindowSize)
	case !frame.HasFCS || frame.FrameContentSize != size:
		return nil, fmt.Errorf("%w: frame of %d bytes, announced %d", ErrFormat, frame.FrameContentSize, h.length)
	}
	if cap(d.body) < h.length+oneBlock {
		d.body = make([]byte, h.length+oneBlock)
	}
	// DecodeAll ends with the block that goes beyond the frame's content size.
	body, err := d.unpack.DecodeAll(packed, d.body[:0])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if len(body) != h.length {
		return nil, fmt.Errorf("%w: body of %d bytes, announced %d", ErrFormat, len(body), h.length)
	}
	return body, nil
}
