package screen

import (
	"encoding/binary"
	"image"
)

// A photograph that comes all at once takes long to arrive. Where the budget does not suffice
// for what has many colours, its place is first shown in blocks of one colour, which take a
// thirtieth, and made exact by the updates that follow:
//
//	over budget ─► blocks, tiles are coarse ─► sharpened from the top, budget by budget
//
// The shadow has the blocks: it is what the viewer shows.
const (
	block      = 8   // pixels on each side
	blocksWide = 256 // pixels; with the height of a cell that are as many blocks as a palette has colours
)

// beyond reports whether so many bytes more would be over budget.
func (c *Coder) beyond(p Picture, bytes int) bool {
	return p.Budget > 0 && len(c.packed)+c.cells.estimate+bytes > p.Budget
}

// Owes reports whether something is shown coarsely.
func (c *Coder) Owes() bool {
	for i := range c.tiles {
		if c.tiles[i].coarse {
			return true
		}
	}
	return false
}

// Overtaken reports whether the last Update showed coarsely what had not been sharpened yet:
// it changes faster than the way can carry it, and is better shown as film.
func (c *Coder) Overtaken() bool { return c.again >= leastFilm }

// coarsen writes a cell as blocks. Their colours are in the order of the blocks, so that the
// indexes of all cells are the same and take nothing when packed.
func (c *Coder) coarsen(p Picture, r image.Rectangle) {
	for x := r.Min.X; x < r.Max.X; x += blocksWide {
		part := image.Rect(x, r.Min.Y, x+blocksWide, r.Max.Y).Intersect(r)
		n := across(part.Dx()) * across(part.Dy())
		c.body = append(appendOp(c.body, opPalette, part), byte(n-1))
		eachBlock(part, func(b image.Rectangle) { c.body = appendColour(c.body, mean(p, b)) })
		line, bits := c.cells.indexes[:part.Dx()], indexBits(n)
		for y := range part.Dy() {
			for i := range line {
				line[i] = byte(y/block*across(part.Dx()) + i/block)
			}
			c.body = appendIndexes(c.body, line, bits)
		}
		c.cells.estimate += 3 * n
		c.blocks = append(c.blocks, part)
		c.grid.each(part, func(at int, _ image.Rectangle) {
			if c.tiles[at].coarse {
				c.again++
			}
		})
	}
}

// across is how many blocks lie along so many pixels.
func across(pixels int) int { return (pixels + block - 1) / block }

// eachBlock calls f for the blocks of r, row by row.
func eachBlock(r image.Rectangle, f func(image.Rectangle)) {
	for y := r.Min.Y; y < r.Max.Y; y += block {
		for x := r.Min.X; x < r.Max.X; x += block {
			f(image.Rect(x, y, x+block, y+block).Intersect(r))
		}
	}
}

// mean is about the colour of a block, from every second pixel of every second row.
func mean(p Picture, r image.Rectangle) uint32 {
	var red, green, blue, n uint32
	for y := r.Min.Y; y < r.Max.Y; y += 2 {
		row := p.row(r, y)
		for i := 0; i+4 <= len(row); i += 8 {
			blue, green, red = blue+uint32(row[i]), green+uint32(row[i+1]), red+uint32(row[i+2])
			n++
		}
	}
	return red/n<<16 | green/n<<8 | blue/n
}

// storeBlocks takes blocks over into the shadow.
func (c *Coder) storeBlocks(p Picture, r image.Rectangle) {
	eachBlock(r, func(b image.Rectangle) {
		colour := mean(p, b)
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for row := c.row(b, y); len(row) > 0; row = row[4:] {
				binary.LittleEndian.PutUint32(row, colour)
			}
		}
	})
}

// markCoarse notes which tiles have blocks.
func (c *Coder) markCoarse() {
	for _, r := range c.blocks {
		c.grid.each(r, func(at int, _ image.Rectangle) { c.tiles[at].coarse = true })
	}
}

// sharpen makes exact what is shown coarsely, from the top, as far as the budget goes: a cell
// at least, when there is nothing else.
func (c *Coder) sharpen(p Picture) {
	if p.Budget <= 0 || c.beyond(p, 0) {
		return
	}
	c.gatherCoarse(p)
	p.Coarse, c.loads.still = false, true
	for _, r := range c.rects {
		if !c.sharpenRect(p, r) {
			break
		}
	}
	if len(c.body) > 0 {
		c.flush(p, false)
	}
	c.loads.still = false
}

// gatherCoarse makes rectangles of the tiles that are coarse.
func (c *Coder) gatherCoarse(p Picture) {
	c.rects = c.rects[:0]
	for y := range c.grid.rows {
		tiles := c.tiles[y*c.grid.cols : (y+1)*c.grid.cols]
		for x := 0; x < len(tiles); x++ {
			start := x
			for x < len(tiles) && c.isCoarse(p, x, y) {
				x++
			}
			if x > start {
				c.rects = append(c.rects, c.grid.pixels(image.Rect(start, y, x, y+1)))
			}
		}
	}
	c.join()
}

// isCoarse reports whether a tile is coarse, and not by chance what it should be.
func (c *Coder) isCoarse(p Picture, x, y int) bool {
	t := &c.tiles[y*c.grid.cols+x]
	if t.coarse {
		r := c.grid.tile(x, y)
		t.coarse = !c.alike(p, r, r.Min)
	}
	return t.coarse
}

// sharpenRect codes r without loss and reports whether the budget sufficed. What is done is
// drawn at once.
func (c *Coder) sharpenRect(p Picture, r image.Rectangle) bool {
	for y := r.Min.Y; y < r.Max.Y; y += cellHeight {
		for x := r.Min.X; x < r.Max.X; x += cellWidth {
			cell := image.Rect(x, y, x+cellWidth, y+cellHeight).Intersect(r)
			if begun := len(c.ends) > 0 || len(c.body) > 0; begun && c.beyond(p, guess(p, cell)) {
				return false
			}
			c.codeCell(p, cell)
			c.store(p, cell)
			if len(c.body) >= cutBody {
				c.flush(p, false)
			}
		}
	}
	return true
}
