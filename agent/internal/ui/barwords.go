package ui

import "beside/agent/internal/catalogue"

// names is what the bar says about who; status goes before it when there is one.
func (b *Bar) names() string {
	if b.view.Organisation == "" {
		return b.view.Technician
	}
	return b.view.Technician + " · " + b.view.Organisation
}

// namesIn is names where there is room for all of it; else the organisation goes first.
func (b *Bar) namesIn(p *page, room float64) string {
	if all := b.names(); p.width(all, smallBold) <= room {
		return all
	}
	return b.view.Technician
}

// status is what there is to say instead of the names; empty is nothing.
func (b *Bar) status(hover targetID, f folding) string {
	w, v, hint := b.u.words, b.view, b.hint(hover)
	if f.words && b.signName(hover) != "" { // a tip says it
		hint = ""
	}
	switch {
	case b.report.open():
		return b.reportAsk()
	case hint != "":
		return hint
	case !v.View:
		return catalogue.Fill(w.Bar.Asking, "technician", v.Technician)
	case v.Secret:
		return w.Bar.SecretHint
	case v.Paused && b.plight.told:
		return w.Bar.Unseen
	case v.Paused:
		return w.Bar.Paused
	case v.Notice != "":
		return v.Notice
	case v.Away:
		return w.Bar.Away
	case v.UserActive && v.Control:
		return w.Bar.YouMove
	}
	return ""
}

// hint says what the sign under the pointer opens, or which keys do what the button does.
func (b *Bar) hint(hover targetID) string {
	if name := b.signName(hover); name != "" {
		return name
	}
	h, ok := b.u.loop.hotkeyOf(hover)
	if !ok {
		return ""
	}
	return h.hint(b.u.words)
}

// longestHint is the hint that needs most room.
func (b *Bar) longestHint(p *page) (widest float64) {
	for _, h := range b.u.loop.hotkeys {
		widest = max(widest, p.width(h.hint(b.u.words), small))
	}
	return widest
}
