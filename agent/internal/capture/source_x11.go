//go:build linux

package capture

import (
	"errors"
	"fmt"
	"image"

	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
	"github.com/kbinani/screenshot"
)

// pixels is a way to read the screen into a picture of the display's size.
type pixels interface {
	kind() Source
	// ask adds the requests, if it can, that fetch the region (or all of the display,
	// for RegionNone) to those of the grab.
	ask(region xfixes.Region)
	// take returns when the rectangles, in the picture's pixels, are in the picture.
	take(rects []image.Rectangle) error
	// release frees the picture; nobody reads it any more.
	release()
	// blank frees it while somebody may still read it.
	blank()
}

// openSource takes the best source that works and makes its picture.
func (s *screen) openSource() error {
	order := []Source{SharedPixmap, SharedImage, Requests}
	switch {
	case s.forced != 0:
		order = []Source{s.forced}
	case s.ext.shm == 0:
		order = []Source{Screenshot, Requests}
	}
	var failed error
	for _, kind := range order {
		from, pix, err := s.newSource(kind)
		if err == nil {
			s.from, s.pix = from, pix
			return nil
		}
		failed = errors.Join(failed, fmt.Errorf("%v: %w", kind, err))
		s.log.Warn("a way to read the screen does not work", "source", kind.String(), "error", err.Error())
	}
	return failed
}

func (s *screen) newSource(kind Source) (pixels, []byte, error) {
	switch kind {
	case SharedPixmap:
		return s.newSharedPixmap()
	case SharedImage:
		return s.newSharedImage()
	case Screenshot:
		return s.newScreenshot()
	}
	pix := make([]byte, s.pictureSize())
	return &requests{s: s, pix: pix}, pix, nil
}

func (s *screen) pictureSize() int { return 4 * s.bounds.Dx() * s.bounds.Dy() }

// attached is a segment that the server has too.
type attached struct {
	s    *screen
	seg  *segment
	xseg shm.Seg
}

// attach makes a segment and has the server attach it. It is marked for removal
// whether or not that worked, so none can be left behind.
func (s *screen) attach(size int) (*attached, error) {
	if s.ext.shm == 0 {
		return nil, errors.New("the X server lacks MIT-SHM")
	}
	seg, err := newSegment(size)
	if err != nil {
		return nil, err
	}
	defer seg.remove()
	a := &attached{s: s, seg: seg}
	if a.xseg, err = shm.NewSegId(s.conn); err == nil {
		err = shm.AttachChecked(s.conn, a.xseg, uint32(seg.id), false).Check()
	}
	if err != nil {
		seg.detach()
		return nil, fmt.Errorf("the X server refused shared memory: %w", err)
	}
	return a, nil
}

func (a *attached) release() {
	shm.Detach(a.s.conn, a.xseg)
	a.seg.detach()
}

func (a *attached) blank() {
	shm.Detach(a.s.conn, a.xseg)
	if err := a.seg.blank(); err != nil {
		a.s.log.Error("the last picture stays in memory", "error", err.Error())
	}
}

// sharedPixmap is a pixmap that lives in the segment. The server copies the damaged
// region of the root there, clipped by the region itself, so that each pixel goes
// straight to its place and no rectangle needs a request.
type sharedPixmap struct {
	*attached
	pixmap xproto.Pixmap
	gc     xproto.Gcontext
}

func (s *screen) newSharedPixmap() (pixels, []byte, error) {
	if !s.ext.sharedPixmaps {
		return nil, nil, errors.New("the X server has no shared pixmaps")
	}
	a, err := s.attach(s.pictureSize())
	if err != nil {
		return nil, nil, err
	}
	p := &sharedPixmap{attached: a}
	if err := p.create(); err != nil {
		a.release()
		return nil, nil, err
	}
	return p, a.seg.mem, nil
}

// create makes the pixmap and tries it once, with errors asked for.
func (p *sharedPixmap) create() (err error) {
	s := p.s
	if p.pixmap, err = xproto.NewPixmapId(s.conn); err != nil {
		return err
	}
	if p.gc, err = xproto.NewGcontextId(s.conn); err != nil {
		return err
	}
	w, h := uint16(s.bounds.Dx()), uint16(s.bounds.Dy())
	root := xproto.Drawable(s.root)
	if err := shm.CreatePixmapChecked(s.conn, p.pixmap, root, w, h, s.depth, p.xseg, 0).Check(); err != nil {
		return err
	}
	// The values go in the order of their bits: windows on the root are copied too,
	// and the server need not tell about what it could not copy.
	values := []uint32{xproto.SubwindowModeIncludeInferiors, 0}
	const mask = xproto.GcSubwindowMode | xproto.GcGraphicsExposures
	if err := xproto.CreateGCChecked(s.conn, p.gc, root, mask, values).Check(); err != nil {
		return err
	}
	x, y := int16(s.bounds.Min.X), int16(s.bounds.Min.Y)
	return xproto.CopyAreaChecked(s.conn, root, xproto.Drawable(p.pixmap), p.gc, x, y, 0, 0, w, h).Check()
}

func (p *sharedPixmap) kind() Source { return SharedPixmap }

func (p *sharedPixmap) ask(region xfixes.Region) {
	p.s.quick.copy(region, p.pixmap, p.gc, p.s.bounds)
}

func (p *sharedPixmap) take([]image.Rectangle) error { return nil }

func (p *sharedPixmap) free() {
	xproto.FreeGC(p.s.conn, p.gc)
	xproto.FreePixmap(p.s.conn, p.pixmap)
}

func (p *sharedPixmap) release() {
	p.free()
	p.attached.release()
}

func (p *sharedPixmap) blank() {
	p.free()
	p.attached.blank()
}

// scratch is the room for rectangles narrower than the picture, which the server
// packs without gaps between their rows.
const scratch = 1 << 20

// sharedImage has the server write rectangles into the segment: those as wide as the
// picture straight to their place, others into the scratch room behind it.
type sharedImage struct {
	*attached
	size int
}

func (s *screen) newSharedImage() (pixels, []byte, error) {
	size := s.pictureSize()
	a, err := s.attach(size + scratch)
	if err != nil {
		return nil, nil, err
	}
	return &sharedImage{attached: a, size: size}, a.seg.mem[:size:size], nil
}

func (i *sharedImage) kind() Source { return SharedImage }

func (i *sharedImage) ask(xfixes.Region) {}

func (i *sharedImage) take(rects []image.Rectangle) error {
	width := i.s.bounds.Dx()
	for _, r := range rects {
		if r.Dx() == width {
			if err := i.get(r, 4*width*r.Min.Y); err != nil {
				return err
			}
			continue
		}
		if err := i.takePacked(r); err != nil {
			return err
		}
	}
	return nil
}

// takePacked fetches a narrow rectangle by as many rows as the scratch room holds.
func (i *sharedImage) takePacked(r image.Rectangle) error {
	rows := scratch / (4 * r.Dx())
	for y := r.Min.Y; y < r.Max.Y; y += rows {
		part := image.Rect(r.Min.X, y, r.Max.X, min(y+rows, r.Max.Y))
		if err := i.get(part, i.size); err != nil {
			return err
		}
		place(i.seg.mem[:i.size], i.seg.mem[i.size:], part, i.s.bounds.Dx())
	}
	return nil
}

func (i *sharedImage) get(r image.Rectangle, offset int) error {
	s := i.s
	at := r.Add(s.bounds.Min)
	_, err := shm.GetImage(s.conn, s.canvas, int16(at.Min.X), int16(at.Min.Y), uint16(r.Dx()), uint16(r.Dy()),
		^uint32(0), xproto.ImageFormatZPixmap, i.xseg, uint32(offset)).Reply()
	return err
}

// place copies packed rows to the rectangle r of a picture that is width pixels wide.
func place(picture, packed []byte, r image.Rectangle, width int) {
	row := 4 * r.Dx()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(picture[4*(y*width+r.Min.X):], packed[:row])
		packed = packed[row:]
	}
}

// requests reads rectangles through the connection.
type requests struct {
	s   *screen
	pix []byte
}

func (q *requests) kind() Source { return Requests }

func (q *requests) ask(xfixes.Region) {}

func (q *requests) take(rects []image.Rectangle) error {
	s := q.s
	for _, r := range rects {
		at := r.Add(s.bounds.Min)
		reply, err := xproto.GetImage(s.conn, xproto.ImageFormatZPixmap, s.canvas,
			int16(at.Min.X), int16(at.Min.Y), uint16(r.Dx()), uint16(r.Dy()), ^uint32(0)).Reply()
		if err != nil {
			return err
		}
		if len(reply.Data) < 4*area(r) {
			return errors.New("the X server sent too few pixels")
		}
		place(q.pix, reply.Data, r, s.bounds.Dx())
	}
	return nil
}

func (q *requests) release() {}

// blank leaves the picture to its reader and the garbage collector.
func (q *requests) blank() {}

// shots reads by kbinani/screenshot, which opens a connection of its own each time.
type shots struct {
	s      *screen
	pix    []byte
	origin image.Point
}

func (s *screen) newScreenshot() (pixels, []byte, error) {
	if s.scene != nil {
		return nil, nil, errors.New("it shows everything")
	}
	if s.ext.shm != 0 && s.forced == 0 {
		return nil, nil, errors.New("it would share the picture with other users")
	}
	origin, err := primaryOrigin(s.conn)
	if err != nil {
		return nil, nil, err
	}
	t := &shots{s: s, pix: make([]byte, s.pictureSize()), origin: origin}
	return t, t.pix, t.take([]image.Rectangle{{Max: image.Pt(1, 1)}})
}

func (t *shots) kind() Source { return Screenshot }

func (t *shots) ask(xfixes.Region) {}

func (t *shots) take(rects []image.Rectangle) error {
	var all image.Rectangle
	for _, r := range rects {
		all = all.Union(r)
	}
	if all.Empty() {
		return nil
	}
	img, err := screenshot.CaptureRect(all.Add(t.s.bounds.Min).Sub(t.origin))
	if err != nil {
		return err
	}
	width := t.s.bounds.Dx()
	for y := range all.Dy() {
		from := img.Pix[y*img.Stride:][:4*all.Dx()]
		to := t.pix[4*((all.Min.Y+y)*width+all.Min.X):][:4*all.Dx()]
		for x := 0; x < len(to); x += 4 {
			to[x], to[x+1], to[x+2], to[x+3] = from[x+2], from[x+1], from[x], from[x+3]
		}
	}
	return nil
}

func (t *shots) release() {}

func (t *shots) blank() {}
