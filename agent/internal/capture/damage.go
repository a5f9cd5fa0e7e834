package capture

import "image"

// Fewer, larger rectangles are cheaper than many small ones: each costs a request,
// a conversion and a header. slack is the number of unchanged pixels that are worth
// less than one more rectangle; maxRects bounds what a reader has to walk through.
const (
	slack    = 64 * 64
	maxRects = 32
)

// addRect adds r to list, merging it where that wastes little. The list stays within
// maxRects and covers at least the union of all that was added.
func addRect(list []image.Rectangle, r image.Rectangle) []image.Rectangle {
	if r.Empty() {
		return list
	}
	for {
		best, waste := cheapest(list, r)
		if best < 0 || waste > slack && len(list) < maxRects {
			return append(list, r)
		}
		r = r.Union(list[best])
		last := len(list) - 1
		list[best] = list[last]
		list = list[:last]
	}
}

// cheapest finds the rectangle whose union with r has the fewest pixels of neither.
func cheapest(list []image.Rectangle, r image.Rectangle) (best, waste int) {
	best = -1
	for i, l := range list {
		w := area(l.Union(r)) - area(l) - area(r) + area(l.Intersect(r))
		if best < 0 || w < waste {
			best, waste = i, w
		}
	}
	return best, waste
}

func area(r image.Rectangle) int { return r.Dx() * r.Dy() }
