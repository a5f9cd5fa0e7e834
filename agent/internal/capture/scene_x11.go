//go:build linux

package capture

import (
	"image"
	"sync/atomic"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"beside/agent/internal/xwire"
)

// stagehand looks after the windows of an X server for a Scene.
type stagehand struct {
	limits Limits
	conn   *xgb.Conn
	root   xproto.Window
	mask   uint32 // of a client's windows
	ended  chan struct{}

	stale atomic.Bool
	list  []layer
	known map[xproto.Window]kind // what a window is; forgotten when it is mapped anew
	atoms struct{ state, leader xproto.Atom }
}

// kind is what is known of a window on the root.
type kind struct {
	client    xproto.Window // the program's own window in it, else itself
	transient xproto.Window // which window it belongs to; 0 is none
	framed    bool          // a window manager has put a frame round it, or keeps it
}

func openStagehand(limits Limits, changed func()) (*stagehand, error) {
	conn, wire, err := xwire.Dial("")
	if err != nil {
		return nil, err
	}
	setup := xproto.Setup(conn)
	h := &stagehand{
		limits: limits, conn: conn, root: setup.DefaultScreen(conn).Root, mask: setup.ResourceIdMask,
		ended: make(chan struct{}), known: map[xproto.Window]kind{},
	}
	h.stale.Store(true)
	wire.OnEvent(func(event []byte) {
		switch event[0] &^ 0x80 {
		case xproto.CreateNotify, xproto.DestroyNotify, xproto.UnmapNotify, xproto.MapNotify,
			xproto.ReparentNotify, xproto.ConfigureNotify, xproto.CirculateNotify, xproto.GravityNotify:
			h.stale.Store(true)
			changed()
		}
	})
	go func() {
		defer close(h.ended)
		for {
			if event, err := conn.WaitForEvent(); event == nil && err == nil {
				return
			}
		}
	}()
	err = xproto.ChangeWindowAttributesChecked(conn, h.root, xproto.CwEventMask,
		[]uint32{xproto.EventMaskSubstructureNotify}).Check()
	if err == nil {
		h.atoms.state, err = h.atom("WM_STATE")
	}
	if err == nil {
		h.atoms.leader, err = h.atom("WM_CLIENT_LEADER")
	}
	if err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *stagehand) atom(name string) (xproto.Atom, error) {
	r, err := xproto.InternAtom(h.conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return 0, err
	}
	return r.Atom, nil
}

func (h *stagehand) close() {
	h.conn.Close()
	<-h.ended
}

// layers looks again if anything changed.
func (h *stagehand) layers() ([]layer, error) {
	if !h.stale.Swap(false) {
		return h.list, nil
	}
	tree, err := xproto.QueryTree(h.conn, h.root).Reply()
	if err != nil {
		h.stale.Store(true)
		return nil, err
	}
	list := h.measure(tree.Children)
	h.classify(list)
	h.list = list
	return list, nil
}

// measure asks where the windows are; those that are not seen are left out.
func (h *stagehand) measure(ids []xproto.Window) []layer {
	attrs := make([]xproto.GetWindowAttributesCookie, len(ids))
	geoms := make([]xproto.GetGeometryCookie, len(ids))
	for i, id := range ids {
		attrs[i] = xproto.GetWindowAttributes(h.conn, id)
		geoms[i] = xproto.GetGeometry(h.conn, xproto.Drawable(id))
	}
	var list []layer
	seen := map[xproto.Window]kind{}
	for i, id := range ids {
		a, aerr := attrs[i].Reply()
		g, gerr := geoms[i].Reply()
		// The overlay that the server makes for compositing managers is the whole screen.
		const idBits = 0x1fffffff
		overlay := uint32(id)&idBits&^h.mask == 0
		if aerr != nil || gerr != nil || overlay || a.Class != xproto.WindowClassInputOutput || a.MapState != xproto.MapStateViewable {
			continue
		}
		edge := int(g.BorderWidth)
		rect := image.Rect(0, 0, int(g.Width)+2*edge, int(g.Height)+2*edge).Add(image.Pt(int(g.X), int(g.Y)))
		list = append(list, layer{id: uint32(id), rect: rect, edge: edge, depth: g.Depth})
		k, ok := h.known[id]
		if !ok {
			k = h.kind(id)
			k.framed = !a.OverrideRedirect
		}
		seen[id] = k
	}
	h.known = seen // a window that went and comes again may be another
	return list
}

// kind finds out what a window on the root is.
func (h *stagehand) kind(id xproto.Window) kind {
	k := kind{client: h.clientIn(id, 3)}
	if k.client == 0 {
		k.client = id
	}
	r, err := xproto.GetProperty(h.conn, false, k.client, xproto.AtomWmTransientFor, xproto.AtomWindow, 0, 1).Reply()
	if err == nil && len(r.Value) >= 4 {
		k.transient = xproto.Window(xgb.Get32(r.Value))
	}
	return k
}

// clientIn finds the program's window at or in a frame: the one that a window manager has
// given a state.
func (h *stagehand) clientIn(id xproto.Window, depth int) xproto.Window {
	r, err := xproto.GetProperty(h.conn, false, id, h.atoms.state, xproto.GetPropertyTypeAny, 0, 1).Reply()
	if err == nil && r.Type != 0 {
		return id
	}
	if depth == 0 {
		return 0
	}
	tree, err := xproto.QueryTree(h.conn, id).Reply()
	if err != nil {
		return 0
	}
	for _, child := range tree.Children {
		if found := h.clientIn(child, depth-1); found != 0 {
			return found
		}
	}
	return 0
}

// top is the window on the root that a window is, or is in.
func (h *stagehand) top(window uint32) uint32 {
	const deepest = 64
	id := xproto.Window(window)
	for range deepest {
		if _, ok := h.known[id]; ok {
			break
		}
		tree, err := xproto.QueryTree(h.conn, id).Reply()
		if err != nil || tree.Parent == h.root || tree.Parent == 0 {
			break
		}
		id = tree.Parent
	}
	return uint32(id)
}

// classify says which windows are shown.
func (h *stagehand) classify(list []layer) {
	for i := range list {
		id := xproto.Window(list[i].id)
		if h.limits.Window != 0 {
			list[i].show = h.belongs(id, xproto.Window(h.limits.Window), false)
		} else {
			list[i].show = true
		}
		for _, hidden := range h.limits.Hidden {
			if h.belongs(id, xproto.Window(hidden), true) {
				list[i].show = false
			}
		}
	}
}

// belongs reports whether a window on the root is the window that was chosen, or a menu or
// dialog of it. In doubt, as with a menu that does not say whose it is, it is what shows
// less: all of a program's menus are hidden with any window of it, and none is shown while
// the program has several windows.
func (h *stagehand) belongs(id, chosen xproto.Window, doubt bool) bool {
	k := h.known[id]
	if id == chosen || k.client == chosen || h.top(uint32(chosen)) == uint32(id) {
		return true
	}
	const longest = 8
	for up, n := k.transient, 0; up != 0 && n < longest; n++ {
		if up == chosen {
			return true
		}
		up = h.known[xproto.Window(h.top(uint32(up)))].transient
	}
	same := uint32(k.client)&^h.mask == uint32(chosen)&^h.mask
	if k.framed || !same {
		return false
	}
	return doubt || k.transient == 0 && h.windowsOf(chosen) == 1
}

// windowsOf counts the ordinary windows of the program that a window is of.
func (h *stagehand) windowsOf(chosen xproto.Window) (n int) {
	for _, k := range h.known {
		if k.framed && uint32(k.client)&^h.mask == uint32(chosen)&^h.mask {
			n++
		}
	}
	return n
}
