package agent

import (
	"image"
	"math/rand/v2"
	"testing"
	"time"

	"beside/agent/internal/capture"
	"beside/agent/internal/screen"
	"beside/consent/consenttest"
)

// What is found to be too large again and again while other updates are under way has changed
// once: it is no film for that, and comes without loss when there is room.
func TestWhatWaitsForRoomIsNoFilm(t *testing.T) {
	const width, height = 640, 480
	grant, _ := consenttest.NewView(t)
	var sent int
	p := newPicture(grant, 0, nil)
	u := newUpdates(grant, func(b []byte) bool { sent += len(b); return true }, away(time.Millisecond), func() {})
	p.peer = &peer{video: newVideo(grant)}
	e := newExact(p, u)
	var err error
	if e.coder, err = screen.NewCoder(width, height); err != nil {
		t.Fatal(err)
	}
	if e.chooser, err = screen.NewChooser(width, height); err != nil {
		t.Fatal(err)
	}
	e.stands = true // a line for film, if there were any
	random, whole := rand.New(rand.NewPCG(1, 2)), image.Rect(0, 0, width, height)
	e.last = &capture.Frame{Pix: make([]byte, 4*width*height), Stride: 4 * width, Width: width, Height: height, At: time.Now(), Damage: []image.Rectangle{whole}}
	paint := func() {
		t.Helper()
		e.owe(e.last.Damage)
		if err := e.paintOwed(); err != nil {
			t.Fatal(err)
		}
	}
	paint() // all in one colour
	first := sent
	for i := range e.last.Pix {
		e.last.Pix[i] = byte(random.Uint32())
	}
	if u.budget().all {
		t.Fatal("nothing is under way")
	}
	for range 10 {
		e.now += 50 * time.Millisecond
		paint()
		if sent != first {
			t.Fatal("it was sent, so that nothing is put to the test")
		}
		if film := e.chooser.Film(); len(film) > 0 {
			t.Fatalf("%v is taken for film after %v", film, e.now)
		}
	}
}
