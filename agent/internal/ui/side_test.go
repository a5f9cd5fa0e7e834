package ui

import (
	"fmt"
	"image"
	"math"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/agent/internal/chat"
)

// besideDesk is a screen with a person, a bar, and a window that belongs to somebody else.
func besideDesk(t *testing.T) (*UI, *person, *client) {
	t.Helper()
	s, me, c := besieged(t)
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	t.Cleanup(b.Hide)
	v := exampleBar()
	v.Chat = true
	b.Update(v)
	until(t, u, "the bar", func() bool { return drawn(u.loop.bar.p) })
	return u, me, c
}

// shownAt waits until the side window shows a tab.
func shownAt(t *testing.T, u *UI, tab targetID) {
	t.Helper()
	until(t, u, "the tab", func() bool { return u.loop.side.tab == tab && drawn(u.loop.side.p) })
}

// spot is where a control of the side window is now.
func spot(t *testing.T, u *UI, id targetID) (at image.Point) {
	t.Helper()
	until(t, u, "the window", func() bool {
		if !drawn(u.loop.side.p) {
			return false
		}
		at = targetAt(u.loop.side.p, id)
		return true
	})
	return at
}

// lines are a list of what was done, longer than its place.
func lines(n int) ActivityView {
	v := ActivityView{Technician: "Ana Pérez"}
	for i := range n {
		v.Lines = append(v.Lines, ActivityLine{time.Now(), fmt.Sprintf("Read your clipboard: %d characters", i)})
	}
	return v
}

// PROMISE A4: the user opens the list from the bar, sees the newest at its end, goes back
// with the keys while it grows, and closes it.
func TestActivityList(t *testing.T) {
	u, me, c := besideDesk(t)
	var sign image.Point
	inLoop(t, u, func() { sign = targetAt(u.loop.bar.p, barActivity) })
	me.click(sign)
	select {
	case a := <-u.Actions():
		if a != OpenActivity {
			t.Fatalf("action %d", a)
		}
	case <-time.After(60 * time.Second):
		t.Fatal("the sign on the bar does nothing")
	}
	v := lines(40)
	u.UpdateActivity(v) // closed: nothing
	inLoop(t, u, func() {
		if u.loop.side.p != nil {
			t.Error("the list opened by itself")
		}
	})
	v.Lines = append(v.Lines, ActivityLine{time.Now(), "Sent you the file quarterly report with a rather long name.pdf, 2.0 MB"})
	u.ShowActivity(v)
	shownAt(t, u, tabActivity)
	c.keep("activity")
	inLoop(t, u, func() {
		w := u.loop.side
		r := &w.list.roll
		w.keyed(keyPageUp, time.Now())
		if r.back != r.high-40 || r.high < 300 {
			t.Errorf("went back %v of %v", r.back, r.high)
		}
		was := r.tall - r.back
		v.Lines = append(v.Lines, ActivityLine{time.Now(), "Pressed 34 keys"})
		w.list.change(v)
		if math.Abs(r.tall-r.back-was) > 0.1 {
			t.Errorf("what is read moved by %v", r.tall-r.back-was)
		}
		w.scroll(1e6)
		w.p.refresh()
		if r.back != r.tall-r.high || r.tall <= r.high {
			t.Errorf("the end of the list is at %v of %v", r.back, r.tall)
		}
		w.scroll(-1e6)
		if r.back != 0 {
			t.Errorf("back at %v", r.back)
		}
		w.press(tabChat, byPointer, time.Now())
		w.p.refresh()
		if w.tab != tabChat || w.p.state.focus != sideClose || len(w.p.targets) != 3 {
			t.Errorf("before there is a conversation: tab %d, focus %d, %d targets", w.tab, w.p.state.focus, len(w.p.targets))
		}
		if w.chat.typed(xievent{detail: 38}, w.u.conn.keys, time.Now()) || len(w.chat.field.text) != 0 {
			t.Error("there is a conversation before there is one")
		}
		w.p.key(keyEscape, 0, time.Now())
		if w.p != nil {
			t.Error("Escape does not close it")
		}
	})
	u.ShowActivity(v)
	u.HideSide()
	inLoop(t, u, func() {
		if w := u.loop.side; w.p != nil || len(w.list.view.Lines) != 0 {
			t.Error("what was done outlives the session")
		}
	})
}

// One window, two tabs, by the keyboard alone: Tab reaches the one that is shown, the
// arrows turn, and letters typed at the list go nowhere. What the technician writes
// meanwhile does not turn the tab under the user's eyes; it is new until they look. What
// they were writing, and the question about a password, are there again when they are back.
func TestTabsByKeyboard(t *testing.T) {
	u, me, c := besideDesk(t)
	k := newSpoken()
	k.Receive("Hello", 1)
	u.UpdateActivity(lines(3))
	u.ShowChat(k.view(), k, true)
	shownAt(t, u, tabChat)
	until(t, u, "the cursor", func() bool { return u.loop.side.p.state.focus == chatField })
	if k.View().Unread != 0 {
		t.Error("who opens the conversation has not read it")
	}
	me.write("Summer2024")
	me.press(codeShift, codeOf['1'])
	me.press(codeEnter)
	until(t, u, "the question", func() bool { return u.loop.side.chat.armed })
	onTab := func() {
		t.Helper()
		for range 6 {
			var was, now targetID
			inLoop(t, u, func() { was = u.loop.side.p.state.focus })
			me.press(codeTab)
			until(t, u, "the next focus", func() bool { now = u.loop.side.p.state.focus; return now != was && drawn(u.loop.side.p) })
			if now == tabChat {
				return
			}
		}
		t.Fatal("Tab does not reach the tab")
	}
	onTab()
	me.press(codeFor(t, u, keyRight))
	shownAt(t, u, tabActivity)
	inLoop(t, u, func() {
		if f := u.loop.side.p.state; f.focus != tabActivity || !f.focused {
			t.Errorf("the focus is %+v", f)
		}
	})
	c.keep("tabs")
	k.Receive("Are you there?", 2)
	u.ShowChat(k.view(), k, false)
	me.write("nobody hears this")
	me.press(codeEnter)
	me.press(codeSpace)
	until(t, u, "the mark", func() bool { return u.loop.side.chat.view.Unread == 1 && drawn(u.loop.side.p) })
	inLoop(t, u, func() {
		if u.loop.side.tab != tabActivity {
			t.Error("a message turned the tab")
		}
	})
	if k.View().Unread != 1 || k.said() != "" {
		t.Errorf("%d unread, sent %q", k.View().Unread, k.said())
	}
	me.press(codeFor(t, u, keyLeft))
	shownAt(t, u, tabChat)
	inLoop(t, u, func() {
		w := &u.loop.side.chat
		if w.doubt != chat.Password || w.armed || string(w.field.text) != "Summer2024!" {
			t.Errorf("asked %v, armed %v, %q in the field", w.doubt, w.armed, string(w.field.text))
		}
		w.press(chatAnyway, byPointer, time.Now())
	})
	if k.View().Unread != 0 || k.said() != "" {
		t.Errorf("%d unread, sent %q", k.View().Unread, k.said())
	}
	me.press(codeEsc)
	until(t, u, "no question", func() bool { return u.loop.side.chat.doubt == chat.Harmless })
	me.press(codeEsc)
	until(t, u, "the window to close", func() bool { return u.loop.side.p == nil })
	u.ShowActivity(lines(3))
	shownAt(t, u, tabActivity)
	inLoop(t, u, func() {
		if f := u.loop.side.p.state; f.focus != sideClose || !f.focused {
			t.Errorf("the focus is %+v", f)
		}
	})
	me.press(codeEnter)
	until(t, u, "the window to close", func() bool { return u.loop.side.p == nil })
	u.HideSide()
}

// THREAT 1: no control of the side window answers to a program, in a thousand tries each:
// no tab turns, nothing is read, written or sent, and the window stays. The person's own
// press does what it says; one whose pointer a program moved brings no cursor to the field.
func TestOnlyThePersonUsesTheSideWindow(t *testing.T) {
	u, me, c := besideDesk(t)
	k := newSpoken()
	k.Receive("Hello", 1)
	u.ShowActivity(lines(3))
	u.ShowChat(k.view(), k, false)
	shownAt(t, u, tabActivity)
	give := func() {
		var win xproto.Window
		inLoop(t, u, func() { win = u.loop.side.p.win.id })
		xproto.SetInputFocus(c.x, xproto.InputFocusPointerRoot, win, xproto.TimeCurrentTime)
		c.flush()
	}
	attack := func(what string, tab targetID, text string, controls ...targetID) {
		t.Helper()
		give()
		for _, id := range controls {
			at := spot(t, u, id)
			for range 1000 {
				c.fakeClick(at)
			}
		}
		for range 1000 {
			c.fakeKeys(codeTab, codeSpace, byte(codeFor(t, u, keyLeft)), byte(codeFor(t, u, keyRight)), byte(codeOf['h']), codeEnter, codeEsc)
		}
		c.flush()
		inLoop(t, u, func() {
			w := u.loop.side
			if w.p == nil || w.tab != tab || string(w.chat.field.text) != text {
				t.Errorf("%s: tab %d, %q in the field", what, w.tab, string(w.chat.field.text))
			}
		})
		if k.said() != "" {
			t.Errorf("%s: sent %q", what, k.said())
		}
	}
	attack("the list", tabActivity, "", tabChat, tabActivity, sideClose)
	if k.View().Unread != 1 {
		t.Error("programs read for the user")
	}
	inLoop(t, u, func() {
		u.loop.side.press(tabChat, byStray, time.Now())
		if f := u.loop.side.p.state.focus; f == chatField {
			t.Error("a program brought the cursor to the field")
		}
		u.loop.side.turn(tabActivity)
	})
	me.click(spot(t, u, tabChat))
	until(t, u, "the cursor", func() bool { return u.loop.side.p.state.focus == chatField && drawn(u.loop.side.p) })
	if k.View().Unread != 0 {
		t.Error("the person has not read it")
	}
	me.write("Summer2024")
	me.press(codeShift, codeOf['1'])
	until(t, u, "the words", func() bool { return string(u.loop.side.chat.field.text) == "Summer2024!" })
	attack("the conversation", tabChat, "Summer2024!", tabChat, tabActivity, sideClose, chatField, chatSend)
	give()
	me.press(codeEnter)
	until(t, u, "the question", func() bool { return u.loop.side.chat.armed && drawn(u.loop.side.p) })
	attack("the question", tabChat, "Summer2024!", tabActivity, chatDont, chatAnyway)
	inLoop(t, u, func() {
		if u.loop.side.chat.doubt != chat.Password {
			t.Error("a program answered the question")
		}
	})
	me.click(spot(t, u, chatAnyway))
	until(t, u, "the message", func() bool { return k.said() == "Summer2024!" })
	me.move(image.Pt(5, 1000))
}
