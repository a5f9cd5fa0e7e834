package screen

import (
	"encoding/binary"
	"image"
)

// The sides of a cell, the unit in which pixels are coded: a palette for each. Smaller
// cells have fewer colours, larger ones fewer palettes; on screens of text these did best.
const (
	cellWidth  = 512
	cellHeight = 64
	leastCell  = 16 // a cell is not divided further
)

// maxColours is the most a palette can have.
const maxColours = 256

// cells counts the colours of one cell. Colours stay where they were in the palette of
// the cell before, as long as there is room: text then has the same indexes everywhere,
// and zstd finds its letters again.
type cells struct {
	colours  [maxColours]uint32
	n        int              // of colours, some of earlier cells
	used     [maxColours]bool // by this cell
	uses     int              // how many of them
	stale    bool             // the palette was made smaller, and does not go on
	slots    [1024]uint32     // colour and 1<<24, or 0; open addressing
	places   [1024]uint8      // of the slot's colour in colours
	indexes  [cellWidth * cellHeight]uint8
	estimate int // of bytes after packing, of what is in the body
}

// codeRect writes the operations for r, cell by cell.
func (c *Coder) codeRect(p Picture, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y += cellHeight {
		for x := r.Min.X; x < r.Max.X; x += cellWidth {
			c.codeCell(p, image.Rect(x, y, x+cellWidth, y+cellHeight).Intersect(r))
			switch {
			case c.hopeless || !p.Coarse && c.beyond(p, -p.Budget/2):
				c.hopeless, c.body = true, c.body[:0]
			case len(c.body) >= cutBody:
				c.flush(p, true)
			}
		}
	}
}

// codeCell writes one cell the way that suits its colours, or divides it when one part
// has many and another few.
func (c *Coder) codeCell(p Picture, r image.Rectangle) {
	counted := c.cells.count(p, r)
	switch {
	case counted && c.cells.uses == 1:
		c.fill(r)
	case counted && c.palettePays(r):
		c.palette(r)
	case counted || !c.divide(p, r):
		c.raw(p, r)
	}
}

// palettePays reports whether a palette is likely to be smaller than raw pixels, which
// filters and zstd halve as a rule.
func (c *Coder) palettePays(r image.Rectangle) bool {
	n := c.cells.uses
	return 3*n+area(r)*indexBits(n)/8 < area(r)*3/2
}

// divide codes r in two or four parts, unless all of them have many colours too.
func (c *Coder) divide(p Picture, r image.Rectangle) bool {
	parts, n := split(r)
	varied := 0
	for _, part := range parts[:n] {
		if !c.cells.count(p, part) {
			varied++
		}
	}
	if varied == n {
		return false
	}
	for _, part := range parts[:n] {
		c.codeCell(p, part)
	}
	return true
}

// split halves each side of r that is long enough for it.
func split(r image.Rectangle) (parts [4]image.Rectangle, n int) {
	x, y := r.Max.X, r.Max.Y
	if r.Dx() >= 2*leastCell {
		x = r.Min.X + r.Dx()/2
	}
	if r.Dy() >= 2*leastCell {
		y = r.Min.Y + r.Dy()/2
	}
	for _, part := range [4]image.Rectangle{
		image.Rect(r.Min.X, r.Min.Y, x, y), {Min: image.Pt(x, r.Min.Y), Max: image.Pt(r.Max.X, y)},
		{Min: image.Pt(r.Min.X, y), Max: image.Pt(x, r.Max.Y)}, {Min: image.Pt(x, y), Max: r.Max},
	} {
		if !part.Empty() {
			parts[n] = part
			n++
		}
	}
	return parts, n
}

// forget begins with an empty palette.
func (s *cells) forget() {
	s.n, s.stale = 0, false
	clear(s.slots[:])
}

// count finds the colours of r and the index of each pixel, and reports whether there
// are few enough for a palette.
func (s *cells) count(p Picture, r image.Rectangle) bool {
	if s.n > 0 && !s.stale && s.index(p, r) {
		return true
	}
	s.forget()
	return s.index(p, r)
}

func (s *cells) index(p Picture, r image.Rectangle) bool {
	clear(s.used[:])
	s.uses = 0
	last, index, at := uint32(1<<25), uint8(0), 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := p.row(r, y)
		for i := 0; i+4 <= len(row); i += 4 {
			colour := binary.LittleEndian.Uint32(row[i:]) & 0xffffff
			if colour != last {
				place, ok := s.find(colour)
				if !ok {
					return false
				}
				last, index = colour, place
				if !s.used[index] {
					s.used[index] = true
					s.uses++
				}
			}
			s.indexes[at] = index
			at++
		}
	}
	return true
}

// find returns the place of a colour in the palette, adding it if there is room.
func (s *cells) find(colour uint32) (uint8, bool) {
	const mask = uint32(len(s.slots) - 1)
	for slot := colour * 0x9e3779b1 >> 22; ; slot = (slot + 1) & mask {
		switch s.slots[slot&mask] {
		case colour | 1<<24:
			return s.places[slot&mask], true
		case 0:
			if s.n == maxColours {
				return 0, false
			}
			s.slots[slot&mask], s.places[slot&mask] = colour|1<<24, uint8(s.n)
			s.colours[s.n] = colour
			s.n++
			return uint8(s.n - 1), true
		}
	}
}

// spend notes about how many bytes r takes when packed.
func (c *Coder) spend(r image.Rectangle, bytes int) {
	c.cells.estimate += bytes
	c.loads.add(r, bytes)
}

// appendColour appends a BGRX pixel as the format has it: r, g, b.
func appendColour(to []byte, colour uint32) []byte {
	return append(to, byte(colour>>16), byte(colour>>8), byte(colour))
}

// fill writes a cell of one colour.
func (c *Coder) fill(r image.Rectangle) {
	c.body = appendColour(appendOp(c.body, opFill, r), c.cells.colours[c.cells.indexes[0]])
	c.spend(r, 2)
}

// palette writes a cell that has few colours.
func (c *Coder) palette(r image.Rectangle) {
	s := &c.cells
	if indexBits(s.uses) < indexBits(s.n) {
		s.compact(area(r))
	}
	c.body = append(appendOp(c.body, opPalette, r), byte(s.n-1))
	for _, colour := range s.colours[:s.n] {
		c.body = appendColour(c.body, colour)
	}
	bits, start := indexBits(s.n), len(c.body)
	width := r.Dx()
	for at := 0; at < area(r); at += width {
		c.body = appendIndexes(c.body, s.indexes[at:at+width], bits)
	}
	c.spend(r, s.n+(len(c.body)-start)/8)
}

// compact leaves out the colours that the cell of n pixels does not use.
func (s *cells) compact(n int) {
	var now [maxColours]uint8
	kept := 0
	for i, used := range s.used[:s.n] {
		if used {
			now[i] = uint8(kept)
			s.colours[kept] = s.colours[i]
			kept++
		}
	}
	for i, index := range s.indexes[:n] {
		s.indexes[i] = now[index]
	}
	s.n = kept
	s.stale = true
}

// appendIndexes packs a row of indexes, the highest bits first.
func appendIndexes(to, indexes []byte, bits int) []byte {
	if bits == 8 {
		return append(to, indexes...)
	}
	each := 8 / bits
	for ; len(indexes) >= each; indexes = indexes[each:] {
		var b byte
		for _, index := range indexes[:each] {
			b = b<<bits | index
		}
		to = append(to, b)
	}
	if len(indexes) == 0 {
		return to
	}
	var b byte
	for i, index := range indexes {
		b |= index << (8 - bits - i*bits)
	}
	return append(to, b)
}

// raw writes a cell of many colours, filtered in the way that leaves the least, or coarsely
// where the budget does not suffice.
func (c *Coder) raw(p Picture, r image.Rectangle) {
	filter, cost := chooseFilter(p, r)
	if p.Coarse && c.beyond(p, cost) {
		c.loads.add(r, cost)
		c.coarsen(p, r)
		return
	}
	c.spend(r, cost)
	c.body = append(appendOp(c.body, opRaw, r), filter)
	var above []byte
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := p.row(r, y)
		c.body = appendRaw(c.body, row, above, filter)
		above = row
	}
}

// appendRaw appends a row of pixels less what the filter expects.
func appendRaw(to, row, above []byte, filter byte) []byte {
	var left [4]byte
	for i := 0; i+4 <= len(row); i += 4 {
		px := row[i : i+4 : i+4]
		switch {
		case filter == filterLeft:
			to = append(to, px[2]-left[2], px[1]-left[1], px[0]-left[0])
			left = [4]byte(px)
		case filter == filterUp && above != nil:
			up := above[i : i+4 : i+4]
			to = append(to, px[2]-up[2], px[1]-up[1], px[0]-up[0])
		default:
			to = append(to, px[2], px[1], px[0])
		}
	}
	return to
}

// chooseFilter looks at every fourth row for what leaves the smallest values, and
// estimates the bytes that they take when packed.
func chooseFilter(p Picture, r image.Rectangle) (filter byte, cost int) {
	var left, up, pixels int
	for y := r.Min.Y + 1; y < r.Max.Y; y += 4 {
		row, above := p.row(r, y), p.row(r, y-1)
		left += apart(row[4:], row)
		up += apart(row[4:], above[4:])
		pixels += len(row)/4 - 1
	}
	if pixels == 0 {
		return filterLeft, 3 * area(r)
	}
	filter, least := byte(filterLeft), left
	if up < left {
		filter, least = filterUp, up
	}
	return filter, area(r) * entropy(least, 3*pixels) / 8 * 3
}

// apart is how far the pixels of two rows are from one another, as far as a is long,
// summed over all colours: the sizes of the differences modulo 256.
func apart(a, b []byte) (sum int) {
	for ; len(a) >= 8 && len(b) >= 8; a, b = a[8:], b[8:] {
		sum += sizes(binary.LittleEndian.Uint64(a), binary.LittleEndian.Uint64(b))
	}
	if len(a) >= 4 && len(b) >= 4 {
		sum += sizes(uint64(binary.LittleEndian.Uint32(a)), uint64(binary.LittleEndian.Uint32(b)))
	}
	return sum
}

// sizes adds up the sizes of the differences of two pixels, without their fourth bytes.
func sizes(a, b uint64) int {
	const signs, pairs = 0x80808080_80808080, 0x00ff00ff_00ff00ff
	less := (a | signs) - b&^signs ^ (a^^b)&signs // each byte of a less that of b
	negative := less & signs >> 7
	size := (less ^ negative*0xff) + negative
	size &= colours
	size = size&pairs + size>>8&pairs
	return int(size * 0x00010001_00010001 >> 48)
}

// entropy is about how many bits a value takes when n of them have this sum of magnitudes.
func entropy(sum, n int) int {
	bits := 1
	for mean := 2 * sum / n; mean > 0; mean /= 2 {
		bits++
	}
	return min(bits, 8)
}
