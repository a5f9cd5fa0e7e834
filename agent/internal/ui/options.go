package ui

import "beside/agent/internal/catalogue"

// languages are those that this machine has fonts for.
func (s *startWindow) languages() []catalogue.Language {
	if s.readable == nil {
		for _, l := range catalogue.Languages() {
			if s.u.readable(l.Tag) {
				s.readable = append(s.readable, l)
			}
		}
	}
	return s.readable
}

// language is the one that is spoken.
func (s *startWindow) language() catalogue.Language {
	for _, l := range catalogue.Languages() {
		if l.Tag == s.u.words.Tag {
			return l
		}
	}
	return catalogue.Languages()[0]
}

// choose speaks another language from now on, in every window.
func (s *startWindow) choose(n int) {
	if n < 0 || n >= len(s.languages()) {
		return
	}
	s.u.speak(s.languages()[n].Tag)
	s.u.restyle()
	s.u.emit(LanguageChanged)
}

// options shows the languages and how the windows can look.
func (s *startWindow) options(p *page, y float64) float64 {
	const inner, columns, rowH = startW - 2*padding, 2, 36
	w := s.u.words
	y += p.label(w.Start.Language, smallBold, padding, y, inner, secondary) + 4
	for i, l := range s.languages() {
		b := box{padding + float64(i%columns)*inner/columns, y + float64(i/columns)*rowH, inner / columns, rowH}
		p.choice(startLanguage+targetID(i), b, l.Name, l.Tag == w.Tag, true)
	}
	y += float64((len(s.languages())+columns-1)/columns)*rowH + 12
	y += p.label(w.Start.Display, smallBold, padding, y, inner, secondary) + 4
	for _, c := range []struct {
		id   targetID
		text string
		on   bool
	}{
		{startBig, w.Start.BigText, s.u.loop.look.big}, {startContrast, w.Start.HighContrast, s.u.loop.look.contrast},
		{startReader, w.Start.Reader, s.u.loop.reader.chosen},
	} {
		p.choice(c.id, box{padding, y, inner, rowH}, c.text, c.on, false)
		y += rowH
	}
	return y
}

// choice draws a box to tick, or a round one of which one is ticked, with its text.
func (p *page) choice(id targetID, b box, text string, on, one bool) {
	const size, gap = 20, 10
	p.targets = append(p.targets, target{id: id, box: b})
	if p.now.hover == id {
		p.c.roundAt(box{b.x - 6, b.y, b.w, b.h}, 8, blue, 0.08)
	}
	mark := box{b.x, b.y + (b.h-size)/2, size, size}
	radius := 5.0
	if one {
		radius = size / 2
	}
	switch {
	case on && one:
		p.c.round(mark, radius, blue)
		p.c.round(mark.inset(6), radius, white)
	case on:
		p.c.round(mark, radius, blue)
		p.c.sign(iconCheck, mark.x+2, mark.y+2, size-4, white)
	default:
		p.c.outline(mark, radius, 2, secondary, 1)
	}
	t := p.t.set(text, oneLine(body), b.w-size-gap-4)
	p.c.text(p.t, t, b.x+size+gap, b.y+(b.h-t.h)/2, ink)
	if p.now.focused && p.now.focus == id {
		p.c.outline(box{b.x - 6, b.y + 1, b.w, b.h - 2}, 8, 3, blue, ringStrength)
	}
}
