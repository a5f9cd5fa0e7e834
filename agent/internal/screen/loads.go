package screen

import (
	"encoding/binary"
	"image"
	"math/bits"
)

// Load is how much a tile had to do with an update.
type Load struct {
	// Column and Row are the tile's, each of 16 pixels.
	Column, Row int
	// Bytes is about what its change takes without loss, when packed; of a tile of film,
	// what it would take.
	Bytes int
	// Film says that the video track carries it.
	Film bool
}

// loads gathers the loads of an update.
type loads struct {
	grid      grid
	bytes     []int32           // by tile, in sixteenths
	uncovered []image.Rectangle // by copies, in pixels
	still     bool              // what is coded did not change
	out       []Load
}

func (l *loads) resize(g grid) {
	l.grid = g
	l.bytes = make([]int32, g.count())
	l.out = make([]Load, 0, g.count())
	l.uncovered = make([]image.Rectangle, 0, maxCopies*(maxMoves+1))
}

func (l *loads) begin() {
	clear(l.bytes)
	l.out, l.uncovered = l.out[:0], l.uncovered[:0]
}

// add spreads the bytes of r over its tiles.
func (l *loads) add(r image.Rectangle, bytes int) {
	if l.still {
		return
	}
	tiles := l.grid.cover(r)
	each := int32(max(16*bytes/area(tiles), 1))
	for y := tiles.Min.Y; y < tiles.Max.Y; y++ {
		row := l.bytes[y*l.grid.cols:]
		for x := tiles.Min.X; x < tiles.Max.X; x++ {
			row[x] += each
		}
	}
}

// list makes the list, of lossless tiles and after those of film.
func (l *loads) list() []Load {
	if len(l.out) > 0 && !l.out[len(l.out)-1].Film {
		return l.out
	}
	for y := range l.grid.rows {
		for x := range l.grid.cols {
			if b := l.bytes[y*l.grid.cols+x]; b > 0 && !l.explained(l.grid.tile(x, y)) {
				l.out = append(l.out, Load{Column: x, Row: y, Bytes: int(b / 16)})
			}
		}
	}
	return l.out
}

func (l *loads) explained(r image.Rectangle) bool { return overlaps(r, l.uncovered) }

// watched is the distance between the rows that tell of a tile of film whether it moved,
// and what it would take without loss: film moves all over.
const watched = 4

// watch looks whether a tile of film moved, and remembers how it looks now: the shadow of
// film serves nothing else, so it has the watched rows alone.
func (c *Coder) watch(p Picture, r image.Rectangle) {
	moved := false
	for y := firstWatched(r); y < r.Max.Y; y += watched {
		if now, was := p.row(r, y), c.row(r, y); !same(now, was) {
			copy(was, now)
			moved = true
		}
	}
	if moved {
		c.loads.out = append(c.loads.out, Load{Column: r.Min.X / side, Row: r.Min.Y / side, Bytes: guess(p, r), Film: true})
	}
}

// firstWatched is the first of the rows of r that are looked at.
func firstWatched(r image.Rectangle) int { return min(r.Min.Y+1, r.Max.Y-1) }

// guess estimates from the watched rows what r takes without loss: with many colours, as
// in photographs, every value counts; else an index for each pixel, as far as zstd leaves it.
func guess(p Picture, r image.Rectangle) int {
	var seen [2]uint64 // colours, by hash
	pixels, sum := 0, 0
	for y := firstWatched(r); y < r.Max.Y; y += watched {
		row := p.row(r, y)
		for i := 4; i+4 <= len(row); i += 4 {
			hash := binary.LittleEndian.Uint32(row[i:]) << 8 * 0x9e3779b1 >> 25
			seen[hash>>6] |= 1 << (hash & 63)
			pixels++
		}
		sum += apart(row[4:], row)
	}
	different := bits.OnesCount64(seen[0]) + bits.OnesCount64(seen[1])
	if different*2 > pixels {
		return area(r) * entropy(sum, 3*pixels) / 8 * 3
	}
	return area(r)*bits.Len(uint(different))/48 + 1
}
