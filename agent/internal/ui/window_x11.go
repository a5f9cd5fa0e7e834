package ui

import (
	"encoding/binary"
	"image"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/xproto"
)

// window is one X window of ours. The loop alone uses it.
type window struct {
	c      *xconn
	id     xproto.Window
	rect   image.Rectangle // where we put it, in the screen's pixels
	mapped bool
	free   bool // override-redirect: no window manager has a say
	guest  bool // it lies in another program's, which places it
}

// newWindow makes a window that is not on the screen yet. A free one is placed by
// us alone; the others belong to the window manager.
func (c *xconn) newWindow(rect image.Rectangle, free bool, background rgb) (*window, error) {
	id, err := xproto.NewWindowId(c.x)
	if err != nil {
		return nil, err
	}
	w := &window{c: c, id: id, rect: rect, free: free}
	override := uint32(0)
	if free {
		override = 1
		c.free[id] = w
	}
	const mask = xproto.CwBackPixel | xproto.CwBorderPixel | xproto.CwBitGravity |
		xproto.CwOverrideRedirect | xproto.CwEventMask | xproto.CwColormap | xproto.CwCursor
	err = xproto.CreateWindowChecked(c.x, c.screen.RootDepth, id, c.root,
		int16(rect.Min.X), int16(rect.Min.Y), uint16(rect.Dx()), uint16(rect.Dy()), 0,
		xproto.WindowClassInputOutput, c.screen.RootVisual, mask, []uint32{
			c.format.pixel(background), 0, xproto.GravityNorthWest, override,
			xproto.EventMaskExposure | xproto.EventMaskStructureNotify | xproto.EventMaskSubstructureNotify |
				xproto.EventMaskVisibilityChange | xproto.EventMaskPropertyChange,
			uint32(c.screen.DefaultColormap), uint32(c.cursor),
		}).Check()
	if err != nil {
		return nil, err
	}
	if free {
		w.beOpaque()
	}
	c.selectXI(id, xiAllMasterDevices, userMask)
	if c.shapeEvent != 0 {
		shape.SelectInput(c.x, id, true)
	}
	return w, nil
}

func (w *window) show() { xproto.MapWindow(w.c.x, w.id) }

func (w *window) raise() {
	xproto.ConfigureWindow(w.c.x, w.id, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove})
}

// place moves and resizes.
func (w *window) place(r image.Rectangle) {
	w.rect = r
	xproto.ConfigureWindow(w.c.x, w.id,
		xproto.ConfigWindowX|xproto.ConfigWindowY|xproto.ConfigWindowWidth|xproto.ConfigWindowHeight,
		[]uint32{uint32(int32(r.Min.X)), uint32(int32(r.Min.Y)), uint32(r.Dx()), uint32(r.Dy())})
}

func (w *window) destroy() {
	delete(w.c.free, w.id)
	xproto.DestroyWindow(w.c.x, w.id)
}

// quiet has window managers show the window without giving it the keyboard (EWMH,
// _NET_WM_USER_TIME).
func (w *window) quiet() { w.set(w.c.atom("_NET_WM_USER_TIME"), xproto.AtomCardinal, 32, words(0)) }

// focus gives the window the keyboard.
func (w *window) focus() {
	xproto.SetInputFocus(w.c.x, xproto.InputFocusPointerRoot, w.id, xproto.TimeCurrentTime)
}

// letThrough makes the window show without catching the pointer.
func (w *window) letThrough() bool {
	if w.c.shapeEvent == 0 {
		return false
	}
	shape.Rectangles(w.c.x, shape.SoSet, shape.SkInput, 0, w.id, 0, 0, nil)
	return true
}

// empty takes away what other programs put into the window. We put nothing there.
func (w *window) empty() { xproto.DestroySubwindows(w.c.x, w.id) }

// point gives the window our own pointer, whatever others gave it.
func (w *window) point() {
	xproto.ChangeWindowAttributes(w.c.x, w.id, xproto.CwCursor, []uint32{uint32(w.c.cursor)})
}

// unshape takes back a shape that another program gave to the window.
func (w *window) unshape() {
	for _, kind := range []shape.Kind{shape.SkBounding, shape.SkClip, shape.SkInput} {
		shape.Mask(w.c.x, shape.SoSet, kind, w.id, 0, 0, xproto.PixmapNone)
	}
}

func (w *window) set(prop, kind xproto.Atom, format byte, data []byte) {
	xproto.ChangeProperty(w.c.x, xproto.PropModeReplace, w.id, prop, kind, format, uint32(len(data)/(int(format)/8)), data)
}

// beOpaque asks compositing managers to show the window as it is, not as windows that are not
// in use: those are often dimmed, and shown through.
func (w *window) beOpaque() {
	w.set(w.c.atom(opacity), xproto.AtomCardinal, 32, words(solid))
	w.set(w.c.atom("_NET_WM_WINDOW_TYPE"), xproto.AtomAtom, 32, words(uint32(w.c.atom("_NET_WM_WINDOW_TYPE_NOTIFICATION"))))
}

// opaque reports whether nobody has asked for something else since.
func (w *window) opaque() bool {
	r, err := xproto.GetProperty(w.c.x, false, w.id, w.c.atom(opacity), xproto.AtomCardinal, 0, 1).Reply()
	return err == nil && r.Format == 32 && len(r.Value) == 4 && xgb.Get32(r.Value) == solid
}

// name says which of our windows this is: its title for people, class and role for
// window managers and tools.
func (w *window) name(title, role string) {
	w.set(xproto.AtomWmName, xproto.AtomString, 8, []byte(title))
	w.set(w.c.atom("_NET_WM_NAME"), w.c.atom("UTF8_STRING"), 8, []byte(title))
	w.set(xproto.AtomWmClass, xproto.AtomString, 8, []byte("beside-agent\x00beside-agent\x00"))
	w.set(w.c.atom("WM_WINDOW_ROLE"), xproto.AtomString, 8, []byte(role))
}

// describe tells the window manager about an ordinary window: name, fixed size,
// and that it may ask us to close.
func (w *window) describe(title, role string) {
	c, set := w.c, w.set
	w.name(title, role)
	set(c.atom("WM_PROTOCOLS"), xproto.AtomAtom, 32, words(uint32(c.atom("WM_DELETE_WINDOW"))))
	set(xproto.AtomWmNormalHints, xproto.AtomWmSizeHints, 32, w.sizeHints())
	set(c.atom("_NET_WM_WINDOW_TYPE"), xproto.AtomAtom, 32,
		words(uint32(c.atom("_NET_WM_WINDOW_TYPE_DIALOG"))))
}

// sizeHints asks for our place and for a size that does not change (ICCCM 4.1.2.3).
func (w *window) sizeHints() []byte {
	const position, minSize, maxSize = 1 << 2, 1 << 4, 1 << 5
	h := make([]uint32, 18)
	h[0] = position | minSize | maxSize
	h[1], h[2] = uint32(w.rect.Min.X), uint32(w.rect.Min.Y)
	for i := 3; i <= 7; i += 2 {
		h[i], h[i+1] = uint32(w.rect.Dx()), uint32(w.rect.Dy())
	}
	return words(h...)
}

func words(v ...uint32) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, n := range v {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}

// frames lists the windows around ours, up to the root: the window manager's frame.
func (w *window) frames() []uint32 {
	var list []uint32
	const deepest = 8
	for id := w.id; len(list) < deepest; {
		t, err := xproto.QueryTree(w.c.x, id).Reply()
		if err != nil || t.Parent == w.c.root || t.Parent == 0 {
			break
		}
		id = t.Parent
		list = append(list, uint32(id))
	}
	return list
}
