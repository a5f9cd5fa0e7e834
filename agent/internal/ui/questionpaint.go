package ui

import (
	"slices"
	"strings"
	"time"

	"beside/agent/internal/catalogue"
	"beside/consent"
)

// paint draws the question and returns its height.
func (w *questionWindow) paint(p *page) float64 {
	if w.caution {
		return w.paintCaution(p)
	}
	width := w.fit.width
	p.c.clear(white)
	p.t.keep(w.q.Party.TechnicianName, w.q.Party.OrganisationName)
	inner := w.column()
	y := w.who(p, padding, inner)
	y = w.asked(p, y+20, inner)
	if text := w.unchecked(); text != "" {
		y = w.apart(p, []string{text}, y+14, inner)
	}
	if w.q.Reason != "" || w.q.Ticket != "" {
		y = w.reason(p, y+14, inner)
	}
	y = w.rest(p, y, inner)
	y = w.time(p, y+16, width)
	y = w.buttons(p, y+14, width)
	h := y + hintRoom
	p.c.outline(box{0, 0, width, h}, 0, 1, rim, 1)
	return h
}

// who shows the technician, and what is known of them.
func (w *questionWindow) who(p *page, y, inner float64) float64 {
	party, words := w.q.Party, w.u.words
	const d = 56
	twoLines := func(s style) style { s.lines = 2; return s }
	p.c.disc(padding+d/2, y+d/2, d/2, blue)
	letters := style{size: 22, weight: bold, lines: 1}
	p.middle(initials(party.TechnicianName), letters, box{padding, y, d, d}, (d-lineHeight(22))/2, white)
	x := float64(padding + d + 16)
	width := inner - d - 16
	ty := y - 1
	ty += p.label(party.TechnicianName, twoLines(heading), x, ty, width, ink)
	ty += p.label(party.OrganisationName, twoLines(body), x, ty, width, secondary) + 1
	p.mark(party.OrganisationVerified, words, x, ty)
	ty += lineHeight(13)
	if text, young := Account(words, party.AccountCreated, time.Now()); text != "" && !w.caution { // which says it itself
		col := secondary
		if young {
			col = warning
		}
		ty += p.label(text, small, x, ty, width, col)
	}
	return max(ty, y+d)
}

// asked shows the one thing asked.
func (w *questionWindow) asked(p *page, y, inner float64) float64 {
	const d = 40
	col := blue
	ground := bluePale
	if w.q.Scope == consent.Record {
		col, ground = danger, redPale
	}
	text := p.t.set(w.q.Text.Title, style{size: 20, weight: bold}, inner-d-14)
	if len(text.lines) > 2 { // long names, or a long language
		text = p.t.set(w.q.Text.Title, heading, inner-d-14)
	}
	h := max(text.h, d)
	p.c.round(box{padding, y, d, d}, 12, ground)
	p.c.sign(scopeIcon(w.q.Scope), padding+9, y+9, 22, col)
	p.c.text(p.t, text, padding+d+14, y+(h-text.h)/2, ink)
	return y + h
}

func scopeIcon(s consent.Scope) icon {
	switch s {
	case consent.Control:
		return iconPointer
	case consent.Record:
		return iconRecord
	case consent.Clipboard:
		return iconClipboard
	case consent.Files:
		return iconFolder
	case consent.Voice:
		return iconMicrophone(0.6)
	}
	return iconScreen
}

// reason shows the technician's own words as a quotation.
func (w *questionWindow) reason(p *page, y, inner float64) float64 {
	const inset = 14
	text := ""
	if w.q.Reason != "" {
		text = catalogue.Fill(w.u.words.Question.Reason, "reason", strings.TrimSpace(strings.ReplaceAll(w.q.Reason, "\n", " ")))
	}
	x, width := float64(padding+inset+4), inner-2*inset-4
	h := 0.0
	if text != "" {
		h += p.t.set(text, body, width).h
	}
	ticket := catalogue.Fill(w.u.words.Question.Ticket, "ticket", w.q.Ticket)
	if w.q.Ticket != "" {
		h += lineHeight(13)
	}
	p.c.round(box{padding, y, inner, h + 2*10}, 12, card)
	p.c.round(box{padding + 10, y + 10, 3, h}, 1.5, pressed)
	ty := y + 10
	if text != "" {
		ty += p.label(text, body, x, ty, width, ink)
	}
	if w.q.Ticket != "" {
		p.label(ticket, oneLine(small), x, ty, width, secondary)
	}
	return y + h + 2*10
}

// column is how wide what is to be read is.
func (w *questionWindow) column() float64 {
	inner := w.fit.width - 2*padding
	if w.fit.abreast() {
		return (inner - columnGap) / 2
	}
	return inner
}

// rest shows what stands below what is asked, or in part beside it: what can be chosen,
// what yes means, and who is answerable. It returns where the longest column ends.
func (w *questionWindow) rest(p *page, y, inner float64) float64 {
	x := w.secondX()
	switch {
	case !w.fit.abreast():
		if w.share != nil {
			y = w.shared(p, padding, y+14, inner)
		}
		return w.details(p, padding, w.means(p, padding, y+18, inner)+16, inner)
	case w.share.any():
		y = w.means(p, padding, y+18, inner)
		return max(y, w.details(p, x, w.shared(p, x, padding, inner)+16, inner))
	}
	return max(y, w.details(p, x, w.means(p, x, padding, inner)+16, inner))
}

// secondX is where the second column begins; the only one is the first.
func (w *questionWindow) secondX() float64 {
	if w.fit.abreast() {
		return padding + w.column() + columnGap
	}
	return padding
}

// unchecked is the line which says that nobody checked the organisation; empty is none.
func (w *questionWindow) unchecked() string {
	text := w.q.Party.Unchecked(w.q.Language)
	if text != "" && slices.Contains(w.q.Text.Details, text) {
		return text
	}
	return ""
}

// means shows what yes allows, what it does not, and how to undo it.
func (w *questionWindow) means(p *page, x, y, inner float64) float64 {
	const gap = 6
	for _, s := range w.q.Text.Allows {
		y += p.point(iconCheck, good, s, body, x, y, inner, ink) + gap
	}
	for _, s := range w.q.Text.Not {
		y += p.point(iconCross, secondary, s, body, x, y, inner, ink) + gap
	}
	if w.q.Text.Undo != "" {
		y += p.point(iconUndo, blue, w.q.Text.Undo, body, x, y, inner, ink) + gap
	}
	return y - gap
}

// details shows who is answerable, where it is kept and until when.
func (w *questionWindow) details(p *page, x, y, inner float64) float64 {
	p.c.fill(box{x, y, inner, 1}, hairline)
	y += 12
	said := w.unchecked() // further up, where it is seen
	for _, s := range w.q.Text.Details {
		if s != said {
			y += p.label(s, small, x, y, inner, secondary) + 2
		}
	}
	if url := w.q.Party.PrivacyURL; url != "" && !mentions(w.q.Text.Details, url) {
		y += p.label(w.u.words.Named(w.u.words.Party.PrivacyURL, url), small, x, y, inner, secondary) + 2
	}
	return y - 2
}

func mentions(lines []string, s string) bool {
	for _, l := range lines {
		if strings.Contains(l, s) {
			return true
		}
	}
	return false
}

// time shows the time left as a thin line, and the way to stop it.
func (w *questionWindow) time(p *page, y, width float64) float64 {
	words, inner := w.u.words, width-2*padding
	rest, part := w.a.left(time.Now())
	st := style{size: 13, tabular: true, lines: 1}
	w.timeLine = box{padding - 8, y - 2, inner + 16, 40}
	p.c.round(box{padding, y, inner, 4}, 2, hairline)
	if w.a.patient {
		p.c.round(box{padding, y, inner, 4}, 2, good)
		p.label(words.Question.NoHurry, st, padding, y+12, inner, secondary)
		return y + 36
	}
	p.c.round(box{padding, y, max(inner*part, 4), 4}, 2, blue)
	p.label(catalogue.Fill(words.Question.ClosesIn, "time", left(rest)), st, padding, y+12, inner, secondary)
	if w.a.stoppable() {
		lw := p.linkWidth(words.Question.TakeYourTime, iconPause)
		p.link(takeTime, words.Question.TakeYourTime, iconPause, padding+inner-lw, y+8)
	}
	return y + 36
}

// buttons shows the answers, alike in size: no first, then yes.
func (w *questionWindow) buttons(p *page, y, width float64) float64 {
	const h = 46
	no, yes := w.verbs()
	x, bw := float64(padding), w.buttonWidth()
	p.button(answerNo, box{x, y, bw, h}, no, nil, plainLook, !w.wasArmed)
	p.button(answerYes, box{x + bw + answerGap, y, bw, h}, yes, nil, primaryLook, !w.wasArmed || w.yesIn > 0 || !w.choosable())
	y += h
	p.hint(y, width, w.hint(no, yes))
	return y
}

// hint is what there is to know of the answers now: why they are pale, or which key gives
// the one that has the focus.
func (w *questionWindow) hint(no, yes string) string {
	words := w.u.words.Question
	switch {
	case w.yesIn > 0:
		return w.u.words.ReadFirst(w.yesIn)
	case !w.wasArmed:
		return words.Soon
	case w.p == nil:
		return ""
	case w.p.state.focus == answerNo:
		return catalogue.Fill(words.SpaceHint, "verb", no)
	case w.p.state.focus == answerYes:
		return catalogue.Fill(words.SpaceHint, "verb", yes)
	}
	return ""
}

// hintRoom is below the answers: room for a line, and between it and the edge.
const hintRoom = 46

// hint shows a line below answers that end at y.
func (p *page) hint(y, width float64, text string) {
	const gap = 9 // the ring of the focus takes four of it
	p.middle(text, oneLine(small), box{padding, y + gap, width - 2*padding, lineHeight(small.size)}, 0, secondary)
}

// verbs are the buttons' words: no, then yes.
func (w *questionWindow) verbs() (no, yes string) {
	if w.caution {
		return w.q.Text.Caution.Stop, w.q.Text.Caution.GoOn
	}
	return w.q.Text.No, w.q.Text.Yes
}
