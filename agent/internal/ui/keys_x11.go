package ui

import "github.com/jezek/xgb/xproto"

// key is a key that means something in our windows.
type key uint8

const (
	keyNone key = iota
	keyTab
	keyBackTab
	keyEnter
	keySpace
	keyEscape
	keyLeft
	keyRight
	keyUp
	keyDown
	keyPageUp
	keyPageDown
	keyHome
	keyEnd
	keyBackspace
	keyDelete
	keyHelp
)

// keyTable maps the keyboard's codes.
type keyTable struct {
	meaning map[byte]key
	letters map[rune]byte   // codes of the letters that are hotkeys
	mods    map[byte]uint32 // the modifiers that a code is, as ModMask bits
	layout  layout          // what they type
}

// keysyms are those of keysymdef.h that we know.
func meaningOf(sym xproto.Keysym) key {
	switch sym {
	case 0xff09, 0xfe20:
		return keyTab
	case 0xff0d, 0xff8d:
		return keyEnter
	case 0x20, 0xff80:
		return keySpace
	case 0xff1b:
		return keyEscape
	case 0xff51:
		return keyLeft
	case 0xff53:
		return keyRight
	case 0xff52:
		return keyUp
	case 0xff54:
		return keyDown
	case 0xff55:
		return keyPageUp
	case 0xff56:
		return keyPageDown
	case 0xff50:
		return keyHome
	case 0xff57:
		return keyEnd
	case 0xff08:
		return keyBackspace
	case 0xffff:
		return keyDelete
	case 0xffbe:
		return keyHelp // F1
	}
	return keyNone
}

// positions are where the letters lie on a PC keyboard, for layouts without Latin ones.
var positions = map[rune]byte{
	'e': 26, 'q': 24, 'x': 53, 'p': 33, 'b': 56, 'h': 43, 'c': 54, 'k': 45, 'm': 58,
	't': 28, 'j': 44, 'w': 25, 'y': 29, 'g': 42,
}

func (c *xconn) readKeys(setup *xproto.SetupInfo) (keyTable, error) {
	first := setup.MinKeycode
	count := byte(int(setup.MaxKeycode) - int(first) + 1)
	r, err := xproto.GetKeyboardMapping(c.x, first, count).Reply()
	if err != nil {
		return keyTable{}, err
	}
	t := keyTable{meaning: map[byte]key{}, letters: map[rune]byte{}}
	per := int(r.KeysymsPerKeycode)
	for i := 0; per > 0 && (i+1)*per <= len(r.Keysyms); i++ {
		t.learn(byte(int(first)+i), r.Keysyms[i*per:(i+1)*per])
	}
	for letter, position := range positions {
		if t.letters[letter] == 0 {
			t.letters[letter] = position
		}
	}
	t.mods, err = c.readModifiers()
	t.layout = layout{first: byte(first), per: per, syms: r.Keysyms, modifiers: t.mods}
	t.layout.learnModifiers()
	return t, err
}

// learn notes what a key means. The first group, which people see printed on their
// keys, goes before the others.
func (t *keyTable) learn(code byte, syms []xproto.Keysym) {
	if k := meaningOf(syms[0]); k != keyNone {
		t.meaning[code] = k
	}
	for _, sym := range syms {
		letter := rune(sym)
		if positions[letter] != 0 && t.letters[letter] == 0 {
			t.letters[letter] = code
		}
	}
}

func (c *xconn) readModifiers() (map[byte]uint32, error) {
	r, err := xproto.GetModifierMapping(c.x).Reply()
	if err != nil {
		return nil, err
	}
	mods, per := map[byte]uint32{}, int(r.KeycodesPerModifier)
	for i, code := range r.Keycodes {
		if code != 0 {
			mods[byte(code)] |= 1 << (i / per)
		}
	}
	return mods, nil
}

// The modifiers of the hotkeys, and the locks that may be on beside them.
const (
	hotMods  = xproto.ModMaskControl | xproto.ModMask1 | xproto.ModMaskShift
	capsLock = xproto.ModMaskLock
	numLock  = xproto.ModMask2
)

// withLocks returns mods alone and with each combination of the locks.
func withLocks(mods uint32) []uint32 {
	return []uint32{mods, mods | capsLock, mods | numLock, mods | capsLock | numLock}
}
