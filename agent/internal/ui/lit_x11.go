package ui

import (
	"encoding/binary"
	"image"
	"slices"

	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"
)

// lit reports whether a monitor shows a part of the screen: what the server holds is worth
// nothing while every monitor is switched off, shows another part, or shows all colours as
// black, which any program can have it do. Where the server knows of no monitors it is lit.
func (c *xconn) lit(r image.Rectangle) bool {
	if !c.coloured() {
		return false
	}
	if c.randrEvent == 0 {
		return true
	}
	all, err := randr.GetScreenResourcesCurrent(c.x, c.root).Reply()
	if err != nil || len(all.Crtcs) == 0 {
		return true
	}
	shown := 0
	for _, id := range all.Crtcs {
		info, err := randr.GetCrtcInfo(c.x, id, all.ConfigTimestamp).Reply()
		if err != nil || info.Mode == 0 || len(info.Outputs) == 0 {
			continue
		}
		area := image.Rect(0, 0, int(info.Width), int(info.Height)).Add(image.Pt(int(info.X), int(info.Y)))
		if part := area.Intersect(r); !part.Empty() && c.inPlace(id) && c.bright(id) {
			shown += part.Dx() * part.Dy()
		}
	}
	return shown >= r.Dx()*r.Dy() // by several, where one large screen is made of them
}

// inPlace reports whether a monitor shows what lies where it does: a transformation may move
// it (RRGetCrtcTransform: two of 36 bytes each, the current one behind the pending).
func (c *xconn) inPlace(id randr.Crtc) bool {
	const getTransform, current, pixel = 27, 48, 1 << 16
	b, err := c.call(newRequest(c.randr, getTransform).u32(uint32(id)))
	if err != nil || len(b) < current+36 {
		return true
	}
	for _, at := range []int{current + 8, current + 20} { // along and down
		if d := int32(binary.LittleEndian.Uint32(b[at:])); d >= pixel || d <= -pixel {
			return false
		}
	}
	return true
}

// bright reports whether a monitor tells black from white, or never did: some drivers, and
// servers without a monitor, have no table of colours to tell of.
func (c *xconn) bright(id randr.Crtc) bool {
	now := c.ramps(id)
	if _, known := c.ramped[id]; !known {
		c.ramped[id] = now
	}
	return now || !c.ramped[id]
}

// ramps reports whether a monitor's table of colours tells black from white, by a sixteenth at
// least: programs that dim the screen at night go down to a tenth.
func (c *xconn) ramps(id randr.Crtc) bool {
	g, err := randr.GetCrtcGamma(c.x, id).Reply()
	if err != nil || g.Size < 2 {
		return true
	}
	const least = 65535 / 16
	for _, ramp := range [][]uint16{g.Red, g.Green, g.Blue} {
		if len(ramp) > 0 && int(slices.Max(ramp))-int(slices.Min(ramp)) >= least {
			return true
		}
	}
	return false
}

// coloured reports whether the screen shows colours as they are meant. Window managers have
// it show the colour map of the program in use, and any program can have it show one of its
// own: one that makes other colours of ours is taken away.
func (c *xconn) coloured() bool {
	r, err := xproto.ListInstalledColormaps(c.x, c.root).Reply()
	if err != nil || slices.Contains(r.Cmaps, c.screen.DefaultColormap) {
		return true
	}
	if !slices.ContainsFunc(r.Cmaps, func(m xproto.Colormap) bool { return !c.plain(m) }) {
		return true
	}
	xproto.InstallColormap(c.x, c.screen.DefaultColormap)
	return false
}

// plain reports whether a colour map shows each grey as that grey, in the order of bits of
// some visual of the screen. A map looks up the three colours of a pixel each by itself: what
// it makes of the greys is all that it has.
func (c *xconn) plain(m xproto.Colormap) bool {
	tried := make(map[[3]uint32]bool)
	for _, depth := range c.screen.AllowedDepths {
		for _, v := range depth.Visuals {
			masks := [3]uint32{v.RedMask, v.GreenMask, v.BlueMask}
			if v.Class != xproto.VisualClassTrueColor || tried[masks] {
				continue
			}
			tried[masks] = true
			if r, err := xproto.QueryColors(c.x, m, greys(masks)).Reply(); err == nil && areGreys(r.Colors) {
				return true
			}
		}
	}
	return false
}

// greyCount is how many greys are asked for.
const greyCount = 256

// greys are pixels from black to white.
func greys(masks [3]uint32) []uint32 {
	pixels := make([]uint32, greyCount)
	for i := range pixels {
		for _, mask := range masks {
			low := max(mask&-mask, 1)
			pixels[i] |= mask / low * uint32(i) / (greyCount - 1) * low
		}
	}
	return pixels
}

// areGreys reports whether colours go from black to white in even steps.
func areGreys(colours []xproto.Rgb) bool {
	const most = 65535
	off := func(shade uint16, i int) bool {
		d := int(shade) - i*most/(greyCount-1)
		return max(d, -d) > most/32 // as coarse as five bits are
	}
	for i, c := range colours {
		if off(c.Red, i) || off(c.Green, i) || off(c.Blue, i) {
			return false
		}
	}
	return len(colours) == greyCount
}
