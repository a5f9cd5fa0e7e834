package ui

import (
	"image"
	"math"

	"github.com/jezek/xgb/xproto"
)

// frame is the line round what is shown: four thin windows that let the pointer
// through. It is an ornament; the bar is what counts.
type frame struct {
	u      *UI
	edges  []*window
	around image.Rectangle
	colour rgb
}

const frameWidth = 4 // logical

// show puts the frame round r.
func (f *frame) show(r image.Rectangle, col rgb) {
	t := int(math.Round(frameWidth * f.u.loop.ts.scale))
	sides := []image.Rectangle{
		image.Rect(r.Min.X, r.Min.Y, r.Max.X, r.Min.Y+t),
		image.Rect(r.Min.X, r.Max.Y-t, r.Max.X, r.Max.Y),
		image.Rect(r.Min.X, r.Min.Y+t, r.Min.X+t, r.Max.Y-t),
		image.Rect(r.Max.X-t, r.Min.Y+t, r.Max.X, r.Max.Y-t),
	}
	if len(f.edges) == 0 {
		f.open(sides, col)
	}
	for i, w := range f.edges {
		if w.rect != sides[i] {
			w.place(sides[i])
		}
		if col != f.colour {
			xproto.ChangeWindowAttributes(f.u.conn.x, w.id, xproto.CwBackPixel,
				[]uint32{f.u.conn.format.pixel(col)})
			xproto.ClearArea(f.u.conn.x, false, w.id, 0, 0, 0, 0)
		}
		w.raise()
	}
	f.around, f.colour = r, col
}

// open makes the edges; without the SHAPE extension they would catch clicks, so
// then there is no frame.
func (f *frame) open(sides []image.Rectangle, col rgb) {
	if f.u.conn.shapeEvent == 0 {
		return
	}
	f.colour = col
	for _, r := range sides {
		w, err := f.u.conn.newWindow(r, true, col)
		if err != nil {
			f.close()
			return
		}
		w.letThrough()
		w.show()
		f.edges = append(f.edges, w)
	}
}

func (f *frame) close() {
	for _, w := range f.edges {
		w.destroy()
	}
	f.edges = nil
}
