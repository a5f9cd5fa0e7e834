package ui

import (
	"image"
	"image/draw"
	"math"

	"github.com/go-text/render"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/vector"
)

// glyphCache keeps glyphs as masks, drawn once for each quarter of a pixel.
type glyphCache struct {
	masks map[glyphKey]*glyphMask
	ras   vector.Rasterizer
}

type glyphKey struct {
	face    *font.Face
	glyph   font.GID
	size    int32 // in 64ths of a pixel
	quarter uint8
}

// glyphMask is a glyph's coverage, or a picture for coloured ones.
type glyphMask struct {
	alpha  *image.Alpha
	colour *image.RGBA
	at     image.Point // of its corner, from the pen's whole pixel
}

// maxGlyphs bounds the cache; Latin interfaces use some 200.
const maxGlyphs = 2048

func (g *glyphCache) reset() { clear(g.masks) }

// text draws a block with its upper left corner at x, y.
func (c *canvas) text(t *typesetter, b *block, x, y float64, col rgb) {
	for i, l := range b.lines {
		c.textLine(t, l, x, y+float64(i)*b.lineHeight, b.lineHeight, col)
	}
}

// textCentred draws each line of a block in the middle of a width.
func (c *canvas) textCentred(t *typesetter, b *block, x, y, w float64, col rgb) {
	for i, l := range b.lines {
		c.textLine(t, l, x+(w-l.w)/2, y+float64(i)*b.lineHeight, b.lineHeight, col)
	}
}

// textLine puts the baseline so that the letters stand in the middle of the line.
func (c *canvas) textLine(t *typesetter, l line, x, y, height float64, col rgb) {
	if len(l.runs) == 0 {
		return
	}
	size := float64(l.runs[0].Size) / 64 / c.scale
	const capHeight = 0.72 // of the size, near enough for all interface fonts
	baseline := math.Round((y + (height+size*capHeight)/2) * c.scale)
	if baseline < float64(c.clip.Min.Y)-2*height*c.scale || baseline > float64(c.clip.Max.Y)+2*height*c.scale {
		return
	}
	pen := x * c.scale
	if where := (box{x, y, l.w, height}).pixels(c.scale); c.watch != nil && 2*where.Intersect(c.clip).Dy() >= where.Dy() {
		c.watch(where, c.tone(col))
	}
	for _, run := range l.runs {
		for _, g := range run.Glyphs {
			gx := pen + float64(g.XOffset)/64
			gy := baseline - float64(g.YOffset)/64
			c.glyph(t, run, g, gx, gy, col)
			pen += float64(g.XAdvance) / 64
		}
	}
}

func (c *canvas) glyph(t *typesetter, run shaping.Output, g shaping.Glyph, x, y float64, col rgb) {
	whole := math.Floor(x)
	quarter := uint8((x - whole) * 4)
	m := t.glyphs.get(glyphKey{run.Face, g.GlyphID, int32(run.Size), quarter}, g)
	p := image.Pt(int(whole), int(math.Round(y))).Add(m.at)
	switch {
	case m.alpha != nil:
		c.blend(m.alpha, p, col, 1)
	case m.colour != nil:
		c.picture(m.colour, p)
	}
}

func (g *glyphCache) get(key glyphKey, glyph shaping.Glyph) *glyphMask {
	if m, ok := g.masks[key]; ok {
		return m
	}
	if len(g.masks) >= maxGlyphs {
		g.reset()
	}
	m := &glyphMask{}
	switch data := key.face.GlyphData(key.glyph).(type) {
	case font.GlyphOutline:
		g.outline(m, key, data)
	case font.GlyphBitmap, font.GlyphSVG:
		coloured(m, key, glyph)
	}
	g.masks[key] = m
	return m
}

func (g *glyphCache) outline(m *glyphMask, key glyphKey, o font.GlyphOutline) {
	if len(o.Segments) == 0 {
		return
	}
	scale := float32(key.size) / 64 / float32(key.face.Upem())
	dx := float32(key.quarter) / 4
	lo, hi := extent(o, scale, dx)
	m.at = lo
	m.alpha = image.NewAlpha(image.Rect(0, 0, hi.X-lo.X, hi.Y-lo.Y))
	at := func(p opentype.SegmentPoint) (float32, float32) {
		return p.X*scale + dx - float32(lo.X), -p.Y*scale - float32(lo.Y)
	}
	g.ras.Reset(hi.X-lo.X, hi.Y-lo.Y)
	g.ras.DrawOp = draw.Src
	for _, s := range o.Segments {
		a, b := at(s.Args[0])
		switch s.Op {
		case opentype.SegmentOpMoveTo:
			g.ras.ClosePath()
			g.ras.MoveTo(a, b)
		case opentype.SegmentOpLineTo:
			g.ras.LineTo(a, b)
		case opentype.SegmentOpQuadTo:
			c, d := at(s.Args[1])
			g.ras.QuadTo(a, b, c, d)
		case opentype.SegmentOpCubeTo:
			c, d := at(s.Args[1])
			e, f := at(s.Args[2])
			g.ras.CubeTo(a, b, c, d, e, f)
		}
	}
	g.ras.ClosePath()
	g.ras.Draw(m.alpha, m.alpha.Rect, image.Opaque, image.Point{})
	for i, v := range m.alpha.Pix {
		m.alpha.Pix[i] = firm(v)
	}
}

// firm strengthens the soft edges of letters a little: blending is not done in
// linear light, which makes dark text on white look thin.
func firm(v uint8) uint8 {
	x := int(v)
	return uint8(x + x*(255-x)/900)
}

// extent is the pixel rectangle around an outline.
func extent(o font.GlyphOutline, scale, dx float32) (lo, hi image.Point) {
	minX, minY := float32(math.MaxFloat32), float32(math.MaxFloat32)
	maxX, maxY := -minX, -minY
	for i := range o.Segments {
		for _, p := range o.Segments[i].ArgsSlice() {
			x, y := p.X*scale+dx, -p.Y*scale
			minX, maxX = min(minX, x), max(maxX, x)
			minY, maxY = min(minY, y), max(maxY, y)
		}
	}
	floor := func(v float32) int { return int(math.Floor(float64(v))) }
	return image.Pt(floor(minX)-1, floor(minY)-1), image.Pt(floor(maxX)+2, floor(maxY)+2)
}

// coloured draws a bitmap or SVG glyph, such as an emoji.
func coloured(m *glyphMask, key glyphKey, g shaping.Glyph) {
	size := int(key.size)/64 + 1
	side := size * 2
	m.colour = image.NewRGBA(image.Rect(0, 0, side, side))
	m.at = image.Pt(0, -size*3/2)
	g.XOffset, g.YOffset = 0, 0
	r := render.Renderer{FontSize: float32(key.size) / 64, PixScale: 1, Color: image.Black}
	run := shaping.Output{Face: key.face, Glyphs: []shaping.Glyph{g}}
	r.DrawShapedRunAt(run, m.colour, 0, size*3/2)
}

// picture lays a picture with premultiplied transparency over the canvas.
func (c *canvas) picture(img *image.RGBA, p image.Point) {
	r := img.Rect.Add(p).Intersect(c.clip)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			s := img.RGBAAt(x-p.X, y-p.Y)
			d := c.pix[(y*c.w+x)*4:]
			rest := 255 - uint32(s.A)
			d[0] = s.B + uint8(uint32(d[0])*rest/255)
			d[1] = s.G + uint8(uint32(d[1])*rest/255)
			d[2] = s.R + uint8(uint32(d[2])*rest/255)
		}
	}
}
