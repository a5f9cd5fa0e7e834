package desktop

import (
	"fmt"
	"unicode"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Keysyms of keys that have no character.
const (
	KeyBackspace xproto.Keysym = 0xff08
	KeyTab       xproto.Keysym = 0xff09
	KeyReturn    xproto.Keysym = 0xff0d
	KeyUp        xproto.Keysym = 0xff52
	KeyShift     xproto.Keysym = 0xffe1
	KeyControl   xproto.Keysym = 0xffe3
	KeyAlt       xproto.Keysym = 0xffe9
	KeyAltGr     xproto.Keysym = 0xfe03
)

// RuneKeysym is the keysym of a character: Latin-1 stands for itself, the rest is
// Unicode plus 0x1000000 (X11 protocol, appendix A).
func RuneKeysym(r rune) xproto.Keysym {
	switch {
	case r == '\n' || r == '\r':
		return KeyReturn
	case r == '\t':
		return KeyTab
	case r < 0x100:
		return xproto.Keysym(r)
	default:
		return xproto.Keysym(0x1000000 + r)
	}
}

// KeysymRune is the character of a keysym, 0 when it has none. The keysyms that X had
// before Unicode (Cyrillic 0x6xx, the euro sign 0x20ac) are translated.
func KeysymRune(sym xproto.Keysym) rune {
	switch {
	case sym >= 0x20 && sym <= 0x7e || sym >= 0xa0 && sym <= 0xff:
		return rune(sym)
	case sym >= 0x1000100 && sym <= 0x110ffff:
		return rune(sym - 0x1000000)
	case sym == 0x20ac:
		return '€'
	case sym == KeyReturn:
		return '\n'
	case sym == KeyTab:
		return '\t'
	case sym == 0x6a3:
		return 'ё'
	case sym == 0x6b3:
		return 'Ё'
	case sym >= 0x6c0 && sym <= 0x6ff:
		return koi8[sym-0x6c0]
	}
	return 0
}

// koi8 is the order of the Cyrillic keysyms from 0x6c0, that of KOI8.
var koi8 = [64]rune([]rune("юабцдефгхийклмнопярстужвьызшэщчъ" + "ЮАБЦДЕФГХИЙКЛМНОПЯРСТУЖВЬЫЗШЭЩЧЪ"))

// keyboard is the server's key map at one moment, first layout group.
type keyboard struct {
	first   xproto.Keycode
	perCode int
	syms    []xproto.Keysym
}

func loadKeyboard(conn *xgb.Conn) (*keyboard, error) {
	setup := xproto.Setup(conn)
	count := byte(setup.MaxKeycode - setup.MinKeycode + 1)
	reply, err := xproto.GetKeyboardMapping(conn, setup.MinKeycode, count).Reply()
	if err != nil {
		return nil, fmt.Errorf("desktop: key map: %w", err)
	}
	return &keyboard{first: setup.MinKeycode, perCode: int(reply.KeysymsPerKeycode), syms: reply.Keysyms}, nil
}

// column is where the core key map keeps a level of the first group: two levels of
// the first group, two of the second, then the third and fourth of the first.
func column(level int) int {
	if level >= 2 {
		return level + 2
	}
	return level
}

// sym is the keysym of a key at a level: 1 with Shift, 2 with AltGr, 3 with both.
func (k *keyboard) sym(code xproto.Keycode, level int) xproto.Keysym {
	if code < k.first || column(level) >= k.perCode {
		return 0
	}
	i := int(code-k.first)*k.perCode + column(level)
	if i >= len(k.syms) {
		return 0
	}
	return k.syms[i]
}

// find is the key and the lowest level that give sym, by value or by character.
func (k *keyboard) find(sym xproto.Keysym) (code xproto.Keycode, level int, ok bool) {
	char := KeysymRune(sym)
	for level := range 4 {
		for i := range len(k.syms) / k.perCode {
			code := k.first + xproto.Keycode(i)
			got := k.sym(code, level)
			if got == sym && sym != 0 || char != 0 && KeysymRune(got) == char {
				return code, level, true
			}
		}
	}
	return 0, 0, false
}

// lookup is what a key means with the modifiers of an event (X11 protocol, "Keysyms
// and keycodes", with the third level on Mod5 as all layouts have it).
func (k *keyboard) lookup(code xproto.Keycode, state uint16) xproto.Keysym {
	level := 0
	if state&xproto.ModMask5 != 0 {
		level = 2
	}
	shift := state&xproto.ModMaskShift != 0
	base, upper := k.sym(code, level), k.sym(code, level+1)
	switch {
	case upper == 0:
		shift = false
	case upper >= 0xff80 && upper <= 0xffbd: // the keypad follows Num Lock
		shift = shift != (state&xproto.ModMask2 != 0)
	case state&xproto.ModMaskLock != 0 && unicode.ToUpper(KeysymRune(base)) == KeysymRune(upper) && base != upper:
		shift = !shift
	}
	if base == 0 && level == 2 { // no third level on this key
		return k.lookup(code, state&^xproto.ModMask5)
	}
	if shift {
		return upper
	}
	return base
}
