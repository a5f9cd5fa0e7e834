package ui

import (
	"slices"
	"time"
)

// The bar's measures, logical.
const (
	barH     = 44
	barSide  = 14
	barGap   = 8
	buttonH  = 32
	chipSide = 12
)

// The targets of the bar.
const (
	barControl targetID = iota + 1
	barRecording
	barClipboard
	barFiles
	barVoice
	barMute
	barActivity
	barChat
	barPause
	barSecret
	barEnd
	barReport    // the sign that asks about it
	barReportYes // what it asks
	barReportNo
)

// press does what a button of the bar says.
func (b *Bar) press(id targetID, by trigger, _ time.Time) {
	switch {
	case by != byPointer && by != byStray:
		return // the bar never has the keyboard
	case (b.gives(id) || id == barReportYes) && (by == byStray || b.plight.why != "" || !b.top.seen || b.top.struck || !b.truthful()):
		// Going on gives, and a report is the user's word: the bar, and the pointer on it,
		// must be where the user put them.
		return
	}
	b.act(id)
}

// gives reports whether a button lets something go on.
func (b *Bar) gives(id targetID) bool {
	return id == barPause && b.view.Paused || id == barSecret && b.view.Secret || id == barMute && b.view.Muted
}

// act does what a button of the bar says, if it is there to be pressed.
func (b *Bar) act(id targetID) {
	switch id {
	case barActivity:
		b.u.emit(OpenActivity)
		return
	case barReport:
		b.askReport(time.Now())
		return
	case barChat:
		if b.view.Chat {
			b.u.emit(OpenChat)
		}
		return
	}
	if !slices.ContainsFunc(append(b.ordinary(), b.chips()...), func(c chip) bool { return c.id == id }) {
		return
	}
	switch id {
	case barControl:
		b.u.emit(StopControl)
	case barRecording:
		b.u.emit(StopRecording)
	case barClipboard:
		b.u.emit(StopClipboard)
	case barFiles:
		b.u.emit(StopFiles)
	case barVoice:
		b.u.emit(StopVoice)
	case barMute:
		if b.view.Muted {
			b.u.emit(UnmuteVoice)
		} else {
			b.u.emit(MuteVoice)
		}
	case barPause:
		if b.view.Paused {
			b.u.emit(ResumeSession)
		} else {
			b.u.emit(PauseSession)
		}
	case barSecret:
		if b.view.Secret {
			b.u.emit(EndSecret)
		} else {
			b.u.emit(BeginSecret)
		}
	case barEnd:
		b.u.emit(EndSession)
	case barReportYes:
		b.endReport()
		b.u.emit(ReportSession)
	case barReportNo:
		b.endReport()
	}
}

// chip is one button of the bar.
type chip struct {
	id   targetID
	text string
	icon icon
	look buttonLook
}

// chips lists the buttons from left to right; End is always the last.
func (b *Bar) chips() []chip {
	if b.report.open() {
		return b.reportChips()
	}
	return b.ordinary()
}

// ordinary are the buttons while nothing is asked; their keys work all the same.
func (b *Bar) ordinary() []chip {
	w := b.u.words
	var list []chip
	if b.view.Secret {
		return []chip{{barSecret, w.Bar.SecretDone, iconCheck, primaryLook}, {barEnd, w.Bar.End, nil, endLook}}
	}
	if b.view.Control {
		list = append(list, chip{barControl, w.Bar.StopControl, iconPointer, barLook})
	}
	if b.view.Recording {
		list = append(list, chip{barRecording, w.Bar.StopRecording, iconRecord, barLook})
	}
	if b.view.Clipboard {
		list = append(list, chip{barClipboard, w.Bar.StopClipboard, iconClipboard, barLook})
	}
	if b.view.Files {
		list = append(list, chip{barFiles, w.Bar.StopFiles, iconFolder, barLook})
	}
	if b.view.Voice {
		c := chip{barMute, w.Bar.Mute, b.iconLevel, barLook}
		if b.view.Muted {
			c.text, c.icon = w.Bar.Unmute, iconMuted
		}
		list = append(list, c, chip{barVoice, w.Bar.StopVoice, iconHangUp, barLook})
	}
	if b.view.View {
		c := chip{barPause, w.Bar.Pause, iconPause, barLook}
		if b.view.Paused {
			c.text, c.icon = w.Bar.Resume, iconPlay
		}
		list = append(list, c)
	}
	if b.view.View && !b.view.Paused {
		list = append(list, chip{barSecret, w.Bar.Secret, iconLock, barLook})
	}
	return append(list, chip{barEnd, w.Bar.End, nil, endLook})
}

func (b *Bar) paint(p *page) { b.lay(p, float64(p.c.w)/p.c.scale) }

// lay draws a bar of a width.
func (b *Bar) lay(p *page, width float64) {
	p.c.clear(barGround)
	p.c.fill(box{0, barH - 1, width, 1}, barOutline)
	f := b.fold(p, width)
	list := b.paintClock(p, b.paintMark(p, barSide, f), f)
	talk := list + 2*f.sign()
	if f.names > 0 {
		text, s, col := b.said(p, f)
		t := p.t.set(text, s, f.names+barBeside/2)
		p.c.text(p.t, t, b.leftWidth(p, f), (barH-t.h)/2, col)
	}
	b.paintChips(p, width, f)
	b.paintSign(p, list, barActivity, iconList)
	b.paintSign(p, list+f.sign(), barReport, iconFlag)
	if b.view.Chat {
		b.paintChat(p, talk)
	}
	b.paintTip(p, width, f)
}

// said is what stands between the time and the buttons: who, or a sentence, which may take
// two lines.
func (b *Bar) said(p *page, f folding) (string, style, rgb) {
	twoLines := func(s style) style { s.lines = 2; return s }
	switch text := b.status(p.now.hover, f); text {
	case "":
		return b.namesIn(p, f.names), oneLine(smallBold), white
	case b.view.Notice, b.reportAsk():
		return text, twoLines(smallBold), barAmber
	default:
		return text, twoLines(small), barQuiet
	}
}

// paintMark shows the dot, red with REC while recording.
func (b *Bar) paintMark(p *page, x float64, f folding) float64 {
	const r = 5
	col := rgb{0x60, 0xa5, 0xfa}
	switch {
	case b.view.Recording:
		col = barRed
	case b.view.Paused || b.view.Secret || !b.view.View:
		col = rgb{0x9c, 0xa3, 0xaf}
	}
	p.c.disc(x+r, barH/2, r, col)
	x += 2*r + 9
	if b.view.Recording && !f.tight {
		text := p.t.set(b.u.words.Bar.Recording, oneLine(smallBold), 0)
		p.c.text(p.t, text, x, (barH-text.h)/2, white)
		x += text.w + 9
	}
	return x
}

func (b *Bar) paintClock(p *page, x float64, f folding) float64 {
	if f.brief {
		b.clock = box{}
		return x
	}
	w := b.clockWidth(p)
	b.clock = box{x, 8, w, barH - 16}
	text := b.u.words.Elapsed(time.Since(b.view.Started))
	p.label(text, clockStyle(), x, (barH-lineHeight(13))/2, 0, barQuiet)
	return x + w + 14
}

// paintChips shows the buttons from the right; End is set apart.
func (b *Bar) paintChips(p *page, width float64, f folding) {
	const y = (barH - buttonH) / 2
	list := b.chips()
	x := width - barSide + 6
	for i := len(list) - 1; i >= 0; i-- {
		c := list[i]
		w := b.chipWidth(p, c, f)
		x -= w
		text := c.text
		if f.words && b.folds(c) {
			text = ""
		}
		if c.id == barMute {
			b.meter = box{x, y, w, buttonH}
		}
		p.button(c.id, box{x, y, w, buttonH}, text, c.icon, c.look, false)
		x -= f.gap()
		if c.id == barEnd {
			x -= 8
		}
	}
}

// iconLevel is a microphone that says how loud the user is.
func (b *Bar) iconLevel(p *pen, at func(...float64) []float64, u float64) {
	iconMicrophone(float64(b.level)/VoiceLevels)(p, at, u)
}
