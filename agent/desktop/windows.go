package desktop

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// lookInterval is how often the wait methods look again.
const lookInterval = 15 * time.Millisecond

// Window is one window that a program shows.
type Window struct {
	ID xproto.Window
	// Title, Class, Instance and Role are WM_NAME, WM_CLASS and WM_WINDOW_ROLE.
	Title, Class, Instance, Role string
	// Bounds are the window's own pixels on the screen, without a frame.
	Bounds image.Rectangle
	// Visible windows are mapped, with all windows around them.
	Visible bool
	// OverrideRedirect windows are outside the window manager's reach.
	OverrideRedirect bool
}

// WaitFocus waits until a window has the keyboard: a window manager gives it some time after
// the press.
func (d *Desktop) WaitFocus(ctx context.Context, w Window) error {
	return d.wait(ctx, func() (bool, error) {
		focus, err := xproto.GetInputFocus(d.conn).Reply()
		if err != nil {
			return false, err
		}
		return focus.Focus == w.ID, nil
	})
}

// Centre is the middle of the window on the screen.
func (w Window) Centre() (x, y int) {
	return (w.Bounds.Min.X + w.Bounds.Max.X) / 2, (w.Bounds.Min.Y + w.Bounds.Max.Y) / 2
}

// Windows lists the programs' top windows from the lowest to the highest, found inside
// the window manager's frames.
func (d *Desktop) Windows() ([]Window, error) {
	tree, err := xproto.QueryTree(d.conn, d.screen.Root).Reply()
	if err != nil {
		return nil, fmt.Errorf("desktop: list windows: %w", err)
	}
	var found []Window
	for _, id := range tree.Children {
		if w, ok := d.client(id, 3); ok {
			found = append(found, w)
		}
	}
	return found, nil
}

// client finds the program's window at or inside id. A window may vanish while it is
// looked at; then it is simply not there.
func (d *Desktop) client(id xproto.Window, depth int) (Window, bool) {
	if w, ok := d.describe(id); ok {
		return w, true
	}
	if depth == 0 {
		return Window{}, false
	}
	tree, err := xproto.QueryTree(d.conn, id).Reply()
	if err != nil {
		return Window{}, false
	}
	for _, child := range tree.Children {
		if w, ok := d.client(child, depth-1); ok {
			return w, true
		}
	}
	return Window{}, false
}

// describe reads a window; ok means that it belongs to a program, that is, has a class.
func (d *Desktop) describe(id xproto.Window) (w Window, ok bool) {
	class := d.property(id, "WM_CLASS")
	if class == "" {
		return Window{}, false
	}
	attributes, err := xproto.GetWindowAttributes(d.conn, id).Reply()
	if err != nil {
		return Window{}, false
	}
	geometry, err := xproto.GetGeometry(d.conn, xproto.Drawable(id)).Reply()
	if err != nil {
		return Window{}, false
	}
	at, err := xproto.TranslateCoordinates(d.conn, id, d.screen.Root, 0, 0).Reply()
	if err != nil {
		return Window{}, false
	}
	w = Window{ID: id, Role: d.property(id, "WM_WINDOW_ROLE"),
		Visible:          attributes.MapState == xproto.MapStateViewable,
		OverrideRedirect: attributes.OverrideRedirect,
		Bounds: image.Rect(0, 0, int(geometry.Width), int(geometry.Height)).
			Add(image.Pt(int(at.DstX), int(at.DstY)))}
	w.Instance, w.Class, _ = strings.Cut(strings.TrimSuffix(class, "\x00"), "\x00")
	if w.Title = d.property(id, "_NET_WM_NAME"); w.Title == "" {
		w.Title = d.property(id, "WM_NAME")
	}
	return w, true
}

func (d *Desktop) property(id xproto.Window, name string) string {
	atom, err := intern(d.conn, name)
	if err != nil {
		return ""
	}
	reply, err := xproto.GetProperty(d.conn, false, id, atom, xproto.GetPropertyTypeAny, 0, 1024).Reply()
	if err != nil || reply.Format != 8 {
		return ""
	}
	return string(reply.Value)
}

func intern(conn *xgb.Conn, name string) (xproto.Atom, error) {
	reply, err := xproto.InternAtom(conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return 0, fmt.Errorf("desktop: atom %s: %w", name, err)
	}
	return reply.Atom, nil
}

// WaitWindow waits for a visible window that match accepts.
func (d *Desktop) WaitWindow(ctx context.Context, match func(Window) bool) (Window, error) {
	var seen []Window
	var found Window
	err := d.wait(ctx, func() (bool, error) {
		var err error
		if seen, err = d.Windows(); err != nil {
			return false, err
		}
		for _, w := range seen {
			if w.Visible && match(w) {
				found = w
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		return Window{}, fmt.Errorf("desktop: no such window among %d: %w", len(seen), err)
	}
	return found, nil
}

// WaitGone waits until no visible window is accepted by match.
func (d *Desktop) WaitGone(ctx context.Context, match func(Window) bool) error {
	return d.wait(ctx, func() (bool, error) {
		windows, err := d.Windows()
		for _, w := range windows {
			if w.Visible && match(w) {
				return false, nil
			}
		}
		return true, err
	})
}

// WithClass matches windows of the class.
func WithClass(class string) func(Window) bool {
	return func(w Window) bool { return w.Class == class }
}

// WithRole matches windows of the class and role: the agent's windows are
// "beside-agent" with the roles start, question, bar and over.
func WithRole(class, role string) func(Window) bool {
	return func(w Window) bool { return w.Class == class && w.Role == role }
}

// wait looks until done says so.
func (d *Desktop) wait(ctx context.Context, done func() (bool, error)) error {
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// waitWindowManager waits until a window manager has announced itself on the root.
func (d *Desktop) waitWindowManager(ctx context.Context) error {
	atom, err := intern(d.conn, "_NET_SUPPORTING_WM_CHECK")
	if err != nil {
		return err
	}
	err = d.wait(ctx, func() (bool, error) {
		reply, err := xproto.GetProperty(d.conn, false, d.screen.Root, atom, xproto.AtomWindow, 0, 1).Reply()
		return err == nil && len(reply.Value) == 4, err
	})
	if err != nil {
		return errors.Join(errors.New("desktop: the window manager did not start"), err)
	}
	return nil
}
