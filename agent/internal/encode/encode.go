// Package encode turns screen pictures into VP9 through libvpx.
//
// Begin at New, then call Encode for each picture:
//
//	BGRX, damage ─► libyuv converts the damage alone ─► libvpx codes the blocks it touches ─► one VP9 frame
//
// What it promises: what is outside the damage is not read and stays as it was, or gets
// finer by libvpx's cyclic refresh; nothing is allocated for a frame; frames come out at once, one for each
// call, and none is dropped. Colours are BT.601, studio range, and the stream says so.
// When the screen has settled, Refine spends spare bits on what motion left coarse.
package encode

// libvpx and libyuv are named by file, so that they are linked statically however the
// rest is. libyuv is C++ inside and refers to a JPEG decoder, which goes unused.

// #cgo CFLAGS: -O2 -std=c11 -Wall -Wextra
// #cgo linux LDFLAGS: -l:libvpx.a -l:libyuv.a -l:libjpeg.a -lm -lpthread
// #include "vp9.h"
import "C"

import (
	"errors"
	"fmt"
	"image"
	"runtime"
	"time"
	"unsafe"

	"beside/agent/internal/cores"
)

// Limits of a picture: VP9 carries sizes in 16 bits, and a screen of 16,384 by 16,384
// would already take 400 MB to encode.
const (
	maxSide   = 16384
	maxPixels = 7680 * 4320
	maxRate   = 200_000 // kilobits a second; beyond it is a mistake
	block     = 16      // pixels of an active map's block
)

// Errors of this package.
var (
	ErrSize    = errors.New("encode: bad size")
	ErrPicture = errors.New("encode: picture does not fit the encoder")
	ErrRate    = errors.New("encode: bad rate")
	ErrClosed  = errors.New("encode: closed")
)

// Config makes an encoder. See docs/architecture.md for how the defaults were found.
type Config struct {
	Width, Height int
	// Kilobits a second; zero means 8,000, and 1,000 for a recording.
	Kilobits int
	// FullChroma selects profile 1 (4:4:4).
	FullChroma bool
	// FramesPerSecond bounds rate control; zero means 60, and 5 for a recording.
	FramesPerSecond int
	// Recording selects settings for a recording: quality over latency, few frames,
	// one thread.
	Recording bool
	// Film selects settings for pictures that move like film and that others make exact
	// when they are still: little CPU, no finer than is seen while it moves, and as coarse
	// as the rate demands.
	Film bool
}

// VP9 is one encoder. Not safe for concurrent use.
type VP9 struct {
	cfg        Config
	enc        *C.beside_vp9
	packet     C.beside_packet
	rects      []C.beside_rect
	active     blockMap // what this frame may change
	coarse     blockMap // what later frames may improve
	start      time.Time
	last       time.Duration // of the newest frame, since start
	begun      bool
	mixed      bool   // coarse holds damage of more than the last frame
	refinement int    // frames since the last damage
	quantizer  int    // of the last frame, 0 (finest) to 63
	unsettled  int    // frames since Settle
	done       func() // with the cores
}

// Picture is a BGRX screen picture and what changed in it since the last one encoded.
type Picture struct {
	Pix    []byte
	Stride int
	Damage []image.Rectangle
	// At is when the picture was taken; the zero time means now.
	At time.Time
	// Refine asks to improve what earlier frames left coarse, beside the damage.
	Refine bool
}

// New allocates an encoder. Close frees it.
func New(cfg Config) (*VP9, error) {
	if cfg.Width < 1 || cfg.Height < 1 || cfg.Width > maxSide || cfg.Height > maxSide || cfg.Width*cfg.Height > maxPixels {
		return nil, fmt.Errorf("%w: %d x %d", ErrSize, cfg.Width, cfg.Height)
	}
	cfg.setDefaults()
	if cfg.Kilobits < 1 || cfg.Kilobits > maxRate {
		return nil, fmt.Errorf("%w: %d kbit/s", ErrRate, cfg.Kilobits)
	}
	if cfg.FramesPerSecond < 1 || cfg.FramesPerSecond > 240 {
		return nil, fmt.Errorf("%w: %d frames/s", ErrRate, cfg.FramesPerSecond)
	}
	c := C.beside_vp9_config{
		width:       C.int(cfg.Width),
		height:      C.int(cfg.Height),
		kilobits:    C.int(cfg.Kilobits),
		full_chroma: flag(cfg.FullChroma),
		recording:   flag(cfg.Recording),
		film:        flag(cfg.Film),
		threads:     C.int(threads(cfg)),
	}
	v := &VP9{cfg: cfg, active: newBlockMap(cfg), coarse: newBlockMap(cfg), unsettled: busyFrames} // New leaves much
	if failed := C.beside_vp9_new(&c, &v.enc); failed != nil {
		return nil, libError(failed)
	}
	v.done = cores.All()
	return v, nil
}

func (cfg *Config) setDefaults() {
	rate, frames := 8000, 60
	if cfg.Recording {
		rate, frames = 1000, 5
	}
	if cfg.Kilobits == 0 {
		cfg.Kilobits = rate
	}
	if cfg.FramesPerSecond == 0 {
		cfg.FramesPerSecond = frames
	}
}

// alone is how many pixels of film one thread encodes in time: two take a tenth more
// CPU for waiting for one another.
const alone = 1 << 20

// threads leaves the user's machine some room: two at most, one for a recording, for a
// film of common size and for pictures too narrow for two tile columns.
func threads(cfg Config) int {
	if cfg.Recording || cfg.Width < 512 || cfg.Film && cfg.Width*cfg.Height <= alone {
		return 1
	}
	return min(2, runtime.NumCPU())
}

// Encode converts the damaged parts and encodes. The first frame, and one with forceKey,
// is a key frame and takes the damage as the whole picture. The result is valid until the
// next call; it is empty when there was nothing to encode.
func (v *VP9) Encode(p Picture, forceKey bool) (data []byte, key bool, err error) {
	if v.enc == nil {
		return nil, false, ErrClosed
	}
	if err := v.check(p); err != nil {
		return nil, false, err
	}
	forceKey = forceKey || !v.begun
	if forceKey {
		whole := [1]image.Rectangle{v.picture()}
		p.Damage = whole[:]
	}
	if err := v.convert(p); err != nil {
		return nil, false, err
	}
	if !v.choose(p) {
		return nil, false, nil
	}
	at, lasts := v.clock(p.At)
	failed := C.beside_vp9_encode(v.enc, (*C.uint8_t)(&v.active.on[0]), C.int64_t(at), C.int64_t(lasts), flag(forceKey), &v.packet)
	if failed != nil {
		return nil, false, libError(failed)
	}
	v.begun, v.quantizer = true, int(v.packet.quantizer)
	v.refined(len(v.rects) > 0)
	return unsafe.Slice((*byte)(v.packet.data), int(v.packet.size)), v.packet.key != 0, nil
}

// picture is the rectangle of the whole.
func (v *VP9) picture() image.Rectangle { return image.Rect(0, 0, v.cfg.Width, v.cfg.Height) }

// check makes sure that C reads nothing outside the picture.
func (v *VP9) check(p Picture) error {
	row := 4 * v.cfg.Width
	if p.Stride < row || len(p.Pix) < p.Stride*(v.cfg.Height-1)+row {
		return fmt.Errorf("%w: %d bytes, stride %d, for %d x %d", ErrPicture, len(p.Pix), p.Stride, v.cfg.Width, v.cfg.Height)
	}
	return nil
}

// convert brings the damaged parts into the encoder's picture.
func (v *VP9) convert(p Picture) error {
	v.rects = v.rects[:0]
	for _, r := range p.Damage {
		if r = r.Intersect(v.picture()); !r.Empty() {
			v.rects = append(v.rects, C.beside_rect{C.int32_t(r.Min.X), C.int32_t(r.Min.Y), C.int32_t(r.Dx()), C.int32_t(r.Dy())})
		}
	}
	if len(v.rects) == 0 {
		return nil
	}
	failed := C.beside_vp9_convert(v.enc, (*C.uint8_t)(&p.Pix[0]), C.int(p.Stride), &v.rects[0], C.int(len(v.rects)))
	return libError(failed)
}

// choose fills the active map. It reports false when there is nothing to encode.
func (v *VP9) choose(p Picture) bool {
	v.active.clear()
	for _, r := range v.rects {
		v.active.add(int(r.x), int(r.y), int(r.w), int(r.h))
	}
	damaged := len(v.rects) > 0
	if damaged {
		v.mixed = v.Refinable()
		if !v.mixed {
			v.coarse.clear()
		}
		v.refinement = 0
		v.coarse.merge(&v.active)
	}
	if p.Refine && v.Refinable() {
		v.active.merge(&v.coarse)
		v.refinement++
		return true
	}
	return damaged
}

// longestStep is how much later than the one before it a picture of film is for the rate.
// Were it more, a picture that waited for the network might be as large as all those that
// were left out meanwhile; the next would wait for longer, and be larger still.
const longestStep = time.Second / 20

// clock gives the frame's time and length in microseconds. Time rises even when the
// pictures' times do not, as libvpx demands.
func (v *VP9) clock(at time.Time) (now, lasts int64) {
	if at.IsZero() {
		at = time.Now()
	}
	if v.start.IsZero() {
		v.start = at
	}
	if late := at.Sub(v.start) - v.last - longestStep; v.cfg.Film && late > 0 {
		v.start = v.start.Add(late)
	}
	v.last = max(at.Sub(v.start), v.last+time.Millisecond)
	return v.last.Microseconds(), (time.Second / time.Duration(v.cfg.FramesPerSecond)).Microseconds()
}

// SetKilobits changes the target rate.
func (v *VP9) SetKilobits(n int) error {
	if v.enc == nil {
		return ErrClosed
	}
	if n < 1 || n > maxRate {
		return fmt.Errorf("%w: %d kbit/s", ErrRate, n)
	}
	return libError(C.beside_vp9_set_kilobits(v.enc, C.int(n)))
}

// Close frees the encoder. A second call does nothing.
func (v *VP9) Close() {
	C.beside_vp9_free(v.enc)
	v.enc = nil
	v.done()
}

// libError wraps what a C function said; nil stays nil.
func libError(failed *C.char) error {
	if failed == nil {
		return nil
	}
	return fmt.Errorf("encode: libvpx: %s", C.GoString(failed))
}

func flag(b bool) C.int {
	if b {
		return 1
	}
	return 0
}
