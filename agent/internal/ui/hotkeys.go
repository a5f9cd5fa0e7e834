package ui

import (
	"strings"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/agent/internal/catalogue"
)

// hotkey is one act of the bar as keys: Ctrl, Alt and Shift with a letter. It works
// wherever the keyboard's focus is, and in the middle of another program's menu.
//
// It is told by the raw events of the user's own keyboards, letter and modifiers alike:
// no injected key triggers it, nor does an own letter while a program holds the
// modifiers, and no program can keep it from us by grabbing the keyboard. The grab only
// keeps the letter from the program that has the focus. THREAT 1, PROMISE A5.
type hotkey struct {
	target  targetID // the button that does the same
	letters string   // candidates: the first that no other program has taken
	letter  rune     // the one in use
	code    byte
	shared  bool // another program takes every candidate, and hears it too
}

// hotkeys are those of the bar, and the one that says yes to what a page reads out.
func hotkeys(page bool) []hotkey {
	list := []hotkey{
		{target: barEnd, letters: "eqx"},
		{target: barPause, letters: "pbh"},
		{target: barControl, letters: "ckm"},
		{target: barChat, letters: "tjw"},
	}
	if page {
		list = append(list, pageHotkey())
	}
	return list
}

// pageYes is no button: it has keys alone.
const pageYes targetID = 255

func pageHotkey() hotkey { return hotkey{target: pageYes, letters: "ygw"} }

// hotkeyOf is the hotkey of a button of the bar.
func (l *loop) hotkeyOf(id targetID) (hotkey, bool) {
	for _, h := range l.hotkeys {
		if h.target == id && h.letter != 0 {
			return h, true
		}
	}
	return hotkey{}, false
}

// hint says which keys do what a button does.
func (h hotkey) hint(w *catalogue.Texts) string {
	format := w.Bar.AlsoKeys
	if h.shared {
		format = w.Bar.SharedKeys
	}
	return catalogue.Fill(format, "keys", h.keys(w))
}

// keys are the hotkey's, as they are printed on a keyboard.
func (h hotkey) keys(w *catalogue.Texts) string {
	return w.Bar.Modifiers + " + " + strings.ToUpper(string(h.letter))
}

// holdHotkeys takes the keys for as long as the bar is there.
func (u *UI) holdHotkeys() {
	u.freeHotkeys()
	u.loop.hotkeys = hotkeys(u.loop.reader.answers)
	for i := range u.loop.hotkeys {
		u.take(&u.loop.hotkeys[i])
	}
}

// holdPageKeys takes those that say yes to what a page reads out, without a bar, and says
// which they are.
func (u *UI) holdPageKeys() string {
	u.freeHotkeys()
	u.loop.hotkeys = []hotkey{pageHotkey()}
	u.take(&u.loop.hotkeys[0])
	return u.loop.hotkeys[0].keys(u.words)
}

// freeHotkeys gives them back.
func (u *UI) freeHotkeys() {
	for _, h := range u.loop.hotkeys {
		u.conn.ungrabKey(h.code, withLocks(hotMods))
	}
	u.loop.hotkeys, u.loop.hands = nil, hands{}
}

// take grabs the first candidate that nobody else has; when all are taken the first one
// works all the same, for both programs.
func (u *UI) take(h *hotkey) {
	mods := withLocks(hotMods)
	for _, letter := range h.letters {
		h.letter, h.code = letter, u.conn.keys.letters[letter]
		if u.conn.freeKey(h.code, mods) && u.conn.grabKey(h.code, mods) == 0 {
			return
		}
		u.conn.ungrabKey(h.code, mods)
	}
	h.letter = rune(h.letters[0])
	h.code, h.shared = u.conn.keys.letters[h.letter], true
}

// hotkeyPressed does what the letter says once the hands hold the modifiers.
func (u *UI) hotkeyPressed(code byte) {
	if u.loop.hands.chord() != hotMods {
		return
	}
	for _, h := range u.loop.hotkeys {
		switch {
		case h.code != code:
			continue
		case h.target == pageYes:
			u.yesKeys(time.Now())
		case u.loop.bar != nil:
			u.loop.bar.act(h.target)
		}
		return
	}
}

// rawKey follows the user's own keyboards.
func (u *UI) rawKey(b []byte) {
	ev, ok := parseRaw(b)
	if !ok || !u.conn.real(ev.source) {
		return
	}
	u.conn.devices.use(ev.source)
	key := ownKey{ev.source, byte(ev.detail)}
	mods := u.conn.keys.mods[key.code]
	if ev.kind == xiRawKeyRelease {
		u.loop.hands.up(key, mods)
		return
	}
	if fresh := u.loop.hands.down(key, mods); fresh && mods == 0 {
		u.loop.reader.touched = time.Now()
		if u.conn.keys.meaning[key.code] == keySpace {
			u.loop.reader.pressed = time.Now()
		}
		u.hotkeyPressed(key.code)
		u.loop.hands.latched = 0
	}
}

// held reports whether the key of a press is down on the device that is said to have made it.
// Another program can have the server pass one key on as another (XKB's redirection), so that
// the letters under the user's fingers say yes for them. The modifiers that make a command of a
// key are those that the user holds: one that a program holds would keep Esc from us. THREAT 1.
func (u *UI) held(ev *xievent) bool {
	if u.loop.listens&(1<<xiRawKeyPress) == 0 || !u.conn.real(ev.source) {
		return true
	}
	const commands = xproto.ModMaskControl | xproto.ModMask1 | xproto.ModMask4
	own := uint32(0)
	for _, mods := range u.loop.hands.held {
		own |= mods
	}
	ev.mods &= own | ^uint32(commands)
	_, down := u.loop.hands.held[ownKey{ev.source, byte(ev.detail)}]
	return down
}

// ownKey is a key of one of the user's keyboards.
type ownKey struct {
	device uint16
	code   byte
}

// hands are the keys that the user holds, on whichever keyboard. Of no key but the
// modifiers is kept longer than it is down.
type hands struct {
	held map[ownKey]uint32 // with the modifiers that each is
	// latched are modifiers that were pressed and let go alone: people who cannot hold
	// several keys press them one after the other (sticky keys).
	latched uint32
	alone   ownKey // the modifier that is down, if it is the only key since
}

// down notes a key, and reports false when it was down already.
func (h *hands) down(k ownKey, mods uint32) (fresh bool) {
	if _, held := h.held[k]; held {
		return false
	}
	if h.held == nil {
		h.held = map[ownKey]uint32{}
	}
	h.held[k], h.alone = mods, ownKey{}
	if mods != 0 && len(h.held) == 1 {
		h.alone = k
	}
	return true
}

func (h *hands) up(k ownKey, mods uint32) {
	delete(h.held, k)
	if h.alone == k && mods != 0 {
		h.latched |= mods
		h.alone = ownKey{}
	}
}

// chord are the modifiers that count for a hotkey.
func (h *hands) chord() uint32 {
	mods := h.latched
	for _, m := range h.held {
		mods |= m
	}
	return mods & (hotMods | xproto.ModMask4)
}
