package ui

import "beside/agent/internal/catalogue"

// starSide is what a star keeps free around itself.
const starSide = 6

// feedback lets the user rate and report the session. What they say stays in their
// receipt until they send it (PROMISES D1).
func (o *overWindow) feedback(p *page, y, inner float64) float64 {
	const size, gap = 36, 2
	w, v := o.u.words, o.view
	rowW := float64(stars*(size+gap) - gap)
	label := p.t.set(w.Over.Rate, body, inner-rowW-12)
	p.c.text(p.t, label, padding, y+(size-min(label.h, size))/2, ink)
	x := float64(padding) + inner - rowW + starSide // the last star ends where all else does
	for i := range stars {
		b := box{x + float64(i)*(size+gap), y, size, size}
		p.star(overStar+targetID(i), b, i < v.Rating)
	}
	y += max(size, label.h) + 6

	if v.Reported {
		y += p.remark(iconFlag, warning, w.Over.Reported, padding, y+4, inner) + 11
	} else {
		p.link(overReport, w.Over.Report, iconFlag, padding, y)
		y += 30
	}
	y = o.paintComment(p, y+4, inner)
	if v.Rating == 0 && !v.Reported && v.Comment == "" && len(o.comment.field.text) == 0 {
		return y
	}
	said := map[Telling]string{0: w.Over.Kept, TellingNow: w.Over.SendingSaid, Told: w.Over.Told, NotTold: w.Over.NotTold}[v.Told]
	y += p.label(catalogue.Fill(said, "organisation", v.Organisation), small, padding, y+2, inner, secondary) + 4
	if v.Told == 0 || v.Told == NotTold {
		y += p.linkIn(overSend, catalogue.Fill(w.Over.Send, "organisation", v.Organisation), iconRight, padding, y, inner) + 2
	}
	return y
}

// star is one star of a rating.
func (p *page) star(id targetID, b box, on bool) {
	p.targets = append(p.targets, target{id: id, box: b})
	col, i := secondary, icon(iconStarLine)
	if on {
		col, i = warning, iconStar
	}
	if p.now.hover == id {
		p.c.roundAt(b, 8, blue, 0.08)
	}
	p.c.sign(i, b.x+starSide, b.y+starSide, b.w-2*starSide, col)
	if p.now.focused && p.now.focus == id {
		p.c.outline(b, 8, 3, blue, ringStrength)
	}
}
