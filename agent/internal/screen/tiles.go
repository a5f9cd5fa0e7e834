package screen

import (
	"bytes"
	"encoding/binary"
	"image"
	"slices"
)

// side is that of a tile, in pixels: the unit in which the coder looks for change and motion.
const side = 16

// tile is what the coder knows of 16 by 16 pixels of the canvas.
type tile struct {
	known   bool // the shadow has what the viewer shows
	film    bool // the video track carries it; never known
	changed bool // the picture differs
	owed    bool // it differed when an update was over budget
	coarse  bool // the viewer was shown blocks of it
}

// grid divides a picture into tiles; those at the right and the bottom may be smaller.
type grid struct {
	bounds     image.Rectangle // of the picture
	cols, rows int
}

func newGrid(width, height int) grid {
	return grid{image.Rect(0, 0, width, height), (width + side - 1) / side, (height + side - 1) / side}
}

func (g grid) count() int { return g.cols * g.rows }

// tile is the rectangle of the tile in column x of row y.
func (g grid) tile(x, y int) image.Rectangle {
	return image.Rect(x*side, y*side, x*side+side, y*side+side).Intersect(g.bounds)
}

// cover is the columns and rows of the tiles that r touches.
func (g grid) cover(r image.Rectangle) image.Rectangle {
	r = r.Intersect(g.bounds)
	if r.Empty() {
		return image.Rectangle{}
	}
	return image.Rect(r.Min.X/side, r.Min.Y/side, (r.Max.X+side-1)/side, (r.Max.Y+side-1)/side)
}

// pixels is the rectangle of all tiles in a rectangle of columns and rows.
func (g grid) pixels(tiles image.Rectangle) image.Rectangle {
	return image.Rectangle{Min: tiles.Min.Mul(side), Max: tiles.Max.Mul(side)}.Intersect(g.bounds)
}

// each calls f for every tile that r touches.
func (g grid) each(r image.Rectangle, f func(at int, tile image.Rectangle)) {
	tiles := g.cover(r)
	for y := tiles.Min.Y; y < tiles.Max.Y; y++ {
		for x := tiles.Min.X; x < tiles.Max.X; x++ {
			f(y*g.cols+x, g.tile(x, y))
		}
	}
}

// colours leaves out of two BGRX pixels, loaded as one number, what is not colour.
const colours = 0x00ffffff_00ffffff

// same reports whether two rows of BGRX have the same colours.
func same(a, b []byte) bool {
	for len(a) >= 64 && len(b) >= 64 {
		if !sameTile((*[64]byte)(a), (*[64]byte)(b)) {
			return false
		}
		a, b = a[64:], b[64:]
	}
	for i := 0; i+4 <= len(a) && i+4 <= len(b); i += 4 {
		if (binary.LittleEndian.Uint32(a[i:])^binary.LittleEndian.Uint32(b[i:]))&0xffffff != 0 {
			return false
		}
	}
	return true
}

// sameTile is same for one row of a tile.
func sameTile(a, b *[64]byte) bool {
	d := differences(a, b, 0) | differences(a, b, 8) | differences(a, b, 16) | differences(a, b, 24) |
		differences(a, b, 32) | differences(a, b, 40) | differences(a, b, 48) | differences(a, b, 56)
	return d&colours == 0
}

func differences(a, b *[64]byte, at int) uint64 {
	return binary.LittleEndian.Uint64(a[at:at+8]) ^ binary.LittleEndian.Uint64(b[at:at+8])
}

// setFilm leaves these tiles to the video track from now on. Where the viewer shows
// something it is told to look through; after a refresh, where the video is.
func (c *Coder) setFilm(film []image.Rectangle, videoAt image.Point) {
	tell := c.refresh || videoAt != c.videoAt
	if !tell && slices.Equal(film, c.film) {
		return
	}
	if c.refresh {
		c.moved = c.moved[:0] // of a refresh that was over budget
	}
	c.film, c.videoAt = append(c.film[:0], film...), videoAt
	for i := range c.tiles {
		c.tiles[i].film = false
	}
	for _, r := range film {
		tiles := c.grid.cover(r)
		if had := c.veil(tiles); (had || tell) && !tiles.Empty() {
			c.moved = appendVideo(c.moved, c.grid.pixels(tiles), videoAt)
		}
	}
}

// veil marks tiles as film and reports whether the viewer had one of them.
func (c *Coder) veil(tiles image.Rectangle) (had bool) {
	for y := tiles.Min.Y; y < tiles.Max.Y; y++ {
		row := c.tiles[y*c.grid.cols:]
		for x := tiles.Min.X; x < tiles.Max.X; x++ {
			had = had || row[x].known
			row[x] = tile{film: true}
		}
	}
	return had
}

// compare finds the tiles that differ from what the viewer has: those inside the damage,
// and all that it never had. It returns how many there are.
func (c *Coder) compare(p Picture) (changed int) {
	c.unknown = 0
	for i := range c.tiles {
		t := &c.tiles[i]
		if !t.known {
			c.unknown++
		}
		owed := t.owed && !c.sameRect(p, c.grid.tile(i%c.grid.cols, i/c.grid.cols))
		t.changed = !t.film && (!t.known || owed)
		t.owed = false
		if t.changed {
			changed++
		}
	}
	for _, r := range p.Damage {
		tiles := c.grid.cover(r)
		for y := tiles.Min.Y; y < tiles.Max.Y; y++ {
			changed += c.compareBand(p, y, tiles.Min.X, tiles.Max.X)
		}
	}
	return changed
}

// compareBand compares the tiles of columns from x to end in one row of tiles.
func (c *Coder) compareBand(p Picture, row, x, end int) (changed int) {
	tiles := c.tiles[row*c.grid.cols : (row+1)*c.grid.cols]
	band := c.grid.pixels(image.Rect(x, row, end, row+1))
	if allKnown(tiles[x:end]) && c.sameRect(p, band) {
		return 0
	}
	for ; x < end; x++ {
		t, r := &tiles[x], c.grid.tile(x, row)
		switch {
		case t.film:
			c.watch(p, r)
		case !t.changed && !c.alike(p, r, r.Min):
			t.changed = true
			changed++
		}
	}
	return changed
}

func allKnown(tiles []tile) bool {
	for _, t := range tiles {
		if !t.known {
			return false
		}
	}
	return true
}

// sameBlock reports whether r, which is as wide as a tile, has the colours of the shadow
// at the point at.
func (c *Coder) sameBlock(p Picture, r image.Rectangle, at image.Point) bool {
	a, b := r.Min.Y*p.Stride+4*r.Min.X, 4*(at.Y*c.width+at.X)
	for range r.Dy() {
		if !sameTile((*[64]byte)(p.Pix[a:a+64]), (*[64]byte)(c.shadow[b:b+64])) {
			return false
		}
		a, b = a+p.Stride, b+4*c.width
	}
	return true
}

// alike reports whether r has the colours of the shadow at the point at.
func (c *Coder) alike(p Picture, r image.Rectangle, at image.Point) bool {
	if r.Dx() == side {
		return c.sameBlock(p, r, at)
	}
	source := r.Sub(r.Min).Add(at)
	for i := range r.Dy() {
		if !same(p.row(r, r.Min.Y+i), c.row(source, at.Y+i)) {
			return false
		}
	}
	return true
}

// sameRect reports whether the picture and the shadow are the same in r, which may be wide.
func (c *Coder) sameRect(p Picture, r image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		if a, b := p.row(r, y), c.row(r, y); !bytes.Equal(a, b) && !same(a, b) {
			return false
		}
	}
	return true
}

// tight is the smallest rectangle in r outside of which picture and shadow are the same.
func (c *Coder) tight(p Picture, r image.Rectangle) image.Rectangle {
	for !r.Empty() && same(p.row(r, r.Min.Y), c.row(r, r.Min.Y)) {
		r.Min.Y++
	}
	for !r.Empty() && same(p.row(r, r.Max.Y-1), c.row(r, r.Max.Y-1)) {
		r.Max.Y--
	}
	left, right := r.Max.X, r.Min.X
	for y := r.Min.Y; y < r.Max.Y; y++ {
		a, b := p.row(r, y), c.row(r, y)
		for x := r.Min.X; x < left; x++ {
			if differ(a, b, 4*(x-r.Min.X)) {
				left = x
			}
		}
		for x := r.Max.X - 1; x >= right; x-- {
			if differ(a, b, 4*(x-r.Min.X)) {
				right = x + 1
			}
		}
	}
	r.Min.X, r.Max.X = left, right
	return r
}

// differ reports whether the pixels at the same place of two rows have other colours.
func differ(a, b []byte, at int) bool {
	return (binary.LittleEndian.Uint32(a[at:])^binary.LittleEndian.Uint32(b[at:]))&0xffffff != 0
}

// gather makes the rectangles to be coded out of the tiles that still differ.
func (c *Coder) gather(p Picture) {
	for y := range c.grid.rows {
		tiles := c.tiles[y*c.grid.cols : (y+1)*c.grid.cols]
		for x := 0; x < len(tiles); x++ {
			if !tiles[x].changed {
				continue
			}
			var run image.Rectangle
			for ; x < len(tiles) && tiles[x].changed; x++ {
				run = run.Union(c.difference(p, x, y))
			}
			if !run.Empty() {
				c.rects = append(c.rects, run)
			}
		}
	}
	c.join()
}

// difference is the smallest rectangle of a changed tile that must be coded.
func (c *Coder) difference(p Picture, x, y int) image.Rectangle {
	r := c.grid.tile(x, y)
	if !c.tiles[y*c.grid.cols+x].known {
		return r
	}
	return c.tight(p, r)
}

// join puts rectangles together that lie one below the other and are nearly as wide.
func (c *Coder) join() {
	rects := c.rects[:0]
next:
	for _, r := range c.rects {
		for i := len(rects) - 1; i >= 0 && i >= len(rects)-64; i-- {
			if c.joinable(rects[i], r) {
				rects[i] = rects[i].Union(r)
				continue next
			}
		}
		rects = append(rects, r)
	}
	c.rects = rects
}

// joinable reports whether b continues a downwards, in the same tiles' columns or with
// few pixels wasted, and over no tile that is film.
func (c *Coder) joinable(a, b image.Rectangle) bool {
	if a.Max.Y != b.Min.Y {
		return false
	}
	union := a.Union(b)
	if area(union)-area(a)-area(b) > area(union)/8 {
		return false
	}
	ta, tb, tu := c.grid.cover(a), c.grid.cover(b), c.grid.cover(union)
	if len(c.film) == 0 || ta.Min.X == tb.Min.X && ta.Max.X == tb.Max.X {
		return true
	}
	for y := tu.Min.Y; y < tu.Max.Y; y++ {
		for x := tu.Min.X; x < tu.Max.X; x++ {
			if c.tiles[y*c.grid.cols+x].film {
				return false
			}
		}
	}
	return true
}
