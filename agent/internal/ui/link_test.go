package ui

import (
	"image"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
)

const exampleLink = "http://127.0.0.1:43117/#x6Jq1r8Yw0Zk3vTnB5mLcD7fGhS9aPeU2iOjXtQyWbE"

// paste is what a program of the user's gets from the clipboard in a form; false is nothing.
func (c *client) paste(form string) (string, bool) {
	c.t.Helper()
	atom := func(name string) xproto.Atom {
		r, err := xproto.InternAtom(c.x, false, uint16(len(name)), name).Reply()
		if err != nil {
			c.t.Fatal(err)
		}
		return r.Atom
	}
	mine := c.window(rectOf(0, 0, 10, 10))
	into := atom("PASTED")
	xproto.ConvertSelection(c.x, mine, atom("CLIPBOARD"), atom(form), into, xproto.TimeCurrentTime)
	for {
		ev, xerr := c.x.WaitForEvent()
		if ev == nil && xerr == nil {
			c.t.Fatal("the screen is gone")
		}
		answer, ok := ev.(xproto.SelectionNotifyEvent)
		if !ok || answer.Requestor != mine {
			continue
		}
		if answer.Property == xproto.AtomNone {
			return "", false
		}
		r, err := xproto.GetProperty(c.x, true, mine, into, xproto.GetPropertyTypeAny, 0, 1<<16).Reply()
		if err != nil {
			c.t.Fatal(err)
		}
		return string(r.Value), true
	}
}

// Where no browser takes the page's address the start window shows it, and what to do: one
// press copies it for any browser, kept out of clipboard managers' histories. It goes when it
// is worth nothing any more, and with the window. A pointer that a program moves under the
// user's finger copies nothing. THREAT 10.
func TestLinkInTheStartWindow(t *testing.T) {
	s, me := desk(t)
	c := s.client(t)
	u := running(t, s)
	u.ShowLink(exampleLink, time.Now().Add(time.Minute)) // no window: nothing
	u.ShowStart(exampleStart())
	u.ShowLink(exampleLink, time.Now().Add(time.Minute))
	shown := func() bool { return drawn(u.loop.start.p) && u.loop.start.part == partLink }
	until(t, u, "the link", shown)
	c.keep("start-link")
	inLoop(t, u, func() { u.loop.start.press(startCopy, byStray, time.Now()) })
	if got, ok := c.paste("UTF8_STRING"); ok {
		t.Errorf("a program copied %q", got)
	}
	copied := func() {
		t.Helper()
		var at image.Point
		inLoop(t, u, func() { at = targetAt(u.loop.start.p, startCopy) })
		me.click(at)
		until(t, u, "the copy", func() bool { return u.loop.offer.copied() && shown() })
		for _, form := range []string{"UTF8_STRING", "STRING", "text/plain;charset=utf-8"} {
			if got, _ := c.paste(form); got != exampleLink {
				t.Errorf("%s: pasted %q", form, got)
			}
		}
	}
	copied()
	if forms, _ := c.paste("TARGETS"); len(forms) < 4*4 {
		t.Errorf("%d bytes of forms", len(forms))
	}
	if hint, _ := c.paste("x-kde-passwordManagerHint"); hint != "secret" {
		t.Errorf("clipboard managers are told %q", hint)
	}
	if got, ok := c.paste("image/png"); ok {
		t.Errorf("an address is a picture: %q", got)
	}
	inLoop(t, u, func() { u.loop.start.turn(partPoints) }) // the user reads on: it stays copied
	if got, _ := c.paste("UTF8_STRING"); got != exampleLink {
		t.Errorf("after Back: pasted %q", got)
	}
	u.ShowLink(exampleLink, time.Now().Add(50*time.Millisecond))
	until(t, u, "the link's end", func() bool { return u.loop.start.link.address == "" && u.loop.start.part == partPoints })
	if got, ok := c.paste("UTF8_STRING"); ok {
		t.Errorf("after its time: pasted %q", got)
	}

	u.ShowLink(exampleLink, time.Now().Add(time.Minute))
	until(t, u, "another link", shown)
	copied()
	u.HideStart()
	if got, ok := c.paste("UTF8_STRING"); ok {
		t.Errorf("after the window: pasted %q", got)
	}
}

// What the user copied since is left alone.
func TestLinkLeavesTheClipboardAlone(t *testing.T) {
	s, _ := desk(t)
	c := s.client(t)
	u := running(t, s)
	u.ShowStart(exampleStart())
	u.ShowLink(exampleLink, time.Now().Add(time.Minute))
	until(t, u, "the link", func() bool { return drawn(u.loop.start.p) && u.loop.start.part == partLink })
	inLoop(t, u, func() { u.loop.start.press(startCopy, bySpace, time.Now()) })
	other := c.window(rectOf(0, 0, 10, 10))
	r, err := xproto.InternAtom(c.x, false, 9, "CLIPBOARD").Reply()
	if err != nil {
		t.Fatal(err)
	}
	xproto.SetSelectionOwner(c.x, other, r.Atom, xproto.TimeCurrentTime)
	c.flush()
	until(t, u, "the word of it", func() bool { return !u.loop.offer.copied() })
	u.HideStart()
	if owner, err := xproto.GetSelectionOwner(c.x, r.Atom).Reply(); err != nil || owner.Owner != other {
		t.Errorf("the clipboard is %v's, %v; want %v's", owner, err, other)
	}
}

// What was copied of a link goes with it: when another is shown, when its time is over, and
// with the window, of which nothing is kept either. THREAT 10.
func TestWhatWasCopiedGoesWithItsLink(t *testing.T) {
	s := xvfb(t, "1280x1024")
	c := s.client(t)
	u := running(t, s)
	u.ShowStart(exampleStart())
	copied := func(address string) {
		t.Helper()
		u.ShowLink(address, time.Now().Add(time.Hour))
		inLoop(t, u, func() { u.loop.start.press(startCopy, bySpace, time.Now()) })
		if got, _ := c.paste("UTF8_STRING"); got != address {
			t.Fatalf("pasted %q, want %q", got, address)
		}
	}
	gone := func(when string) {
		t.Helper()
		if got, ok := c.paste("UTF8_STRING"); ok {
			t.Errorf("%s: pasted %q", when, got)
		}
		inLoop(t, u, func() {
			if u.loop.offer != (offer{}) {
				t.Errorf("%s: %+v is kept", when, u.loop.offer)
			}
		})
	}
	copied(exampleLink)
	u.ShowLink(exampleLink+"x", time.Now().Add(time.Hour))
	gone("when another is shown")
	copied(exampleLink + "y")
	inLoop(t, u, func() { u.loop.start.link.until = time.Now() })
	until(t, u, "its end", func() bool { return u.loop.start.link.address == "" })
	gone("when its time is over")
	copied(exampleLink + "z")
	u.HideStart()
	gone("with the window")
}
