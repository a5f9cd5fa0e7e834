package screen

import (
	"image"
	"slices"
	"testing"
)

// photoBeside is a page of text beside a photograph that covers most of the screen.
func photoBeside() (d *desk, text image.Rectangle) {
	d = newDesk(1920, 1080, 5)
	text = image.Rect(0, 0, 512, 1080)
	d.page(text, 0x202020, 0xffffff)
	d.landscape(image.Rect(512, 0, 1920, 1080))
	return d, text
}

// A photograph that the budget does not suffice for is shown in blocks, with all text as it
// is, and made exact within the budgets that follow.
func TestPhotographComesCoarselyFirst(t *testing.T) {
	const budget = 200 << 10
	d, text := photoBeside()
	c, err := NewCoder(1920, 1080)
	if err != nil {
		t.Fatal(err)
	}
	v := newViewer(t)
	p := d.picture()
	p.Budget, p.Coarse = budget, true
	first, err := c.Update(p)
	if err != nil {
		t.Fatal(err)
	}
	size := len(slices.Concat(first...))
	v.receive(t, first)
	t.Logf("%d bytes coarsely", size)
	if size > 2*budget || !c.Owes() {
		t.Fatalf("%d bytes, budget %d; owes %v", size, budget, c.Owes())
	}
	v.mustNearly(t, d, text)
	updates, sum := 0, 0
	for p = d.picture(); c.Owes(); updates++ {
		p.Budget = budget
		list, err := c.Update(p)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			t.Fatal("an update sharpens nothing")
		}
		v.receive(t, list)
		size := len(slices.Concat(list...))
		if size > budget+budget/2 {
			t.Errorf("%d bytes, budget %d", size, budget)
		}
		sum += size
	}
	t.Logf("%d bytes more in %d updates", sum, updates)
	v.mustShow(t, d, nil)
	if loads := c.Loads(); len(loads) > 0 {
		t.Errorf("sharpening counts as change of %d tiles", len(loads))
	}
}

// mustNearly compares the canvas with the desk: exact in text, not far off elsewhere.
//
//go:norace
func (v *viewer) mustNearly(t *testing.T, d *desk, text image.Rectangle) {
	t.Helper()
	canvas := v.Picture()
	for y := range d.bounds.Dy() {
		for x := range d.bounds.Dx() {
			want, got := d.pix[y*d.stride+4*x:], canvas.Pix[y*canvas.Stride+4*x:]
			far := max(magnitudeOf(want[0], got[2]), magnitudeOf(want[1], got[1]), magnitudeOf(want[2], got[0]))
			if far > 0 && x < text.Max.X || far > 100 || got[3] != 255 {
				t.Fatalf("pixel %d,%d is off by %d", x, y, far)
			}
		}
	}
}

//go:norace
func magnitudeOf(a, b byte) int { return max(int(a)-int(b), int(b)-int(a)) }

// What the user does meanwhile comes before what is only made sharper.
func TestChangesComeBeforeSharpening(t *testing.T) {
	d, _ := photoBeside()
	c, err := NewCoder(1920, 1080)
	if err != nil {
		t.Fatal(err)
	}
	v := newViewer(t)
	p := d.picture()
	p.Budget, p.Coarse = 1<<10, true
	first, err := c.Update(p)
	if err != nil {
		t.Fatal(err)
	}
	v.receive(t, first)
	d.write(20, 400, 400, "what the user types", 0, 0xffffff)
	p = d.picture()
	p.Budget = 4 << 10
	list, err := c.Update(p)
	if err != nil {
		t.Fatal(err)
	}
	v.receive(t, list[:1])
	got := v.Picture().SubImage(image.Rect(20, 400, 420, 400+lineHeight)).(*image.NRGBA)
	for y := got.Rect.Min.Y; y < got.Rect.Max.Y; y++ {
		for x := got.Rect.Min.X; x < got.Rect.Max.X; x++ {
			if want, is := d.at(x, y), got.NRGBAAt(x, y); is.R != want[2] || is.G != want[1] || is.B != want[0] {
				t.Fatalf("pixel %d,%d of what was typed is %v", x, y, is)
			}
		}
	}
	v.receive(t, list[1:])
	if !c.Owes() || c.Overtaken() {
		t.Errorf("owes %v, overtaken %v", c.Owes(), c.Overtaken())
	}
}

// What changes again before it was sharpened moves like film.
func TestWhatOvertakesItselfIsFilm(t *testing.T) {
	d, _ := photoBeside()
	c, err := NewCoder(1920, 1080)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []bool{false, true, true} {
		d.landscape(image.Rect(512, 0, 1920, 1080))
		p := d.picture()
		p.Budget, p.Coarse = 64<<10, true
		if _, err := c.Update(p); err != nil {
			t.Fatal(err)
		}
		if c.Overtaken() != want {
			t.Errorf("picture %d: overtaken %v, want %v", n, c.Overtaken(), want)
		}
	}
}
