package ui

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"time"

	"beside/consent"
	"beside/protocol"
)

// A page in the user's browser can stand beside the windows, for screen readers
// (package page). It reads everything out and takes away like the bar. It gives only what
// the user chose before the session that it may, and then no more easily than a window:
//
//	page ──press──► Answer, Act ──► this question? in view long enough? the user's own
//	                                device, just now? nobody else had mouse and keyboard?
//	keys ──────────────────────────────────────────────► the question, as Space does
//
// The question stays on the screen and keeps its own account; the page is only another
// way to press its buttons. So injection is locked as long as the page can be asked.

// Asked is the question that is on the screen, as a page reads it out.
type Asked struct {
	Nonce    string // of this text on the screen; an answer names it
	Question *consent.Question
	Caution  bool // the caution before the question is on the screen
	// Answers: the page may answer. KeysOnly: with no, or by Keys, because somebody else
	// has had mouse and keyboard in this session.
	Answers, KeysOnly bool
	Keys              string
	NoAt, YesAt       time.Time // from when they count; zero while it is not in view
	Until             time.Time // when silence becomes no
	Patient           bool      // the user stopped the time
	Stoppable         bool      // and can
}

// Reply is an answer that came by the page.
type Reply uint8

// The replies.
const (
	ReplyNo Reply = iota + 1
	ReplyYes
	ReplyTakeTime
)

// Why a press on the page did not count.
var (
	ErrNotChosen = errors.New("ui: that the page may answer was not chosen before the session")
	ErrStale     = errors.New("ui: that is not on the screen any more")
	ErrTooSoon   = errors.New("ui: it has not been on the screen for long enough")
	ErrNoHand    = errors.New("ui: no device of the user's own was pressed")
	ErrKeysOnly  = errors.New("ui: somebody else has had mouse and keyboard: only the user's keys give")
)

// KeysError is an ErrKeysOnly that says which keys count instead.
type KeysError struct{ Keys string }

// Error implements error.
func (e *KeysError) Error() string { return ErrKeysOnly.Error() }

// Unwrap is ErrKeysOnly.
func (e *KeysError) Unwrap() error { return ErrKeysOnly }

// handFresh is how long a press of the user's own device and what the page makes of it
// may lie apart: a browser and a screen reader on a slow machine.
const handFresh = 2 * time.Second

// reader is what a session knows about its page.
type reader struct {
	chosen     bool      // by the user, for the session that begins next
	answers    bool      // this session's page may answer
	controlled bool      // somebody else was allowed mouse and keyboard in this session
	pressed    time.Time // the space bar or a button, by a device of the user's own
	touched    time.Time // any key or button
	told       Asked
}

// begin starts a session: what the user chose until now holds.
func (r *reader) begin() { *r = reader{chosen: r.chosen, answers: r.chosen, told: r.told} }

// Answer is a press on the page on the question that nonce names. An error says why it did
// not count.
func (u *UI) Answer(nonce string, r Reply) error {
	return u.pressed(func(now time.Time) error { return u.answerBy(nonce, r, now) })
}

// Act is any other press on the page. An error says why it did not count.
func (u *UI) Act(a Action) error {
	return u.pressed(func(now time.Time) error { return u.actBy(a, now) })
}

// pressed runs f in the loop once everything is known that the user's devices did until
// now: the server tells us of a key no later than the browser.
func (u *UI) pressed(f func(time.Time) error) (err error) {
	lost := u.do(context.Background(), func() {
		if err = u.conn.sync(); err != nil {
			return
		}
		for _, b := range u.conn.events.take(maxQueued) {
			u.dispatch(b)
		}
		err = f(time.Now())
		u.loop.reader.pressed = time.Time{} // a hand counts once, whatever it pressed
	})
	return errors.Join(lost, err)
}

// Hand reports whether a device of the user's own was used just now; an error says that it
// was not. What they write on the page is theirs only then: the technician's events and the
// user's own never mix, because remote input waits while the user's hands are at work.
func (u *UI) Hand() error { return u.pressed(u.touchedBy) }

// touchedBy reports whether any key or button of the user's own was pressed just now.
func (u *UI) touchedBy(now time.Time) error {
	touched := u.loop.reader.touched
	if u.conn.synthetic || u.conn.honest() && !touched.IsZero() && now.Sub(touched) <= handFresh {
		return nil
	}
	return ErrNoHand
}

// WriteComment takes what the user wrote on the page about the session that is over, as if
// it were written in the last window. An error says why it did not count.
func (u *UI) WriteComment(text string) error {
	return u.pressed(func(now time.Time) error {
		o := u.loop.over
		if o == nil || o.view.ReceiptPath == "" {
			return ErrStale
		}
		if err := u.touchedBy(now); err != nil {
			return err
		}
		o.comment.field.clear()
		o.comment.field.insert(protocol.CleanLines(text, CommentMost, CommentRows))
		o.hand()
		return o.arrange()
	})
}

func (u *UI) answerBy(nonce string, r Reply, now time.Time) error {
	w := u.loop.question
	switch {
	case !u.loop.reader.answers:
		return ErrNotChosen
	case w == nil || w.a.done || subtle.ConstantTimeCompare([]byte(w.nonce), []byte(nonce)) != 1:
		return ErrStale
	case !w.a.armed(now):
		return ErrTooSoon
	}
	switch r {
	case ReplyNo:
		w.press(answerNo, bySpace, now)
	case ReplyTakeTime:
		w.press(takeTime, bySpace, now)
	case ReplyYes:
		if w.a.yesIn(now) > 0 || !w.choosable() {
			return ErrTooSoon
		}
		if err := u.handed(w.a.inView.Add(w.a.yesAfter), now); err != nil {
			return err
		}
		w.yesAt = now
	}
	return nil
}

// barSettles is how long a yes of the page's waits for the bar. The very key that says it
// makes the bar tell that the user is in control, and a bar that changes is not seen for a
// moment, in which no yes counts.
const barSettles = time.Second

// sayYes presses yes for the page once the bar is seen.
func (w *questionWindow) sayYes(now time.Time) {
	bar := w.u.loop.bar
	switch {
	case w.yesAt.IsZero():
	case bar == nil || now.Sub(w.yesAt) > barSettles:
		w.yesAt = time.Time{}
	case bar.visible.Load():
		at := w.yesAt
		w.yesAt = time.Time{}
		w.press(answerYes, bySpace, at)
	}
}

func (u *UI) actBy(a Action, now time.Time) error {
	l := &u.loop
	switch a {
	case EndSession, PauseSession, BeginSecret, StopControl, StopRecording, StopClipboard, StopFiles, StopVoice, MuteVoice:
		if l.bar == nil {
			return ErrStale
		}
		u.emit(a)
	case ResumeSession, EndSecret, ImHere, UnmuteVoice:
		switch {
		case l.bar == nil || !u.waits(a):
			return ErrStale
		case !l.reader.answers:
			return ErrNotChosen
		}
		if err := u.handed(time.Time{}, now); err != nil {
			return err
		}
		u.goOn(a)
	case NewCode:
		if l.start == nil {
			return ErrStale
		}
		u.emit(a)
	case OpenReceipt:
		if l.over == nil {
			return ErrStale
		}
		u.emit(a)
	case ReportSession, SendFeedback, Rate1, Rate2, Rate3, Rate4, Rate5:
		return u.sayBy(a, now)
	case EraseRecording:
		return u.eraseBy(now)
	case CloseOver:
		if l.over == nil {
			return ErrStale
		}
		l.over.close()
	default:
		return ErrStale
	}
	return nil
}

// sayBy is the user's word on the session, which is nobody else's: it takes their hand. A
// report that ends a session takes the space bar or a button, as on the bar.
func (u *UI) sayBy(a Action, now time.Time) error {
	l := &u.loop
	switch {
	case a == ReportSession && l.bar != nil:
		if p := l.reader.pressed; !u.conn.synthetic && (p.IsZero() || now.Sub(p) > handFresh || !u.conn.honest()) {
			return ErrNoHand
		}
	case l.over == nil:
		return ErrStale
	default:
		if err := u.touchedBy(now); err != nil {
			return err
		}
	}
	u.emit(a)
	return nil
}

// eraseBy erases the recording, which cannot be taken back and would rid a swindler of the
// evidence: it takes what a yes takes. Where keys alone count, the last window asks, and
// they answer it.
func (u *UI) eraseBy(now time.Time) error {
	o := u.loop.over
	switch {
	case o == nil || !o.erasable():
		return ErrStale
	case !u.loop.reader.answers:
		return ErrNotChosen
	}
	err := u.handed(time.Time{}, now)
	switch {
	case errors.Is(err, ErrKeysOnly):
		o.ask(true)
		return &KeysError{u.holdPageKeys()}
	case err != nil:
		return err
	}
	o.press(overEraseYes, bySpace, now)
	return nil
}

// waits reports whether there is anything to go on with.
func (u *UI) waits(a Action) bool {
	switch a {
	case ImHere:
		return u.loop.here != nil
	case EndSecret:
		return u.loop.bar.view.Secret
	case UnmuteVoice:
		return u.loop.bar.view.Muted
	}
	return u.loop.bar.view.Paused && u.loop.bar.plight.why == ""
}

// goOn lets something go on that waits for the user.
func (u *UI) goOn(a Action) {
	if a == ImHere {
		u.loop.here.close()
	}
	u.emit(a)
}

// handed reports whether the user's own hand pressed just now, after a moment, and lets it
// count once. Where somebody else has had mouse and keyboard a program of theirs may be
// waiting in the browser for just that: then no press on the page gives any more. Who
// chose that programs may press has no hand to show. THREAT 1.
func (u *UI) handed(after, now time.Time) error {
	r, pressed := &u.loop.reader, u.loop.reader.pressed
	switch {
	case u.conn.synthetic:
		return nil
	case r.controlled:
		return ErrKeysOnly
	case !u.conn.honest():
		return ErrNoHand
	case pressed.IsZero() || pressed.Before(after) || now.Sub(pressed) > handFresh:
		return ErrNoHand
	}
	return nil
}

// yesKeys is the user's own way to say yes to what the page reads out. It is a hotkey:
// nobody else's key makes it, whatever program has the keyboard.
func (u *UI) yesKeys(now time.Time) {
	l := &u.loop
	switch {
	case !l.reader.answers || !u.conn.honest():
	case l.over != nil && l.over.asks:
		l.over.press(overEraseYes, bySpace, now)
	case l.bar == nil:
	case l.question != nil:
		l.question.yesAt = now
	case l.here != nil:
		u.goOn(ImHere)
	case l.bar.view.Secret:
		u.goOn(EndSecret)
	case u.waits(ResumeSession):
		u.goOn(ResumeSession)
	}
}

// tellPage tells the page of the question when something about it changed.
func (u *UI) tellPage() {
	now := u.asked()
	if u.follow == nil || now == u.loop.reader.told {
		return
	}
	u.loop.reader.told = now
	u.follow(now)
}

// asked is the question as it is now; the zero Asked is none.
func (u *UI) asked() Asked {
	w, r := u.loop.question, &u.loop.reader
	if w == nil || w.a.done {
		return Asked{}
	}
	a := Asked{
		Nonce: w.nonce, Question: w.reads, Caution: w.caution, Answers: r.answers, KeysOnly: r.controlled && !u.conn.synthetic,
		Until: w.a.deadline, Patient: w.a.patient, Stoppable: w.a.stoppable(),
	}
	if h, ok := u.loop.hotkeyOf(pageYes); ok {
		a.Keys = h.keys(u.words)
	}
	if !w.a.inView.IsZero() {
		a.NoAt, a.YesAt = w.a.inView.Add(armAfter), w.a.inView.Add(w.a.yesAfter)
	}
	return a
}

// renew gives the text on the screen a name of its own: an answer to another text, or to
// the same words of another time, is none.
func (w *questionWindow) renew() {
	q := w.q
	w.nonce, w.reads, w.yesAt = rand.Text(), &q, time.Time{}
}
