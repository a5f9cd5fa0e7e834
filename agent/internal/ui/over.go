package ui

import (
	"context"
	"image"
	"slices"
	"strings"
	"time"

	"beside/agent/internal/catalogue"
	"beside/consent"
)

// OverView is what "It is over" shows.
type OverView struct {
	Technician, Organisation string
	Started                  time.Time
	Duration                 time.Duration
	Allowed                  []consent.Scope
	Recorded                 bool
	// FilesGot and FilesGiven are the names of what was sent either way.
	FilesGot, FilesGiven []string
	KeptUntil            time.Time
	// Delivery is how far the recording is on its way; zero when there is none.
	Delivery Delivery
	// Erasure is how far it is with taking the recording back.
	Erasure     Erasure
	EndedBy     consent.Actor
	ReceiptPath string
	// Rating is the user's, 1 to 5; zero is none yet. Reported: as suspicious. Told says
	// whether both have been sent.
	Rating   int
	Reported bool
	Comment  string
	Told     Telling
	// ReceiptProblem says, in a sentence, why there is no receipt; empty when there is.
	ReceiptProblem string
}

// Delivery is how far a recording is on its way to the help desk.
type Delivery uint8

// The steps of a delivery.
const (
	// Sending: closing the window does not take it away yet, the Action says so.
	Sending Delivery = iota + 1
	// Finishing: the user wants to close, and the window stays for the rest of it.
	Finishing
	Sent
	NotSent
)

// Erasure is how far it is with erasing what was recorded, where the user wants that.
type Erasure uint8

// The steps of erasing. The zero Erasure is that it is kept.
const (
	ErasingNow Erasure = iota + 1
	Erased
	NotErased
)

// Telling is how far what the user said of a session is on its way to the help desk.
type Telling uint8

// The steps of telling. The zero Telling is that nothing was sent.
const (
	TellingNow Telling = iota + 1
	Told
	NotTold
)

// The targets of the last window.
const (
	overReceipt targetID = iota + 1
	overClose
	overReport
	overSend
	overComment
	overErase
	overEraseYes
	overEraseNo
	overStar // the first of five
)

const stars = 5

// overWindow says that it is over, and what happened.
type overWindow struct {
	u       *UI
	p       *panel
	view    OverView
	told    bool // that the user wants to close, since the view last changed
	comment comment
	asks    bool // whether the recording is to be erased
	fit     fitting
	ts      *typesetter // of this window's scale
	size    image.Point
}

// ShowOver shows the summary, or changes the one that is shown.
func (u *UI) ShowOver(v OverView) {
	_ = u.do(context.Background(), func() {
		if o := u.loop.over; o != nil {
			o.view, o.told = v, false
			_ = o.arrange()
			return
		}
		o := &overWindow{u: u, view: v}
		o.comment.field.most = CommentMost
		u.comment.Store(nil)
		if o.open() == nil {
			u.loop.over = o
		}
	})
}

func (o *overWindow) open() error {
	rect, err := o.fitTo()
	if err != nil {
		return err
	}
	win, err := o.u.openOrdinary("over", rect)
	if err != nil {
		return err
	}
	o.p = &panel{
		win: win, ts: o.ts, paint: func(p *page) { o.paint(p) }, press: o.press,
		state: pointerState{focus: overClose, focused: true},
	}
	o.p.typed, o.p.keyed = o.typed, o.keyed
	o.p.escape = func(time.Time) { o.close() }
	o.u.adopt(o.p)
	win.show()
	return nil
}

func (o *overWindow) press(id targetID, _ trigger, _ time.Time) {
	if id == overComment {
		o.p.set(func(s *pointerState) { s.focus, s.focused = overComment, true })
		return
	}
	o.hand()
	switch id {
	case overReceipt:
		o.u.emit(OpenReceipt)
	case overClose:
		o.close()
	case overReport:
		o.u.emit(ReportSession)
	case overSend:
		o.u.emit(SendFeedback)
	case overErase, overEraseNo:
		o.ask(id == overErase)
	case overEraseYes:
		o.ask(false)
		o.u.emit(EraseRecording)
	default:
		if n := int(id) - int(overStar); n >= 0 && n < stars {
			o.u.emit(Rate1 + Action(n))
		}
	}
}

// close is the user's wish. While a recording is being sent the window stays, so that
// it can say what it waits for.
func (o *overWindow) close() {
	if o.u.loop.over != o || o.told {
		return
	}
	o.told = true
	o.hand()
	if o.view.Delivery != Sending {
		o.drop()
	}
	o.u.emit(CloseOver)
}

func (o *overWindow) drop() {
	o.freeKeys()
	o.u.loop.over = nil
	o.u.drop(o.p)
}

func (o *overWindow) note(n notice) {
	if n.window != o.p.win.id {
		return
	}
	switch n.kind {
	case noticeClose:
		o.close()
	case noticeDestroyed:
		o.drop()
		o.u.emit(CloseOver)
	}
}

func (o *overWindow) tick(time.Time) (time.Time, error) { return time.Time{}, nil }

func (o *overWindow) arrange() error {
	rect, err := o.fitTo()
	if err != nil {
		return err
	}
	o.p.ts = o.ts
	if rect.Size() != o.p.win.rect.Size() {
		o.p.win.place(rect)
		o.p.win.describe(windowTitle, "over")
	}
	o.p.resize()
	return nil
}

// Sentence says that it is over, and how that came.
func (v OverView) Sentence(w *catalogue.Texts) string {
	s := catalogue.Fill(w.Over.Text, "technician", v.Technician)
	switch {
	case v.Delivery == Finishing:
		return w.Sentences(s, w.Over.Finishing)
	case v.EndedBy == consent.ByBarLost:
		return w.Sentences(s, w.Over.BarLost)
	case v.EndedBy == consent.ByConnection:
		return w.Sentences(s, w.Over.Lost)
	}
	return s
}

// Rows list what happened: labels, and what stands beside them.
func (v OverView) Rows(w *catalogue.Texts) [][2]string {
	who := v.Technician
	if v.Organisation != "" {
		who += ", " + v.Organisation
	}
	rows := [][2]string{
		{w.Over.Who, who},
		{w.Over.When, w.DayTime(v.Started.Local())},
		{w.Over.HowLong, w.Lasted(v.Duration)},
		{w.Over.Allowed, scopes(w, v.Allowed)},
		{w.Over.Recorded, w.Over.No},
	}
	if v.Recorded {
		rows[4][1] = v.recorded(w)
		if !v.KeptUntil.IsZero() && v.Erasure != Erased {
			rows = append(rows, [2]string{w.Over.KeptUntil, w.Day(v.KeptUntil.Local())})
		}
	}
	for _, f := range []struct {
		label string
		names []string
	}{{w.Over.FilesGot, v.FilesGot}, {w.Over.FilesGiven, v.FilesGiven}} {
		if len(f.names) > 0 {
			rows = append(rows, [2]string{f.label, namesOf(w, f.names)})
		}
	}
	switch {
	case v.ReceiptPath != "":
		rows = append(rows, [2]string{w.Over.Receipt, v.ReceiptPath})
	case v.ReceiptProblem != "":
		rows = append(rows, [2]string{w.Over.Receipt, v.ReceiptProblem})
	}
	return rows
}

// namesOf lists the first few names; the receipt has all of them.
func namesOf(w *catalogue.Texts, names []string) string {
	const few = 4
	if more := len(names) - few; more > 1 { // one more takes no more room than saying so
		return strings.Join(append(slices.Clone(names[:few]), w.Count(w.Over.MoreFiles, more)), "\n")
	}
	return strings.Join(names, "\n")
}

// recorded says that there is a recording, and where it is by now.
func (v OverView) recorded(w *catalogue.Texts) string {
	switch v.Erasure {
	case ErasingNow:
		return w.Over.Erasing
	case Erased:
		return w.Over.Erased
	}
	switch v.Delivery {
	case Sending, Finishing:
		return w.Over.Sending
	case Sent:
		return w.Over.Sent
	case NotSent:
		return w.Over.NotSent
	}
	return w.Over.Yes
}
