package ui

import (
	"encoding/binary"
	"image"
	"net"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"beside/agent/desktop/attacktest"
	"beside/consent"
)

// THREAT 3: a bar that no monitor shows is no bar, whatever the server holds of it.
func TestOnADarkScreenEverythingWaits(t *testing.T) {
	for name, darken := range map[string]func(c *client, crtc randr.Crtc, now xproto.Timestamp) error{
		"all colours black": func(c *client, crtc randr.Crtc, _ xproto.Timestamp) error {
			size, err := randr.GetCrtcGammaSize(c.x, crtc).Reply()
			if err != nil {
				return err
			}
			flat := make([]uint16, size.Size)
			return randr.SetCrtcGammaChecked(c.x, crtc, size.Size, flat, flat, flat).Check()
		},
		"every monitor off": func(c *client, crtc randr.Crtc, now xproto.Timestamp) error {
			_, err := randr.SetCrtcConfig(c.x, crtc, xproto.TimeCurrentTime, now, 0, 0, 0, randr.RotationRotate0, nil).Reply()
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := desk(t)
			u := running(t, s)
			b, _, _ := shownBar(t, u)
			defer b.Hide()
			c := s.client(t)
			c.enter("RANDR")
			all, err := randr.GetScreenResourcesCurrent(c.x, c.root).Reply()
			if err != nil {
				t.Fatal(err)
			}
			wantBar(t, u, b)
			lit := 0
			for _, crtc := range all.Crtcs {
				if info, err := randr.GetCrtcInfo(c.x, crtc, all.ConfigTimestamp).Reply(); err != nil || info.Mode == 0 {
					continue
				}
				lit++
				if err := darken(c, crtc, all.ConfigTimestamp); err != nil {
					t.Fatal(err)
				}
			}
			if lit == 0 {
				t.Fatal("no monitor was on")
			}
			wantHeld(t, u, b)
		})
	}
}

// THREAT 3: a pointer is drawn over everything, and no picture of the screen shows it. One
// that is as large as the bar covers it all the same.
func TestAPointerOverTheBar(t *testing.T) {
	s, me := desk(t)
	evil, err := attacktest.New(s.display, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer evil.Close()
	u := running(t, s)
	b, _, home := shownBar(t, u)
	defer b.Hide()
	me.move(image.Pt((home.Min.X+home.Max.X)/2, home.Max.Y+200))
	wantBar(t, u, b)
	if err := evil.Blind(image.Pt(1200, 600)); err != nil {
		t.Fatal(err)
	}
	wantHeld(t, u, b)
}

// THREAT 1: a program that presses in the name of the user's devices ends the session, be it
// anywhere on the screen: nobody can tell any more who acts.
func TestAPressInTheUsersNameEndsIt(t *testing.T) {
	s, _ := desk(t)
	evil, err := attacktest.New(s.display, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer evil.Close()
	u := running(t, s)
	b, _, home := shownBar(t, u)
	defer b.Hide()
	wantBar(t, u, b)
	all := attacktest.Attacks()
	at := slices.IndexFunc(all, func(a attacktest.Attack) bool { return a.Name == "presses in the name of the user's devices" })
	all[at].Do(evil, attacktest.Target{Spot: home.Max.Add(image.Pt(200, 200))}, 0)
	wantLost(t, b, 20*time.Second)
}

// THREAT 1: a yes wants a look at the question before the press too: a program may put
// everything back in the moment in which the user presses.
func TestAYesWantsALookBefore(t *testing.T) {
	s, me := desk(t)
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	answers, _, yes := opened(t, u, exampleQuestion(consent.Control))
	inLoop(t, u, func() {
		w := &u.loop.question.top.witness
		w.next, w.good = time.Now().Add(time.Hour), time.Now().Add(-2*freshFor)
	})
	me.click(yes)
	noAnswer(t, u, answers)
	inLoop(t, u, func() { u.loop.question.top.witness.next = time.Time{} })
	until(t, u, "the question to be armed anew", func() bool { return u.loop.question.wasArmed })
	me.click(yes)
	wantAnswer(t, answers, consent.Yes)
}

// THREAT 1: who goes on typing when a question takes the keyboard has not answered it, though
// Tab and a space are among what they type.
func TestTypingIsNoAnswer(t *testing.T) {
	s, me := desk(t)
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	answers, _, _ := opened(t, u, exampleQuestion(consent.Control))
	until(t, u, "the keyboard", func() bool { return u.loop.question.keyboard != 0 })
	me.press(codeTab)
	until(t, u, "yes to be chosen", func() bool { return u.loop.question.p.state.focus == answerYes })
	me.press(codeLetter)
	me.press(codeSpace)
	noAnswer(t, u, answers)
	until(t, u, "no to be chosen again", func() bool { return u.loop.question.p.state.focus == answerNo })
	until(t, u, "the question to be armed anew", func() bool { return u.loop.question.wasArmed })
	me.press(codeTab) // and who means it says so
	me.press(codeSpace)
	wantAnswer(t, answers, consent.Yes)
}

// THREAT 1: a program that holds Ctrl down does not keep the user's Esc from a question.
func TestEscWithAModifierThatNobodyHolds(t *testing.T) {
	s, me, c := besieged(t)
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	answers, _, _ := opened(t, u, exampleQuestion(consent.Control))
	until(t, u, "the keyboard", func() bool { return u.loop.question.keyboard != 0 })
	xtest.FakeInput(c.x, xproto.KeyPress, codeCtrl, 0, c.root, 0, 0, 0)
	c.flush()
	me.press(codeEsc)
	wantAnswer(t, answers, consent.No)
}

// THREAT 1: requests are judged one by one, however they arrive: those that press in the name
// of a device, and those that touch the watch itself. XTEST's own and other programs' watches
// are nobody's business.
func TestTestimony(t *testing.T) {
	const xtest, record, context = 140, 146, 0x400007
	fake := func(kind byte) []byte {
		b := make([]byte, 36)
		b[0], b[1], b[2], b[4] = xtest, xtestFakeInput, 9, kind
		return b
	}
	touch := func(id uint32, order binary.ByteOrder) []byte {
		b := []byte{record, 3, 0, 0, 0, 0, 0, 0}
		order.PutUint16(b[2:], 2)
		order.PutUint32(b[4:], id)
		return b
	}
	le := binary.LittleEndian
	longer := fake(4)
	longer[2] = 0
	for name, c := range map[string]struct {
		requests       []byte
		swapped        bool
		forged, broken bool
	}{
		"a key of XTEST's own":              {requests: fake(2)},
		"a device's key":                    {requests: fake(70), forged: true},
		"a device's key, marked as sent":    {requests: fake(70 | 0x80), forged: true},
		"behind one that is none":           {requests: append(fake(2), fake(70)...), forged: true},
		"a longer form":                     {requests: longer, forged: true},
		"our watch touched":                 {requests: touch(context, le), broken: true},
		"another watch":                     {requests: touch(context+1, le)},
		"ours, in the other order of bytes": {requests: touch(context, binary.BigEndian), swapped: true, broken: true},
		"behind others":                     {requests: append(touch(3, le), touch(context, le)...), broken: true},
		"cut off":                           {requests: fake(2)[:20], forged: true},
	} {
		for _, piece := range []int{1, 31, 4096} {
			w := &testimony{xtest: xtest, record: record, context: context}
			head := make([]byte, 32)
			head[0], head[1] = 1, recordFromClient
			le.PutUint32(head[4:], uint32(len(c.requests)/4))
			if c.swapped {
				head[9] = 1
			}
			for b := append(head, c.requests...); len(b) > 0; {
				n := min(piece, len(b))
				w.hear(b[:n])
				b = b[n:]
			}
			if w.forged != c.forged || w.broken != c.broken {
				t.Errorf("%s, in pieces of %d: forged %v, broken %v", name, piece, w.forged, w.broken)
			}
		}
	}
	for name, head := range map[string][]byte{
		"was switched off":              {1, recordEnds, 0, 0, 0, 0, 0, 0},
		"met an error":                  {0, 1, 0, 0, 0, 0, 0, 0},
		"is to hold more than fits":     {1, recordFromClient, 0, 0, 0, 0, 0, 0x10},
		"says without end what it says": {1, recordFromClient, 0, 0, 0xff, 0xff, 0xff, 0x3f},
	} {
		w := &testimony{}
		if w.hear(append(head, make([]byte, 24)...)); !w.broken {
			t.Errorf("a watch that %s goes on", name)
		}
	}
}

// THREAT 1: a watch that ended, or was told of a forged press, vouches for nothing, and does
// not until a session begins anew.
func TestATestimonyThatEnded(t *testing.T) {
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ours, err := net.Dial("unix", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	theirs, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	w := &testimony{conn: ours}
	if !w.take() {
		t.Fatal("a watch on which nothing comes does not vouch")
	}
	c := &xconn{testimony: w}
	w.forged = true
	if w.take() || c.honest() { // and no server is asked: there is none
		t.Error("a forged press is believed")
	}
	if err := c.attested(); err != nil || w.forged || !w.take() {
		t.Errorf("the next session does not begin anew: %v", err)
	}
	_ = theirs.Close()
	if w.take() || !w.broken {
		t.Error("a watch that ended vouches")
	}
}
