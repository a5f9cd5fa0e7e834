package ui

import (
	"errors"
	"image"
	"math/bits"

	"github.com/jezek/xgb/xproto"
)

// pixelFormat says how the root's visual packs a colour.
type pixelFormat struct {
	depth            byte
	bytes            int // of a pixel in a picture
	pad              int // bytes that a row is a multiple of
	red, green, blue uint32
}

func formatOf(setup *xproto.SetupInfo, s *xproto.ScreenInfo) (pixelFormat, error) {
	f := pixelFormat{depth: s.RootDepth}
	for _, p := range setup.PixmapFormats {
		if p.Depth == s.RootDepth {
			f.bytes, f.pad = int(p.BitsPerPixel)/8, int(p.ScanlinePad)/8
		}
	}
	for _, d := range s.AllowedDepths {
		for _, v := range d.Visuals {
			if v.VisualId == s.RootVisual {
				f.red, f.green, f.blue = v.RedMask, v.GreenMask, v.BlueMask
			}
		}
	}
	if f.bytes != 2 && f.bytes != 4 || f.red == 0 || f.pad == 0 || setup.ImageByteOrder != 0 {
		return f, errors.New("the screen's colours are of a kind that is not supported")
	}
	return f, nil
}

// pixel packs a colour.
func (f pixelFormat) pixel(c rgb) uint32 {
	return pack(c.r, f.red) | pack(c.g, f.green) | pack(c.b, f.blue)
}

// pack moves eight bits to where mask wants them, with as many bits as it has.
func pack(v uint8, mask uint32) uint32 {
	shift, width := bits.TrailingZeros32(mask), bits.OnesCount32(mask)
	return (uint32(v) * 0x01010101 >> (32 - width)) << shift & mask
}

// direct reports whether the canvas' own bytes (blue, green, red, nothing) fit.
func (f pixelFormat) direct() bool {
	return f.bytes == 4 && f.red == 0xff0000 && f.green == 0xff00 && f.blue == 0xff
}

// stride is how many bytes a row of a picture takes.
func (f pixelFormat) stride(width int) int {
	return (width*f.bytes + f.pad - 1) / f.pad * f.pad
}

// maxPut is how many bytes one PutImage carries; the protocol ends at 256 KiB.
const maxPut = 200 << 10

// put sends the part r of a canvas to a window.
func (c *xconn) put(w xproto.Window, cv *canvas, r image.Rectangle) {
	r = r.Intersect(image.Rect(0, 0, cv.w, cv.h))
	if r.Empty() {
		return
	}
	stride := c.format.stride(r.Dx())
	rows := max(1, maxPut/stride)
	for y := r.Min.Y; y < r.Max.Y; y += rows {
		n := min(rows, r.Max.Y-y)
		data := make([]byte, n*stride)
		for i := range n {
			c.format.row(data[i*stride:], cv.pix[((y+i)*cv.w+r.Min.X)*4:], r.Dx())
		}
		xproto.PutImage(c.x, xproto.ImageFormatZPixmap, xproto.Drawable(w), c.gc,
			uint16(r.Dx()), uint16(n), int16(r.Min.X), int16(y), 0, c.format.depth, data)
	}
}

func (f pixelFormat) row(dst, src []byte, n int) {
	if f.direct() {
		copy(dst, src[:n*4])
		return
	}
	for i := range n {
		v := f.pixel(rgb{src[i*4+2], src[i*4+1], src[i*4]})
		for b := range f.bytes {
			dst[i*f.bytes+b] = byte(v >> (8 * b))
		}
	}
}
