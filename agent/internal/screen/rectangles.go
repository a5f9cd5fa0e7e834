package screen

import "image"

// The marks of a tile in rectangles.
const (
	possible = 1 // may be inside
	wanted   = 2 // should be inside
)

// rectangles finds large rectangles of marked tiles that hold many wanted ones.
type rectangles struct {
	cols, rows int
	bounds     image.Rectangle // of the wanted
	marks      []uint8
	sums       []int32 // of wanted tiles above and left of a corner
	heights    []int   // of the columns of marked tiles that end in this row
	stack      []int
}

func (s *rectangles) reset(cols, rows int) {
	if s.cols != cols || s.rows != rows {
		s.cols, s.rows = cols, rows
		s.marks = make([]uint8, cols*rows)
		s.sums = make([]int32, (cols+1)*(rows+1))
		s.heights = make([]int, cols+1)
		s.stack = make([]int, 0, cols+1)
	}
	s.bounds = image.Rectangle{}
	clear(s.marks)
}

// largest is the rectangle of marked tiles with the most wanted ones, and how many.
func (s *rectangles) largest() (best image.Rectangle, most int) {
	s.sum()
	clear(s.heights)
	for y := s.bounds.Min.Y; y < s.bounds.Max.Y; y++ {
		s.stack = s.stack[:0]
		for x := s.bounds.Min.X; x <= s.bounds.Max.X; x++ {
			s.heights[x] = s.height(x, y)
			for len(s.stack) > 0 && s.heights[s.stack[len(s.stack)-1]] > s.heights[x] {
				r := s.pop(x, y)
				if n := s.count(r); n > most {
					best, most = r, n
				}
			}
			s.stack = append(s.stack, x)
		}
	}
	return best, most
}

// height is that of the column of marked tiles that ends at x, y; 0 at the right end.
func (s *rectangles) height(x, y int) int {
	if x == s.bounds.Max.X || s.marks[y*s.cols+x] == 0 {
		return 0
	}
	return s.heights[x] + 1
}

// pop takes the last column off the stack and returns the widest rectangle of its height
// that ends before x, in row y.
func (s *rectangles) pop(x, y int) image.Rectangle {
	top := s.stack[len(s.stack)-1]
	s.stack = s.stack[:len(s.stack)-1]
	left := s.bounds.Min.X
	if len(s.stack) > 0 {
		left = s.stack[len(s.stack)-1] + 1
	}
	return image.Rect(left, y+1-s.heights[top], x, y+1)
}

// sum adds the wanted tiles up, so that count needs four of the sums.
func (s *rectangles) sum() {
	w := s.cols + 1
	for y := s.bounds.Min.Y; y < s.bounds.Max.Y; y++ {
		row := int32(0)
		for x := s.bounds.Min.X; x < s.bounds.Max.X; x++ {
			if s.marks[y*s.cols+x] == wanted {
				row++
			}
			s.sums[(y+1)*w+x+1] = s.at(x+1, y) + row
		}
	}
}

func (s *rectangles) at(x, y int) int32 {
	if x <= s.bounds.Min.X || y <= s.bounds.Min.Y {
		return 0
	}
	return s.sums[y*(s.cols+1)+x]
}

func (s *rectangles) count(r image.Rectangle) int {
	return int(s.at(r.Max.X, r.Max.Y) - s.at(r.Min.X, r.Max.Y) - s.at(r.Max.X, r.Min.Y) + s.at(r.Min.X, r.Min.Y))
}

// unmark leaves r out of what is found.
func (s *rectangles) unmark(r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		clear(s.marks[y*s.cols+r.Min.X : y*s.cols+r.Max.X])
	}
}

// take returns the smallest rectangle with the wanted tiles of r, and wants them no more.
func (s *rectangles) take(r image.Rectangle) (tight image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if at := y*s.cols + x; s.marks[at] == wanted {
				s.marks[at] = possible
				tight = tight.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return tight
}
