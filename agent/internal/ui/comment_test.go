package ui

import (
	"image"
	"testing"
	"time"
)

// PROMISE D1, THREAT 1: the user writes about the session in the last window, by their own
// keys alone; what they wrote is handed on with whatever they press next, and when they
// close the window, and presses nothing itself.
func TestComment(t *testing.T) {
	s, me := desk(t)
	u := running(t, s)
	c := s.client(t)
	c.enter("XTEST")
	u.ShowOver(OverView{Technician: "Ana Pérez", Started: time.Now(), ReceiptPath: "/home/kim/receipt.html"})
	at := func(id targetID) (p image.Point) {
		t.Helper()
		until(t, u, "the window", func() bool {
			w := u.loop.over
			if w == nil || !drawn(w.p) {
				return false
			}
			p = targetAt(w.p, id)
			return true
		})
		return p
	}
	written := func() (text string) {
		inLoop(t, u, func() { text = string(u.loop.over.comment.field.text) })
		return text
	}
	me.click(at(overComment))
	until(t, u, "the field", func() bool { return u.loop.over.p.state.focus == overComment })
	for range 5 {
		c.fakeKeys(codeLetter)
	}
	c.flush()
	me.press(codeP)
	me.press(codeSpace)
	me.press(codeLetter)
	me.press(codeEnter)
	me.press(codeC)
	eventually(t, "what the user typed", func() bool { return written() == "p e\nc" })
	if acts := acted(t, u); len(acts) > 0 || u.Comment() != "" {
		t.Errorf("typing did %v and handed on %q", acts, u.Comment())
	}
	me.click(at(overStar + 2))
	for _, want := range []Action{CommentSession, Rate3} {
		if got := awaitAction(t, u); got != want {
			t.Errorf("got action %d, want %d", got, want)
		}
	}
	if got := u.Comment(); got != "p e\nc" {
		t.Errorf("handed on %q", got)
	}
	me.click(at(overStar + 3))
	if got := awaitAction(t, u); got != Rate4 {
		t.Errorf("the same comment was handed on again, or: %d", got)
	}
	me.click(at(overComment))
	until(t, u, "the field", func() bool { return u.loop.over.p.state.focus == overComment })
	me.press(codeP)
	eventually(t, "one letter more", func() bool { return written() == "p e\ncp" })
	me.press(codeTab)
	until(t, u, "the way out of the field", func() bool { return u.loop.over.p.state.focus != overComment })
	me.press(codeEsc)
	for _, want := range []Action{CommentSession, CloseOver} {
		if got := awaitAction(t, u); got != want {
			t.Errorf("got action %d, want %d", got, want)
		}
	}
	if got := u.Comment(); got != "p e\ncp" {
		t.Errorf("handed on %q", got)
	}
}
