package ui

import (
	"slices"
	"strconv"

	"beside/agent/internal/catalogue"
)

// signW is the room of a sign: of the list of what was done, a report, the conversation.
const signW = 37

// paintSign shows one that can be pressed.
func (b *Bar) paintSign(p *page, x float64, id targetID, i icon) {
	area := box{x - 6, (barH - buttonH) / 2, buttonH, buttonH}
	p.targets = append(p.targets, target{id: id, box: area})
	if p.now.hover == id {
		p.c.round(area, 8, barHover)
	}
	p.c.sign(i, x+1, (barH-18)/2, 18, white)
}

// paintChat shows the sign that opens the conversation, and how much in it is new.
func (b *Bar) paintChat(p *page, x float64) {
	area := box{x - 6, (barH - buttonH) / 2, buttonH, buttonH}
	p.targets = append(p.targets, target{id: barChat, box: area})
	if p.now.hover == barChat {
		p.c.round(area, 8, barHover)
	}
	if b.view.Unread == 0 {
		p.c.sign(iconChat, x+1, (barH-18)/2, 18, white)
		return
	}
	p.c.sign(iconChat, x-1, (barH-18)/2+2, 18, barAmber)
	number := strconv.Itoa(min(b.view.Unread, 99))
	t := p.t.set(number, oneLine(style{size: 11, weight: bold}), 0)
	w := max(t.w+8, 15)
	mark := box{x + 21 - w/2, 6, w, 15}
	p.c.round(mark, 7.5, barAmber)
	p.c.text(p.t, t, mark.x+(w-t.w)/2, mark.y+(15-t.h)/2, barGround)
}

// paintTip says what the sign under the pointer is, where there is no room for words: over
// what lies beside it, and beside it only, so that what is pressed is never covered.
func (b *Bar) paintTip(p *page, width float64, f folding) {
	if text, tip := b.tip(p, width, f); text != nil {
		p.c.round(tip, 8, white)
		p.c.text(p.t, text, tip.x+(tip.w-text.w)/2, tip.y+(tip.h-text.h)/2, ink)
	}
}

// tip is what paintTip shows, and where; nil is nothing.
func (b *Bar) tip(p *page, width float64, f folding) (*block, box) {
	i := slices.IndexFunc(p.targets, func(t target) bool { return t.id == p.now.hover })
	if i < 0 {
		return nil, box{}
	}
	text, least, gap := "", 0.0, f.gap()
	if n := slices.IndexFunc(b.chips(), func(c chip) bool { return c.id == p.now.hover && b.folds(c) }); n >= 0 && f.words {
		text = b.chips()[n].text
	} else if name := b.signName(p.now.hover); n < 0 && f.words {
		text = name // which stands in the place of the names where the buttons have words
		least = b.leftWidth(p, f) + f.names
		gap = f.sign() - buttonH // they lie closer
	}
	if text == "" {
		return nil, box{}
	}
	const side = 10
	at := p.targets[i].box
	t := p.t.set(text, oneLine(smallBold), width/2-2*side)
	tip := box{at.x + at.w + gap, at.y, t.w + 2*side, at.h}
	if tip.x+tip.w <= endOfSigns(p, width)-gap {
		tip.w = clearOf(p, max(tip.x+tip.w, least), 1) - tip.x
		return t, tip
	}
	right := at.x - gap
	tip.x = clearOf(p, right-tip.w, -1)
	tip.w = right - tip.x
	return t, tip
}

// endOfSigns is where End begins, which nothing covers.
func endOfSigns(p *page, width float64) float64 {
	if i := slices.IndexFunc(p.targets, func(t target) bool { return t.id == barEnd }); i >= 0 {
		return p.targets[i].box.x
	}
	return width - barSide
}

// clearOf moves the edge of a tip that goes to the right (way 1) or to the left (-1), so
// that no button is half under it: over the whole of the button, or off what it only touches.
func clearOf(p *page, edge, way float64) float64 {
	const touch, off = 6, barGap / 2
	for _, t := range p.targets {
		near, far := t.box.x, t.box.x+t.box.w
		if way < 0 {
			near, far = far, near
		}
		switch in := (edge - near) * way; {
		case in <= -off || (far-edge)*way <= 0:
		case in <= touch:
			return near - off*way
		default:
			return far
		}
	}
	return edge
}

// signName is what one of the signs before the names opens.
func (b *Bar) signName(id targetID) string {
	w := b.u.words
	switch {
	case id == barActivity:
		return w.Activity.Button
	case id == barReport:
		return w.Bar.Report
	case id == barChat && b.view.Unread > 0:
		return w.Count(w.Chat.Unread, b.view.Unread)
	case id == barChat:
		return catalogue.Fill(w.Chat.Title, "technician", b.view.Technician)
	}
	return ""
}
