package ui

import (
	"errors"
	"image"
	"math"
	"strconv"
	"strings"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xinerama"
	"github.com/jezek/xgb/xproto"
)

// bounds is the whole screen now.
func (c *xconn) bounds() (image.Rectangle, error) {
	g, err := xproto.GetGeometry(c.x, xproto.Drawable(c.root)).Reply()
	if err != nil {
		return image.Rectangle{}, err
	}
	return image.Rect(0, 0, int(g.Width), int(g.Height)), nil
}

var errOneHead = errors.New("ui: no Xinerama")

func (c *xconn) heads() (*xinerama.QueryScreensReply, error) {
	if !c.monitored {
		return nil, errOneHead
	}
	return xinerama.QueryScreens(c.x).Reply()
}

// monitors lists the monitors, the main one first; never none.
func (c *xconn) monitors() ([]image.Rectangle, error) {
	defer c.expect()()
	whole, err := c.bounds()
	if err != nil {
		return nil, err
	}
	var list []image.Rectangle
	if r, err := c.heads(); err == nil {
		for _, s := range r.ScreenInfo {
			m := image.Rect(0, 0, int(s.Width), int(s.Height)).Add(image.Pt(int(s.XOrg), int(s.YOrg)))
			if m = m.Intersect(whole); !m.Empty() {
				list = append(list, m)
			}
		}
	}
	if len(list) == 0 {
		list = append(list, whole)
	}
	return list, nil
}

// scale is how many pixels a logical unit has: from the setting Xft.dpi, which
// desktops keep, else from the size that the screen says it has.
func (c *xconn) scale() float64 {
	if dpi, ok := xftDPI(c.resources()); ok {
		return scaleOf(dpi)
	}
	if mm := float64(c.screen.WidthInMillimeters); mm > 0 {
		return scaleOf(float64(c.screen.WidthInPixels) * 25.4 / mm)
	}
	return 1
}

// scaleOf rounds to steps of a quarter, between 1 and 4.
func scaleOf(dpi float64) float64 {
	return min(max(math.Round(dpi/96*4)/4, 1), 4)
}

func (c *xconn) resources() string {
	const maxWords = 1 << 16
	r, err := xproto.GetProperty(c.x, false, c.root, xproto.AtomResourceManager,
		xproto.AtomString, 0, maxWords).Reply()
	if err != nil {
		return ""
	}
	return string(r.Value)
}

// xftDPI finds "Xft.dpi: 192" in the resource settings.
func xftDPI(resources string) (float64, bool) {
	for line := range strings.Lines(resources) {
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(name) != "Xft.dpi" {
			continue
		}
		dpi, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err == nil && dpi >= 48 && dpi <= 960 {
			return dpi, true
		}
	}
	return 0, false
}

// hasCompositor reports whether a compositing manager paints the screen (EWMH, _NET_WM_CM_Sn).
func (c *xconn) hasCompositor() bool {
	r, err := xproto.GetSelectionOwner(c.x, c.atom("_NET_WM_CM_S"+strconv.Itoa(c.display.screen))).Reply()
	return err == nil && r.Owner != 0
}

// hasTerminal is the property that Xorg keeps on the root window: whether its terminal is the
// one that this computer shows. While another one is, nobody sees anything of ours, and the
// user's devices are off.
const hasTerminal = "XFree86_has_VT"

// elsewhere reports whether the user looks at another terminal.
func (c *xconn) elsewhere() bool {
	r, err := xproto.GetProperty(c.x, false, c.root, c.atom(hasTerminal), xproto.AtomInteger, 0, 1).Reply()
	return err == nil && r.Format == 32 && len(r.Value) == 4 && xgb.Get32(r.Value) == 0
}
