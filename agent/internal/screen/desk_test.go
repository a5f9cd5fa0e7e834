package screen

import (
	"encoding/binary"
	"image"
	"iter"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// desk is a made-up screen that tests draw on. Like a real one it leaves anything in the
// fourth byte of a pixel, and its rows may have gaps.
type desk struct {
	bounds image.Rectangle
	stride int
	pix    []byte
	damage []image.Rectangle
	rnd    *rand.Rand
}

func newDesk(width, height int, seed uint64) *desk {
	d := &desk{bounds: image.Rect(0, 0, width, height), rnd: rand.New(rand.NewPCG(seed, 7))}
	d.stride = 4*width + 4*d.rnd.IntN(5)
	d.pix = make([]byte, d.stride*height)
	d.touch(d.bounds)
	return d
}

func (d *desk) touch(r image.Rectangle) {
	if r = r.Intersect(d.bounds); !r.Empty() {
		d.damage = append(d.damage, r)
	}
}

// picture is what there is now, with the damage since the last call.
func (d *desk) picture() Picture {
	p := Picture{Pix: d.pix, Stride: d.stride, Damage: d.damage}
	d.damage = nil
	return p
}

func (d *desk) at(x, y int) []byte { return d.pix[y*d.stride+4*x:][:4:4] }

func (d *desk) set(x, y int, colour uint32) {
	binary.LittleEndian.PutUint32(d.at(x, y), colour&0xffffff|uint32((x^y)&1)*0xff000000)
}

// paint draws each pixel of r by its place.
//
//go:norace
func (d *desk) paint(r image.Rectangle, colour func(x, y int) uint32) {
	r = r.Intersect(d.bounds)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			d.set(x, y, colour(x, y))
		}
	}
	d.touch(r)
}

func (d *desk) fill(r image.Rectangle, colour uint32) {
	d.paint(r, func(int, int) uint32 { return colour })
}

// noise draws pixels of n colours, or of any for 0.
func (d *desk) noise(r image.Rectangle, n int) {
	base := d.rnd.Uint32()
	d.paint(r, func(int, int) uint32 {
		if n == 0 {
			return d.rnd.Uint32()
		}
		return base + uint32(d.rnd.IntN(n))*0x010307
	})
}

// photo draws something smooth with a little grain.
func (d *desk) photo(r image.Rectangle) {
	a, b, c := 1+d.rnd.IntN(5), 1+d.rnd.IntN(5), d.rnd.IntN(256)
	d.paint(r, func(x, y int) uint32 {
		grain := d.rnd.IntN(3)
		return uint32((x*a+c+grain)&255)<<16 | uint32((y*b+grain)&255)<<8 | uint32((x+y+c)&255)
	})
}

// text draws rows of made-up letters, 7 by 11 pixels in a field of 8 by 16, with greys
// at their edges.
func (d *desk) text(r image.Rectangle, ink, paper uint32) {
	letters := make([]uint64, (r.Dx()/8+1)*(r.Dy()/16+1))
	for i := range letters {
		letters[i] = rand.New(rand.NewPCG(uint64(d.rnd.IntN(60)), 1)).Uint64()
	}
	d.paint(r, func(x, y int) uint32 {
		x, y = x-r.Min.X, y-r.Min.Y
		letter := letters[y/16*(r.Dx()/8+1)+x/8]
		cx, cy := x%8, y%16
		if letter%5 == 0 || cx == 7 || cy < 2 || cy > 12 {
			return paper
		}
		switch letter >> ((cx/2*5 + cy/2) % 60) & 7 {
		case 0, 1:
			return ink
		case 2:
			return (ink&0xfefefe + paper&0xfefefe) / 2
		}
		return paper
	})
}

// shift moves what is in r by d, as scrolling and dragging do; what it leaves stays.
func (d *desk) shift(r image.Rectangle, by image.Point) {
	r = r.Intersect(d.bounds).Intersect(d.bounds.Sub(by))
	old := append([]byte(nil), d.pix...)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		from := old[y*d.stride+4*r.Min.X : y*d.stride+4*r.Max.X]
		copy(d.pix[(y+by.Y)*d.stride+4*(r.Min.X+by.X):], from)
	}
	d.touch(r.Add(by))
}

// rect is a rectangle somewhere on the desk.
func (d *desk) rect() image.Rectangle {
	x, y := d.rnd.IntN(d.bounds.Dx()), d.rnd.IntN(d.bounds.Dy())
	return image.Rect(x, y, x+1+d.rnd.IntN(d.bounds.Dx()), y+1+d.rnd.IntN(d.bounds.Dy())).Intersect(d.bounds)
}

// viewer is a decoder that must never be behind.
type viewer struct {
	*Decoder
	messages [][]byte // of the last update
	pad      int      // lengthens messages
}

func newViewer(t testing.TB) *viewer {
	t.Helper()
	d, err := NewDecoder(0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return &viewer{Decoder: d}
}

// messagesOf cuts an update into messages as long as they may be. The agent's are shorter,
// and padded where the socket wants it.
func messagesOf(update []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		flags := byte(pieceFirst)
		for piece := range slices.Chunk(update, MaxPiece) {
			if update = update[len(piece):]; len(update) == 0 {
				flags |= pieceLast
			}
			if !yield(append([]byte{flags}, piece...)) {
				return
			}
			flags = 0
		}
	}
}

// receive takes updates as they come through the channel.
func (v *viewer) receive(t testing.TB, updates [][]byte) {
	t.Helper()
	v.messages = nil
	for i, u := range updates {
		var done bool
		for m := range messagesOf(u) {
			var err error
			if v.pad > 0 {
				m = padded(m, v.pad)
			}
			if done, err = v.Message(m); err != nil {
				t.Fatalf("update %d of %d: %v", i+1, len(updates), err)
			}
			v.messages = append(v.messages, append([]byte(nil), m...))
		}
		if !done {
			t.Fatalf("update %d of %d is not complete", i+1, len(updates))
		}
	}
}

// mustShow compares the canvas with the desk: opaque and exact outside the film's tiles,
// transparent inside. The race detector would make it the most of every test.
//
//go:norace
func (v *viewer) mustShow(t testing.TB, d *desk, film []image.Rectangle) {
	t.Helper()
	g := newGrid(d.bounds.Dx(), d.bounds.Dy())
	veiled := make([]bool, g.count())
	for _, r := range film {
		g.each(r, func(at int, _ image.Rectangle) { veiled[at] = true })
	}
	canvas := v.Picture()
	if canvas.Rect != d.bounds {
		t.Fatalf("canvas is %v, want %v", canvas.Rect, d.bounds)
	}
	for y := range d.bounds.Dy() {
		row, got := d.pix[y*d.stride:], canvas.Pix[y*canvas.Stride:]
		for x := range d.bounds.Dx() {
			want := bits.ReverseBytes32(binary.LittleEndian.Uint32(row[4*x:]))>>8 | 255<<24
			if veiled[y/side*g.cols+x/side] {
				want = 0
			}
			if is := binary.LittleEndian.Uint32(got[4*x:]); is != want {
				t.Fatalf("pixel %d,%d is %08x, want %08x", x, y, is, want)
			}
		}
	}
}
