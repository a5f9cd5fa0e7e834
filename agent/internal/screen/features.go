package screen

import (
	"encoding/binary"
	"image"
	"math/bits"
	"slices"
)

// A feature is a piece of the picture that can be recognised where it moved to: some
// pixels of three rows, beginning at an edge. Which pieces are features depends on their
// pixels alone, so that the same are found before and after a move, whatever its length.
type feature struct {
	key    uint32
	next   int32 // one more than the index of another in the same bucket
	bucket uint16
	x, y   uint16
}

const (
	maxFeatures   = 8192
	featureBits   = 12 // of a bucket
	rareBits      = 4  // that are zero in the hash of an edge where a feature may begin
	featureWidth  = 32
	featureHeight = 7 // rows 0, 3 and 6 of it count
	featureRows   = 4 // of the new picture, every fourth row is looked at
	maxAlike      = 8 // features that look the same and are compared
	maxMoves      = 6 // that are tried
)

// features finds moves: it keeps features of the old picture, and lets those of the new
// one vote for how far they are away.
type features struct {
	list    []feature
	buckets [1 << featureBits]int32
	thin    uint32 // bits that must be zero in a key; more of them, when there are too many features
	votes   [1024]vote
	best    []vote
}

type vote struct {
	by    image.Point
	count int32
}

func (f *features) reset() {
	f.list = f.list[:0]
	clear(f.buckets[:])
	clear(f.votes[:])
	f.thin = 0
}

// Odd numbers whose bits look random, for hashing.
const (
	prime1 = 0x9e3779b97f4a7c15
	prime2 = 0xc2b2ae3d27d4eb4f
)

// edge hashes the eight pixels at the beginning of b, if the first two differ.
func edge(b []byte) (hash uint64, ok bool) {
	b = b[:32:32]
	v := binary.LittleEndian.Uint64(b) & colours
	if uint32(v) == uint32(v>>32) {
		return 0, false
	}
	return hash8(b, v), true
}

func hash8(b []byte, v uint64) uint64 {
	b = b[:32:32]
	h := (v ^ bits.RotateLeft64(binary.LittleEndian.Uint64(b[8:])&colours, 5)) * prime1
	h ^= (binary.LittleEndian.Uint64(b[16:])&colours ^ bits.RotateLeft64(binary.LittleEndian.Uint64(b[24:])&colours, 5)) * prime2
	return h ^ h>>29
}

// scan calls found for each feature that begins in columns x to end of a row of the
// picture; rows are the 7 from there.
func (f *features) scan(rows func(dy int) []byte, x, end int, found func(x int, key uint64)) {
	row := rows(0)
	var below [2][]byte
	for ; x < end; x++ {
		hash, ok := edge(row[4*x:])
		if !ok || hash>>(64-rareBits) != 0 {
			continue
		}
		if below[0] == nil {
			below = [2][]byte{rows(3), rows(6)}
		}
		key := hash
		for _, r := range [3][]byte{row, below[0], below[1]} {
			for i := 0; i < 4*featureWidth; i += 32 {
				part := r[4*x+i:]
				key = bits.RotateLeft64(key, 11)*prime2 + hash8(part, binary.LittleEndian.Uint64(part)&colours)
			}
		}
		if key *= prime1; uint32(key)&f.thin == 0 {
			found(x, key)
		}
	}
}

// remember keeps a feature of the old picture.
func (f *features) remember(x, y int, key uint64) {
	if len(f.list) == cap(f.list) {
		f.halve()
	}
	if uint32(key)&f.thin == 0 {
		f.add(feature{key: uint32(key), bucket: uint16(key >> (64 - featureBits)), x: uint16(x), y: uint16(y)})
	}
}

func (f *features) add(o feature) {
	o.next = f.buckets[o.bucket]
	f.list = append(f.list, o)
	f.buckets[o.bucket] = int32(len(f.list))
}

// halve leaves out every second feature, by its key, so that those of the new picture
// can be left out alike.
func (f *features) halve() {
	f.thin = f.thin<<1 | 1
	all := f.list
	f.list = f.list[:0]
	clear(f.buckets[:])
	for _, o := range all {
		if o.key&f.thin == 0 {
			f.add(o)
		}
	}
}

// recognise lets a feature of the new picture vote for the moves that explain it. One
// that was there once says more than one that was there often.
func (f *features) recognise(x, y int, key uint64) {
	var alike [maxAlike]image.Point
	n := 0
	for at := f.buckets[key>>(64-featureBits)]; at > 0 && n < maxAlike; at = f.list[at-1].next {
		if o := &f.list[at-1]; o.key == uint32(key) {
			alike[n] = image.Pt(x-int(o.x), y-int(o.y))
			n++
		}
	}
	for _, by := range alike[:n] {
		if by != (image.Point{}) {
			f.vote(by, int32(maxAlike/n))
		}
	}
}

func (f *features) vote(by image.Point, weight int32) {
	slot := uint32(by.X*0x9e3779b1+by.Y*0x85ebca6b) >> 7
	for i := range uint32(8) {
		v := &f.votes[(slot+i)%uint32(len(f.votes))]
		if v.count == 0 {
			v.by = by
		}
		if v.by == by {
			v.count += weight
			return
		}
	}
}

// moves are those with the most votes, the likeliest first.
func (f *features) moves() []vote {
	f.best = f.best[:0]
	for _, v := range f.votes {
		if v.count < 2*maxAlike || len(f.best) == maxMoves && v.count <= f.best[maxMoves-1].count {
			continue
		}
		if len(f.best) == maxMoves {
			f.best = f.best[:maxMoves-1]
		}
		f.best = append(f.best, v)
		slices.SortFunc(f.best, func(a, b vote) int { return int(b.count - a.count) })
	}
	return f.best
}
