package ui

import (
	"context"
	"errors"
	"image"
	"slices"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/chat"
	"beside/protocol"
)

// ChatView is what the chat window shows.
type ChatView struct {
	Technician string
	chat.View
	// Secret: the user types a secret somewhere else, which must not get here.
	Secret bool
}

// Talk is what the chat window talks to: a *chat.Chat.
type Talk interface {
	// Post sends what the user wrote, or says why not; see chat.Chat.
	Post(text string, sure bool) error
	// Read notes that the user has seen everything.
	Read()
}

// The targets of the chat window.
const (
	chatField targetID = iota + 1
	chatClose
	chatSend
	chatDont
	chatAnyway
)

// chatWindow is the conversation: an ordinary window beside everything else. It opens when
// the user asks for it (the bar, a hotkey), and by itself, without taking the keyboard,
// when the technician writes. Only keys of the user's own devices type in it, and only
// after the user has gone to its field: whatever they are typing elsewhere when it opens
// does not get here. THREAT 1, PROMISES A6, A8.
type chatWindow struct {
	u     *UI
	p     *panel
	view  ChatView
	talk  Talk
	field *field

	lines []fieldLine // of the field, as they were painted
	down  int         // the first of them that is in view

	back, tall float64   // how far the messages are scrolled back, and how high all are
	heights    []float64 // of the messages

	doubt   chat.Secret // the user is asked whether they want to send it
	doubted time.Time   // since when
	armed   bool        // sending it all the same counts
	problem error       // why the last message was not sent
	seen    bool        // the user did something in the window since the last message
}

// ShowChat shows the conversation. asked says that the user wants it: then it gets the
// keyboard.
func (u *UI) ShowChat(v ChatView, talk Talk, asked bool) {
	_ = u.do(context.Background(), func() {
		w := u.loop.chat
		if w == nil {
			w = &chatWindow{u: u, view: v, talk: talk, field: &u.loop.draft}
			if w.open(asked) != nil {
				return
			}
			u.loop.chat = w
		}
		w.change(v)
		if asked {
			w.enter()
			w.p.win.raise()
			w.p.win.focus()
		}
	})
}

// UpdateChat changes the conversation if the user has it open.
func (u *UI) UpdateChat(v ChatView, _ Talk) {
	_ = u.do(context.Background(), func() {
		if w := u.loop.chat; w != nil {
			w.change(v)
		}
	})
}

// HideChat takes the window away, and what the user has not sent with it.
func (u *UI) HideChat() {
	_ = u.do(context.Background(), func() {
		if w := u.loop.chat; w != nil {
			w.close()
		}
		u.loop.draft.clear()
	})
}

func (w *chatWindow) open(asked bool) error {
	w.field.most = protocol.MaxChat
	s, err := w.place()
	if err != nil {
		return err
	}
	win, err := w.u.openOrdinary("chat", s.rect)
	if err != nil {
		return err
	}
	if !asked {
		win.quiet()
	}
	w.p = &panel{
		win: win, ts: s.ts, paint: func(p *page) { w.paint(p) }, press: w.press, keyed: w.keyed, typed: w.typed, drag: w.touched,
		wheel: func(notches int) { w.scroll(-60 * float64(notches)) },
	}
	w.p.escape = func(time.Time) { w.escape() }
	w.u.adopt(w.p)
	win.show()
	return nil
}

// place is in the lower right corner of the main monitor, out of the way.
func (w *chatWindow) place() (sheet, error) {
	s, err := w.u.fit(chatW, chatH, func(*page) float64 { return chatH })
	if err != nil {
		return s, err
	}
	monitors, err := w.u.conn.monitors()
	if err != nil {
		return s, err
	}
	m, size, margin := monitors[0], s.rect.Size(), int(24*s.ts.scale)
	at := image.Pt(max(m.Max.X-size.X-margin, m.Min.X), max(m.Max.Y-size.Y-margin-headroom, m.Min.Y))
	s.rect = image.Rectangle{Min: at, Max: at.Add(size)}
	return s, nil
}

// enter puts the cursor into the field.
func (w *chatWindow) enter() {
	if w.doubt == chat.Harmless {
		w.p.set(func(s *pointerState) { s.focus, s.focused = chatField, true })
	}
	w.saw()
}

// touched notes that the user is at the window.
func (w *chatWindow) touched(ev xievent) bool {
	if ev.kind == xiMotion || ev.kind == xiButtonPress || ev.kind == xiKeyPress && w.p.state.focused {
		w.saw()
	}
	return false
}

// saw tells that the user has seen what is in view.
func (w *chatWindow) saw() {
	if w.seen || w.back > 0 {
		return
	}
	w.seen = true
	if w.view.Unread > 0 {
		w.talk.Read()
	}
}

func (w *chatWindow) change(v ChatView) {
	n := len(w.view.Messages)
	if len(v.Messages) > n && slices.ContainsFunc(v.Messages[n:], func(m chat.Message) bool { return !m.FromUser }) {
		w.seen = false
	}
	if !v.Open {
		w.doubt = chat.Harmless
	}
	w.view = v
	w.measure()
	w.p.stale = true
}

func (w *chatWindow) close() {
	if w.u.loop.chat == w {
		w.u.loop.chat = nil
		w.u.drop(w.p)
	}
}

// escape is no where something is asked, and else closes; what was written stays.
func (w *chatWindow) escape() {
	if w.doubt != chat.Harmless {
		w.dont()
		return
	}
	w.close()
}

func (w *chatWindow) press(id targetID, by trigger, now time.Time) {
	switch id {
	case chatField:
		w.enter()
		w.p.win.focus()
	case chatClose:
		w.close()
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

func (w *chatWindow) dont() {
	w.doubt = chat.Harmless
	w.enter()
	w.p.stale = true
}

// send posts what is in the field. sure says that the user was asked, and insists.
func (w *chatWindow) send(sure bool, now time.Time) {
	text := string(w.field.text)
	err := w.talk.Post(text, sure)
	var doubt *chat.Doubt
	w.p.stale, w.problem = true, nil
	switch {
	case errors.As(err, &doubt):
		w.doubt, w.doubted, w.armed = doubt.Looks, now, false
		w.p.set(func(s *pointerState) { s.focus, s.focused = chatDont, true })
		return
	case errors.Is(err, chat.ErrEmpty):
	case err != nil:
		w.problem = err
	default:
		w.field.clear()
		w.down, w.back = 0, 0
	}
	w.doubt = chat.Harmless
	w.enter()
}

// typed is told of every press of a key, repeated ones too, and takes what belongs to the
// field.
func (w *chatWindow) typed(ev xievent, keys keyTable, now time.Time) bool {
	if w.p.state.focus != chatField || w.doubt != chat.Harmless || !w.view.Open {
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
	case len(w.lines) > 0 && w.field.edit(k, ctrl, w.lines, w.p.ts.scale):
	default:
		return false
	}
	w.problem, w.p.stale = nil, true
	w.lines = w.field.lay(w.p.ts, body, fieldText)
	return true
}

// types puts what a key types into the field.
func (w *chatWindow) types(ev xievent, l *layout) bool {
	text, ok := w.field.typist.text(l, ev)
	if ok {
		w.field.insert(text)
	}
	return ok
}

// keyed scrolls.
func (w *chatWindow) keyed(k key, _ time.Time) bool {
	switch k {
	case keyUp:
		w.scroll(40)
	case keyDown:
		w.scroll(-40)
	case keyPageUp:
		w.scroll(200)
	case keyPageDown:
		w.scroll(-200)
	case keyEnter, keySpace:
		return w.p.state.focus == chatField // Enter elsewhere presses
	default:
		return false
	}
	return true
}

func (w *chatWindow) note(n notice) {
	if n.window != w.p.win.id {
		return
	}
	switch n.kind {
	case noticeClose:
		w.close()
	case noticeDestroyed:
		w.u.loop.chat = nil
		w.u.drop(w.p)
	}
}

// tick lets "send anyway" count once the user had time to read why not.
func (w *chatWindow) tick(now time.Time) (time.Time, error) {
	if w.doubt == chat.Harmless || w.armed {
		return time.Time{}, nil
	}
	due := w.doubted.Add(armAfter)
	if now.Before(due) {
		return due, nil
	}
	w.armed, w.p.stale = true, true
	return time.Time{}, nil
}

func (w *chatWindow) arrange() error {
	s, err := w.place()
	if err != nil {
		return err
	}
	w.p.ts, w.heights = s.ts, nil
	w.measure()
	if s.rect.Size() != w.p.win.rect.Size() {
		w.p.win.place(s.rect)
		w.p.win.describe(windowTitle, "chat")
	}
	w.p.resize()
	return nil
}

// says is why the last message was not sent, for the user.
func (w *chatWindow) says() string {
	if w.problem == nil {
		return w.view.Warning(w.u.words)
	}
	return Unsent(w.problem, w.u.words)
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
