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
)

// keyTable maps the keyboard's codes.
type keyTable struct {
	meaning map[byte]key
	end     byte // code of the letter E
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
	}
	return keyNone
}

// positionE is where E lies on a PC keyboard, for layouts without Latin letters.
const positionE = 26

func (c *xconn) readKeys(setup *xproto.SetupInfo) (keyTable, error) {
	first := setup.MinKeycode
	count := byte(int(setup.MaxKeycode) - int(first) + 1)
	r, err := xproto.GetKeyboardMapping(c.x, first, count).Reply()
	if err != nil {
		return keyTable{}, err
	}
	t := keyTable{meaning: map[byte]key{}}
	per := int(r.KeysymsPerKeycode)
	for i := 0; per > 0 && (i+1)*per <= len(r.Keysyms); i++ {
		code := byte(int(first) + i)
		if k := meaningOf(r.Keysyms[i*per]); k != keyNone {
			t.meaning[code] = k
		}
		for _, sym := range r.Keysyms[i*per : (i+1)*per] {
			if sym == 'e' && t.end == 0 {
				t.end = code
			}
		}
	}
	if t.end == 0 {
		t.end = positionE
	}
	return t, nil
}

// The modifiers of the End key, and the locks that may be on beside them.
const (
	endMods  = xproto.ModMaskControl | xproto.ModMask1 | xproto.ModMaskShift
	capsLock = xproto.ModMaskLock
	numLock  = xproto.ModMask2
)

// withLocks returns mods alone and with each combination of the locks.
func withLocks(mods uint32) []uint32 {
	return []uint32{mods, mods | capsLock, mods | numLock, mods | capsLock | numLock}
}
