package screen

import (
	"encoding/binary"
	"image"
	"math/rand/v2"
	"testing"

	"beside/agent/internal/filmtest"
)

// Films of other kinds are told from the rest of the screen as well, do not go to and fro
// between the carriers, and are exact when they stop.
func TestFilmsOfManyKinds(t *testing.T) {
	place := image.Rect(96, 64, 96+320, 64+192)
	// How much of each is video, in percent, at least: who talks before a still room is not,
	// nor is what has few colours and packs well.
	least := map[string]int{"camera": 100, "talk": 0, "cartoon": 0}
	for _, film := range filmtest.All() {
		t.Run(film.Name, func(t *testing.T) {
			t.Parallel()
			s := newStudio(t, 640, 480, fast)
			s.office()
			s.frame(t, second)
			pictures := film.Pictures(place.Dx(), place.Dy(), 12)
			for n := range 60 {
				for y := range place.Dy() {
					row := s.pix[(place.Min.Y+y)*s.stride+4*place.Min.X:][:4*place.Dx()]
					copy(row, pictures[n%12][4*y*place.Dx():])
				}
				s.touch(place)
				s.frame(t, thirtieth)
			}
			if got := s.film(place); got < least[film.Name] {
				t.Errorf("%d %% is video, want %d", got, least[film.Name])
			}
			if s.changes > 6 {
				t.Errorf("%d changes of carrier", s.changes)
			}
			s.frame(t, 2*second)
			if left := s.chooser.Film(); len(left) > 0 {
				t.Errorf("%v is video still", left)
			}
		})
	}
}

// A tile of film that changes is noticed, wherever it is and however small.
func TestFilmThatMovesIsNoticed(t *testing.T) {
	d := newDesk(100, 49, 3)
	c, err := NewCoder(100, 49)
	if err != nil {
		t.Fatal(err)
	}
	film := []image.Rectangle{d.bounds}
	for n := range 4 {
		d.noise(d.bounds, 0)
		p := d.picture()
		p.Film = film
		if _, err := c.Update(p); err != nil {
			t.Fatal(err)
		}
		if got := len(c.Loads()); got != c.grid.count() {
			t.Errorf("picture %d: %d of %d tiles moved", n, got, c.grid.count())
		}
		d.touch(d.bounds)
		p = d.picture()
		p.Film = film
		if _, err := c.Update(p); err != nil || len(c.Loads()) > 0 {
			t.Errorf("picture %d: %d tiles moved though nothing changed, %v", n, len(c.Loads()), err)
		}
	}
	for y := 17; y < 32; y += 4 { // every fourth row is enough
		d.noise(image.Rect(16, y, 32, y+1), 0)
		p := d.picture()
		p.Film = film
		if _, err := c.Update(p); err != nil || len(c.Loads()) != 1 {
			t.Errorf("row %d: %d tiles moved, want 1, %v", y, len(c.Loads()), err)
		}
	}
}

// The sum of differences is what it is pixel by pixel.
func TestApart(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for pixels := range 40 {
		a, b := make([]byte, 4*pixels), make([]byte, 4*pixels)
		for i := range a {
			a[i], b[i] = byte(random.Uint32()), byte(random.Uint32())
			if random.IntN(4) == 0 {
				b[i] = a[i] + 0x80
			}
		}
		want := 0
		for i := range a {
			if d := int(int8(a[i] - b[i])); i%4 != 3 {
				want += max(d, -d)
			}
		}
		if got := apart(a, b); got != want {
			t.Errorf("%d pixels: got %d, want %d", pixels, got, want)
		}
	}
	row := binary.LittleEndian.AppendUint32(nil, 0x01020304)
	if got := apart(row[4:], row); got != 0 {
		t.Errorf("nothing and a pixel are %d apart", got)
	}
}
