package ui

import (
	"strings"

	"github.com/jezek/xgb/xproto"
)

// mostWindows bounds how many of the user's windows are listed.
const mostWindows = 60

// userWindows lists the user's ordinary windows, the highest first: those that a window
// manager looks after, but for the desktop, panels, and our own.
func (c *xconn) userWindows() (list []userWindow) {
	tree, err := xproto.QueryTree(c.x, c.root).Reply()
	if err != nil {
		return nil
	}
	for i := len(tree.Children) - 1; i >= 0 && len(list) < mostWindows; i-- {
		client := c.managed(tree.Children[i], 3)
		if client == 0 || c.ours(uint32(client)) || c.furniture(client) {
			continue
		}
		a, err := xproto.GetWindowAttributes(c.x, client).Reply()
		if err != nil || a.MapState != xproto.MapStateViewable {
			continue
		}
		list = append(list, userWindow{uint32(client), c.titleOf(client)})
	}
	return list
}

// managed finds the program's window at or in a frame: the one with a state of the window
// manager's (ICCCM 4.1.3.1).
func (c *xconn) managed(id xproto.Window, depth int) xproto.Window {
	r, err := xproto.GetProperty(c.x, false, id, c.atom("WM_STATE"), xproto.GetPropertyTypeAny, 0, 1).Reply()
	if err == nil && r.Type != 0 {
		return id
	}
	if depth == 0 {
		return 0
	}
	tree, err := xproto.QueryTree(c.x, id).Reply()
	if err != nil {
		return 0
	}
	for _, child := range tree.Children {
		if found := c.managed(child, depth-1); found != 0 {
			return found
		}
	}
	return 0
}

// furniture reports whether a window is the desktop itself or a panel.
func (c *xconn) furniture(id xproto.Window) bool {
	r, err := xproto.GetProperty(c.x, false, id, c.atom("_NET_WM_WINDOW_TYPE"), xproto.AtomAtom, 0, 8).Reply()
	if err != nil {
		return false
	}
	for v := r.Value; len(v) >= 4; v = v[4:] {
		kind := xproto.Atom(uint32(v[0]) | uint32(v[1])<<8 | uint32(v[2])<<16 | uint32(v[3])<<24)
		if kind == c.atom("_NET_WM_WINDOW_TYPE_DESKTOP") || kind == c.atom("_NET_WM_WINDOW_TYPE_DOCK") {
			return true
		}
	}
	return false
}

// titleOf is what a window calls itself, in one line.
func (c *xconn) titleOf(id xproto.Window) string {
	const words = 64 // of four bytes: more fits no line
	for _, prop := range []xproto.Atom{c.atom("_NET_WM_NAME"), xproto.AtomWmName} {
		r, err := xproto.GetProperty(c.x, false, id, prop, xproto.GetPropertyTypeAny, 0, words).Reply()
		if err == nil && r.Format == 8 && len(r.Value) > 0 {
			return strings.ToValidUTF8(strings.ReplaceAll(tidy(string(r.Value)), "\n", " "), "�")
		}
	}
	return ""
}
