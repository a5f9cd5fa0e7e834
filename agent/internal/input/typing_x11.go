//go:build linux

package input

import (
	"time"

	"github.com/jezek/xgb/xproto"
)

// typing types one text, a character a step, so that each is one event inside the
// grant. Modifiers that the technician holds are lifted meanwhile, and Caps Lock is off.
type typing struct {
	keys   *keys
	rest   []rune
	begun  bool
	lifted []string
	codes  map[string]xproto.Keycode
}

func (k *keys) newTyping(s string) *typing {
	t := &typing{keys: k, codes: map[string]xproto.Keycode{}}
	var last rune
	for _, r := range s {
		if r == '\n' && last == '\r' {
			last = r
			continue
		}
		if last = r; r == '\r' {
			r = '\n'
		}
		if r >= ' ' && r != 0x7f || r == '\n' || r == '\t' {
			t.rest = append(t.rest, r)
		}
	}
	return t
}

func (t *typing) more() bool { return len(t.rest) > 0 }

// wait is how long to wait after errSettle.
func (t *typing) wait() time.Duration { return settleTime / 8 }

// step types the next character.
func (t *typing) step() error {
	k := t.keys
	if err := k.refresh(); err != nil {
		return err
	}
	if err := t.begin(); err != nil {
		return err
	}
	state, err := k.xkb.state()
	if err != nil {
		return err
	}
	if err := t.char(t.rest[0], lockState{group: state.group}); err != nil {
		return err
	}
	t.rest = t.rest[1:]
	return nil
}

// begin lifts modifiers and Caps Lock.
func (t *typing) begin() error {
	if t.begun {
		return nil
	}
	k := t.keys
	for _, id := range append([]string(nil), k.order...) {
		code := k.held[id]
		if k.layout.modifier[code] == 0 {
			continue
		}
		k.forget(id, code)
		if err := k.sys.fake(xproto.KeyRelease, byte(code)); err != nil {
			return err
		}
		t.lifted, t.codes[id] = append(t.lifted, id), code
	}
	state, err := k.xkb.state()
	if err != nil {
		return err
	}
	if state.locked&xproto.ModMaskLock != 0 {
		if err := k.xkb.lock(xproto.ModMaskLock, 0); err != nil {
			return err
		}
		k.unlocked = true
	}
	t.begun = true
	return nil
}

// char types one character: with a key, with Shift and a key, or with a borrowed code.
func (t *typing) char(r rune, s lockState) error {
	k := t.keys
	if r == '\n' {
		return t.press(keycode("Enter"))
	}
	if code, ok := k.layout.find(r, s); ok {
		return t.press(code)
	}
	shifted := s
	shifted.mods |= xproto.ModMaskShift
	shift := keycode("ShiftLeft")
	if code, ok := k.layout.find(r, shifted); ok && k.layout.modifier[shift] == xproto.ModMaskShift {
		return t.press(shift, code)
	}
	code, err := k.borrow(runeSym(r), runeSym(r))
	if err != nil {
		return err
	}
	k.touch(code, false)
	return t.press(code)
}

// press presses keys in order and releases them in reverse, whatever happens.
func (t *typing) press(codes ...xproto.Keycode) (err error) {
	for i, code := range codes {
		if err = t.keys.sys.fake(xproto.KeyPress, byte(code)); err != nil {
			codes = codes[:i]
			break
		}
	}
	for i := len(codes) - 1; i >= 0; i-- {
		if e := t.keys.sys.fake(xproto.KeyRelease, byte(codes[i])); err == nil {
			err = e
		}
	}
	return err
}

// finish puts modifiers and Caps Lock back as they were.
func (t *typing) finish() error {
	k := t.keys
	if k.unlocked {
		k.unlocked = false
		if err := k.xkb.lock(xproto.ModMaskLock, xproto.ModMaskLock); err != nil {
			return err
		}
	}
	for _, id := range t.lifted {
		if err := k.hold(id, t.codes[id]); err != nil {
			return err
		}
	}
	t.lifted = nil
	return nil
}
