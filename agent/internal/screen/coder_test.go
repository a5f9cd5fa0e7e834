package screen

import (
	"errors"
	"image"
	"slices"
	"testing"
)

// history draws on a desk at random, and has the viewer follow.
type history struct {
	*desk
	coder  *Coder
	viewer *viewer
	film   []image.Rectangle
	rtp    uint32
	steps  map[string]int
}

func newHistory(t *testing.T, seed uint64) *history {
	t.Helper()
	h := &history{desk: newDesk(40, 40, seed), viewer: newViewer(t), rtp: ^uint32(0) - 1000, steps: map[string]int{}}
	coder, err := NewCoder(40, 40)
	if err != nil {
		t.Fatal(err)
	}
	h.coder = coder
	return h
}

// step does one thing that can happen to a screen.
func (h *history) step(t *testing.T) {
	r, by := h.rect(), image.Pt(h.rnd.IntN(41)-20, h.rnd.IntN(41)-20)
	kinds := []string{"fill", "noise", "colours", "photo", "text", "text", "scroll", "scroll", "sideways", "drag", "drag", "jump",
		"letter", "letter", "dot", "pause", "nothing", "film", "film off", "invalidate", "resize", "budget"}
	kind := kinds[h.rnd.IntN(len(kinds))]
	if (kind == "resize" || kind == "invalidate") && h.rnd.IntN(8) > 0 {
		kind = "text"
	}
	h.steps[kind]++
	switch kind {
	case "fill":
		h.fill(r, h.rnd.Uint32())
	case "noise":
		h.noise(r, 0)
	case "colours":
		h.noise(r, 1<<h.rnd.IntN(9)+h.rnd.IntN(3))
	case "photo":
		h.photo(r)
	case "text":
		h.text(r, h.rnd.Uint32(), 0xffffff)
	case "scroll":
		h.shift(r, image.Pt(0, by.Y))
	case "sideways":
		h.shift(r, image.Pt(by.X, 0))
	case "drag":
		h.shift(r, by)
		if h.rnd.IntN(2) == 0 {
			h.fill(image.Rectangle{Min: r.Min, Max: image.Pt(r.Max.X, r.Min.Y+max(by.Y, 0))}, 0x336699)
		}
	case "jump":
		h.shift(r, h.rect().Min.Sub(r.Min))
	case "letter":
		h.text(image.Rectangle{Min: r.Min, Max: r.Min.Add(image.Pt(8, 16))}, 0, 0xffffff)
	case "dot":
		h.fill(image.Rectangle{Min: r.Min, Max: r.Min.Add(image.Pt(1, 1))}, h.rnd.Uint32())
	case "pause":
		return // the next update brings this and that
	case "film":
		h.film = append(h.film, r)
		h.film = h.film[max(0, len(h.film)-3):]
	case "film off":
		h.film = nil
	case "budget":
		h.shift(r, image.Pt(0, by.Y))
		h.noise(h.rect(), h.rnd.IntN(20))
	case "invalidate":
		h.coder.Invalidate()
	case "resize":
		h.resize(t)
	}
	h.update(t, kind == "budget")
}

func (h *history) resize(t *testing.T) {
	width, height := 1+h.rnd.IntN(100), 1+h.rnd.IntN(70)
	d := newDesk(width, height, h.rnd.Uint64())
	*h.desk = *d
	h.film = nil
	if err := h.coder.Resize(width, height); err != nil {
		t.Fatal(err)
	}
	h.text(h.bounds, 0x101010, 0xeeeeee)
}

func (h *history) update(t *testing.T, tight bool) {
	p := h.picture()
	p.Film, p.RTP = slices.Clone(h.film), h.rtp
	if tight {
		p.Budget = 1 + h.rnd.IntN(200)
	}
	updates, err := h.coder.Update(p)
	if errors.Is(err, ErrBudget) {
		h.steps["over budget"]++
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if sum := len(slices.Concat(updates...)); tight && sum > p.Budget {
		t.Fatalf("%d bytes, budget %d", sum, p.Budget)
	}
	h.viewer.receive(t, updates)
	h.viewer.Shown(h.rtp)
	h.rtp += uint32(h.rnd.IntN(100))
	h.viewer.mustShow(t, h.desk, h.film)
}

// What the viewer shows is what was there, whatever happens to the screen.
func TestExact(t *testing.T) {
	const histories, steps = 1000, 110
	sum := 0
	h := newHistory(t, 1)
	for range histories {
		for range steps {
			h.step(t)
			sum++
		}
		h.coder.Invalidate()
		h.resize(t)
	}
	if sum < 100_000 {
		t.Errorf("%d steps, want 100,000", sum)
	}
	if h.steps["over budget"] < 1000 || h.steps["film"] < 1000 || h.steps["invalidate"] < 100 {
		t.Errorf("too few of some steps: %v", h.steps)
	}
}
