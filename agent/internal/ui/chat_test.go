package ui

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/chat"
)

// exampleChat is a conversation in several scripts.
func exampleChat() ChatView {
	at := time.Date(2026, 11, 22, 9, 14, 0, 0, time.Local)
	v := ChatView{Technician: "Ana Pérez", View: chat.View{Open: true}}
	for i, m := range []chat.Message{
		{Text: "Hello! I can see your printer's window now. What happens when you press Print?"},
		{FromUser: true, Text: "It says “Paper jam”.\nBut there is no paper."},
		{Text: "打印机卡纸了吗？ 用紙が詰まっていますか？ 용지가 걸렸나요?"},
		{FromUser: true, Text: "Non, aucun bourrage."},
		{Text: "What is your password?", AsksSecret: true},
	} {
		m.Number, m.At = i+1, at.Add(time.Duration(i)*time.Minute)
		v.Messages = append(v.Messages, m)
	}
	return v
}

// paperSide is the side window on paper, at the conversation.
func paperSide(u *UI) *sideWindow {
	w := newSide(u)
	w.tab, w.chat.talk = tabChat, deaf{}
	w.p = &panel{ts: u.loop.ts, state: pointerState{focus: chatField, focused: true}}
	return w
}

// sideWindows are the side window in each of its states, on paper.
func sideWindows(u *UI) map[string]*sideWindow {
	make1 := func(v ChatView, text string, change func(*chatPane)) *sideWindow {
		w := paperSide(u)
		w.chat.field.insert(text)
		w.chat.change(v)
		change(&w.chat)
		return w
	}
	list := func(lines int, change func(*sideWindow)) *sideWindow {
		w := paperSide(u)
		w.tab, w.p.state.focus = tabActivity, sideClose
		w.list.change(exampleActivity(u, lines))
		change(w)
		return w
	}
	recorded, secret, closed, empty := exampleChat(), exampleChat(), exampleChat(), exampleChat()
	recorded.Kept = chat.Retention{Recorded: true, Until: time.Now().AddDate(1, 0, 0), Before: true}
	secret.Secret, secret.Kept = true, chat.Retention{Before: true}
	closed.Open, empty.Messages = false, nil
	doubt := func(looks chat.Secret) func(*chatPane) {
		return func(w *chatPane) { w.doubt, w.armed = looks, true; w.side.p.state.focus = chatDont }
	}
	none := func(*chatPane) {}
	return map[string]*sideWindow{
		"activity": list(3, func(w *sideWindow) { w.chat.view.Unread = 2 }), "activity-early": list(1, func(w *sideWindow) { w.chat.talk = nil }),
		"early":         list(1, func(w *sideWindow) { w.tab, w.chat.talk = tabChat, nil }),
		"activity-long": list(40, func(w *sideWindow) { w.chat.view.Unread, w.p.state.focus = 120, tabActivity }),
		"talk":          make1(exampleChat(), "The light blinks twice, then it stops, and after a while it begins again.", none),
		"recorded":      make1(recorded, "", none), "secret": make1(secret, "My", none),
		"password": make1(empty, "Tr0ub4dor&3", doubt(chat.Password)), "code": make1(exampleChat(), "482 913", doubt(chat.Code)),
		"fast": make1(exampleChat(), "Now it prints!", func(w *chatPane) { w.problem = chat.ErrTooFast }), "closed": make1(closed, "", none),
	}
}

// exampleActivity is a list of what was done.
func exampleActivity(u *UI, lines int) ActivityView {
	v := ActivityView{Technician: "Ana Pérez"}
	for i := range lines {
		text := u.words.Count(u.words.Activity.Typed, 34)
		switch i % 3 {
		case 0:
			text = catalogue.Fill(u.words.Receipt.Granted, "what", u.words.Scopes.Control)
		case 1:
			text = catalogue.Fill(u.words.Activity.Got, "name", "driver-for-the-printer-on-the-second-floor.zip", "size", u.words.Bytes(2_100_000))
		}
		v.Lines = append(v.Lines, ActivityLine{At: time.Now(), Text: text})
	}
	return v
}

// spoken is a conversation of a test's, and what was sent of it.
type spoken struct {
	*chat.Chat
	mu   sync.Mutex
	sent []string
}

func newSpoken() *spoken {
	s := &spoken{}
	s.Chat = chat.New(chat.Config{Send: func(m chat.Message, _ uint32) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sent = append(s.sent, m.Text)
	}})
	s.Open()
	return s
}

func (s *spoken) view() ChatView { return ChatView{Technician: "Ana Pérez", View: s.View()} }

func (s *spoken) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.sent, "|")
}

// Key codes of a PC keyboard with American letters.
var codeOf = map[rune]uint32{
	'q': 24, 'w': 25, 'e': 26, 'r': 27, 't': 28, 'y': 29, 'u': 30, 'i': 31, 'o': 32, 'p': 33, 'a': 38, 's': 39, 'd': 40,
	'f': 41, 'g': 42, 'h': 43, 'j': 44, 'k': 45, 'l': 46, 'z': 52, 'x': 53, 'c': 54, 'v': 55, 'b': 56, 'n': 57, 'm': 58, ' ': 65,
	'1': 10, '2': 11, '3': 12, '4': 13, '5': 14, '6': 15, '7': 16, '8': 17, '9': 18, '0': 19,
}

const codeBackspace = 22

// codeFor is the code of a key on this server.
func codeFor(t *testing.T, u *UI, k key) (code uint32) {
	t.Helper()
	inLoop(t, u, func() {
		for c, meaning := range u.conn.keys.meaning {
			if meaning == k {
				code = uint32(c)
			}
		}
	})
	if code == 0 {
		t.Fatalf("no key means %d", k)
	}
	return code
}

// write types with the person's keyboard; capitals with Shift.
func (p *person) write(text string) {
	p.t.Helper()
	for _, r := range text {
		if c, ok := codeOf[r]; ok {
			p.press(c)
		} else if c, ok := codeOf[r+'a'-'A']; ok {
			p.press(codeShift, c)
		} else {
			p.t.Fatalf("no key for %q", r)
		}
	}
}

// PROMISE A6, PROMISE A8: the user opens the chat with the hotkey, writes and corrects with
// the keyboard alone, and is asked before a password goes; no has the focus.
func TestChatByKeyboard(t *testing.T) {
	s, me := desk(t)
	c := s.client(t)
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	v := exampleBar()
	v.Chat = true
	b.Update(v)
	me.press(codeCtrl, codeAlt, codeShift, codeOf['t'])
	if a := <-u.Actions(); a != OpenChat {
		t.Fatalf("action %d", a)
	}
	k := newSpoken()
	u.ShowChat(k.view(), k, true)
	until(t, u, "the chat", func() bool { return drawn(u.loop.side.p) })
	shows := func(what, text string) {
		t.Helper()
		until(t, u, what, func() bool { return string(u.loop.side.chat.field.text) == text })
	}
	me.write("Helo")
	me.press(codeFor(t, u, keyLeft))
	me.write("l")
	shows("what was typed", "Hello")
	me.press(codeShift, codeEnter)
	me.write("x")
	me.press(codeBackspace)
	shows("a line end", "Hell\no")
	me.press(codeBackspace)
	me.press(codeEnter)
	until(t, u, "an empty field", func() bool { return len(u.loop.side.chat.field.text) == 0 })
	if k.said() != "Hello" {
		t.Fatalf("sent %q", k.said())
	}
	me.write("Summer2024")
	me.press(codeShift, codeOf['1'])
	me.press(codeEnter)
	until(t, u, "the question", func() bool { return u.loop.side.chat.doubt == chat.Password && u.loop.side.p.state.focus == chatDont })
	c.keep("chat-doubt")
	me.press(codeEnter) // the hand that pressed too often
	until(t, u, "the field again", func() bool { return u.loop.side.chat.doubt == chat.Harmless })
	shows("what was typed before", "Summer2024!")
	me.press(codeEnter)
	until(t, u, "the question again", func() bool { return u.loop.side.chat.doubt == chat.Password && drawn(u.loop.side.p) })
	inLoop(t, u, func() {
		u.loop.side.chat.armed = false
		u.loop.side.press(chatAnyway, byPointer, time.Now())
		u.loop.side.chat.doubted = time.Now()
	})
	if k.said() != "Hello" {
		t.Fatalf("sent %q before the user could read why not", k.said())
	}
	until(t, u, "time to read", func() bool { return u.loop.side.chat.armed })
	inLoop(t, u, func() { u.loop.side.press(chatAnyway, byStray, time.Now()) })
	if k.said() != "Hello" {
		t.Fatalf("sent %q by a pointer that a program moved", k.said())
	}
	me.press(codeFor(t, u, keyLeft))
	until(t, u, "the other button", func() bool { return u.loop.side.p.state.focus == chatAnyway })
	me.press(codeSpace)
	until(t, u, "the end of it", func() bool { return u.loop.side.chat.doubt == chat.Harmless && len(u.loop.side.chat.field.text) == 0 })
	if k.said() != "Hello|Summer2024!" {
		t.Errorf("sent %q", k.said())
	}
	me.write("later")
	shows("a draft", "later")
	me.press(codeEsc)
	until(t, u, "the window to close", func() bool { return u.loop.side.p == nil })
	u.ShowChat(k.view(), k, true)
	shows("the draft again", "later")
	u.HideSide()
	inLoop(t, u, func() {
		if len(u.loop.side.chat.field.text) != 0 || u.loop.side.p != nil {
			t.Error("what was not sent outlives the session")
		}
	})
}

// THREAT 1: what programs type does not get into the chat, and nobody sends for the user:
// 1,000 tries, 0 messages. Nor does it take the words that the user types elsewhere when it
// opens by itself.
func TestOnlyThePersonWrites(t *testing.T) {
	s, me, c := besieged(t)
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	k := newSpoken()
	k.Receive("Hello", 1)
	u.ShowChat(k.view(), k, false)
	until(t, u, "the chat", func() bool { return drawn(u.loop.side.p) })
	var win xproto.Window
	inLoop(t, u, func() { win = u.loop.side.p.win.id })
	if focus, err := xproto.GetInputFocus(c.x).Reply(); err != nil || focus.Focus == win {
		t.Fatalf("it took the keyboard by itself (%v)", err)
	}
	// A window manager that gives it the keyboard all the same.
	give := func() { xproto.SetInputFocus(c.x, xproto.InputFocusPointerRoot, win, xproto.TimeCurrentTime) }
	give()
	c.flush()
	me.write("mine")
	me.press(codeEnter)
	for range 1000 {
		c.fakeKeys(byte(codeOf['h']), byte(codeOf['i']), codeEnter)
	}
	c.flush()
	field, send := spot(t, u, chatField), spot(t, u, chatSend)
	for range 50 {
		c.fakeClick(field)
		c.fakeKeys(byte(codeOf['h']), codeEnter)
		c.fakeClick(send)
	}
	c.flush()
	inLoop(t, u, func() {
		if text := string(u.loop.side.chat.field.text); text != "" || k.said() != "" {
			t.Errorf("in the field %q, sent %q", text, k.said())
		}
	})
	if k.View().Unread != 1 {
		t.Errorf("%d unread: programs read for the user", k.View().Unread)
	}
	me.click(field) // the same test can see what is typed
	until(t, u, "the cursor", func() bool { return u.loop.side.p.state.focus == chatField })
	give()
	c.flush()
	for range 1000 {
		c.fakeKeys(byte(codeOf['h']), byte(codeOf['i']), codeEnter)
	}
	c.flush()
	me.write("me")
	until(t, u, "the person's own keys", func() bool { return string(u.loop.side.chat.field.text) == "me" })
	if k.said() != "" || k.View().Unread != 0 {
		t.Errorf("sent %q, %d unread", k.said(), k.View().Unread)
	}
	me.press(codeEnter)
	until(t, u, "the message", func() bool { return k.said() == "me" })
}

// What the technician writes is at the end; the user goes back and what they read stays.
func TestChatScrolls(t *testing.T) {
	s, me := desk(t)
	u := running(t, s)
	k := newSpoken()
	for i := range 10 {
		k.Receive(fmt.Sprintf("Message %d, which is long enough to need more than a single line of the window", i), uint32(i+1))
	}
	u.ShowChat(k.view(), k, false)
	until(t, u, "the chat", func() bool { return drawn(u.loop.side.p) })
	me.move(spot(t, u, chatField))
	until(t, u, "that it was read", func() bool { return k.View().Unread == 0 })
	inLoop(t, u, func() {
		w := &u.loop.side.chat
		r := &w.roll
		if r.back != 0 {
			t.Errorf("back at %v", r.back)
		}
		w.side.p.key(keyPageUp, 0, time.Now())
		w.side.p.refresh()
		if r.back != r.high-40 || r.high < 200 {
			t.Errorf("went back %v of %v", r.back, r.high)
		}
		was := r.tall - r.back
		v := k.view()
		v.Messages = append(v.Messages, chat.Message{Number: 11, Text: "one more"})
		v.Unread = 1
		w.change(v)
		w.side.p.refresh()
		if math.Abs(r.tall-r.back-was) > 0.1 {
			t.Errorf("what is read moved by %v", r.tall-r.back-was)
		}
		w.side.scroll(1e6)
		w.side.p.refresh()
		if r.back != r.tall-r.high {
			t.Errorf("back at %v of %v", r.back, r.tall)
		}
		w.side.scroll(-1e6)
		if r.back != 0 {
			t.Errorf("back at %v", r.back)
		}
	})
	u.HideSide()
}

// What keeps a message from being sent is said, and the message stays.
func TestChatSaysWhyNot(t *testing.T) {
	u := paper(newFontBook(), "en", 1, appearance{})
	for _, c := range []struct {
		err  error
		want string
	}{{chat.ErrTooFast, "too fast"}, {chat.ErrFull, "full"}, {chat.ErrLong, "too long"}, {chat.ErrClosed, "Nobody"}, {errors.New("else"), "Nobody"}} {
		w := &sideWindows(u)["talk"].chat
		w.talk = deaf{c.err}
		was := string(w.field.text)
		w.send(false, time.Now())
		if !strings.Contains(w.says(), c.want) || string(w.field.text) != was {
			t.Errorf("%v: says %q, the field holds %q", c.err, w.says(), string(w.field.text))
		}
	}
}

type deaf struct{ err error }

func (d deaf) Post(string, bool) error { return d.err }
func (d deaf) Read()                   {}
