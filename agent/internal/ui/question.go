package ui

import (
	"image"
	"slices"
	"strings"
	"time"

	"beside/agent/internal/catalogue"
	"beside/consent"
)

// questionWindow asks one question, above everything.
type questionWindow struct {
	u        *UI
	q        consent.Question
	a        *answering
	p        *panel
	top      topmost
	answered func(consent.Answer)
	latest   time.Time // when whoever asks gives up

	size     image.Point
	fit      fitting
	keyboard uint16 // grabbed, 0 if not yet
	second   time.Time
	timeLine box
	wasArmed bool
	yesIn    int      // whole seconds until a yes counts, as they are shown
	share    *sharing // what is shown, in the question about the screen
	shareH   float64
	caution  bool              // the caution is on the screen, the question comes after it
	yesAt    time.Time         // when the page or its keys said yes, until that is done
	nonce    string            // of the text on the screen
	reads    *consent.Question // that text, for others to read: it never changes
}

// fitting is how a question is made to fit its screen.
type fitting struct{ width, scale float64 }

// The widths of a question: as it is, for long words on the answers, and with what it means
// beside what is asked, where the screen is not high enough for one below the other.
const questionW, wideW, abreastW, columnGap = 480, 600, 908, 28

// abreast reports whether what a question means stands beside what is asked.
func (f fitting) abreast() bool { return f.width >= abreastW }

// openQuestion puts the question on the screen. Before anything of it shows,
// injection is locked.
func (u *UI) openQuestion(q consent.Question, now, latest time.Time, answered func(consent.Answer)) (*questionWindow, error) {
	timeout := q.Timeout
	if timeout <= 0 {
		timeout = consent.DefaultTimeout
	}
	w := &questionWindow{u: u, q: q, a: newAnswering(now, timeout, latest), answered: answered, latest: latest}
	w.renew()
	if q.Scope == consent.View {
		w.share = u.openSharing()
	}
	if q.Text.Caution != nil {
		w.caution, w.a.yesAfter = true, readCaution
	}
	if u.loop.question != nil {
		return nil, consent.ErrBusy
	}
	u.locked.Add(1)
	if err := w.open(); err != nil {
		u.locked.Add(-1)
		return nil, err
	}
	u.loop.question = w
	return w, nil
}

func (w *questionWindow) open() error {
	rect, err := w.fitTo()
	if err != nil {
		return err
	}
	win, err := w.u.conn.newWindow(rect, true, white)
	if err != nil {
		return err
	}
	win.name(windowTitle, w.role())
	w.top = topmost{win: win, dirty: true, urgent: true}
	w.p = &panel{
		win: win, ts: w.ts(), paint: func(p *page) { w.paint(p) }, press: w.press,
		pressed: func(id targetID, now time.Time) { w.a.down(id, now) }, escape: func(now time.Time) { w.a.escape(now) },
		state: pointerState{focus: answerNo, focused: true}, stray: w.typing,
	}
	w.u.adopt(w.p)
	win.show()
	return nil
}

// role names the window to other programs.
func (w *questionWindow) role() string {
	if w.caution {
		return "caution"
	}
	return "question"
}

// ts is the typesetter of this window's scale; a screen too small for the words at
// the screen's scale gets one of its own.
func (w *questionWindow) ts() *typesetter {
	return w.u.loop.ts.at(w.fit.scale)
}

// fitTo measures the question and finds its place: 480 wide if it fits the main monitor,
// else wider, else with two columns, else smaller. It never goes beyond the monitor: the
// answers stand at its end.
func (w *questionWindow) fitTo() (image.Rectangle, error) {
	monitors, err := w.u.conn.monitors()
	if err != nil {
		return image.Rectangle{}, err
	}
	m := monitors[0]
	w.fitIn(m.Size())
	at := m.Min.Add(m.Size().Sub(w.size).Div(2))
	at.Y = max(at.Y, m.Min.Y)
	return image.Rectangle{Min: at, Max: at.Add(w.size)}, nil
}

// fitIn finds the largest letters, up to the user's own, with which the question fits a
// screen of so many pixels.
func (w *questionWindow) fitIn(screen image.Point) {
	const most, least, step = 100, 30, 5 // in hundredths of the user's own
	for part := most; part >= least; part -= step {
		scale := w.u.loop.ts.scale * float64(part) / 100
		for _, width := range []float64{questionW, wideW, abreastW} {
			if part < most && width < abreastW && abreastW*scale <= float64(screen.X) {
				continue // two columns are less high
			}
			w.fit = fitting{width, scale}
			w.size = pixelSize(width, measure(w.ts(), w.paint), w.fit.scale)
			if w.size.X <= screen.X && w.size.Y <= screen.Y && w.verbsFit() {
				return
			}
		}
	}
}

// verbsFit reports whether the buttons are wide enough for their words.
func (w *questionWindow) verbsFit() bool {
	p := &page{t: w.ts()}
	no, yes := w.verbs()
	return max(p.width(no, bodyBold), p.width(yes, bodyBold)) <= w.buttonWidth()-faceSide
}

func (w *questionWindow) buttonWidth() float64 { return (w.fit.width - 2*padding - answerGap) / 2 }

// answerGap is between the answers.
const answerGap = 12

func (w *questionWindow) arrange() error {
	rect, err := w.fitTo()
	if err != nil {
		return err
	}
	w.a.disturbed()
	w.p.ts = w.ts()
	w.p.win.place(rect)
	w.p.resize()
	w.top.alarm()
	return nil
}

func (w *questionWindow) press(id targetID, by trigger, now time.Time) {
	if w.pressShare(id, by) || id == answerYes && !w.choosable() {
		return
	}
	if id == answerYes && by != byStray && !w.top.believed(w.p, now) {
		w.a.disturbed()
	}
	w.a.press(id, by, now)
	w.p.stale = true
}

// typing is somebody who goes on with a letter, or with a form, and has not seen the question
// that took the keyboard: among what they type may be Tab and a space, which would be a yes.
func (w *questionWindow) typing() {
	w.a.disturbed()
	w.p.set(func(s *pointerState) { s.focus = answerNo })
}

// note lets a question that was touched by others take no answer for a while.
func (w *questionWindow) note(n notice) {
	disturbed, gone := w.top.note(n)
	if disturbed {
		w.a.disturbed()
	}
	if gone {
		w.finish(consent.No)
	}
}

// tick keeps the question on top, counts down and arms.
func (w *questionWindow) tick(now time.Time) (time.Time, error) {
	w.a.tick(now)
	w.sayYes(now)
	if w.a.done && w.caution && w.a.answer == consent.Yes {
		if err := w.goOn(now); err != nil {
			return time.Time{}, err
		}
	}
	if w.a.done {
		w.finish(w.a.answer)
		return time.Time{}, nil
	}
	look, err := w.top.keep(now)
	if err != nil {
		return look, err
	}
	look = earliest(look, w.top.attest(w.p, now))
	switch {
	case w.top.gone:
		w.finish(consent.No)
		return time.Time{}, nil
	case w.top.seen && w.p.drawn:
		w.a.seen(now)
	case !w.top.seen:
		w.a.disturbed()
	}
	w.takeKeyboard()
	return earliest(look, w.show(now), w.a.deadline), nil
}

// show moves the time on and returns when something else is to be shown.
func (w *questionWindow) show(now time.Time) time.Time {
	if armed := w.a.armed(now); armed != w.wasArmed {
		w.wasArmed, w.p.stale = armed, true
	}
	if n := int((w.a.yesIn(now) + time.Second - 1) / time.Second); w.caution && n != w.yesIn {
		w.yesIn, w.p.stale = n, true
	}
	if !now.Before(w.second) {
		const often = 250 * time.Millisecond
		w.second = now.Add(often)
		if w.p.drawn && !w.p.stale && !w.a.patient {
			w.p.repaint(w.timeLine.pixels(w.p.cv.scale))
		}
	}
	if w.a.patient && w.wasArmed && w.yesIn == 0 {
		return time.Time{}
	}
	if !w.a.inView.IsZero() && !w.wasArmed {
		return earliest(w.second, w.a.inView.Add(armAfter))
	}
	return w.second
}

// takeKeyboard tries until whoever holds the keyboard, a menu perhaps, lets go. Whom a page
// reads the question to answers there, and needs the keyboard there.
func (w *questionWindow) takeKeyboard() {
	if w.keyboard != 0 || !w.p.win.mapped || w.u.loop.reader.answers {
		return
	}
	w.p.win.focus()
	if k := w.u.conn.masterKeyboard(); k != 0 && w.u.conn.grabKeyboard(w.p.win.id, k) {
		w.keyboard = k
	}
}

// finish takes the question away and gives the answer, once. Injection stays locked
// until the server has done it.
func (w *questionWindow) finish(answer consent.Answer) {
	if w.u.loop.question != w {
		return
	}
	w.u.loop.question = nil
	w.settleShare(answer)
	if w.q.Scope == consent.Control && answer == consent.Yes {
		w.u.loop.reader.controlled = true
	}
	if w.keyboard != 0 {
		w.u.conn.ungrabKeyboard(w.keyboard)
	}
	w.u.drop(w.p)
	_ = w.u.conn.sync()
	w.u.locked.Add(-1)
	w.answered(answer)
}

// earliest is the first of the times that are set.
func earliest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

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
	p.hint(y, width, w.hint(yes))
	return y
}

// hint is what there is to know of the answers now: why they are pale, or which key gives
// the one that has the focus.
func (w *questionWindow) hint(yes string) string {
	words := w.u.words.Question
	switch {
	case w.yesIn > 0:
		return w.u.words.ReadFirst(w.yesIn)
	case !w.wasArmed:
		return words.Soon
	case w.p != nil && w.p.state.focus == answerYes:
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
