package ui

import (
	"context"
	"time"
)

// pageLink is the address of the page for a screen reader, which no browser took: the
// user opens it by hand. It stands in the start window alone, before a session, so nobody
// else sees it; and it is worth nothing once it was used, or after its time.
type pageLink struct {
	address string
	until   time.Time
}

// ShowLink shows an address that no browser took, in the start window until a time, and
// lets the user copy it. Where there is no start window it does nothing.
func (u *UI) ShowLink(address string, until time.Time) {
	_ = u.do(context.Background(), func() {
		if s := u.loop.start; s != nil {
			u.takeBack()
			s.link = pageLink{address, until}
			s.part = partPoints
			s.turn(partLink)
		}
	})
}

// copyLink puts the address on the clipboard, by the user's own hand.
func (s *startWindow) copyLink(by trigger) {
	if by != byStray && s.u.offerText(s.p.win, s.link.address) {
		s.p.stale = true
	}
}

// expireLink takes an address away that is worth nothing any more, and says when it will.
func (s *startWindow) expireLink(now time.Time) time.Time {
	if s.link.address == "" {
		return time.Time{}
	}
	if now.Before(s.link.until) {
		return s.link.until
	}
	s.u.takeBack()
	s.link = pageLink{}
	if s.part == partLink {
		s.turn(partPoints)
	}
	return time.Time{}
}

// linked shows the address, and how to go on with it.
func (s *startWindow) linked(p *page, y float64) float64 {
	const inner, inset, high = startW - 2*padding, 14, 44
	w := &s.u.words.Start
	y += p.label(w.LinkTitle, heading, padding, y, inner, ink) + 4
	y += p.label(w.LinkText, body, padding, y, inner, ink) + 12
	t := p.t.set(s.link.address, small, inner-2*inset)
	p.c.round(box{padding, y, inner, t.h + 20}, 10, card)
	p.c.text(p.t, t, padding+inset, y+10, ink)
	y += t.h + 20 + 12
	p.button(startCopy, box{padding, y, inner, high}, w.LinkCopy, iconClipboard, primaryLook, false)
	y += high
	if s.u.loop.offer.copied() {
		y += 10 + p.point(iconCheck, good, w.LinkCopied, small, padding, y+10, inner, ink)
	}
	return y
}
