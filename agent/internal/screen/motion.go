package screen

import (
	"image"
)

const (
	leastMoved  = 8  // changed tiles below which a copy saves too little to look for it
	leastCopied = 3  // changed tiles that a copy must bring
	maxCopies   = 16 // rectangles of one move
	maxRecent   = 4
	maxSamples  = 64
)

// motion finds what moved: scrolling and dragging.
type motion struct {
	features features
	recent   []image.Point // moves that were found lately, the last first
	samples  []image.Rectangle
	rects    rectangles
	copies   []image.Rectangle
}

// move writes copy operations for what moved, and carries them out in the shadow.
// Moves that were found lately are tried first: people scroll on, and drag on.
func (c *Coder) move(p Picture, changed int) {
	if changed < leastMoved || c.refresh {
		return
	}
	m := &c.motion
	if m.features.list == nil {
		m.features.list = make([]feature, 0, maxFeatures)
	}
	c.sample(p)
	for _, by := range m.recent {
		if c.sampled(p, by)*4 >= len(m.samples) && len(m.samples) > 0 && c.copyMoved(p, by) {
			c.remember(by)
			c.sample(p)
			break
		}
	}
	if len(m.samples) < leastCopied {
		return
	}
	c.findFeatures(p)
	for _, v := range m.features.moves() {
		if c.copyMoved(p, v.by) {
			c.remember(v.by)
		}
	}
}

// remember puts a move first among the recent ones.
func (c *Coder) remember(by image.Point) {
	recent := c.motion.recent
	for i, r := range recent {
		if r == by {
			copy(recent[1:i+1], recent[:i])
			recent[0] = by
			return
		}
	}
	if len(recent) < maxRecent {
		recent = append(recent, by)
	}
	copy(recent[1:], recent)
	recent[0] = by
	c.motion.recent = recent
}

// sample chooses changed tiles that have something to recognise, spread over the picture.
func (c *Coder) sample(p Picture) {
	m := &c.motion
	m.samples = m.samples[:0]
	changed := 0
	for i := range c.tiles {
		if c.tiles[i].changed {
			changed++
		}
	}
	step, next, seen := max(1, changed/maxSamples), 0, 0
	for i := range c.tiles {
		if !c.tiles[i].changed {
			continue
		}
		if seen++; seen <= next {
			continue
		}
		r := c.grid.tile(i%c.grid.cols, i/c.grid.cols)
		if !plain(p, r) {
			m.samples = append(m.samples, r)
			next = seen + step - 1
		}
	}
}

// plain reports whether r has one colour only.
func plain(p Picture, r image.Rectangle) bool {
	first := p.row(r, r.Min.Y)
	if len(first) > 4 && !same(first[4:], first[:len(first)-4]) {
		return false
	}
	for y := r.Min.Y + 1; y < r.Max.Y; y++ {
		if !same(first, p.row(r, y)) {
			return false
		}
	}
	return true
}

// sampled is the number of samples that a move explains.
func (c *Coder) sampled(p Picture, by image.Point) (n int) {
	for _, r := range c.motion.samples {
		if c.explains(p, r, by) {
			n++
		}
	}
	return n
}

// explains reports whether r shows exactly what the viewer has at r less by.
func (c *Coder) explains(p Picture, r image.Rectangle, by image.Point) bool {
	source := r.Sub(by)
	if !source.In(c.grid.bounds) || c.unknown > 0 && !c.knows(source) {
		return false
	}
	return c.alike(p, r, source.Min)
}

// knows reports whether the viewer shows all of r.
func (c *Coder) knows(r image.Rectangle) bool {
	tiles := c.grid.cover(r)
	for y := tiles.Min.Y; y < tiles.Max.Y; y++ {
		if !allKnown(c.tiles[y*c.grid.cols+tiles.Min.X : y*c.grid.cols+tiles.Max.X]) {
			return false
		}
	}
	return true
}

// findFeatures gathers features of the changed tiles, as they were and as they are.
func (c *Coder) findFeatures(p Picture) {
	f := &c.motion.features
	f.reset()
	old := Picture{Pix: c.shadow, Stride: 4 * c.width}
	c.eachChangedRow(1, func(y, x, end int) {
		rows := func(dy int) []byte { return old.Pix[(y+dy)*old.Stride:][:old.Stride] }
		f.scan(rows, x, end, func(x int, key uint64) { f.remember(x, y, key) })
	})
	c.eachChangedRow(featureRows, func(y, x, end int) {
		rows := func(dy int) []byte { return p.Pix[(y+dy)*p.Stride:][:4*c.width] }
		f.scan(rows, x, end, func(x int, key uint64) { f.recognise(x, y, key) })
	})
}

// eachChangedRow calls f for every step-th row of pixels in runs of changed tiles, as
// far as a feature may begin there.
func (c *Coder) eachChangedRow(step int, f func(y, x, end int)) {
	for row := range c.grid.rows {
		tiles := c.tiles[row*c.grid.cols : (row+1)*c.grid.cols]
		for x := 0; x < len(tiles); x++ {
			if !tiles[x].changed {
				continue
			}
			start := x
			for x < len(tiles) && tiles[x].changed {
				x++
			}
			end := min(x*side, c.width-featureWidth+1)
			last := min((row+1)*side, c.height-featureHeight+1)
			for y := row * side; y < last; y += step {
				f(y, start*side, end)
			}
		}
	}
}
