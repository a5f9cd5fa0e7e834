package screen

import (
	"errors"
	"image"
	"runtime"
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
	kinds  []string
	size   image.Point // the largest
}

// What can happen to a screen, some more often than others, and to one on which much moves.
var (
	anything = []string{"fill", "noise", "colours", "photo", "text", "text", "scroll", "scroll", "sideways", "drag", "drag", "jump",
		"letter", "letter", "dot", "pause", "nothing", "film", "film off", "invalidate", "resize", "budget", "coarse", "coarse"}
	moving = []string{"text", "colours", "scroll", "scroll", "scroll", "sideways", "drag", "drag", "drag", "jump", "pause", "film",
		"film off", "budget", "coarse", "resize"}
)

func newHistory(t *testing.T, seed uint64, kinds []string, size image.Point) *history {
	t.Helper()
	h := &history{
		desk: newDesk(40, 40, seed), viewer: newViewer(t), rtp: ^uint32(0) - 1000,
		steps: map[string]int{}, kinds: kinds, size: size,
	}
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
	kind := h.kinds[h.rnd.IntN(len(h.kinds))]
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
	case "coarse":
		h.noise(r, 0)
		h.photo(h.rect())
	case "invalidate":
		h.coder.Invalidate()
	case "resize":
		h.resize(t)
	}
	h.update(t, kind)
}

func (h *history) resize(t *testing.T) {
	width, height := 1+h.rnd.IntN(h.size.X), 1+h.rnd.IntN(h.size.Y)
	d := newDesk(width, height, h.rnd.Uint64())
	*h.desk = *d
	h.film = nil
	if err := h.coder.Resize(width, height); err != nil {
		t.Fatal(err)
	}
	h.text(h.bounds, 0x101010, 0xeeeeee)
}

func (h *history) update(t *testing.T, kind string) {
	p := h.picture()
	p.Film, p.RTP = slices.Clone(h.film), h.rtp
	tight := kind == "budget"
	switch {
	case tight || kind == "coarse":
		p.Budget, p.Coarse = 1+h.rnd.IntN(200), !tight
	case h.rnd.IntN(2) == 0:
		p.Budget = 1 << 20 // enough to sharpen everything
	}
	if len(p.Film) > 0 && h.rnd.IntN(4) == 0 {
		p.VideoAt = p.Film[0].Min.Div(side).Mul(side)
		for _, r := range p.Film {
			at := r.Min.Div(side).Mul(side)
			p.VideoAt = image.Pt(min(p.VideoAt.X, at.X), min(p.VideoAt.Y, at.Y))
		}
	}
	owed := h.coder.Owes()
	updates, err := h.coder.Update(p)
	if errors.Is(err, ErrBudget) {
		h.steps["over budget"]++
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if sum := len(slices.Concat(updates...)); tight && sum > p.Budget && !owed {
		t.Fatalf("%d bytes, budget %d", sum, p.Budget)
	}
	if len(h.coder.motion.copies) > 0 {
		h.steps["copied"]++
		h.coder.motion.copies = h.coder.motion.copies[:0]
	}
	h.viewer.receive(t, updates)
	h.viewer.Shown(h.rtp)
	h.rtp += uint32(h.rnd.IntN(100))
	h.mustShow(t, p)
	if at := h.viewer.VideoAt(); len(p.Film) > 0 && at != p.VideoAt {
		t.Fatalf("video at %v, want %v", at, p.VideoAt)
	}
}

// mustShow compares what the viewer shows with the screen, or with what the coder knows to
// be shown as long as it owes something.
func (h *history) mustShow(t *testing.T, p Picture) {
	t.Helper()
	shown := h.desk
	if h.coder.Owes() {
		h.steps["shown coarsely"]++
		shown = &desk{bounds: h.bounds, stride: 4 * h.bounds.Dx(), pix: h.coder.shadow}
	}
	if p.Budget == 1<<20 && h.coder.Owes() {
		t.Fatal("not sharpened")
	}
	h.viewer.mustShow(t, shown, h.film)
}

// What the viewer shows is what was there, whatever happens to the screen.
func TestExact(t *testing.T) {
	const histories, steps = 1000, 110
	sum := 0
	h := newHistory(t, 1, anything, image.Pt(100, 70))
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
	if h.steps["over budget"] < 1000 || h.steps["film"] < 1000 || h.steps["invalidate"] < 100 || h.steps["shown coarsely"] < 1000 {
		t.Errorf("too few of some steps: %v", h.steps)
	}
}

// The least change of a colour is a change, wherever it is, and what is no colour is none.
func TestEveryBitCounts(t *testing.T) {
	d := newDesk(37, 19, 3)
	d.photo(d.bounds)
	c, err := NewCoder(37, 19)
	if err != nil {
		t.Fatal(err)
	}
	v := newViewer(t)
	for n := range 37 * 19 * 32 / 5 {
		bit, x, y := n*5%32, n%37, n/37%19
		d.at(x, y)[bit/8] ^= 1 << (bit % 8)
		d.touch(image.Rect(x, y, x+1, y+1))
		updates, err := c.Update(d.picture())
		if err != nil {
			t.Fatal(err)
		}
		if sent := len(updates) > 0; n > 0 && sent != (bit < 24) {
			t.Fatalf("bit %d of pixel %d,%d: sent %v", bit, x, y, sent)
		}
		v.receive(t, updates)
		v.mustShow(t, d, nil)
	}
}

// The same with larger pictures on which much moves, so that much is copied.
func TestExactInMotion(t *testing.T) {
	h := newHistory(t, 2, moving, image.Pt(350, 250))
	for range 200 {
		for range 40 {
			h.step(t)
		}
		h.resize(t)
	}
	if h.steps["copied"] < 500 {
		t.Errorf("too few copies: %v", h.steps)
	}
}

// A screen that changes a little, scrolls, or has its windows dragged, costs no memory.
// A letter is as small after a thousand others as the first was: no colours of theirs
// are sent with it.
func TestColoursOfAnUpdateAreItsOwn(t *testing.T) {
	d := newDesk(640, 64, 3)
	coder, err := NewCoder(640, 64)
	if err != nil {
		t.Fatal(err)
	}
	viewer := newViewer(t)
	update := func() (size int) {
		list, err := coder.Update(d.picture())
		if err != nil {
			t.Fatal(err)
		}
		viewer.receive(t, list)
		viewer.mustShow(t, d, nil)
		d.damage = d.damage[:0]
		for _, u := range list {
			size += len(u)
		}
		return size
	}
	update()
	first := 0
	for x := 0; x+18 <= 640; x += 18 {
		d.noise(image.Rect(x, 20, x+18, 38), 20)
		size := update()
		if first == 0 {
			first = size
		}
		if size > first+first/10 {
			t.Fatalf("the letter at %d took %d bytes, the first %d", x, size, first)
		}
	}
}

func TestNothingAllocated(t *testing.T) {
	for _, s := range []benchScene{typingScene(), scrollScene(), dragScene("drag", false)} {
		t.Run(s.name, func(t *testing.T) {
			c, err := NewCoder(1920, 1080)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			update := func() {
				if _, err := c.Update(s.picture(n)); err != nil {
					t.Fatal(err)
				}
				n++
			}
			for range len(s.pictures) {
				update()
			}
			if allocs := testing.AllocsPerRun(6, update) - 1; allocs > 0 { // the scene makes one itself
				t.Errorf("%v allocations an update", allocs)
			}
		})
	}
}

// Beside the shadow a coder takes little memory, also after a large update.
func TestMemory(t *testing.T) {
	s := switchScene()
	first, second := s.picture(0), s.picture(1)
	before := heap()
	c, err := NewCoder(1920, 1080)
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		for _, p := range []Picture{first, second} {
			if _, err := c.Update(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	if working := heap() - before - 1920*1080*4; working > 4<<20 {
		t.Errorf("%d KiB of working space, want at most 4 MiB", working>>10)
	}
	runtime.KeepAlive(c)
	runtime.KeepAlive(s)
}

func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
