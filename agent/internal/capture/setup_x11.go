//go:build linux

package capture

import (
	"errors"
	"fmt"
	"image"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xinerama"
	"github.com/jezek/xgb/xproto"
	"github.com/kbinani/screenshot"

	"beside/agent/internal/xwire"
)

// extensions are those of the server that capture uses, by major opcode; 0 is absent.
type extensions struct {
	damage, fixes                        byte
	shm, randr, xinerama, xinput         byte
	damageEvent, cursorEvent, randrEvent byte
	sharedPixmaps                        bool
}

// findExtensions looks the extensions up and agrees on versions. It enters them in the
// connection itself and not by each package's Init; see xwire for why.
func findExtensions(conn *xgb.Conn) (extensions, error) {
	var e extensions
	d, err := find(conn, "DAMAGE")
	if err != nil {
		return e, err
	}
	x, err := find(conn, "XFIXES")
	if err != nil {
		return e, err
	}
	if !d.Present || !x.Present {
		return e, errors.New("the X server lacks the DAMAGE or XFIXES extension")
	}
	e.damage, e.fixes = d.MajorOpcode, x.MajorOpcode
	e.damageEvent, e.cursorEvent = d.FirstEvent+damage.Notify, x.FirstEvent+xfixes.CursorNotify
	if _, err := xfixes.QueryVersion(conn, 5, 0).Reply(); err != nil {
		return e, err
	}
	if _, err := damage.QueryVersion(conn, 1, 1).Reply(); err != nil {
		return e, err
	}
	return e, e.findOptional(conn)
}

// findOptional looks up what capture can do without.
func (e *extensions) findOptional(conn *xgb.Conn) error {
	r, err := find(conn, "RANDR")
	if err != nil {
		return err
	}
	if r.Present {
		e.randr, e.randrEvent = r.MajorOpcode, r.FirstEvent
		if _, err := randr.QueryVersion(conn, 1, 3).Reply(); err != nil {
			return err
		}
	}
	m, err := find(conn, "MIT-SHM")
	if err != nil {
		return err
	}
	if m.Present {
		v, err := shm.QueryVersion(conn).Reply()
		if err != nil {
			return err
		}
		e.shm = m.MajorOpcode
		e.sharedPixmaps = v.SharedPixmaps && v.PixmapFormat == xproto.ImageFormatZPixmap
	}
	n, err := find(conn, "XINERAMA")
	if err != nil {
		return err
	}
	if n.Present {
		e.xinerama = n.MajorOpcode
	}
	return e.findXInput(conn)
}

// find enters the extension in the connection's table when the server has it.
func find(conn *xgb.Conn, name string) (*xproto.QueryExtensionReply, error) {
	reply, err := xproto.QueryExtension(conn, uint16(len(name)), name).Reply()
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", name, err)
	}
	if reply.Present {
		conn.ExtLock.Lock()
		conn.Extensions[name] = reply.MajorOpcode
		conn.ExtLock.Unlock()
	}
	return reply, nil
}

// checkFormat makes sure that pixels are BGRX in memory.
func checkFormat(setup *xproto.SetupInfo, root *xproto.ScreenInfo) error {
	if setup.ImageByteOrder != xproto.ImageOrderLSBFirst {
		return fmt.Errorf("%w: big endian", ErrUnsupported)
	}
	bits := byte(0)
	for _, f := range setup.PixmapFormats {
		if f.Depth == root.RootDepth {
			bits = f.BitsPerPixel
		}
	}
	if root.RootDepth != 24 && root.RootDepth != 32 || bits != 32 {
		return fmt.Errorf("%w: depth %d in %d bits, need 24 or 32 in 32", ErrUnsupported, root.RootDepth, bits)
	}
	for _, d := range root.AllowedDepths {
		for _, v := range d.Visuals {
			if v.VisualId == root.RootVisual && (v.RedMask != 0xff0000 || v.GreenMask != 0xff00 || v.BlueMask != 0xff) {
				return fmt.Errorf("%w: colour masks %06x %06x %06x", ErrUnsupported, v.RedMask, v.GreenMask, v.BlueMask)
			}
		}
	}
	return nil
}

// errNoMonitors: the server has no monitor at this moment.
var errNoMonitors = errors.New("capture: no monitor is on")

// Displays lists the monitors. It reads no picture and needs no grant.
func Displays() ([]Display, error) {
	conn, wire, err := xwire.Dial("")
	if err != nil {
		return nil, fmt.Errorf("capture: displays: %w", err)
	}
	defer conn.Close()
	wire.OnEvent(func([]byte) {})
	origin, err := primaryOrigin(conn)
	if err != nil {
		return nil, fmt.Errorf("capture: displays: %w", err)
	}
	list := make([]Display, screenshot.NumActiveDisplays())
	for i := range list {
		list[i] = Display{Index: i, Bounds: screenshot.GetDisplayBounds(i).Add(origin)}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("capture: displays: %w", errNoMonitors)
	}
	return list, nil
}

// primaryOrigin is where the first monitor is on the root window. The screenshot
// library counts all coordinates from there.
func primaryOrigin(conn *xgb.Conn) (image.Point, error) {
	x, err := find(conn, "XINERAMA")
	if err != nil || !x.Present {
		return image.Point{}, err
	}
	screens, err := xinerama.QueryScreens(conn).Reply()
	if err != nil || len(screens.ScreenInfo) == 0 {
		return image.Point{}, err
	}
	first := screens.ScreenInfo[0]
	return image.Pt(int(first.XOrg), int(first.YOrg)), nil
}

// displayBounds is where the display is on the root window.
func displayBounds(conn *xgb.Conn, ext extensions, root xproto.Window, index int) (image.Rectangle, error) {
	geometry, err := xproto.GetGeometry(conn, xproto.Drawable(root)).Reply()
	if err != nil {
		return image.Rectangle{}, err
	}
	whole := image.Rect(0, 0, int(geometry.Width), int(geometry.Height))
	if ext.xinerama == 0 {
		if index != 0 {
			return image.Rectangle{}, fmt.Errorf("%w: %d of 1", ErrNoDisplay, index)
		}
		return whole, nil
	}
	screens, err := xinerama.QueryScreens(conn).Reply()
	switch {
	case err != nil:
		return image.Rectangle{}, err
	case len(screens.ScreenInfo) == 0:
		return image.Rectangle{}, errNoMonitors
	case index < 0 || index >= len(screens.ScreenInfo):
		return image.Rectangle{}, fmt.Errorf("%w: %d of %d", ErrNoDisplay, index, len(screens.ScreenInfo))
	}
	i := screens.ScreenInfo[index]
	bounds := image.Rect(int(i.XOrg), int(i.YOrg), int(i.XOrg)+int(i.Width), int(i.YOrg)+int(i.Height)).Intersect(whole)
	if bounds.Empty() {
		return image.Rectangle{}, errNoMonitors
	}
	return bounds, nil
}
