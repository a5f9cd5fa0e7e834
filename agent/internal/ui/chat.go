package ui

import (
	"errors"
	"slices"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/chat"
)

// ChatView is the conversation as the user sees it.
type ChatView struct {
	Technician string
	chat.View
	// Secret: the user types a secret somewhere else, which must not get here.
	Secret bool
}

// Talk is what the conversation's tab talks to: a *chat.Chat.
type Talk interface {
	// Post sends what the user wrote, or says why not; see chat.Chat.
	Post(text string, sure bool) error
	// Read notes that the user has seen everything.
	Read()
}

// chatPane is the conversation. It shows by itself, without taking the keyboard, when the
// technician writes. Only keys of the user's own devices type in it, and only after the
// user has gone to its field: whatever they are typing elsewhere when it opens does not get
// here. THREAT 1, PROMISES A6, A8.
type chatPane struct {
	side  *sideWindow
	view  ChatView
	talk  Talk  // nil before there is a conversation
	field field // kept while the window is closed
	roll  roll

	lines []fieldLine // of the field, as they were painted
	down  int         // the first of them that is in view

	doubt   chat.Secret // the user is asked whether they want to send it
	doubted time.Time   // since when
	armed   bool        // sending it all the same counts
	problem error       // why the last message was not sent
	seen    bool        // the user did something in the window since the last message
}

// doubting reports whether the user is being asked about what they wrote.
func (w *chatPane) doubting() bool { return w.doubt != chat.Harmless }

// stale has the window painted again, if it is open.
func (w *chatPane) stale() {
	if w.side.p != nil {
		w.side.p.stale = true
	}
}

// closed forgets what belongs to the window that was open.
func (w *chatPane) closed() {
	w.roll, w.lines, w.down, w.field.typist = roll{}, nil, 0, typist{}
	w.doubt, w.armed, w.problem, w.seen = chat.Harmless, false, nil, false
}

// enter puts the cursor into the field, onto "Don’t send" while that is asked, and onto
// Close before there is a conversation.
func (w *chatPane) enter() {
	at := chatField
	switch {
	case w.talk == nil:
		at = sideClose
	case w.doubting():
		at = chatDont
	}
	w.side.p.set(func(s *pointerState) { s.focus, s.focused = at, true })
	w.saw()
}

// turnedTo gives the user time to read again what they are asked.
func (w *chatPane) turnedTo() {
	w.doubted, w.armed = time.Now(), false
	w.saw()
}

// saw tells that the user has seen what is in view.
func (w *chatPane) saw() {
	if w.seen || w.roll.back > 0 {
		return
	}
	w.seen = true
	if w.view.Unread > 0 {
		w.talk.Read()
	}
}

func (w *chatPane) change(v ChatView) {
	n := len(w.view.Messages)
	if len(v.Messages) > n && slices.ContainsFunc(v.Messages[n:], func(m chat.Message) bool { return !m.FromUser }) {
		w.seen = false
	}
	if !v.Open {
		w.doubt = chat.Harmless
	}
	w.view = v
	if w.side.p != nil {
		w.measure()
		w.stale()
	}
}

func (w *chatPane) press(id targetID, by trigger, now time.Time) {
	switch id {
	case chatField:
		w.enter()
		w.side.p.win.focus()
	case chatSend:
		w.send(false, now)
	case chatDont:
		w.dont()
	case chatAnyway:
		if w.armed && by != byStray {
			w.send(true, now)
		}
	}
}

func (w *chatPane) dont() {
	w.doubt = chat.Harmless
	w.enter()
	w.stale()
}

// send posts what is in the field. sure says that the user was asked, and insists.
func (w *chatPane) send(sure bool, now time.Time) {
	text := string(w.field.text)
	err := w.talk.Post(text, sure)
	var doubt *chat.Doubt
	w.problem = nil
	w.stale()
	switch {
	case errors.As(err, &doubt):
		w.doubt, w.doubted, w.armed = doubt.Looks, now, false
		w.enter()
		return
	case errors.Is(err, chat.ErrEmpty):
	case err != nil:
		w.problem = err
	default:
		w.field.clear()
		w.down, w.roll.back = 0, 0
	}
	w.doubt = chat.Harmless
	w.enter()
}

// typed is told of every press of a key, repeated ones too, and takes what belongs to the
// field.
func (w *chatPane) typed(ev xievent, keys keyTable, now time.Time) bool {
	if w.side.p.state.focus != chatField || w.doubting() || !w.view.Open {
		return false
	}
	k := keys.meaning[byte(ev.detail)]
	ctrl := ev.mods&xproto.ModMaskControl != 0
	switch {
	case k == keyEnter && ev.mods&xproto.ModMaskShift != 0:
		w.field.insert("\n")
	case k == keyEnter:
		if ev.flags&xiKeyRepeat == 0 {
			w.send(false, now)
		}
	case w.types(ev, &keys.layout):
	case len(w.lines) > 0 && w.field.edit(k, ctrl, w.lines, w.side.p.ts.scale):
	default:
		return false
	}
	w.problem = nil
	w.stale()
	w.lines = w.field.lay(w.side.p.ts, body, chatText)
	return true
}

// types puts what a key types into the field.
func (w *chatPane) types(ev xievent, l *layout) bool {
	text, ok := w.field.typist.text(l, ev)
	if ok {
		w.field.insert(text)
	}
	return ok
}

// tick lets "send anyway" count once the user had time to read why not.
func (w *chatPane) tick(now time.Time) time.Time {
	if !w.doubting() || w.armed {
		return time.Time{}
	}
	due := w.doubted.Add(armAfter)
	if now.Before(due) {
		return due
	}
	w.armed = true
	w.stale()
	return time.Time{}
}

// says is why the last message was not sent, for the user.
func (w *chatPane) says() string {
	if w.problem == nil {
		return w.view.Warning(w.side.u.words)
	}
	return Unsent(w.problem, w.side.u.words)
}

// Warning is what the user reads before they write; mostly nothing.
func (v ChatView) Warning(w *catalogue.Texts) string {
	if !v.Secret {
		return ""
	}
	return catalogue.Fill(w.Chat.Secret, "technician", v.Technician)
}

// Unsent says why a message was not sent.
func Unsent(err error, w *catalogue.Texts) string {
	switch {
	case errors.Is(err, chat.ErrTooFast):
		return w.Chat.TooFast
	case errors.Is(err, chat.ErrFull):
		return w.Chat.Full
	case errors.Is(err, chat.ErrLong):
		return w.Chat.Long
	}
	return w.Chat.Closed
}
