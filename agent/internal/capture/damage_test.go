package capture

import (
	"image"
	"testing"

	"pgregory.net/rapid"
)

// However rectangles come, the list covers them all, stays short, and a single one
// stays exact.
func TestAddRectCovers(t *testing.T) {
	const w, h = 300, 200
	rapid.Check(t, func(t *rapid.T) {
		var list []image.Rectangle
		var want [h][w]bool
		n := rapid.IntRange(1, 100).Draw(t, "rectangles")
		for range n {
			x, y := rapid.IntRange(0, w-1).Draw(t, "x"), rapid.IntRange(0, h-1).Draw(t, "y")
			r := image.Rect(x, y, min(w, x+rapid.IntRange(0, 90).Draw(t, "w")), min(h, y+rapid.IntRange(0, 90).Draw(t, "h")))
			list = addRect(list, r)
			for py := r.Min.Y; py < r.Max.Y; py++ {
				for px := r.Min.X; px < r.Max.X; px++ {
					want[py][px] = true
				}
			}
		}
		if len(list) > maxRects {
			t.Fatalf("got %d rectangles, want at most %d", len(list), maxRects)
		}
		for py := range h {
			for px := range w {
				if want[py][px] && !inAny(list, image.Pt(px, py)) {
					t.Fatalf("%d,%d is not covered by %v", px, py, list)
				}
			}
		}
	})
}

func inAny(list []image.Rectangle, p image.Point) bool {
	for _, r := range list {
		if p.In(r) {
			return true
		}
	}
	return false
}

func TestAddRectMerges(t *testing.T) {
	a, b := image.Rect(0, 0, 100, 16), image.Rect(0, 16, 100, 32)
	far := image.Rect(1000, 800, 1010, 810)
	for _, c := range []struct {
		name string
		add  []image.Rectangle
		want int
	}{
		{"one", []image.Rectangle{a}, 1},
		{"empty", []image.Rectangle{{}}, 0},
		{"neighbours", []image.Rectangle{a, b}, 1},
		{"inside", []image.Rectangle{a, image.Rect(5, 5, 10, 10)}, 1},
		{"far apart", []image.Rectangle{a, far}, 2},
		{"bridged", []image.Rectangle{image.Rect(0, 0, 10, 200), image.Rect(90, 0, 100, 200), image.Rect(10, 0, 90, 200)}, 1},
	} {
		var list []image.Rectangle
		for _, r := range c.add {
			list = addRect(list, r)
		}
		if len(list) != c.want {
			t.Errorf("%s: got %v, want %d rectangles", c.name, list, c.want)
		}
	}
	if list := addRect(nil, far); list[0] != far {
		t.Errorf("a single rectangle became %v", list[0])
	}
}
