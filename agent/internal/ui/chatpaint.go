package ui

import (
	"beside/agent/internal/catalogue"
	"beside/agent/internal/chat"
)

// The conversation's measures, logical.
const (
	bubbleMost = 300 // wide
	bubbleIn   = 12
	bubbleGap  = 12
	fieldLines = 3
	fieldIn    = 12
	chatText   = sideInner - 2*fieldIn // wide, in the field
)

// paint draws what is under the tab.
func (w *chatPane) paint(p *page) {
	if w.talk == nil {
		w.paintNotYet(p)
		return
	}
	t := &w.side.u.words.Chat
	y := p.head(fillName(t.Title, w.view.Technician), w.view.KeptFor(w.side.u.words))
	foot := float64(sideH) - sideEdge - sideFoot - 12 - fieldHigh()
	says := w.says()
	if says != "" && !w.doubting() {
		foot -= p.t.set(says, small, sideInner-30).h + 10
	}
	w.messages(p, box{sideEdge, y, sideInner, foot - 12 - y})
	if w.doubting() {
		w.paintDoubt(p, box{sideEdge, foot, sideInner, float64(sideH) - sideEdge - foot})
		return
	}
	if says != "" {
		foot += p.point(iconWarning, warning, says, small, sideEdge, foot, sideInner, ink) + 10
	}
	w.paintField(p, box{sideEdge, foot, sideInner, fieldHigh()})
	bw := (float64(sideInner) - answerGap) / 2
	y = float64(sideH) - sideEdge - sideFoot
	p.button(sideClose, box{sideEdge, y, bw, sideFoot}, w.side.u.words.Over.Close, nil, plainLook, false)
	p.button(chatSend, box{sideEdge + bw + answerGap, y, bw, sideFoot}, t.Send, nil, primaryLook, !w.view.Open || len(w.field.text) == 0)
}

// paintNotYet says why nothing can be written yet, and from when it can.
func (w *chatPane) paintNotYet(p *page) {
	words := w.side.u.words
	foot := float64(sideH) - sideEdge - sideFoot
	b := box{sideEdge, sideTop, sideInner, foot - 16 - sideTop}
	p.c.round(b, 12, card)
	if p.c.tones != nil {
		p.c.outline(b, 12, 1, ink, 1)
	}
	p.nobody(fillName(words.Chat.NotYet, w.side.technician()), b)
	p.button(sideClose, box{sideEdge, foot, sideInner, sideFoot}, words.Over.Close, nil, plainLook, false)
}

// technician is who this is about, before anything was written too.
func (w *sideWindow) technician() string {
	if b := w.u.loop.bar; b != nil {
		return b.view.Technician
	}
	return w.list.view.Technician
}

// KeptFor says until when the chat is kept. PROMISE A6.
func (v ChatView) KeptFor(w *catalogue.Texts) string {
	t, k := &w.Chat, v.Kept
	date := ""
	if !k.Until.IsZero() {
		date = w.Day(k.Until.Local())
	}
	switch {
	case k.Recorded && date != "":
		return catalogue.Fill(t.Recorded, "date", date)
	case k.Recorded:
		return t.RecordedOnly
	case k.Before:
		return w.Sentences(t.NotKept, t.Before)
	}
	return t.NotKept
}

// measure finds how high each message is; those before do not change.
func (w *chatPane) measure() {
	w.side.p.ts.keep(w.view.Technician, "") // before the lines are broken
	heights := w.roll.heights
	paper := &page{c: newCanvas(0, 0, w.side.p.ts.scale), t: w.side.p.ts}
	for _, m := range w.view.Messages[min(len(heights), len(w.view.Messages)):] {
		heights = append(heights, w.message(paper, m, 0))
	}
	w.roll.set(heights)
}

// messages draws what is in view, the newest at the end unless it is scrolled back.
func (w *chatPane) messages(p *page, b box) {
	w.roll.paint(p, b, func(i int, y float64) { w.message(p, w.view.Messages[i], y) })
	if len(w.view.Messages) == 0 {
		p.nobody(fillName(w.side.u.words.Chat.Empty, w.view.Technician), b)
	}
}

// message draws one message at y, and returns its height with the gap after it.
func (w *chatPane) message(p *page, m chat.Message, y float64) float64 {
	t := &w.side.u.words.Chat
	who := w.view.Technician
	if m.FromUser {
		who = t.You
	}
	who += " · " + m.At.Local().Format("15:04")
	head := p.t.set(who, oneLine(style{size: 13, tabular: true}), bubbleMost)
	text := p.t.set(m.Text, body, bubbleMost-2*bubbleIn)
	b := box{sideEdge + 12, y + head.h + 2, min(text.w+2*bubbleIn+1, bubbleMost), text.h + 14}
	ground, x := rgb(white), b.x
	if m.FromUser {
		b.x = sideEdge + sideInner - 12 - b.w
		ground, x = chatOwn, sideEdge+sideInner-12-head.w
	}
	p.c.text(p.t, head, x, y, secondary)
	p.c.round(b, 10, ground)
	if p.c.tones != nil {
		p.c.outline(b, 10, 1, ink, 1)
	}
	p.c.text(p.t, text, b.x+bubbleIn, b.y+7, ink)
	high := head.h + 2 + b.h
	if m.AsksSecret {
		caution := fillName(t.Caution, w.view.Technician)
		high += 6 + p.point(iconWarning, warning, caution, smallBold, sideEdge+12, y+high+6, sideInner-30, ink)
	}
	return high + bubbleGap
}

// paintField draws what the user writes.
func (w *chatPane) paintField(p *page, b box) {
	t := &w.side.u.words.Chat
	hint := t.Hint
	if !w.view.Open {
		hint = t.Closed
	}
	w.lines = p.field(chatField, b, &w.field, &w.down, hint, !w.view.Open)
}

// paintDoubt asks whether the user wants to send what looks like a secret. PROMISE A8.
func (w *chatPane) paintDoubt(p *page, b box) {
	const h = 46
	t := &w.side.u.words.Chat
	p.c.round(b, 12, warnPale)
	if p.c.tones != nil {
		p.c.outline(b, 12, 2, warning, 1)
	}
	what := map[chat.Secret]string{chat.Password: t.LooksPassword, chat.Card: t.LooksCard, chat.Code: t.LooksCode}[w.doubt]
	p.point(iconWarning, warning, w.side.u.words.Sentences(what, fillName(t.WouldRead, w.view.Technician)), body,
		b.x+14, b.y+12, b.w-28, ink)
	bw := (b.w - 28 - answerGap) / 2
	y := b.y + b.h - h - 12
	p.button(chatAnyway, box{b.x + 14, y, bw, h}, t.Anyway, nil, plainLook, !w.armed)
	p.button(chatDont, box{b.x + 14 + bw + answerGap, y, bw, h}, t.Dont, nil, primaryLook, false)
}

// chatOwn is the ground of what the user wrote.
var chatOwn = rgb{0xdb, 0xe7, 0xff}

// iconChat is a bubble of speech.
func iconChat(p *pen, at func(...float64) []float64, u float64) {
	p.stroke(iconLine*u, at(4, 5, 20, 5, 20, 16, 11, 16, 7, 20, 7, 16, 4, 16, 4, 5)...)
	for _, x := range []float64{8.5, 12, 15.5} {
		o := at(x, 10.5)
		p.dot(o[0], o[1], 1.2*u)
	}
}
