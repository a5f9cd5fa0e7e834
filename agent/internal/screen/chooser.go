package screen

import (
	"image"
	"math"
	"slices"
	"time"
)

// When film is worth its blur: when without it this share of the link, or this much work
// for packing and unpacking, would go into it.
const (
	linkShare   = 0.2
	filmBytes   = 512 << 10 // a second
	unknownLink = 10_000_000
)

// What makes a region of such tiles.
const (
	leastFilm = 24 // tiles; smaller things cost little
	thinnest  = 3  // tiles on the shorter side: thinner is the edge of something that scrolls
)

// Chooser decides which regions of the screen move like film and should go to the video
// track, and when they have settled, so that they are shown without loss again. It has
// no clock of its own: times are those of the caller. Not safe for concurrent use.
//
//	lossless ──many dear changes, lately and for a while──► film ──no change for a while──► settled
//	    ▲                                                    ▲                               │ │
//	    │                                                    └──────────it moves again───────┘ │
//	    └──────────tile by tile, the cheap first, as the link has room────────────────────────┘
//
// Film that comes back soon after it settled has to be still for longer the next time.
type Chooser struct {
	grid  grid
	tiles []activity
	films []filmRegion
	quiet time.Duration // until film has settled
	ended time.Duration // when film last ended or settled
	past  []image.Rectangle
	marks rectangles
	rects []image.Rectangle
	box   image.Rectangle
	next  time.Duration // the next step of refining
}

// filmRegion is a rectangle of tiles that were found to be film.
type filmRegion struct {
	image.Rectangle
	moved   time.Duration // when enough of it last did
	pace    time.Duration // between such times, on average
	settled bool
}

// quiet is how long it has to be still until it has settled: what moves slowly needs
// longer.
func (f *filmRegion) quiet(least time.Duration) time.Duration {
	return min(max(least, 3*f.pace), quietLongest)
}

// NewChooser makes a chooser for pictures of this size.
func NewChooser(width, height int) (*Chooser, error) {
	if !fits(width, height) {
		return nil, ErrSize
	}
	g := newGrid(width, height)
	c := &Chooser{grid: g, tiles: make([]activity, g.count()), quiet: quietFirst}
	return c, nil
}

// Observe hears what an update had, at the time now since whenever the caller began, and
// what the link carries in bits a second (zero if nobody knows yet). It reports whether
// Film is another now.
func (c *Chooser) Observe(now time.Duration, loads []Load, link int) bool {
	now += time.Hour // zero means never
	for _, l := range loads {
		if at := l.Row*c.grid.cols + l.Column; at >= 0 && at < len(c.tiles) {
			c.tiles[at].change(now, float32(l.Bytes))
		}
	}
	return c.decide(now, loads, perSecond(link), false)
}

// Relieve hears the loads of an update that was over budget, and gives the dear regions
// to the video track. It reports whether Film is another now: if not, there are none, and
// the update has to be sent as it is.
func (c *Chooser) Relieve(now time.Duration, loads []Load) bool {
	now += time.Hour
	c.marks.reset(c.grid.cols, c.grid.rows)
	for _, l := range loads {
		at := l.Row*c.grid.cols + l.Column
		if at < 0 || at >= len(c.tiles) {
			continue
		}
		t := &c.tiles[at]
		t.bytes, t.shows = float32(l.Bytes), float32(l.Bytes)
		if l.Bytes >= dear && !t.film {
			c.marks.marks[at] = wanted
		}
	}
	return c.addRegions(now)
}

// Tick lets time pass without an update. It reports whether Film is another now.
func (c *Chooser) Tick(now time.Duration, link int) bool {
	return c.decide(now+time.Hour, nil, perSecond(link), true)
}

// Wake is how long after now Tick has something to do, and false if only updates have.
func (c *Chooser) Wake(now time.Duration) (time.Duration, bool) {
	now += time.Hour
	if len(c.films) == 0 {
		return 0, false
	}
	at := time.Duration(math.MaxInt64)
	for _, f := range c.films {
		if f.settled {
			at = min(at, c.next)
		} else {
			at = min(at, f.moved+f.quiet(c.quiet))
		}
	}
	return max(at-now, time.Millisecond), true
}

// Film is what the video track should carry, as few rectangles of whole tiles, in
// pixels. Valid until the next call of Observe, Relieve or Tick.
func (c *Chooser) Film() []image.Rectangle { return c.rects }

// Box is a rectangle around all film. It only grows until there is no film any more, so
// that the video can keep its size.
func (c *Chooser) Box() image.Rectangle { return c.box }

func perSecond(link int) float32 {
	if link <= 0 {
		link = unknownLink
	}
	return float32(link) / 8
}

func (c *Chooser) decide(now time.Duration, loads []Load, link float32, still bool) bool {
	changed := c.follow(now, loads)
	if !still && len(loads) > 0 {
		changed = c.seek(now, link) || changed
	}
	return c.refine(now, link) || changed
}

// seek looks for regions that have become film.
func (c *Chooser) seek(now time.Duration, link float32) bool {
	c.marks.reset(c.grid.cols, c.grid.rows)
	hot, load := 0, float32(0)
	for i := range c.tiles {
		t := &c.tiles[i]
		if t.film || now-t.last > memory {
			continue
		}
		switch {
		case t.hot(now) || c.wasFilm(i) && t.warm(now) && t.bytes >= dear:
			c.marks.marks[i] = wanted
			hot++
			load += t.load
		case t.warm(now):
			c.marks.marks[i] = possible
		}
	}
	rate := load / float32(memory.Seconds())
	if hot < leastFilm || rate < min(linkShare*link, filmBytes) {
		return false
	}
	return c.addRegions(now)
}

// wasFilm reports whether a tile was film not long ago.
func (c *Chooser) wasFilm(i int) bool {
	at := image.Pt(i%c.grid.cols, i/c.grid.cols)
	return slices.ContainsFunc(c.past, func(r image.Rectangle) bool { return at.In(r) })
}

// addRegions makes regions of the tiles that are marked.
func (c *Chooser) addRegions(now time.Duration) bool {
	c.close()
	s := &c.marks
	s.bounds = image.Rect(0, 0, c.grid.cols, c.grid.rows)
	added := false
	for range 8 {
		r, n := s.largest()
		if n < leastFilm {
			break
		}
		r = s.take(r)
		s.unmark(r)
		if min(r.Dx(), r.Dy()) >= thinnest {
			c.addRegion(c.grow(r, now), now)
			added = true
		}
	}
	if added {
		c.outline()
	}
	return added
}

// grow widens a region over rows and columns of tiles beside it that move as well,
// though they are cheap, but not to more than twice its size.
func (c *Chooser) grow(r image.Rectangle, now time.Duration) image.Rectangle {
	whole := image.Rect(0, 0, c.grid.cols, c.grid.rows)
	most := 2 * area(r)
	for grown := true; grown; {
		grown = false
		for _, wider := range [4]image.Rectangle{
			image.Rect(r.Min.X-1, r.Min.Y, r.Max.X, r.Max.Y), image.Rect(r.Min.X, r.Min.Y-1, r.Max.X, r.Max.Y),
			image.Rect(r.Min.X, r.Min.Y, r.Max.X+1, r.Max.Y), image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Max.Y+1),
		} {
			if wider.In(whole) && area(wider) <= most && c.moveTogether(wider, r, now) {
				r, grown = wider, true
				break
			}
		}
	}
	return r
}

// moveTogether reports whether most of the tiles that are in wider and not in r move.
func (c *Chooser) moveTogether(wider, r image.Rectangle, now time.Duration) bool {
	n := 0
	count := func(t *activity) {
		if !t.film && t.warm(now) {
			n++
		}
	}
	for _, strip := range around(wider, r) {
		c.each(strip, count)
	}
	return 2*n > area(wider)-area(r)
}

// close marks the tiles between marked ones of a row or a column, so that what stands
// still for a moment does not cut a region into pieces.
func (c *Chooser) close() {
	const gap = 4
	m, cols, rows := c.marks.marks, c.grid.cols, c.grid.rows
	bridge := func(start, step, n int) {
		last := -1
		for i := range n {
			if m[start+i*step] == 0 {
				continue
			}
			for j := last + 1; last >= 0 && i-last <= gap && j < i; j++ {
				m[start+j*step] = possible
			}
			last = i
		}
	}
	for y := range rows {
		bridge(y*cols, 1, cols)
	}
	for x := range cols {
		bridge(x, cols, rows)
	}
}

// addRegion puts a region to those that nearly form a rectangle with it.
func (c *Chooser) addRegion(r image.Rectangle, now time.Duration) {
	for i := 0; i < len(c.films); i++ {
		if f := c.films[i].Rectangle; 4*area(f.Union(r)) <= 5*(area(f)+area(r)-area(f.Intersect(r))) {
			r = r.Union(f)
			c.films = slices.Delete(c.films, i, i+1)
			i = -1
		}
	}
	if now-c.ended < trusted && slices.ContainsFunc(c.past, r.Overlaps) {
		c.quiet = min(2*c.quiet, quietLongest)
	}
	c.films = append(c.films, filmRegion{Rectangle: r, moved: now})
	c.each(r, func(t *activity) { t.film = true })
}

func (c *Chooser) each(r image.Rectangle, f func(t *activity)) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			f(&c.tiles[y*c.grid.cols+x])
		}
	}
}

// outline makes the rectangles of the tiles that are film: runs of a row, put together
// with equal ones of the rows above.
func (c *Chooser) outline() {
	c.rects = c.rects[:0]
	for y := range c.grid.rows {
		row := c.tiles[y*c.grid.cols : (y+1)*c.grid.cols]
		for x := 0; x < len(row); x++ {
			if !row[x].film {
				continue
			}
			start := x
			for x < len(row) && row[x].film {
				x++
			}
			c.addRun(image.Rect(start, y, x, y+1))
		}
	}
	for i, r := range c.rects {
		c.rects[i] = c.grid.pixels(r)
	}
	if len(c.rects) == 0 {
		c.box = image.Rectangle{}
	}
	for _, r := range c.rects {
		c.box = c.box.Union(r)
	}
}

func (c *Chooser) addRun(run image.Rectangle) {
	for i := range c.rects {
		if r := &c.rects[i]; r.Max.Y == run.Min.Y && r.Min.X == run.Min.X && r.Max.X == run.Max.X {
			r.Max.Y++
			return
		}
	}
	c.rects = append(c.rects, run)
}
