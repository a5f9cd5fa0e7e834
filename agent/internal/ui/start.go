package ui

import (
	"context"
	"image"
	"time"

	"beside/agent/internal/catalogue"
)

// StartView is what the start window shows.
type StartView struct {
	Organisation string
	Verified     bool
	Code         string // twelve digits; empty while connecting
	Expires      time.Time
	// Problem is a sentence for the user (relay not reachable, code burnt); empty is none.
	Problem    string
	PrivacyURL string
	// Known is how many people the machine remembers to have helped the user.
	Known                         int
	Controller, Processor, Region string
}

// over reports whether the number is good for nothing any more.
func (v StartView) over() bool {
	return v.Code != "" && !v.Expires.IsZero() && time.Until(v.Expires) <= 0
}

// heading says what to do with the number, or that it is not there yet.
func (v StartView) heading(w *catalogue.Texts) string {
	if v.Code == "" {
		return w.Start.NumberSoon
	}
	return w.Start.ReadNumber
}

// The targets of the start window.
const (
	startNewCode targetID = iota + 1
	startPrivacy
	startForget
	startOptions
	startBig
	startContrast
	startReader
	startPage
	startBack
	startCopy
	startLanguage // the first of the languages, the others follow
)

// startPart is what the lower half of the start window shows.
type startPart uint8

const (
	partPoints startPart = iota
	partPrivacy
	partOptions
	partLink
)

// The start window's size, logical.
const (
	startW, startH = 480, 560
	padding        = 24
	footH          = 62
)

// startWindow shows the code.
type startWindow struct {
	u        *UI
	p        *panel
	view     StartView
	height   float64 // logical: more than startH when there is a problem to tell
	part     startPart
	readable []catalogue.Language // see languages
	second   time.Time            // when the clock shows something else
	clock    box                  // where it is
	link     pageLink
}

// ShowStart shows or updates the start window.
func (u *UI) ShowStart(v StartView) {
	_ = u.do(context.Background(), func() {
		s := u.loop.start
		if s == nil {
			var err error
			if s, err = u.openStart(); err != nil {
				return
			}
			u.loop.start = s
		}
		s.view, s.second = v, time.Time{}
		_ = s.arrange() // an error here is the connection's end, which Run reports
	})
}

// HideStart closes the start window.
func (u *UI) HideStart() {
	_ = u.do(context.Background(), func() {
		if s := u.loop.start; s != nil {
			u.loop.start = nil
			u.takeBack()
			u.drop(s.p)
		}
	})
}

func (u *UI) openStart() (*startWindow, error) {
	s := &startWindow{u: u, height: startH}
	place, err := u.fit(startW, startH, s.paint)
	if err != nil {
		return nil, err
	}
	win, err := u.openOrdinary("start", place.rect)
	if err != nil {
		return nil, err
	}
	s.p = &panel{win: win, ts: place.ts, paint: func(p *page) { s.paint(p) }, press: s.press}
	s.p.escape = func(time.Time) { s.turn(partPoints) }
	s.p.keyed = s.keyed
	u.adopt(s.p)
	win.show()
	return s, nil
}

// openOrdinary makes a window that the window manager decorates.
func (u *UI) openOrdinary(role string, rect image.Rectangle) (*window, error) {
	win, err := u.conn.newWindow(rect, false, white)
	if err != nil {
		return nil, err
	}
	win.describe(windowTitle, role)
	if u.loop.reader.chosen {
		win.quiet() // the keyboard stays with the page that the user reads
	}
	return win, nil
}

func (s *startWindow) press(id targetID, by trigger, _ time.Time) {
	switch id {
	case startNewCode:
		s.u.emit(NewCode)
	case startPrivacy:
		s.turnOr(partPrivacy)
	case startForget:
		s.u.emit(ForgetPeople)
	case startOptions:
		s.turnOr(partOptions)
	case startBig:
		s.u.loop.look.big = !s.u.loop.look.big
		s.u.restyle()
	case startContrast:
		s.u.loop.look.contrast = !s.u.loop.look.contrast
		s.u.restyle()
	case startReader:
		s.wantPage(!s.u.loop.reader.chosen, by)
	case startPage:
		s.wantPage(true, by)
	case startBack:
		s.turn(partPoints)
	case startCopy:
		s.copyLink(by)
	default:
		s.choose(int(id) - int(startLanguage))
	}
}

// keyed opens the page for a screen reader by F1: who needs it cannot look for a button.
func (s *startWindow) keyed(k key, _ time.Time) bool {
	if k == keyHelp {
		s.wantPage(true, bySpace)
	}
	return k == keyHelp
}

// wantPage chooses whether a page for a screen reader may answer in the next session, and
// opens it. That it may is the user's own word, not that of whoever moves the pointer under
// their finger. THREAT 1.
func (s *startWindow) wantPage(want bool, by trigger) {
	if want && by == byStray {
		return
	}
	s.u.loop.reader.chosen, s.p.stale = want, true
	if want {
		s.u.emit(OpenPage)
	}
}

// turnOr shows a part, or goes back from it.
func (s *startWindow) turnOr(part startPart) {
	if s.part == part {
		part = partPoints
	}
	s.turn(part)
}

func (s *startWindow) turn(part startPart) {
	if s.part != part {
		s.part = part
		_ = s.arrange()
	}
}

func (s *startWindow) note(n notice) {
	if n.window == s.p.win.id && n.kind == noticeClose {
		s.u.emit(Quit)
	}
}

func (s *startWindow) arrange() error {
	s.height = startH
	place, err := s.u.fit(startW, startH, s.paint)
	if err != nil {
		return err
	}
	s.height, s.p.ts = place.h, place.ts
	if place.rect.Size() != s.p.win.rect.Size() {
		s.p.win.place(place.rect)
		s.p.win.describe(windowTitle, "start")
	}
	s.p.resize()
	return nil
}

// tick does what is due.
func (s *startWindow) tick(now time.Time) (time.Time, error) {
	return earliest(s.expireLink(now), s.tickClock(now)), nil
}

// tickClock moves the clock on, painting only its place.
func (s *startWindow) tickClock(now time.Time) time.Time {
	if s.view.Code == "" || s.view.Expires.IsZero() {
		return time.Time{}
	}
	rest := s.view.Expires.Sub(now)
	if rest < -time.Second {
		return time.Time{}
	}
	if !now.Before(s.second) {
		s.second = now.Add(rest % time.Second)
		if !s.second.After(now) {
			s.second = now.Add(time.Second)
		}
		if rest < time.Second {
			s.p.stale = true // the number is struck out
		} else if s.p.drawn && !s.p.stale {
			s.p.repaint(s.clock.pixels(s.p.cv.scale))
		}
	}
	return s.second
}

// paint draws the window and returns the height that it needs.
func (s *startWindow) paint(p *page) float64 {
	p.c.clear(white)
	y := s.code(p, max(92, s.head(p)+18))
	y = s.warn(p, y+16)
	p.c.fill(box{padding, y + 18, startW - 2*padding, 1}, hairline)
	switch s.part {
	case partPrivacy:
		y = s.notice(p, y+36)
	case partOptions:
		y = s.options(p, y+36)
	case partLink:
		y = s.linked(p, y+36)
	default:
		y = s.points(p, y+36)
	}
	s.foot(p)
	return y + footH
}

// head shows who runs this, with the whole of a long name, and returns where it ends.
func (s *startWindow) head(p *page) float64 {
	w, v := s.u.words, s.view
	p.c.round(box{padding, 24, 44, 44}, 12, blue)
	p.c.sign(iconLogo, padding+7, 24+6, 30, white)
	x, width := float64(padding+44+14), float64(startW-2*padding-44-14)
	if v.Organisation == "" {
		p.label(windowTitle, oneLine(heading), x, 23, width, ink)
		p.label(w.Start.Subtitle, oneLine(small), x, 47, width, secondary)
		return 24 + 44
	}
	name := heading
	name.lines = 3
	y := 23 + p.label(v.Organisation, name, x, 23, width, ink)
	return y + p.mark(v.Verified, w, x, y)
}

// code shows the number in its card and returns where the card ends.
func (s *startWindow) code(p *page, y float64) float64 {
	w, v := s.u.words, s.view
	col := ink
	if v.over() {
		col = secondary
	}
	y += p.label(v.heading(w), heading, padding, y, startW-2*padding, col) + 10
	b := box{padding, y, startW - 2*padding, 126}
	p.c.round(b, 12, bluePale)
	digits := style{size: 44, weight: bold, tabular: true, lines: 1}
	switch {
	case v.Code == "" && v.Problem == "":
		p.middle(w.Start.Connecting, style{size: 22, lines: 1}, b, 42, secondary)
		return b.y + b.h
	case v.Code == "":
		p.middle(w.Start.NoNumber, style{size: 22, lines: 1}, b, 30, secondary)
	default:
		p.middle(grouped(v.Code), digits, b, 20, col)
	}
	if v.over() { // nobody shall read it out
		width := p.t.set(grouped(v.Code), digits, b.w).w
		p.c.fill(box{b.x + (b.w-width)/2 - 6, b.y + 20 + lineHeight(digits.size)/2, width + 12, 3}, warning)
	}
	s.underCode(p, b)
	return b.y + b.h
}

// middle draws a line in the middle of a box's width.
func (p *page) middle(text string, s style, b box, dy float64, col rgb) {
	p.c.textCentred(p.t, p.t.set(text, s, b.w), b.x, b.y+dy, b.w, col)
}

// underCode shows how long the number is good for, and the way to another.
func (s *startWindow) underCode(p *page, b box) {
	w := s.u.words
	text, col, y := "", secondary, b.y+86
	if !s.view.Expires.IsZero() && s.view.Code != "" {
		rest := time.Until(s.view.Expires)
		text = catalogue.Fill(w.Start.ValidFor, "time", left(rest))
		if s.view.over() {
			text, col = w.Start.NumberOver, warning
		}
	}
	st := style{size: 13, tabular: true, lines: 1}
	linkW := p.linkWidth(w.Start.NewNumber, iconRefresh)
	textW, gap := p.t.set(text, st, 0).w, 22.0
	if text == "" {
		textW, gap = 0, 0
	}
	x := b.x + (b.w-textW-gap-linkW)/2
	s.clock = box{x - 2, y, textW + 4, 28}
	p.label(text, st, x, y+(28-lineHeight(13))/2, 0, col)
	p.link(startNewCode, w.Start.NewNumber, iconRefresh, x+textW+gap, y)
}

// warn shows a problem, else the caution that every user should read.
func (s *startWindow) warn(p *page, y float64) float64 {
	if s.view.Problem == "" {
		return y + p.point(iconShield, good, s.u.words.Start.OnlyTo, small, padding, y, startW-2*padding, secondary)
	}
	const inset = 12
	width := float64(startW - 2*padding - 2*inset - 30)
	h := p.t.set(s.view.Problem, body, width).h
	p.c.round(box{padding, y, startW - 2*padding, h + 2*inset}, 12, warnPale)
	p.point(iconWarning, warning, s.view.Problem, body, padding+inset, y+inset, width+30, ink)
	return y + h + 2*inset
}

// points say what can happen and what cannot.
func (s *startWindow) points(p *page, y float64) float64 {
	w, width := s.u.words, float64(startW-2*padding)
	const gap = 12
	y += p.point(iconScreen, blue, w.Start.Can1, body, padding, y, width, ink) + gap
	y += p.point(iconPointer, blue, w.Start.Can2, body, padding, y, width, ink) + gap
	y += p.point(iconLock, blue, w.Start.Cannot, body, padding, y, width, ink) + 16
	return y + s.toPage(p, y)
}

// toPage leads to the page for a screen reader, and returns its height.
func (s *startWindow) toPage(p *page, y float64) float64 {
	const high, inset, size, gap = 44, 14, 20, 12
	text, i, col := s.u.words.Start.ReaderHint, icon(iconReader), blue
	if s.u.loop.reader.chosen {
		text, i, col = s.u.words.Start.ReaderOn, iconCheck, good
	}
	t := p.t.set(text, bodyBold, startW-2*padding-2*inset-size-gap)
	b := box{padding, y, startW - 2*padding, max(high, t.h+20)}
	p.targets = append(p.targets, target{id: startPage, box: b})
	ground := card
	if p.now.hover == startPage {
		ground = hairline
	}
	p.c.round(b, 10, ground)
	p.c.sign(i, b.x+inset, b.y+(b.h-size)/2, size, col)
	p.c.text(p.t, t, b.x+inset+size+gap, b.y+(b.h-t.h)/2, ink)
	if p.now.focused && p.now.focus == startPage {
		p.ring(b, 10)
	}
	return b.h
}

// notice shows who is responsible for what is shown.
func (s *startWindow) notice(p *page, y float64) float64 {
	w, v := s.u.words, s.view
	const inner = startW - 2*padding
	y += p.label(w.Start.PrivacyIntro, small, padding, y, inner, ink) + 8
	var rows [][2]string
	for _, r := range [][2]string{
		{w.Party.Controller, v.Controller}, {w.Party.Processor, v.Processor}, {w.Party.Region, v.Region}, {w.Party.PrivacyURL, v.PrivacyURL},
	} {
		if r[1] != "" {
			rows = append(rows, r)
		}
	}
	nameW := p.nameWidth(rows, small, inner*0.45)
	for _, r := range rows {
		s := small
		s.lines = 2
		y += p.row(r[0], r[1], s, padding, y, nameW, inner) + 5
	}
	if v.Known > 0 {
		y += p.label(w.Count(w.Start.Known, v.Known), small, padding, y+9, inner, ink) + 9
		p.link(startForget, w.Start.Forget, iconCross, padding, y+2)
		y += 32
	}
	return y
}

// foot turns between the points, the notice and the options.
func (s *startWindow) foot(p *page) {
	w, y := s.u.words, s.height-42
	if s.part != partPoints {
		id := map[startPart]targetID{partPrivacy: startPrivacy, partOptions: startOptions, partLink: startBack}[s.part]
		p.link(id, w.Start.Back, iconLeft, padding, y)
		return
	}
	p.link(startPrivacy, w.Start.Privacy, iconRight, padding, y)
	text := s.language().Name
	p.link(startOptions, text, iconGlobe, startW-padding-p.linkWidth(text, iconGlobe), y)
}
