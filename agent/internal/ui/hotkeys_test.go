package ui

import (
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

const codeP, codeC, codeQ, codeNumLock, codeCapsLock = 33, 54, 24, 77, 66

// acted is what the user did so far, beyond all events that are still on their way.
func acted(t *testing.T, u *UI) (acts []Action) {
	t.Helper()
	for range 3 {
		inLoop(t, u, func() { _ = u.conn.sync() })
	}
	for {
		select {
		case a := <-u.Actions():
			acts = append(acts, a)
		case <-time.After(50 * time.Millisecond):
			return acts
		}
	}
}

// wantAction waits for what the user does next.
func wantAction(t *testing.T, u *UI, want Action) {
	t.Helper()
	select {
	case got := <-u.Actions():
		if got != want {
			t.Errorf("got action %d, want %d", got, want)
		}
	case <-time.After(60 * time.Second):
		t.Fatalf("action %d did not come", want)
	}
}

// THREAT 1: a hotkey is the user's own from the first modifier to the letter.
func TestHotkeysAreTheUsersOwn(t *testing.T) {
	s, me, c := besieged(t)
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	fake := func(kind, code byte) { xtest.FakeInput(c.x, kind, code, 0, c.root, 0, 0, 0) }
	chord := []uint32{codeCtrl, codeAlt, codeShift}
	for name, mixed := range map[string]func(){
		"a program holds the modifiers": func() {
			for _, m := range chord {
				fake(xproto.KeyPress, byte(m))
			}
			c.flush()
			me.press(codeLetter)
			for _, m := range chord {
				fake(xproto.KeyRelease, byte(m))
			}
		},
		"a program presses the letter": func() {
			for _, m := range chord {
				me.key(m, 1)
			}
			fake(xproto.KeyPress, codeLetter)
			fake(xproto.KeyRelease, codeLetter)
			c.flush()
			for _, m := range chord {
				me.key(m, 0)
			}
		},
		"one modifier is missing":  func() { me.press(codeCtrl, codeAlt, codeLetter) },
		"another key comes before": func() { me.press(codeCtrl, codeAlt, codeShift); me.press(codeQ); me.press(codeLetter) },
	} {
		mixed()
		c.flush()
		if acts := acted(t, u); len(acts) > 0 {
			t.Errorf("%s: actions %v", name, acts)
		}
	}
	// Sticky keys: one finger is enough.
	for _, k := range append(chord, codeLetter) {
		me.press(k)
	}
	if acts := acted(t, u); len(acts) != 1 || acts[0] != EndSession {
		t.Errorf("one key after the other: actions %v", acts)
	}
}

// PROMISE A5: no other program keeps a hotkey from the user: neither one that has the
// same keys, nor one that has grabbed the whole keyboard, nor one that gives the keys
// other meanings.
func TestHotkeysCannotBeTaken(t *testing.T) {
	s, me := desk(t)
	c := s.client(t)
	for _, code := range []xproto.Keycode{codeLetter, codeP, 56, 43} {
		for _, m := range withLocks(hotMods) {
			if err := xproto.GrabKeyChecked(c.x, true, c.root, uint16(m), code, xproto.GrabModeAsync, xproto.GrabModeAsync).Check(); err != nil {
				t.Fatal(err)
			}
		}
	}
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	inLoop(t, u, func() {
		end, _ := u.loop.hotkeyOf(barEnd)
		pause, _ := u.loop.hotkeyOf(barPause)
		if end.letter != 'q' || end.shared || pause.letter != 'p' || !pause.shared {
			t.Errorf("End is %q, shared %v; Pause is %q, shared %v", end.letter, end.shared, pause.letter, pause.shared)
		}
	})
	all := func(when string) {
		t.Helper()
		for key, want := range map[uint32]Action{codeQ: EndSession, codeP: PauseSession, codeC: StopControl} {
			me.press(codeCtrl, codeAlt, codeShift, key)
			if acts := acted(t, u); len(acts) != 1 || acts[0] != want {
				t.Errorf("%s: actions %v, want %d", when, acts, want)
			}
		}
	}
	all("other programs have keys")
	if r, err := xproto.GrabKeyboard(c.x, false, c.root, 0, xproto.GrabModeAsync, xproto.GrabModeAsync).Reply(); err != nil || r.Status != 0 {
		t.Fatal(r, err)
	}
	all("the keyboard is grabbed")
	xproto.UngrabKeyboard(c.x, 0)
	if err := xproto.ChangeKeyboardMappingChecked(c.x, 1, codeQ, 2, []xproto.Keysym{'z', 'Z'}).Check(); err != nil {
		t.Fatal(err)
	}
	all("the letter means something else")
}
