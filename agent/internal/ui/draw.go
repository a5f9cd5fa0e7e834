package ui

import (
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// canvas is the picture of a window: four bytes a pixel, blue, green, red, unused.
// Positions and sizes are in logical units; scale makes pixels of them. Drawing
// outside clip does nothing.
type canvas struct {
	pix    []byte
	w, h   int
	clip   image.Rectangle
	scale  float64
	tones  map[rgb]rgb                          // see tone
	ground rgb                                  // what was cleared with last
	watch  func(where image.Rectangle, ink rgb) // told of each line of text before it is drawn; for tests

	ras  vector.Rasterizer
	mask image.Alpha
}

func newCanvas(w, h int, scale float64) *canvas {
	return &canvas{pix: make([]byte, w*h*4), w: w, h: h, clip: image.Rect(0, 0, w, h), scale: scale}
}

// box is a rectangle in logical units.
type box struct{ x, y, w, h float64 }

func (b box) inset(d float64) box { return box{b.x + d, b.y + d, b.w - 2*d, b.h - 2*d} }

func (b box) has(x, y float64) bool {
	return x >= b.x && x < b.x+b.w && y >= b.y && y < b.y+b.h
}

// pixels is the smallest pixel rectangle around b.
func (b box) pixels(scale float64) image.Rectangle {
	return image.Rect(int(math.Floor(b.x*scale)), int(math.Floor(b.y*scale)),
		int(math.Ceil((b.x+b.w)*scale)), int(math.Ceil((b.y+b.h)*scale)))
}

// clear fills everything within the clip.
func (c *canvas) clear(col rgb) {
	c.ground = col
	c.block(c.clip, col)
}

// fill fills a rectangle with square corners, edges snapped to pixels.
func (c *canvas) fill(b box, col rgb) {
	snap := func(v float64) int { return int(math.Round(v * c.scale)) }
	r := image.Rect(snap(b.x), snap(b.y), snap(b.x+b.w), snap(b.y+b.h))
	c.block(r, col)
}

// tone is the colour that is drawn for one of the palette: another where the user wants
// strong contrast.
func (c *canvas) tone(col rgb) rgb {
	if other, ok := c.tones[col]; ok {
		return other
	}
	return col
}

func (c *canvas) block(r image.Rectangle, col rgb) {
	col = c.tone(col)
	r = r.Intersect(c.clip)
	if r.Empty() {
		return
	}
	row := func(y int) []byte { return c.pix[(y*c.w+r.Min.X)*4 : (y*c.w+r.Max.X)*4] }
	first := row(r.Min.Y)
	for n := copy(first, []byte{col.b, col.g, col.r, 0xff}); n < len(first); n *= 2 {
		copy(first[n:], first[:n])
	}
	for y := r.Min.Y + 1; y < r.Max.Y; y++ {
		copy(row(y), first)
	}
}

// shape fills what path draws, which must lie within b, with strength from 0 to 1.
func (c *canvas) shape(b box, col rgb, strength float64, path func(*pen)) {
	r := b.pixels(c.scale).Inset(-1)
	if r.Intersect(c.clip).Empty() {
		return
	}
	c.ras.Reset(r.Dx(), r.Dy())
	c.ras.DrawOp = draw.Src
	path(&pen{ras: &c.ras, scale: c.scale, dx: float64(r.Min.X), dy: float64(r.Min.Y)})
	size := r.Dx() * r.Dy()
	if cap(c.mask.Pix) < size {
		c.mask.Pix = make([]byte, size)
	}
	c.mask.Pix, c.mask.Stride = c.mask.Pix[:size], r.Dx()
	c.mask.Rect = image.Rect(0, 0, r.Dx(), r.Dy())
	c.ras.Draw(&c.mask, c.mask.Rect, image.Opaque, image.Point{})
	c.blend(&c.mask, r.Min, col, strength)
}

// blend lays col over the canvas where mask, put at p, says.
func (c *canvas) blend(mask *image.Alpha, p image.Point, col rgb, strength float64) {
	r := mask.Rect.Add(p).Intersect(c.clip)
	col = c.tone(col)
	if c.tones != nil && strength > 0.3 {
		strength = 1 // the focus ring, in full
	}
	full := uint32(strength*256 + 0.5)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		src := mask.Pix[(y-p.Y)*mask.Stride+r.Min.X-p.X:]
		dst := c.pix[(y*c.w+r.Min.X)*4:]
		for i := range r.Dx() {
			a := uint32(src[i]) * full >> 8
			if a == 0 {
				continue
			}
			px := dst[i*4 : i*4+4 : i*4+4]
			px[0] = mix(px[0], col.b, a)
			px[1] = mix(px[1], col.g, a)
			px[2] = mix(px[2], col.r, a)
		}
	}
}

// mix goes from a to b by n of 255.
func mix(a, b uint8, n uint32) uint8 {
	v := uint32(a)*(255-n) + uint32(b)*n + 127
	return uint8((v + v>>8 + 1) >> 8)
}

// fade lays col over a rectangle, in full from its upper edge to its middle and less and
// less towards the lower one; way -1 is the other way.
func (c *canvas) fade(b box, col rgb, way int) {
	r, shade := b.pixels(c.scale), c.tone(col)
	in := r.Intersect(c.clip)
	for y := in.Min.Y; y < in.Max.Y; y++ {
		left := r.Max.Y - y
		if way < 0 {
			left = y - r.Min.Y + 1
		}
		n := uint32(min(255*2*left/r.Dy(), 255))
		row := c.pix[(y*c.w+in.Min.X)*4 : (y*c.w+in.Max.X)*4]
		for i := 0; i < len(row); i += 4 {
			row[i], row[i+1], row[i+2] = mix(row[i], shade.b, n), mix(row[i+1], shade.g, n), mix(row[i+2], shade.r, n)
		}
	}
}

// round fills a rectangle with rounded corners.
func (c *canvas) round(b box, radius float64, col rgb) { c.roundAt(b, radius, col, 1) }

func (c *canvas) roundAt(b box, radius float64, col rgb, strength float64) {
	c.shape(b, col, strength, func(p *pen) { p.round(b, radius, false) })
	if c.tones != nil && col != white && c.tone(col) == white {
		c.outline(b, radius, 1, ink, 1) // a card whose ground is gone
	}
}

// outline draws the inner edge of a rounded rectangle.
func (c *canvas) outline(b box, radius, width float64, col rgb, strength float64) {
	c.shape(b, col, strength, func(p *pen) {
		p.round(b, radius, false)
		p.round(b.inset(width), max(radius-width, 0), true)
	})
}

// disc fills a circle.
func (c *canvas) disc(x, y, r float64, col rgb) {
	c.round(box{x - r, y - r, 2 * r, 2 * r}, r, col)
}

// pen draws paths in logical units.
type pen struct {
	ras           *vector.Rasterizer
	scale, dx, dy float64
}

func (p *pen) at(x, y float64) (float32, float32) {
	return float32(x*p.scale - p.dx), float32(y*p.scale - p.dy)
}

func (p *pen) move(x, y float64) { p.ras.MoveTo(p.at(x, y)) }
func (p *pen) line(x, y float64) { p.ras.LineTo(p.at(x, y)) }
func (p *pen) close()            { p.ras.ClosePath() }
func (p *pen) cube(x1, y1, x2, y2, x3, y3 float64) {
	a, b := p.at(x1, y1)
	c, d := p.at(x2, y2)
	e, f := p.at(x3, y3)
	p.ras.CubeTo(a, b, c, d, e, f)
}

// kappa is how far a Bézier's handle goes for a quarter of a circle.
const kappa = 0.5522847498

// round draws a rounded rectangle clockwise, or the other way to cut a hole.
func (p *pen) round(b box, r float64, hole bool) {
	r = min(r, b.w/2, b.h/2)
	x0, y0, x1, y1, k := b.x, b.y, b.x+b.w, b.y+b.h, r*(1-kappa)
	if hole {
		p.move(x0+r, y0)
		p.cube(x0+k, y0, x0, y0+k, x0, y0+r)
		p.line(x0, y1-r)
		p.cube(x0, y1-k, x0+k, y1, x0+r, y1)
		p.line(x1-r, y1)
		p.cube(x1-k, y1, x1, y1-k, x1, y1-r)
		p.line(x1, y0+r)
		p.cube(x1, y0+k, x1-k, y0, x1-r, y0)
		p.close()
		return
	}
	p.move(x0+r, y0)
	p.line(x1-r, y0)
	p.cube(x1-k, y0, x1, y0+k, x1, y0+r)
	p.line(x1, y1-r)
	p.cube(x1, y1-k, x1-k, y1, x1-r, y1)
	p.line(x0+r, y1)
	p.cube(x0+k, y1, x0, y1-k, x0, y1-r)
	p.line(x0, y0+r)
	p.cube(x0, y0+k, x0+k, y0, x0+r, y0)
	p.close()
}

// stroke draws a line of the given width with round ends, clockwise so that
// strokes that touch join.
func (p *pen) stroke(width float64, points ...float64) {
	h := width / 2
	for i := 0; i+3 < len(points); i += 2 {
		x0, y0, x1, y1 := points[i], points[i+1], points[i+2], points[i+3]
		n := math.Hypot(x1-x0, y1-y0)
		if n == 0 {
			continue
		}
		nx, ny := -(y1-y0)/n*h, (x1-x0)/n*h
		p.move(x0-nx, y0-ny)
		p.line(x1-nx, y1-ny)
		p.line(x1+nx, y1+ny)
		p.line(x0+nx, y0+ny)
		p.close()
		p.dot(x0, y0, h)
		p.dot(x1, y1, h)
	}
}

func (p *pen) dot(x, y, r float64) { p.round(box{x - r, y - r, 2 * r, 2 * r}, r, false) }

// ring draws a circle's line.
func (p *pen) ring(x, y, r, width float64) {
	h := width / 2
	p.round(box{x - r - h, y - r - h, 2 * (r + h), 2 * (r + h)}, r+h, false)
	p.round(box{x - r + h, y - r + h, 2 * (r - h), 2 * (r - h)}, r-h, true)
}

// arc draws a part of a circle's line between two angles in degrees, clockwise
// from the right.
func (p *pen) arc(x, y, r, from, to, width float64) {
	const step = 12.0
	var pts []float64
	n := int(math.Ceil(math.Abs(to-from) / step))
	for i := 0; i <= n; i++ {
		a := (from + (to-from)*float64(i)/float64(n)) * math.Pi / 180
		pts = append(pts, x+r*math.Cos(a), y+r*math.Sin(a))
	}
	p.stroke(width, pts...)
}

// polygon fills between points.
func (p *pen) polygon(points ...float64) {
	p.move(points[0], points[1])
	for i := 2; i+1 < len(points); i += 2 {
		p.line(points[i], points[i+1])
	}
	p.close()
}
