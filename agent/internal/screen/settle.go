package screen

import (
	"image"
	"math"
	"slices"
	"time"
)

// When film ends.
const (
	quietFirst   = 150 * time.Millisecond
	quietLongest = time.Second
	trusted      = 8 * time.Second // without flapping, and quiet is as short as at first
	patience     = 4               // seconds of the link: a refinement that takes longer leaves out
	poor         = 448             // tiles of more bytes than this, of the 768 they have
	refineStep   = 50 * time.Millisecond
)

// follow sees which regions still move, and which have settled or become cheap.
func (c *Chooser) follow(now time.Duration, loads []Load) (changed bool) {
	if now-c.ended > trusted {
		c.quiet = quietFirst
		c.past = c.past[:0]
	}
	for i := range c.films {
		f := &c.films[i]
		moving, cheap := 0, 0
		for _, l := range loads {
			if !l.Film || !image.Pt(l.Column, l.Row).In(f.Rectangle) {
				continue
			}
			moving++
			if c.tiles[l.Row*c.grid.cols+l.Column].bytes < dear/2 {
				cheap++
			}
		}
		if moving*20 >= area(f.Rectangle) && moving > cheap*4/3 {
			changed = c.moves(f, now) || changed
		}
		if !f.settled && now-f.moved >= f.quiet(c.quiet) {
			c.settle(f, now)
		}
	}
	return changed
}

// moves notes that a region moved, and makes it film again if it had settled.
func (c *Chooser) moves(f *filmRegion, now time.Duration) bool {
	interval := now - f.moved
	f.moved = now
	if !f.settled {
		f.pace += (interval - f.pace) / 4
		return false
	}
	f.settled = false
	c.quiet = min(2*c.quiet, quietLongest)
	c.each(f.Rectangle, func(t *activity) { t.film = true })
	c.outline()
	return true
}

func (c *Chooser) settle(f *filmRegion, now time.Duration) {
	f.settled, c.ended, c.next = true, now, now
	if len(c.past) >= 8 {
		c.past = slices.Delete(c.past, 0, 1)
	}
	c.past = append(c.past, f.Rectangle)
	c.each(f.Rectangle, func(t *activity) { t.beats, t.load = 0, 0 })
}

// refine gives the tiles of settled regions back, as the link has room: at once what is
// cheap, then the rest, more slowly if it is much.
func (c *Chooser) refine(now time.Duration, link float32) (changed bool) {
	if now < c.next {
		return false
	}
	cheap, all, well := c.settledBytes()
	room := link * float32(refineStep.Seconds())
	switch {
	case cheap > 0:
		room *= 2
	case all > link: // more than a second's
		room /= 4
	}
	limit := float32(math.MaxFloat32)
	switch {
	case cheap > 0 && all > 2*room:
		limit = dear
	case all > patience*link:
		limit = poor
	}
	c.eachSettled(func(t *activity) {
		if room > 0 && t.shows < limit {
			room -= t.shows
			t.film, changed = false, true
		}
	})
	c.next = now + refineStep
	if all > patience*link && well == 0 {
		c.next = now + trusted // what is left may be worth it when the link is better
	}
	if changed {
		c.drop()
		c.outline()
	}
	return changed
}

// settledBytes adds up what giving back settled tiles would take: the cheap ones, all,
// and those that pack well.
func (c *Chooser) settledBytes() (cheap, all, well float32) {
	c.eachSettled(func(t *activity) {
		all += t.shows
		if t.shows < dear {
			cheap += t.shows
		}
		if t.shows < poor {
			well += t.shows
		}
	})
	return cheap, all, well
}

// eachSettled calls f for the tiles that the video still carries though they stand still.
func (c *Chooser) eachSettled(f func(t *activity)) {
	for _, r := range c.films {
		if !r.settled {
			continue
		}
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if t := &c.tiles[y*c.grid.cols+x]; t.film && !c.moving(x, y) {
					f(t)
				}
			}
		}
	}
}

// moving reports whether a tile is in a region that has not settled.
func (c *Chooser) moving(x, y int) bool {
	return slices.ContainsFunc(c.films, func(f filmRegion) bool { return !f.settled && image.Pt(x, y).In(f.Rectangle) })
}

// drop forgets settled regions that have no film left.
func (c *Chooser) drop() {
	c.films = slices.DeleteFunc(c.films, func(f filmRegion) bool {
		left := false
		c.each(f.Rectangle, func(t *activity) { left = left || t.film })
		return f.settled && !left
	})
}
