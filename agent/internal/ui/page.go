package ui

import "beside/agent/internal/catalogue"

// page is one painting of a window: what is drawn and what can be pressed. The
// same code measures (with an empty clip) and paints.
type page struct {
	c       *canvas
	t       *typesetter
	now     pointerState
	targets []target
}

// targetID names something that can be pressed within its window.
type targetID uint8

// target is something that can be pressed.
type target struct {
	id  targetID
	box box
	off bool // shown, but does not answer now
	// mute targets are not reached by Tab: the arrows go through them.
	mute bool
}

// pointerState is what a painting shows of the user's doings.
type pointerState struct {
	hover, down, focus targetID
	focused            bool // show the focus
}

// The text styles of all windows (sizes 13, 15, 17, 22, 32; the code is 44).
var (
	small     = style{size: 13}
	smallBold = style{size: 13, weight: bold}
	body      = style{size: 15}
	bodyBold  = style{size: 15, weight: bold}
	heading   = style{size: 17, weight: bold}
	title     = style{size: 22, weight: bold}
)

// oneLine is s cut to one line.
func oneLine(s style) style { s.lines = 1; return s }

// label draws text and returns its height.
func (p *page) label(text string, s style, x, y, w float64, col rgb) float64 {
	b := p.t.set(text, s, w)
	p.c.text(p.t, b, x, y, col)
	return b.h
}

// width is how wide text is on one line.
func (p *page) width(text string, s style) float64 { return p.t.set(text, oneLine(s), 0).w }

// point draws an icon and a text beside it, and returns the height.
func (p *page) point(i icon, iconCol rgb, text string, s style, x, y, w float64, col rgb) float64 {
	const size, gap = 18, 12
	lead := lineHeight(s.size)
	p.c.sign(i, x, y+(lead-size)/2, size, iconCol)
	return max(p.label(text, s, x+size+gap, y, w-size-gap, col), lead)
}

// buttonLook is the kind of a button.
type buttonLook struct {
	ground, hover, down, text, edge rgb // no edge is none
	radius                          float64
}

var (
	primaryLook = buttonLook{blue, blueDark, rgb{0x1e, 0x3a, 0x8a}, white, rgb{}, 10}
	plainLook   = buttonLook{hairline, rgb{0xdb, 0xde, 0xe4}, pressed, ink, edge, 10}
	barLook     = buttonLook{barButton, barHover, rgb{0x2b, 0x31, 0x3c}, white, rgb{}, 8}
	endLook     = buttonLook{danger, dangerLow, rgb{0x99, 0x1b, 0x1b}, white, rgb{}, 8}
)

// button draws a button and makes it pressable. A button that is off is pale.
func (p *page) button(id targetID, b box, text string, i icon, look buttonLook, off bool) {
	p.targets = append(p.targets, target{id: id, box: b, off: off})
	ground, face := look.ground, look.text
	switch {
	case off:
		ground, face = pale(ground, 140), secondary
		if look.text == white { // still to be read meanwhile
			ground, face = pale(look.ground, 216), look.ground
		}
	case p.now.down == id && p.now.hover == id:
		ground = look.down
	case p.now.hover == id:
		ground = look.hover
	}
	p.c.round(b, look.radius, ground)
	if p.c.tones != nil {
		line := look.text
		switch {
		case off: // white on a pale ground would be no edge
			line = face
		case line == p.c.ground:
			line = ink
		}
		p.c.outline(b, look.radius, 2, line, 1)
	} else if look.edge != (rgb{}) {
		line := look.edge
		if off {
			line = pressed
		}
		p.c.outline(b, look.radius, 1.5, line, 1)
	}
	p.face(b, text, i, face)
	if p.now.focused && p.now.focus == id {
		p.ring(b, look.radius)
	}
}

// faceSide is what a button keeps free beside its face.
const faceSide = 12

// face draws a button's icon and text in its middle.
func (p *page) face(b box, text string, i icon, col rgb) {
	iconSize, gap, s := 16.0, 7.0, bodyBold
	switch {
	case b.h < 40:
		s = smallBold
	case b.h >= 60:
		iconSize, gap, s = 24, 10, style{size: 20, weight: bold}
	}
	t := p.t.set(text, oneLine(s), b.w-faceSide)
	w := t.w
	if text == "" {
		w = 0
	}
	if i != nil {
		w += iconSize
		if text != "" {
			w += gap
		}
	}
	x := b.x + (b.w-w)/2
	if i != nil {
		p.c.sign(i, x, b.y+(b.h-iconSize)/2, iconSize, col)
		x += iconSize + gap
	}
	if text != "" {
		p.c.text(p.t, t, x, b.y+(b.h-t.h)/2, col)
	}
}

// ringStrength is how much blue the focus has: 3.6:1 on white.
const ringStrength = 0.7

// ring is the focus: three wide, around b.
func (p *page) ring(b box, radius float64) {
	p.c.outline(b.inset(-4), radius+4, 3, blue, ringStrength)
}

// The measures of a link.
const linkHigh, linkIcon, linkGap, linkSide = 28, 15, 6, 6

// link is a text that can be pressed, at least 28 high; x is its left edge. It
// returns its width.
func (p *page) link(id targetID, text string, i icon, x, y float64) float64 {
	return p.linkOf(id, p.t.set(text, oneLine(smallBold), 0), i, x, y).w - 2*linkSide
}

// linkIn is a link with an icon that is broken into lines within a width. It returns its
// height.
func (p *page) linkIn(id targetID, text string, i icon, x, y, w float64) float64 {
	return p.linkOf(id, p.t.set(text, smallBold, w-linkIcon-linkGap), i, x, y).h
}

func (p *page) linkOf(id targetID, t *block, i icon, x, y float64) box {
	lead := t.lineHeight
	b := box{x - linkSide, y, t.w + 2*linkSide, linkHigh + t.h - lead}
	if i != nil {
		b.w += linkIcon + linkGap
	}
	p.targets = append(p.targets, target{id: id, box: b})
	col := blue
	if p.now.hover == id {
		col = blueDark
		p.c.roundAt(b, 7, blue, 0.08)
	}
	if i != nil {
		p.c.sign(i, x, y+(linkHigh-linkIcon)/2, linkIcon, col)
		x += linkIcon + linkGap
	}
	p.c.text(p.t, t, x, y+(linkHigh-lead)/2, col)
	if p.now.focused && p.now.focus == id {
		p.ring(b.inset(2), 5)
	}
	return b
}

// remark draws an icon and a small text beside it, in line with the links above and
// below, and returns the height.
func (p *page) remark(i icon, iconCol rgb, text string, x, y, w float64) float64 {
	const beside = linkIcon + linkGap
	p.c.sign(i, x, y+(lineHeight(small.size)-linkIcon)/2, linkIcon, iconCol)
	return p.label(text, small, x+beside, y, w-beside, ink)
}

// linkWidth is how wide link will draw.
func (p *page) linkWidth(text string, i icon) float64 {
	w := p.width(text, smallBold)
	if i != nil {
		w += linkIcon + linkGap
	}
	return w
}

// row draws a name and a value side by side and returns the height.
func (p *page) row(name, value string, s style, x, y, nameW, w float64) float64 {
	left := s
	left.lines = 0
	return max(p.label(name, left, x, y, nameW-rowGap, secondary), p.label(value, s, x+nameW, y, w-nameW, ink))
}

// rowGap is between a name and its value.
const rowGap = 14

// nameWidth is how wide the names of a table are, with the gap; at most most, and then
// they are broken.
func (p *page) nameWidth(rows [][2]string, s style, most float64) float64 {
	const least = 84
	w := float64(least)
	for _, r := range rows {
		w = max(w, p.width(r[0], s)+1)
	}
	return min(w, most) + rowGap
}

// mark says whether an organisation is verified, and returns the height.
func (p *page) mark(verified bool, words *catalogue.Texts, x, y float64) float64 {
	text, i, col := words.Party.NotVerified, iconWarning, warning
	if verified {
		text, i, col = words.Party.Verified, iconShield, good
	}
	p.c.sign(i, x, y+2, 15, col)
	return p.label(text, smallBold, x+20, y, 0, col)
}

// pale is a colour n of 255 of the way to white.
func pale(c rgb, n uint32) rgb {
	return rgb{mix(c.r, 255, n), mix(c.g, 255, n), mix(c.b, 255, n)}
}
