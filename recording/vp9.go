package recording

import (
	"errors"
	"fmt"
)

// picture is what the start of a VP9 frame says about it (VP9 bitstream
// specification 0.6, section 6.2, uncompressed header).
type picture struct {
	key           bool
	width, height int // of a key frame, else 0
	space         byte
	fullRange     bool
}

var errFrame = errors.New("recording: not a VP9 profile 0 frame")

// parsePicture reads the uncompressed header. Only key frames carry a size.
func parsePicture(data []byte) (picture, error) {
	r := bitReader{data: data}
	if r.bits(2) != 2 {
		return picture{}, errFrame
	}
	if profile := r.bits(1) | r.bits(1)<<1; profile != 0 {
		return picture{}, fmt.Errorf("%w: profile %d", errFrame, profile)
	}
	if r.bits(1) == 1 { // show_existing_frame
		r.bits(3)
		return picture{}, r.err()
	}
	p := picture{key: r.bits(1) == 0}
	r.bits(2) // show_frame, error_resilient_mode
	if !p.key {
		return p, r.err()
	}
	if r.bits(24) != 0x498342 {
		return picture{}, fmt.Errorf("%w: sync code", errFrame)
	}
	p.space = byte(r.bits(3))
	if p.space == 7 { // RGB cannot be in profile 0
		return picture{}, errFrame
	}
	p.fullRange = r.bits(1) == 1
	p.width = int(r.bits(16)) + 1
	p.height = int(r.bits(16)) + 1
	return p, r.err()
}

// bitReader reads big-endian bits; beyond the end it reads zeros and remembers.
type bitReader struct {
	data []byte
	pos  int
	over bool
}

func (r *bitReader) bits(n int) uint32 {
	var v uint32
	for range n {
		v <<= 1
		if r.pos/8 >= len(r.data) {
			r.over = true
			continue
		}
		v |= uint32(r.data[r.pos/8]>>(7-r.pos%8)) & 1
		r.pos++
	}
	return v
}

func (r *bitReader) err() error {
	if r.over {
		return fmt.Errorf("%w: too short", errFrame)
	}
	return nil
}

// level is the smallest VP9 level whose picture size fits; recordings have at most
// five pictures a second, so the sample rate never decides.
func level(width, height int) byte {
	size := width * height
	for _, l := range []struct {
		max   int
		level byte
	}{
		{36864, 10}, {73728, 11}, {122880, 20}, {245760, 21}, {552960, 30},
		{983040, 31}, {2228224, 40}, {8912896, 50},
	} {
		if size <= l.max {
			return l.level
		}
	}
	return 60
}

// colour maps VP9's color_space to ISO/IEC 23001-8 primaries, transfer and matrix.
func colour(space byte) (primaries, transfer, matrix byte) {
	switch space {
	case 1, 3: // BT.601, SMPTE 170M
		return 6, 6, 6
	case 2: // BT.709
		return 1, 1, 1
	case 4: // SMPTE 240M
		return 7, 7, 7
	case 5: // BT.2020
		return 9, 1, 9
	}
	return 2, 2, 2 // unspecified
}

// codecString is the RFC 6381 codecs parameter of pictures like p.
func codecString(p picture) string {
	return fmt.Sprintf("vp09.00.%02d.08", level(p.width, p.height))
}
