package screen

import (
	"image"
	"slices"
)

// copyMoved copies what a move explains, if that is enough, and reports whether it was.
func (c *Coder) copyMoved(p Picture, by image.Point) bool {
	found := c.mapMove(p, by)
	if found < leastCopied {
		return false
	}
	m := &c.motion
	m.copies = m.copies[:0]
	for len(m.copies) < maxCopies {
		tiles, n := m.rects.largest()
		if n < leastCopied {
			break
		}
		m.copies = append(m.copies, c.widen(p, c.grid.pixels(m.rects.take(tiles)), by))
	}
	// What moves down is copied from the bottom upwards, so that sources are read before
	// they are written over.
	slices.SortFunc(m.copies, func(a, b image.Rectangle) int {
		if by.Y != 0 {
			return (b.Min.Y - a.Min.Y) * by.Y
		}
		return (b.Min.X - a.Min.X) * by.X
	})
	for i, r := range m.copies {
		c.copy(r, by)
		c.loads.uncovered = append(c.loads.uncovered, r.Union(r.Sub(by)))
		c.settle(p, r, overlaps(r.Sub(by), m.copies[:i]))
	}
	return len(m.copies) > 0
}

func overlaps(r image.Rectangle, any []image.Rectangle) bool {
	return slices.ContainsFunc(any, r.Overlaps)
}

// mapMove marks the tiles that a move explains, and returns how many of them changed.
// Tiles that did not change count as explained too where the move leaves them the same:
// they make the rectangles larger.
func (c *Coder) mapMove(p Picture, by image.Point) (found int) {
	s := &c.motion.rects
	s.reset(c.grid.cols, c.grid.rows)
	var bounds image.Rectangle
	for y := range c.grid.rows {
		for x := range c.grid.cols {
			if c.tiles[y*c.grid.cols+x].changed && c.explains(p, c.grid.tile(x, y), by) {
				s.marks[y*s.cols+x] = wanted
				bounds = bounds.Union(image.Rect(x, y, x+1, y+1))
				found++
			}
		}
	}
	if found < leastCopied {
		return found
	}
	s.bounds = bounds
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			t := c.tiles[y*c.grid.cols+x]
			if !t.changed && !t.film && c.explains(p, c.grid.tile(x, y), by) {
				s.marks[y*s.cols+x] = possible
			}
		}
	}
	return found
}

// widen extends a copy's target on each side, as far as the move explains parts of the
// tiles there.
func (c *Coder) widen(p Picture, r image.Rectangle, by image.Point) image.Rectangle {
	limit := r.Inset(1 - side).Intersect(c.grid.bounds)
	fits := func(r image.Rectangle) bool { return c.changedIn(r) && c.explains(p, r, by) }
	for r.Min.Y > limit.Min.Y && fits(image.Rect(r.Min.X, r.Min.Y-1, r.Max.X, r.Min.Y)) {
		r.Min.Y--
	}
	for r.Max.Y < limit.Max.Y && fits(image.Rect(r.Min.X, r.Max.Y, r.Max.X, r.Max.Y+1)) {
		r.Max.Y++
	}
	for r.Min.X > limit.Min.X && fits(image.Rect(r.Min.X-1, r.Min.Y, r.Min.X, r.Max.Y)) {
		r.Min.X--
	}
	for r.Max.X < limit.Max.X && fits(image.Rect(r.Max.X, r.Min.Y, r.Max.X+1, r.Max.Y)) {
		r.Max.X++
	}
	return r
}

// changedIn reports whether r touches a tile that changed, and none that is film.
func (c *Coder) changedIn(r image.Rectangle) (changed bool) {
	tiles := c.grid.cover(r)
	for y := tiles.Min.Y; y < tiles.Max.Y; y++ {
		for x := tiles.Min.X; x < tiles.Max.X; x++ {
			t := c.tiles[y*c.grid.cols+x]
			if t.film {
				return false
			}
			changed = changed || t.changed
		}
	}
	return changed
}

// copy writes a copy operation with the target r and carries it out in the shadow.
func (c *Coder) copy(r image.Rectangle, by image.Point) {
	source := r.Sub(by)
	c.moved = appendCopy(c.moved, r, source.Min)
	for i := range r.Dy() {
		if by.Y > 0 {
			i = r.Dy() - 1 - i
		}
		copy(c.row(r, r.Min.Y+i), c.row(source, source.Min.Y+i))
	}
}

// settle marks the tiles in r as no longer changed. If the copy's source was written
// over before, only those that really are the same now.
func (c *Coder) settle(p Picture, r image.Rectangle, spoilt bool) {
	tiles := c.grid.cover(r)
	for y := tiles.Min.Y; y < tiles.Max.Y; y++ {
		for x := tiles.Min.X; x < tiles.Max.X; x++ {
			t, px := &c.tiles[y*c.grid.cols+x], c.grid.tile(x, y)
			switch {
			case spoilt:
				t.changed = !c.sameRect(p, px)
			case px.In(r):
				t.changed, t.coarse = false, false
			}
		}
	}
}
