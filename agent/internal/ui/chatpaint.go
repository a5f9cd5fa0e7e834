package ui

import (
	"beside/agent/internal/catalogue"
	"beside/agent/internal/chat"
)

// The chat window's measures, logical.
const (
	chatW      = 420
	chatH      = 600
	chatSide   = 20
	chatInner  = chatW - 2*chatSide
	bubbleMost = 300 // wide
	bubbleIn   = 12
	bubbleGap  = 12
	fieldLines = 3
	fieldIn    = 12
	fieldText  = chatInner - 2*fieldIn
)

// paint draws the whole window, and returns its height.
func (w *chatWindow) paint(p *page) float64 {
	t := &w.u.words.Chat
	p.c.clear(white)
	y := 18.0
	y += p.label(catalogue.Fill(t.Title, "technician", w.view.Technician), oneLine(heading), chatSide, y, chatInner, ink) + 4
	y += p.label(w.view.KeptFor(w.u.words), small, chatSide, y, chatInner, secondary) + 12
	const h = 46
	foot := float64(chatH) - chatSide - h - 12 - fieldHigh()
	says := w.says()
	if says != "" && w.doubt == chat.Harmless {
		foot -= p.t.set(says, small, chatInner-30).h + 10
	}
	w.messages(p, box{chatSide, y, chatInner, foot - 12 - y})
	if w.doubt != chat.Harmless {
		w.paintDoubt(p, box{chatSide, foot, chatInner, float64(chatH) - chatSide - foot})
		return chatH
	}
	if says != "" {
		foot += p.point(iconWarning, warning, says, small, chatSide, foot, chatInner, ink) + 10
	}
	w.paintField(p, box{chatSide, foot, chatInner, fieldHigh()})
	bw := (float64(chatInner) - answerGap) / 2
	y = float64(chatH) - chatSide - h
	p.button(chatClose, box{chatSide, y, bw, h}, w.u.words.Over.Close, nil, plainLook, false)
	p.button(chatSend, box{chatSide + bw + answerGap, y, bw, h}, t.Send, nil, primaryLook, !w.view.Open || len(w.field.text) == 0)
	return chatH
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
		return t.NotKept + " " + t.Before
	}
	return t.NotKept
}

// measure finds how high each message is.
func (w *chatWindow) measure() {
	had := len(w.heights)
	for _, m := range w.view.Messages[min(had, len(w.view.Messages)):] {
		h := w.message(&page{c: newCanvas(0, 0, w.p.ts.scale), t: w.p.ts}, m, 0)
		w.heights = append(w.heights, h)
		if had > 0 && w.back > 0 {
			w.back += h // what is read stays where it is
		}
	}
	w.tall = bubbleGap
	for _, h := range w.heights {
		w.tall += h
	}
}

func (w *chatWindow) scroll(by float64) {
	w.back = max(w.back+by, 0) // not beyond the first: see messages
	w.p.stale = true
	w.saw()
}

// messages draws what is in view, the newest at the end unless it is scrolled back.
func (w *chatWindow) messages(p *page, b box) {
	p.c.round(b, 12, card)
	if p.c.tones != nil {
		p.c.outline(b, 12, 1, ink, 1)
	}
	if len(w.view.Messages) == 0 {
		text := p.t.set(catalogue.Fill(w.u.words.Chat.Empty, "technician", w.view.Technician), body, b.w-48)
		p.c.textCentred(p.t, text, b.x+24, b.y+(b.h-text.h)/2, b.w-48, secondary)
		return
	}
	w.back = max(min(w.back, w.tall-b.h), 0)
	at := b.y + bubbleGap
	if w.tall > b.h {
		at = b.y + b.h - w.tall + w.back + bubbleGap
	}
	clip := p.c.clip
	p.c.clip = clip.Intersect(box{b.x, b.y + 1, b.w, b.h - 2}.pixels(p.c.scale))
	for i, m := range w.view.Messages {
		if at+w.heights[i] > b.y && at < b.y+b.h {
			w.message(p, m, at)
		}
		at += w.heights[i]
	}
	p.c.clip = clip
	if w.tall > b.h { // how far back it is
		size := max(b.h*b.h/w.tall, 16)
		top := (b.h - size) * (1 - w.back/(w.tall-b.h))
		p.c.round(box{b.x + b.w - 6, b.y + top, 3, size}, 1.5, secondary)
	}
}

// message draws one message at y, and returns its height with the gap after it.
func (w *chatWindow) message(p *page, m chat.Message, y float64) float64 {
	t := &w.u.words.Chat
	who := w.view.Technician
	if m.FromUser {
		who = t.You
	}
	who += " · " + m.At.Local().Format("15:04")
	head := p.t.set(who, oneLine(style{size: 13, tabular: true}), bubbleMost)
	text := p.t.set(m.Text, body, bubbleMost-2*bubbleIn)
	b := box{chatSide + 12, y + head.h + 2, min(text.w+2*bubbleIn+1, bubbleMost), text.h + 14}
	ground, x := rgb(white), b.x
	if m.FromUser {
		b.x = chatSide + chatInner - 12 - b.w
		ground, x = chatOwn, chatSide+chatInner-12-head.w
	}
	p.c.text(p.t, head, x, y, secondary)
	p.c.round(b, 10, ground)
	if p.c.tones != nil {
		p.c.outline(b, 10, 1, ink, 1)
	}
	p.c.text(p.t, text, b.x+bubbleIn, b.y+7, ink)
	high := head.h + 2 + b.h
	if m.AsksSecret {
		caution := catalogue.Fill(t.Caution, "technician", w.view.Technician)
		high += 6 + p.point(iconWarning, warning, caution, smallBold, chatSide+12, y+high+6, chatInner-30, ink)
	}
	return high + bubbleGap
}

// paintField draws what the user writes.
func (w *chatWindow) paintField(p *page, b box) {
	t := &w.u.words.Chat
	hint := t.Hint
	if !w.view.Open {
		hint = t.Closed
	}
	w.lines = p.field(chatField, b, w.field, &w.down, hint, !w.view.Open)
}

// paintDoubt asks whether the user wants to send what looks like a secret. PROMISE A8.
func (w *chatWindow) paintDoubt(p *page, b box) {
	const h = 46
	t := &w.u.words.Chat
	p.c.round(b, 12, warnPale)
	if p.c.tones != nil {
		p.c.outline(b, 12, 2, warning, 1)
	}
	what := map[chat.Secret]string{chat.Password: t.LooksPassword, chat.Card: t.LooksCard, chat.Code: t.LooksCode}[w.doubt]
	p.point(iconWarning, warning, what+" "+catalogue.Fill(t.WouldRead, "technician", w.view.Technician), body,
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
