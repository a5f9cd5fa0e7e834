// Package decodetest decodes VP9 for tests: it answers what a viewer would see.
//
// Begin at New, feed frames in order to Decode, compare with PSNR.
package decodetest

// #cgo CFLAGS: -O2 -std=c11
// #cgo linux LDFLAGS: -l:libvpx.a -lm -lpthread
// #include <stdlib.h>
// #include <vpx/vp8dx.h>
// #include <vpx/vpx_decoder.h>
//
// static int open_vp9(vpx_codec_ctx_t *ctx) {
//   return vpx_codec_dec_init(ctx, vpx_codec_vp9_dx(), NULL, 0);
// }
//
// static const vpx_image_t *decode(vpx_codec_ctx_t *ctx, const uint8_t *data, unsigned int size) {
//   vpx_codec_iter_t iter = NULL;
//   if (vpx_codec_decode(ctx, data, size, NULL, 0) != VPX_CODEC_OK) return NULL;
//   return vpx_codec_get_frame(ctx, &iter);
// }
import "C"

import (
	"errors"
	"image"
	"math"
	"unsafe"
)

// Decoder is one VP9 decoder. Not safe for concurrent use.
type Decoder struct{ ctx *C.vpx_codec_ctx_t }

// Picture is a decoded frame as BGRX without padding, with what the stream says of it.
type Picture struct {
	Pix           []byte
	Width, Height int
	FullChroma    bool // 4:4:4
	BT601         bool
	FullRange     bool
}

// New makes a decoder. Close frees it.
func New() (*Decoder, error) {
	d := &Decoder{ctx: (*C.vpx_codec_ctx_t)(C.calloc(1, C.sizeof_vpx_codec_ctx_t))}
	if C.open_vp9(d.ctx) != 0 {
		C.free(unsafe.Pointer(d.ctx))
		return nil, errors.New("decodetest: cannot make a decoder")
	}
	return d, nil
}

// Close frees the decoder.
func (d *Decoder) Close() {
	C.vpx_codec_destroy(d.ctx)
	C.free(unsafe.Pointer(d.ctx))
}

// Decode decodes one frame.
func (d *Decoder) Decode(frame []byte) (*Picture, error) {
	if len(frame) == 0 {
		return nil, errors.New("decodetest: empty frame")
	}
	img := C.decode(d.ctx, (*C.uint8_t)(&frame[0]), C.uint(len(frame)))
	if img == nil {
		return nil, errors.New("decodetest: not a VP9 frame")
	}
	p := &Picture{
		Width:      int(img.d_w),
		Height:     int(img.d_h),
		FullChroma: img.fmt == C.VPX_IMG_FMT_I444,
		BT601:      img.cs == C.VPX_CS_BT_601,
		FullRange:  img._range == C.VPX_CR_FULL_RANGE,
	}
	p.Pix = make([]byte, 4*p.Width*p.Height)
	shift := 1
	if p.FullChroma {
		shift = 0
	}
	for y := range p.Height {
		luma, cb, cr := plane(img, 0, y), plane(img, 1, y>>shift), plane(img, 2, y>>shift)
		for x := range p.Width {
			bgr(p.Pix[4*(y*p.Width+x):], luma[x], cb[x>>shift], cr[x>>shift])
		}
	}
	return p, nil
}

// plane is one row of one plane.
func plane(img *C.vpx_image_t, n, row int) []byte {
	stride := int(img.stride[n])
	return unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(img.planes[n]), row*stride)), stride)
}

// bgr converts by BT.601, studio range.
func bgr(to []byte, y, cb, cr byte) {
	l := 255.0 / 219 * (float64(y) - 16)
	b, r := 255.0/224*(float64(cb)-128), 255.0/224*(float64(cr)-128)
	to[0] = level(l + 1.772*b)
	to[1] = level(l - 0.344136*b - 0.714136*r)
	to[2] = level(l + 1.402*r)
}

func level(v float64) byte { return byte(math.Round(min(max(v, 0), 255))) }

// PSNR compares colours of the rectangle in decibels; +Inf when they are equal. Both
// pictures are BGRX with the given stride.
func PSNR(a, b []byte, stride int, r image.Rectangle) float64 {
	sum, n := 0.0, 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			for c := range 3 {
				d := float64(a[y*stride+4*x+c]) - float64(b[y*stride+4*x+c])
				sum += d * d
				n++
			}
		}
	}
	return 10 * math.Log10(255*255/(sum/float64(n)))
}
