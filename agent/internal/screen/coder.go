package screen

import (
	"fmt"
	"image"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// Settings of packing. Larger windows and levels were tried on screens of text and of
// photographs: they save little, and cost memory and time on the user's machine.
const (
	window    = 512 << 10
	cutBody   = 512 << 10 // an update's body is cut here, to keep working space small
	minPacked = 64        // shorter bodies are not worth a zstd frame
	keepSpace = 3 << 19   // a larger buffer is let go after use
	maxMoved  = 64 << 10  // more than this to catch up with is worth a refresh
)

// Coder knows what the viewer's canvas shows and makes the updates that bring it to a new
// picture. Not safe for concurrent use.
type Coder struct {
	width, height int
	grid          grid
	shadow        []byte // the canvas, BGRX without gaps between rows
	tiles         []tile // what is known of it, tile by tile
	film          []image.Rectangle
	videoAt       image.Point
	refresh       bool
	serial        uint32

	unknown int // tiles that the viewer does not have

	motion motion
	cells  cells
	rects  []image.Rectangle // what is to be coded
	// hopeless says that the update is over budget, whatever zstd makes of it. What
	// follows is only estimated.
	hopeless bool
	loads    loads

	// moved are operations that the shadow already has and the viewer does not: of an
	// update that would have been over budget. They come first in the next.
	moved   []byte
	body    []byte
	packed  []byte
	ends    []int             // of the updates in packed
	blocks  []image.Rectangle // that are shown coarsely by the update
	parts   []int             // of blocks, how many there are up to a rectangle
	again   int               // tiles of them that were coarse before
	updates [][]byte
	zstd    *zstd.Encoder
}

// Picture is what the screen shows now.
type Picture struct {
	// Pix is BGRX, Stride bytes a row. It is read during Update only.
	Pix    []byte
	Stride int
	// Damage covers all that changed since the last Update. It may cover more.
	Damage []image.Rectangle
	// Film is left to the video track, widened to whole tiles of 16 by 16 pixels.
	Film []image.Rectangle
	// VideoAt is where the video's upper left corner lies in the picture; no film,
	// widened, may begin left of it or above.
	VideoAt image.Point
	// RTP is the timestamp of the video frame that shows this picture's film.
	RTP uint32
	// Budget is the largest sum of updates in bytes; zero is none.
	Budget int
	// Coarse lets parts of many colours be shown coarsely where the budget does not suffice:
	// nothing is over budget then. Later updates sharpen them, within budgets of their own.
	Coarse bool
}

// NewCoder makes a coder for pictures of this size. Its first update is a refresh.
func NewCoder(width, height int) (*Coder, error) {
	pack, err := newPacker()
	if err != nil {
		return nil, err
	}
	c := &Coder{zstd: pack}
	return c, c.Resize(width, height)
}

// newPacker makes what packs bodies. It takes memory once it packs.
func newPacker() (*zstd.Encoder, error) {
	pack, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(window), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false),
		zstd.WithSingleSegment(true), zstd.WithAllLitEntropyCompression(true))
	if err != nil {
		return nil, fmt.Errorf("screen: %w", err)
	}
	return pack, nil
}

// Rest lets go of memory that the next update makes anew. What the last Update returned is
// no longer valid.
func (c *Coder) Rest() {
	if pack, err := newPacker(); err == nil {
		c.zstd = pack
	}
	c.moved = slices.Clone(c.moved)
	c.packed, c.body, c.rects, c.blocks, c.parts, c.updates = nil, nil, nil, nil, nil, nil
	c.motion.features.list, c.motion.samples, c.motion.copies, c.motion.rects = nil, nil, nil, rectangles{}
}

// Resize goes on with pictures of another size. The next update is a refresh.
func (c *Coder) Resize(width, height int) error {
	if !fits(width, height) {
		return fmt.Errorf("%w: %d x %d", ErrSize, width, height)
	}
	c.width, c.height = width, height
	c.grid = newGrid(width, height)
	c.shadow = make([]byte, 4*width*height)
	c.tiles = make([]tile, c.grid.count())
	c.loads.resize(c.grid)
	c.film = nil
	c.motion.recent = c.motion.recent[:0]
	c.Invalidate()
	return nil
}

// Invalidate forgets what the viewer has: it joins, or asks for a refresh. The next
// update is a refresh of everything.
func (c *Coder) Invalidate() {
	c.refresh = true
	c.moved = c.moved[:0]
	for i := range c.tiles {
		c.tiles[i].known, c.tiles[i].coarse = false, false
	}
}

// Update compares the picture with what the viewer has inside the damage, and returns
// the updates that bring the canvas to it: none when nothing differs, mostly one, several
// of which all but the last say `more` when there is much. They are valid until the next
// call.
//
// When they would be larger than the budget, the error is ErrBudget. The viewer then
// keeps what it had, and what it misses is remembered: the next Update, with more film, a
// larger budget or a newer picture, brings that as well.
func (c *Coder) Update(p Picture) ([][]byte, error) {
	if p.Stride < 4*c.width || len(p.Pix) < p.Stride*(c.height-1)+4*c.width {
		return nil, fmt.Errorf("%w: %d bytes, %d a row, for %d x %d", ErrPicture, len(p.Pix), p.Stride, c.width, c.height)
	}
	if err := c.checkFilm(p); err != nil {
		return nil, err
	}
	c.begin()
	c.setFilm(p.Film, p.VideoAt)
	changed := c.compare(p)
	if changed > 0 {
		c.move(p, changed)
		c.gather(p)
	}
	if c.refresh || len(c.moved) > 0 || len(c.rects) > 0 {
		if err := c.code(p); err != nil {
			return nil, err
		}
	}
	c.sharpen(p)
	return c.finish(), nil
}

// Loads tells what the last Update coded and how dear it was, tile by tile, and which
// tiles of film moved. What a copy uncovered is not told: it does not move by itself.
// With ErrBudget they are what the update would have had. Valid until the next call.
func (c *Coder) Loads() []Load { return c.loads.list() }

// checkFilm finds film that the video cannot show.
func (c *Coder) checkFilm(p Picture) error {
	for _, r := range p.Film {
		tiles := c.grid.cover(r)
		if at := c.grid.pixels(tiles).Min; !tiles.Empty() && (at.X < p.VideoAt.X || at.Y < p.VideoAt.Y) {
			return fmt.Errorf("%w: film at %v, video at %v", ErrPicture, at, p.VideoAt)
		}
	}
	return nil
}

// begin makes room for an update.
func (c *Coder) begin() {
	if cap(c.packed) > keepSpace {
		c.packed = nil
	}
	c.packed, c.ends, c.body, c.rects, c.blocks = c.packed[:0], c.ends[:0], c.body[:0], c.rects[:0], c.blocks[:0]
	c.parts = c.parts[:0]
	c.cells.estimate, c.again = 0, 0
	c.cells.forget() // zstd finds nothing of the update before: its colours would be sent for nothing
	c.loads.begin()
}

// code writes and packs the operations, and takes over what the viewer will have then.
func (c *Coder) code(p Picture) error {
	c.body = append(c.body, c.moved...)
	c.hopeless = false
	for _, r := range c.rects {
		c.codeRect(p, r)
		c.parts = append(c.parts, len(c.blocks))
	}
	if c.hopeless {
		return c.giveUp()
	}
	c.flush(p, false)
	if !p.Coarse && p.Budget > 0 && len(c.packed) > p.Budget {
		return c.giveUp()
	}
	c.moved, c.refresh = c.moved[:0], false
	blocks := 0
	for i, r := range c.rects { // in their order, since they may overlap
		c.store(p, r)
		for ; blocks < c.parts[i]; blocks++ {
			c.storeBlocks(p, c.blocks[blocks])
		}
	}
	c.markCoarse()
	return nil
}

// giveUp leaves the viewer with what it has, and remembers what it misses.
func (c *Coder) giveUp() error {
	c.serial -= uint32(len(c.ends))
	c.ends = c.ends[:0]
	for i := range c.tiles {
		c.tiles[i].owed = c.tiles[i].changed && c.tiles[i].known
	}
	if len(c.moved) > maxMoved {
		c.Invalidate()
	}
	return ErrBudget
}

// finish returns the updates that were packed.
func (c *Coder) finish() [][]byte {
	c.updates = c.updates[:0]
	from := 0
	for _, end := range c.ends {
		c.updates = append(c.updates, c.packed[from:end:end])
		from = end
	}
	return c.updates
}

// flush packs the body into an update of its own.
func (c *Coder) flush(p Picture, more bool) {
	c.serial++
	h := header{serial: c.serial, rtp: p.RTP, width: c.width, height: c.height, length: len(c.body)}
	if more {
		h.flags |= flagMore
	}
	if c.refresh && len(c.ends) == 0 {
		h.flags |= flagRefresh
	}
	start := len(c.packed)
	if len(c.body) >= minPacked {
		h.flags |= flagZstd
		c.packed = c.zstd.EncodeAll(c.body, h.append(c.packed))
	}
	if h.flags&flagZstd == 0 || len(c.packed)-start-headerSize >= len(c.body) {
		h.flags &^= flagZstd
		c.packed = append(h.append(c.packed[:start]), c.body...)
	}
	c.ends = append(c.ends, len(c.packed))
	c.body, c.cells.estimate = c.body[:0], 0
}

// store takes the pixels of r over into the shadow.
func (c *Coder) store(p Picture, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(c.row(r, y), p.row(r, y))
	}
	c.grid.each(r, func(at int, tile image.Rectangle) {
		t := &c.tiles[at]
		t.known = t.known || tile.In(r)
		t.coarse = t.coarse && !t.changed && !tile.In(r)
	})
}

// row is the part of the shadow's line y that lies in r.
func (c *Coder) row(r image.Rectangle, y int) []byte {
	line := 4 * y * c.width
	return c.shadow[line+4*r.Min.X : line+4*r.Max.X]
}

// row is the part of the picture's line y that lies in r.
func (p *Picture) row(r image.Rectangle, y int) []byte {
	line := y * p.Stride
	return p.Pix[line+4*r.Min.X : line+4*r.Max.X]
}
