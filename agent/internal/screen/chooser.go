package screen

import (
	"image"
	"math"
	"slices"
	"time"
)

// What makes a tile film. Typing, a blinking cursor, scrolled text and dragged windows
// are cheap or end soon; what is dear again and again moves like film.
const (
	memory    = 500 * time.Millisecond // of what a tile did
	pauseEnds = 300 * time.Millisecond // without change, and what comes next is something new
	hotBeats  = 3.0                    // changes lately
	hotFor    = 120 * time.Millisecond // since the first of them
	dear      = 80                     // bytes of a tile of 256 pixels: 2.5 bits each
	warmBeats = 1.5
	leastFilm = 24 // tiles; smaller things cost little
	thinnest  = 3  // tiles on the shorter side: thinner is the edge of something that scrolls
)

// When film is worth its blur: when without it this share of the link, or this much work
// for packing and unpacking, would go into it.
const (
	linkShare   = 0.2
	filmBytes   = 512 << 10 // a second
	unknownLink = 10_000_000
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

// activity is what a tile did lately.
type activity struct {
	beats float32       // changes, forgotten by and by
	load  float32       // bytes of lossless coding, forgotten by and by
	bytes float32       // of one change, on average
	shows float32       // bytes of what it shows now
	since time.Duration // when it began to change; zero if never
	last  time.Duration // when it last changed
	film  bool
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

// fade is what is left of a sum after some time.
func fade(passed time.Duration) float32 {
	return float32(math.Exp(-float64(passed) / float64(memory)))
}

// change notes one change of a tile.
func (t *activity) change(now time.Duration, bytes float32) {
	if now-t.last > pauseEnds {
		t.since, t.beats, t.load, t.bytes = now, 0, 0, bytes
	}
	left := fade(now - t.last)
	t.beats = t.beats*left + 1
	t.load = t.load*left + bytes
	t.bytes += (bytes - t.bytes) / 4
	t.last, t.shows = now, bytes
}

// hot reports whether a tile moves like film.
func (t *activity) hot(now time.Duration) bool {
	return t.beats*fade(now-t.last) >= hotBeats && now-t.since >= hotFor && t.bytes >= dear
}

// warm reports whether a tile may belong to film whose other tiles are hot.
func (t *activity) warm(now time.Duration) bool { return t.beats*fade(now-t.last) >= warmBeats }

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
