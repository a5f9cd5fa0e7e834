package agent

import (
	"image"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"beside/agent/internal/capture"
	"beside/agent/internal/screen"
	"beside/consent/consenttest"
)

// crowded is a screen of which one update is under way, so that what is large has to wait.
type crowded struct {
	*exact
	t      *testing.T
	random *rand.Rand
	sent   int // bytes
	first  int // of them, of the update under way
}

func newCrowded(t *testing.T) *crowded {
	t.Helper()
	const width, height = 640, 480
	grant, _ := consenttest.NewView(t)
	c := &crowded{t: t, random: rand.New(rand.NewPCG(1, 2))}
	p := newPicture(grant, 0, nil)
	u := newUpdates(grant, func(b []byte) bool { c.sent += len(b); return true }, away(time.Millisecond), func() {})
	p.peer = &peer{video: newVideo(grant)}
	c.exact = newExact(p, u)
	var err error
	if c.coder, err = screen.NewCoder(width, height); err != nil {
		t.Fatal(err)
	}
	if c.chooser, err = screen.NewChooser(width, height); err != nil {
		t.Fatal(err)
	}
	c.stands = true // a line for film, if there were any
	c.last = &capture.Frame{
		Pix: make([]byte, 4*width*height), Stride: 4 * width, Width: width, Height: height, At: time.Now(),
		Damage: []image.Rectangle{image.Rect(0, 0, width, height)},
	}
	c.paint() // all in one colour
	c.first = c.sent
	if u.budget().all {
		t.Fatal("nothing is under way")
	}
	return c
}

// paint paints what changed, and wants all of it to wait.
func (c *crowded) paint() {
	c.t.Helper()
	c.owe(c.last.Damage)
	if err := c.paintOwed(); err != nil {
		c.t.Fatal(err)
	}
	if c.first > 0 && c.sent != c.first {
		c.t.Fatal("it was sent, so that nothing is put to the test")
	}
}

// scatter fills a part of the screen with noise.
func (c *crowded) scatter(part image.Rectangle) {
	for y := part.Min.Y; y < part.Max.Y; y++ {
		row := c.last.Pix[y*c.last.Stride:][4*part.Min.X : 4*part.Max.X]
		for i := range row {
			row[i] = byte(c.random.Uint32())
		}
	}
	c.last.Damage = []image.Rectangle{part}
}

// What is found to be too large again and again while other updates are under way has changed
// once: it is no film for that, and comes without loss when there is room.
func TestWhatWaitsForRoomIsNoFilm(t *testing.T) {
	c := newCrowded(t)
	c.scatter(image.Rect(0, 0, 640, 480))
	for range 10 {
		c.now += 50 * time.Millisecond
		c.paint()
		if film := c.chooser.Film(); len(film) > 0 {
			t.Fatalf("%v is taken for film after %v", film, c.now)
		}
	}
}

// What is film stays film while it moves, also while what changed beside it waits for room.
func TestFilmGoesOnBesideWhatWaits(t *testing.T) {
	c := newCrowded(t)
	const tile = 16
	film := image.Rect(0, 0, 10*tile, 10*tile)
	var loads []screen.Load
	for y := range film.Dy() / tile {
		for x := range film.Dx() / tile {
			loads = append(loads, screen.Load{Column: x, Row: y, Bytes: 1000})
		}
	}
	if !c.chooser.Relieve(c.now, loads) {
		t.Fatal("there is no film")
	}
	c.scatter(image.Rect(320, 0, 640, 480))
	c.paint()
	for range 100 {
		c.now += 50 * time.Millisecond
		c.scatter(film)
		c.paint()
		c.chooser.Tick(c.now, c.updates.link())
		if got := c.chooser.Film(); !slices.Equal(got, []image.Rectangle{film}) {
			t.Fatalf("after %v film is %v, want %v", c.now, got, film)
		}
	}
}
