package ui

import (
	"image"
	"time"

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
