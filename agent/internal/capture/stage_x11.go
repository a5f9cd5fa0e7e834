//go:build linux

package capture

import (
	"encoding/binary"
	"fmt"
	"image"

	"github.com/jezek/xgb/render"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
)

// maskColour is what stands where something is not shown.
const maskColour = 0x9ca3af

// stage is a picture as large as the root, kept by the server, into which the windows of a
// Scene that are shown are painted; pixels are then read from it instead of from the root.
type stage struct {
	s      *screen
	scene  *Scene
	last   []layer // as painted
	pixmap xproto.Pixmap
	fill   xproto.Gcontext // in the mask's colour
	ground xproto.Gcontext // the root without its windows
	copies xproto.Gcontext // windows with all that is in them

	// Windows with an alpha channel have another depth, and come by a detour.
	deep       xproto.Pixmap // 0 where the server has none
	deepCopies xproto.Gcontext
	from, to   render.Picture
	extra      xfixes.Region // scratch
	render     byte          // major opcode
}

// openStage makes it. Everything is made on the screen's first connection; painting uses
// the second, which the server does not mind.
func (s *screen) openStage(scene *Scene) (*stage, error) {
	st := &stage{s: s, scene: scene}
	size, err := xproto.GetGeometry(s.conn, xproto.Drawable(s.root)).Reply()
	if err != nil {
		return nil, err
	}
	if st.pixmap, err = st.newPixmap(s.depth, size.Width, size.Height); err != nil {
		return nil, err
	}
	over, under := uint32(xproto.SubwindowModeIncludeInferiors), uint32(xproto.SubwindowModeClipByChildren)
	for _, g := range []struct {
		gc   *xproto.Gcontext
		mode uint32
	}{{&st.fill, over}, {&st.ground, under}, {&st.copies, over}} {
		if *g.gc, err = st.newGC(xproto.Drawable(st.pixmap), g.mode); err != nil {
			return nil, err
		}
	}
	if st.extra, err = xfixes.NewRegionId(s.conn); err != nil {
		return nil, err
	}
	if err := xfixes.CreateRegionChecked(s.conn, st.extra, nil).Check(); err != nil {
		return nil, err
	}
	return st, st.openDeep(size.Width, size.Height)
}

func (st *stage) newPixmap(depth byte, w, h uint16) (xproto.Pixmap, error) {
	id, err := xproto.NewPixmapId(st.s.conn)
	if err != nil {
		return 0, err
	}
	return id, xproto.CreatePixmapChecked(st.s.conn, depth, id, xproto.Drawable(st.s.root), w, h).Check()
}

func (st *stage) newGC(on xproto.Drawable, mode uint32) (xproto.Gcontext, error) {
	id, err := xproto.NewGcontextId(st.s.conn)
	if err != nil {
		return 0, err
	}
	const mask = xproto.GcForeground | xproto.GcSubwindowMode | xproto.GcGraphicsExposures
	return id, xproto.CreateGCChecked(st.s.conn, id, on, mask, []uint32{maskColour, mode, 0}).Check()
}

// openDeep makes what windows with an alpha channel need. Without it they are not shown.
func (st *stage) openDeep(w, h uint16) error {
	const alphaDepth = 32
	ext, err := find(st.s.conn, "RENDER")
	if err != nil || !ext.Present || st.s.depth == alphaDepth {
		return err
	}
	st.render = ext.MajorOpcode
	if _, err := render.QueryVersion(st.s.conn, 0, 11).Reply(); err != nil {
		return err
	}
	formats, err := render.QueryPictFormats(st.s.conn).Reply()
	if err != nil {
		return err
	}
	plain, alpha := pictFormat(formats, st.s.depth, 0), pictFormat(formats, alphaDepth, 0xff)
	if plain == 0 || alpha == 0 {
		return nil
	}
	if st.deep, err = st.newPixmap(alphaDepth, w, h); err != nil {
		st.deep = 0
		return nil
	}
	if st.deepCopies, err = st.newGC(xproto.Drawable(st.deep), xproto.SubwindowModeIncludeInferiors); err != nil {
		return err
	}
	if st.from, err = st.picture(st.deep, alpha); err != nil {
		return err
	}
	st.to, err = st.picture(st.pixmap, plain)
	return err
}

func (st *stage) picture(of xproto.Pixmap, format render.Pictformat) (render.Picture, error) {
	id, err := render.NewPictureId(st.s.conn)
	if err != nil {
		return 0, err
	}
	return id, render.CreatePictureChecked(st.s.conn, id, xproto.Drawable(of), format, 0, nil).Check()
}

// pictFormat finds the direct format of a depth with blue in the lowest byte.
func pictFormat(all *render.QueryPictFormatsReply, depth byte, alpha uint16) render.Pictformat {
	for _, f := range all.Formats {
		d := f.Direct
		if f.Type == render.PictTypeDirect && f.Depth == depth && d.AlphaMask == alpha &&
			d.RedShift == 16 && d.GreenShift == 8 && d.BlueShift == 0 && d.RedMask == 0xff {
			return f.Id
		}
	}
	return 0
}

// free gives the server its memory back.
func (st *stage) free() {
	xfixes.DestroyRegion(st.s.conn, st.extra)
	for _, p := range []xproto.Pixmap{st.pixmap, st.deep} {
		if p != 0 {
			xproto.FreePixmap(st.s.conn, p)
		}
	}
}

// The requests of a painting.
const (
	xFillRectangle = 70
	renderComp     = 8
	fixesPictClip  = 22
)

// paint paints the clip of everything that is shown: the desktop, then the windows as they
// lie. It sends nothing by itself; the requests go out with those of the grab.
//
// Where windows changed since is painted too: the server may have told of the damage before
// it told of the windows.
func (st *stage) paint(q *quick, clip xfixes.Region) error {
	layers, err := st.scene.layers()
	if err != nil {
		return fmt.Errorf("which windows are shown: %w", err)
	}
	if places := changes(st.last, layers); len(places) > 0 && clip != xfixes.RegionNone {
		q.add(clip, st.extra, places)
	}
	st.last = layers
	q.lenient = true
	for _, gc := range []xproto.Gcontext{st.fill, st.ground, st.copies, st.deepCopies} {
		if gc != 0 {
			q.clip(clip, gc)
		}
	}
	if st.deep != 0 {
		q.out = append(q.out, q.fixes, fixesPictClip, 4, 0)
		q.put32(uint32(st.to), uint32(clip))
		q.put16(0, 0)
	}
	const whole = 32767
	q.fill(st.pixmap, st.fill, image.Rect(0, 0, whole, whole))
	if st.scene.limits.Window == 0 {
		q.copyArea(uint32(st.s.root), st.pixmap, st.ground, image.Rect(0, 0, whole, whole), image.Point{})
	}
	for _, l := range layers {
		st.paintLayer(q, l)
	}
	return nil
}

func (st *stage) paintLayer(q *quick, l layer) {
	inside := image.Rectangle{Max: l.rect.Inset(l.edge).Size()}
	at := l.rect.Min.Add(image.Pt(l.edge, l.edge))
	switch {
	case !l.show && st.scene.limits.Window != 0: // all of it is grey already
	case !l.show:
		q.fill(st.pixmap, st.fill, l.rect)
	case l.depth == st.s.depth:
		q.copyArea(l.id, st.pixmap, st.copies, inside, at)
	case st.deep != 0:
		// What the detour holds of before is painted over first.
		q.fill(st.deep, st.deepCopies, l.rect)
		q.copyArea(l.id, st.deep, st.deepCopies, inside, at)
		q.composite(st.render, st.from, st.to, l.rect)
	default:
		q.fill(st.pixmap, st.fill, l.rect)
	}
}

// add adds rectangles to a region; scratch is one for the purpose.
func (q *quick) add(to, scratch xfixes.Region, rects []image.Rectangle) {
	const setRegion, unionRegion = 11, 13
	q.out = append(q.out, q.fixes, setRegion, 0, 0)
	binary.LittleEndian.PutUint16(q.out[len(q.out)-2:], uint16(2+2*len(rects)))
	q.put32(uint32(scratch))
	for _, r := range rects {
		q.put16(r.Min.X, r.Min.Y, r.Dx(), r.Dy())
	}
	q.out = append(q.out, q.fixes, unionRegion, 4, 0)
	q.put32(uint32(to), uint32(scratch), uint32(to))
}

// clip limits a graphics context to a region; RegionNone is no limit.
func (q *quick) clip(region xfixes.Region, gc xproto.Gcontext) {
	q.out = append(q.out, q.fixes, fixesGCClip, 4, 0)
	q.put32(uint32(gc), uint32(region))
	q.put16(0, 0)
}

func (q *quick) fill(in xproto.Pixmap, gc xproto.Gcontext, r image.Rectangle) {
	q.out = append(q.out, xFillRectangle, 0, 5, 0)
	q.put32(uint32(in), uint32(gc))
	q.put16(r.Min.X, r.Min.Y, r.Dx(), r.Dy())
}

// copyArea copies a part of a drawable to a place of a pixmap: what of the part is to be
// seen.
func (q *quick) copyArea(from uint32, to xproto.Pixmap, gc xproto.Gcontext, part image.Rectangle, at image.Point) {
	q.out = append(q.out, xCopyArea, 0, 7, 0)
	q.put32(from, uint32(to), uint32(gc))
	q.put16(part.Min.X, part.Min.Y, at.X, at.Y, part.Dx(), part.Dy())
}

// composite brings a part of the picture with alpha to the same place of the other. What
// the window left transparent becomes the mask, as nothing else may be seen through it.
func (q *quick) composite(major byte, from, to render.Picture, r image.Rectangle) {
	const over = 3
	q.out = append(q.out, major, renderComp, 9, 0, over, 0, 0, 0)
	q.put32(uint32(from), 0, uint32(to))
	q.put16(r.Min.X, r.Min.Y, 0, 0, r.Min.X, r.Min.Y, r.Dx(), r.Dy())
}
