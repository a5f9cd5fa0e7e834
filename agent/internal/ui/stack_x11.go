package ui

import (
	"image"

	"github.com/jezek/xgb/xproto"
)

// sight is what the server says about a window of ours.
type sight uint8

const (
	gone    sight = iota // not a child of the root any more
	covered              // something that is not ours lies over it
	uncovered
)

// look asks whether anything but free windows of ours, at the places that we gave them, lies
// over the free window w. It asks the
// server for the order of all windows: VisibilityNotify says nothing under a
// compositing manager, nor about windows that only catch the pointer. THREAT 3.
func (c *xconn) look(w *window) (sight, error) {
	defer c.expect()()
	tree, err := xproto.QueryTree(c.x, c.root).Reply()
	if err != nil {
		return gone, err
	}
	above, found := []xproto.Window(nil), false
	for _, id := range tree.Children {
		switch {
		case id == w.id:
			found = true
		case found && !c.serversOwn(id):
			above = append(above, id)
		}
	}
	if !found {
		return gone, nil
	}
	if c.anyCovers(above, w.rect) {
		return covered, nil
	}
	return uncovered, nil
}

// serversOwn reports whether the server itself made the window: the overlay that
// compositing managers paint everything into.
func (c *xconn) serversOwn(id xproto.Window) bool {
	const idBits = 0x1fffffff
	return uint32(id)&idBits&^c.mask == 0
}

// thinEdge: desktops keep windows this thin, that only catch the pointer, along the
// screen's edges. One that reaches further into ours takes presses meant for it.
const thinEdge = 8

// alongEdge reports whether over hugs an edge of rect.
func alongEdge(over, rect image.Rectangle) bool {
	return over.Max.Y <= rect.Min.Y+thinEdge || over.Min.Y >= rect.Max.Y-thinEdge ||
		over.Max.X <= rect.Min.X+thinEdge || over.Min.X >= rect.Max.X-thinEdge
}

func (c *xconn) anyCovers(ids []xproto.Window, rect image.Rectangle) bool {
	attrs := make([]xproto.GetWindowAttributesCookie, len(ids))
	geoms := make([]xproto.GetGeometryCookie, len(ids))
	for i, id := range ids {
		attrs[i] = xproto.GetWindowAttributes(c.x, id)
		geoms[i] = xproto.GetGeometry(c.x, xproto.Drawable(id))
	}
	covers := false
	for i := range ids {
		a, aerr := attrs[i].Reply()
		g, gerr := geoms[i].Reply()
		if aerr != nil || gerr != nil || a.MapState != xproto.MapStateViewable {
			continue
		}
		b := 2 * int(g.BorderWidth)
		at := image.Rect(0, 0, int(g.Width)+b, int(g.Height)+b).Add(image.Pt(int(g.X), int(g.Y)))
		if own := c.free[ids[i]]; own != nil && !own.guest && own.rect == at {
			continue // and where it is not, another program put it there
		}
		over := at.Intersect(rect)
		edge := a.Class == xproto.WindowClassInputOnly && alongEdge(over, rect)
		covers = covers || !over.Empty() && !edge
	}
	return covers
}

// ours reports whether id belongs to this connection.
func (c *xconn) ours(id uint32) bool { return id&^c.mask == c.base }
