//go:build linux

package input

import (
	"fmt"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/jezek/xgb/xproto"
)

// shortcutMods are the modifiers that make a key a shortcut: Control, Alt, system key.
const shortcutMods = xproto.ModMaskControl | xproto.ModMask1 | xproto.ModMask4

// keys presses keys. The Injector's mutex guards it.
//
// A character that the user's layout has not, or not with the modifiers that are on,
// is typed with a key code that means nothing, borrowed and bound to the character.
// Codes are borrowed in turn and given back after a while: programs look up what a
// code means when they read the event, and some read late.
type keys struct {
	sys     *system
	xkb     *xkb
	changed atomic.Bool // the server's key map has changed
	layout  *keymap
	held    map[string]xproto.Keycode // by Key.Code, or Key.Key where there is none
	order   []string                  // the held keys in the order of their presses
	spares  []*spare
	// unlocked is set while Caps Lock is off for typing and was on before.
	unlocked bool
}

// spare is a key code without a meaning of its own.
type spare struct {
	code xproto.Keycode
	sym  xproto.Keysym // what it is bound to; 0 for nothing
	used time.Time
	held bool
}

func newKeys(s *system, x *xkb) (*keys, error) {
	k := &keys{sys: s, xkb: x, held: map[string]xproto.Keycode{}}
	return k, k.reload()
}

// reload reads the key map.
func (k *keys) reload() error {
	k.changed.Store(true)
	return k.refresh()
}

// refresh reads the key map again if it has changed: the user may switch layouts.
func (k *keys) refresh() error {
	if !k.changed.Swap(false) {
		return nil
	}
	layout, err := loadKeymap(k.sys.conn)
	if err != nil {
		k.changed.Store(true)
		return err
	}
	k.layout = layout
	known := map[xproto.Keycode]bool{}
	kept := k.spares[:0]
	for _, s := range k.spares { // a new layout takes the codes that it needs
		if got := layout.sym(s.code, 0, 0); got == s.sym || layout.empty(s.code) {
			s.sym = got
			known[s.code] = true
			kept = append(kept, s)
		}
	}
	k.spares = kept
	for _, n := range evdev {
		known[xproto.Keycode(n+8)] = true // may be pressed by place
	}
	for code := layout.codes() - 1; code > int(layout.first); code-- {
		if c := xproto.Keycode(code); !known[c] && layout.empty(c) {
			k.spares = append(k.spares, &spare{code: c})
		}
	}
	return nil
}

// id names a key from press to release.
func (key Key) id() string {
	if key.Code != "" {
		return key.Code
	}
	return key.Key
}

// down presses a key.
func (k *keys) down(key Key) error {
	if _, ok := k.held[key.id()]; ok {
		return nil // the server repeats held keys by itself
	}
	if err := k.refresh(); err != nil {
		return err
	}
	switch key.Key {
	case "Dead", "Process", "Compose":
		return nil // what comes of it arrives as a character
	}
	if key.Code == "CapsLock" || key.Code == "NumLock" {
		return nil // their state arrives with each key
	}
	state, err := k.followLocks(key)
	if err != nil {
		return err
	}
	if key.Key == "AltGraph" {
		// Windows says Control before AltGr; it is not meant.
		if err := k.up(Key{Code: "ControlLeft"}); err != nil {
			return err
		}
	}
	code, err := k.choose(key, state)
	if err != nil || code == 0 {
		return err
	}
	return k.hold(key.id(), code)
}

// choose is the key code to press for a key; 0 means none.
func (k *keys) choose(key Key, s lockState) (xproto.Keycode, error) {
	place := keycode(key.Code)
	if place == 0 {
		place = keycode(key.Key)
	}
	char, _ := utf8.DecodeRuneInString(key.Key)
	switch {
	case key.Key == "AltGraph":
		if k.layout.modifier[place]&k.layout.level3 == 0 {
			return 0, nil // no AltGr here: the characters it makes arrive as such
		}
	case key.Code == "AltRight" && key.Key == "Alt" && k.layout.modifier[place]&xproto.ModMask1 == 0:
		place = keycode("AltLeft") // AltGr here, Alt there
	case s.mods&shortcutMods != 0:
		return k.shortcut(key, place, s)
	case utf8.RuneCountInString(key.Key) == 1 && !isKeypad(key.Code):
		return k.character(char, place, s)
	}
	if place == 0 {
		return 0, fmt.Errorf("%w: %q", ErrNoKey, key.Code)
	}
	return place, nil
}

func isKeypad(code string) bool { return len(code) > 6 && code[:6] == "Numpad" }

// character is a key that types char: the one in the same place if it does, another
// one with the same modifiers, or a borrowed one.
func (k *keys) character(char rune, place xproto.Keycode, s lockState) (xproto.Keycode, error) {
	if place != 0 && k.layout.char(place, s) == char {
		return place, nil
	}
	if code, ok := k.layout.find(char, s); ok {
		return code, nil
	}
	return k.borrow(runeSym(char), runeSym(char))
}

// shortcut is the key in the same place. Where a layout has no Latin letter there, as
// a Russian one alone, programs would not know the shortcut, so it is borrowed.
func (k *keys) shortcut(key Key, place xproto.Keycode, s lockState) (xproto.Keycode, error) {
	latin := letter(key.Code)
	if place == 0 { // a keyboard on glass has no places
		char, n := utf8.DecodeRuneInString(key.Key)
		if n == 0 || n != len(key.Key) {
			return 0, fmt.Errorf("%w: %q", ErrNoKey, key.Key)
		}
		return k.character(char, 0, lockState{group: s.group})
	}
	if latin < 'a' || latin > 'z' {
		return place, nil
	}
	for group := range 2 { // programs look through all layouts
		if char := symRune(k.layout.sym(place, group, 0)); char > 0 && char < 0x80 {
			return place, nil
		}
	}
	return k.borrow(runeSym(latin), runeSym(latin-'a'+'A'))
}

// hold presses a key code and remembers it.
func (k *keys) hold(id string, code xproto.Keycode) error {
	if err := k.sys.fake(xproto.KeyPress, byte(code)); err != nil {
		return err
	}
	k.held[id] = code
	k.order = append(k.order, id)
	k.touch(code, true)
	return nil
}

// up releases a key, if it is held.
func (k *keys) up(key Key) error {
	if key.Code == "CapsLock" || key.Code == "NumLock" {
		_, err := k.followLocks(key)
		return err
	}
	code, ok := k.held[key.id()]
	if !ok {
		return nil
	}
	k.forget(key.id(), code)
	return k.sys.fake(xproto.KeyRelease, byte(code))
}

func (k *keys) forget(id string, code xproto.Keycode) {
	delete(k.held, id)
	for i, held := range k.order {
		if held == id {
			k.order = append(k.order[:i:i], k.order[i+1:]...)
			break
		}
	}
	k.touch(code, false)
}

// touch notes that a borrowed code was used.
func (k *keys) touch(code xproto.Keycode, held bool) {
	for _, s := range k.spares {
		if s.code == code {
			s.used, s.held = time.Now(), held
		}
	}
}

func (k *keys) holding() bool { return len(k.held) > 0 }

// releaseAll lets go of all keys, the last one first. Errors mean that the server is
// gone, and with it what was held.
func (k *keys) releaseAll() {
	for len(k.order) > 0 {
		id := k.order[len(k.order)-1]
		code := k.held[id]
		k.forget(id, code)
		_ = k.sys.fake(xproto.KeyRelease, byte(code))
	}
	if k.unlocked {
		k.unlocked = false
		_ = k.xkb.lock(xproto.ModMaskLock, xproto.ModMaskLock)
	}
}

// followLocks switches Caps Lock and Num Lock to the technician's state, and returns the
// keyboard's after that.
func (k *keys) followLocks(key Key) (lockState, error) {
	state, err := k.xkb.state()
	if err != nil {
		return state, err
	}
	mask, on := uint8(xproto.ModMaskLock)|k.layout.numLock, uint8(0)
	if key.CapsLock {
		on |= xproto.ModMaskLock
	}
	if key.NumLock {
		on |= k.layout.numLock
	}
	if state.locked&mask == on {
		return state, nil
	}
	if err := k.xkb.lock(mask, on); err != nil {
		return state, err
	}
	return k.xkb.state()
}
