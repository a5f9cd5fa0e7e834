package encode

import (
	"image"
	"image/color"
	"image/draw"

	"beside/agent/internal/encode/decodetest"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// desk is a picture of a desktop to encode: BGRX.
type desk struct {
	pix    []byte
	w, h   int
	stride int
}

func newDesk(w, h int) *desk {
	d := &desk{w: w, h: h, stride: 4*w + 64, pix: make([]byte, (4*w+64)*h)}
	d.fill(image.Rect(0, 0, w, h), color.RGBA{0x24, 0x5a, 0x88, 255})
	d.fill(image.Rect(w/16, h/16, w-w/16, h-h/16), color.RGBA{250, 250, 250, 255})
	for y := h/16 + 20; y < h-h/16; y += 16 {
		d.text(w/16+8, y, "The quick brown fox jumps over the lazy dog, 0123456789 times; {x := f(y)} and so on till the end of the line")
	}
	return d
}

func (d *desk) fill(r image.Rectangle, c color.RGBA) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			copy(d.pix[y*d.stride+4*x:], []byte{c.B, c.G, c.R, 0})
		}
	}
}

func (d *desk) text(x, y int, s string) image.Rectangle {
	r := image.Rect(x, y-12, min(x+7*len(s), d.w), y+4)
	line := image.NewRGBA(r)
	draw.Draw(line, r, image.NewUniform(color.RGBA{250, 250, 250, 255}), image.Point{}, draw.Src)
	(&font.Drawer{Dst: line, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(x, y)}).DrawString(s)
	for py := r.Min.Y; py < min(r.Max.Y, d.h); py++ {
		for px := r.Min.X; px < r.Max.X; px++ {
			c := line.RGBAAt(px, py)
			copy(d.pix[py*d.stride+4*px:], []byte{c.B, c.G, c.R, 0})
		}
	}
	return r
}

// scroll moves the middle up by n rows.
func (d *desk) scroll(n int) image.Rectangle {
	r := image.Rect(d.w/16, d.h/16, d.w-d.w/16, d.h-d.h/16)
	for y := r.Min.Y; y < r.Max.Y-n; y++ {
		copy(d.pix[y*d.stride+4*r.Min.X:][:4*r.Dx()], d.pix[(y+n)*d.stride+4*r.Min.X:])
	}
	return r
}

func (d *desk) picture(damage ...image.Rectangle) Picture {
	return Picture{Pix: d.pix, Stride: d.stride, Damage: damage}
}

func (d *desk) whole() image.Rectangle { return image.Rect(0, 0, d.w, d.h) }

// packed is the picture without padding, as the decoder gives it.
func (d *desk) packed() []byte {
	out := make([]byte, 0, 4*d.w*d.h)
	for y := range d.h {
		out = append(out, d.pix[y*d.stride:][:4*d.w]...)
	}
	return out
}

func (d *desk) psnr(p *decodetest.Picture, r image.Rectangle) float64 {
	return decodetest.PSNR(d.packed(), p.Pix, 4*d.w, r)
}
