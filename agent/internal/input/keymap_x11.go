//go:build linux

package input

import (
	"fmt"
	"unicode"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Keysyms with a meaning of their own here.
const (
	symReturn      xproto.Keysym = 0xff0d
	symTab         xproto.Keysym = 0xff09
	symModeSwitch  xproto.Keysym = 0xff7e
	symNumLock     xproto.Keysym = 0xff7f
	symAltRight    xproto.Keysym = 0xffea
	symLevel3Shift xproto.Keysym = 0xfe03
)

// keymap is the server's key map at one moment: what each key means, and which
// modifiers Num Lock and AltGr are.
type keymap struct {
	first    xproto.Keycode
	perCode  int
	syms     []xproto.Keysym
	modifier [256]uint8 // of each key code
	numLock  uint8
	level3   uint8
}

func loadKeymap(conn *xgb.Conn) (*keymap, error) {
	setup := xproto.Setup(conn)
	m := &keymap{first: setup.MinKeycode}
	reply, err := xproto.GetKeyboardMapping(conn, setup.MinKeycode, byte(setup.MaxKeycode-setup.MinKeycode+1)).Reply()
	if err != nil {
		return nil, fmt.Errorf("input: key map: %w", err)
	}
	m.perCode, m.syms = int(reply.KeysymsPerKeycode), reply.Keysyms
	modifiers, err := xproto.GetModifierMapping(conn).Reply()
	if err != nil {
		return nil, fmt.Errorf("input: modifiers: %w", err)
	}
	for i, code := range modifiers.Keycodes {
		if code == 0 {
			continue
		}
		bit := uint8(1) << (i / int(modifiers.KeycodesPerModifier))
		m.modifier[code] |= bit
		for level := range 2 {
			switch m.sym(code, 0, level) {
			case symNumLock:
				m.numLock |= bit
			case symLevel3Shift, symModeSwitch:
				m.level3 |= bit
			}
		}
	}
	return m, nil
}

// sym is what a key means in a layout (from 0) at a level: 1 with Shift, 2 with AltGr,
// 3 with both. The core key map begins with two levels of the first layout and two of
// the second, then the third and fourth level of each; further layouts are not in it
// at known places.
func (m *keymap) sym(code xproto.Keycode, group, level int) xproto.Keysym {
	column := 2*group + level
	if level >= 2 {
		column = 4 + 2*group + level - 2
	}
	if group > 1 || column >= m.perCode || code < m.first {
		return 0
	}
	i := int(code-m.first)*m.perCode + column
	if i >= len(m.syms) {
		return 0
	}
	return m.syms[i]
}

// codes is one past the last key code.
func (m *keymap) codes() int { return int(m.first) + len(m.syms)/max(1, m.perCode) }

// empty reports whether a key code means nothing and modifies nothing.
func (m *keymap) empty(code xproto.Keycode) bool {
	from := int(code-m.first) * m.perCode
	for _, sym := range m.syms[from : from+m.perCode] {
		if sym != 0 {
			return false
		}
	}
	return m.modifier[code] == 0
}

// char is the character that a key types with the modifiers that are on; 0 for none.
func (m *keymap) char(code xproto.Keycode, s lockState) rune {
	level := 0
	if s.mods&m.level3 != 0 && m.sym(code, s.group, 2) != 0 {
		level = 2
	}
	lower, upper := symRune(m.sym(code, s.group, level)), symRune(m.sym(code, s.group, level+1))
	shift := s.mods&xproto.ModMaskShift != 0
	if s.mods&xproto.ModMaskLock != 0 && upper != lower && unicode.ToUpper(lower) == upper {
		shift = !shift
	}
	if shift && m.sym(code, s.group, level+1) != 0 {
		return upper
	}
	return lower
}

// find is a key that types char with the modifiers that are on. Keys of the keypad
// follow Num Lock and are left out.
func (m *keymap) find(char rune, s lockState) (xproto.Keycode, bool) {
	for code := int(m.first); code < m.codes(); code++ {
		c := xproto.Keycode(code)
		if !keypad(m.sym(c, s.group, 0)) && !keypad(m.sym(c, s.group, 1)) && m.modifier[c] == 0 && m.char(c, s) == char {
			return c, true
		}
	}
	return 0, false
}

func keypad(sym xproto.Keysym) bool { return sym >= 0xff80 && sym <= 0xffbd }

// runeSym is the keysym of a character (X11 protocol, appendix A): Latin-1 stands for
// itself, everything else is Unicode plus 0x1000000.
func runeSym(r rune) xproto.Keysym {
	switch {
	case r == '\n':
		return symReturn
	case r == '\t':
		return symTab
	case r < 0x100:
		return xproto.Keysym(r)
	}
	return xproto.Keysym(0x1000000 + r)
}

// symRune is the character of a keysym; 0 when it has none that we know.
func symRune(sym xproto.Keysym) rune {
	switch {
	case sym >= 0x20 && sym <= 0x7e || sym >= 0xa0 && sym <= 0xff:
		return rune(sym)
	case sym >= 0x1000100 && sym <= 0x110ffff:
		return rune(sym - 0x1000000)
	case sym == symReturn:
		return '\n'
	case sym == symTab:
		return '\t'
	}
	return oldSyms[sym]
}

// oldSyms are characters whose keysyms are older than Unicode and in use on the
// keyboards of today: Cyrillic, Greek, and the letters of Central Europe.
var oldSyms = makeOldSyms()

func makeOldSyms() map[xproto.Keysym]rune {
	table := map[xproto.Keysym]rune{0x20ac: '€'}
	for first, chars := range map[xproto.Keysym]string{
		// KOI8 order; below it the letters beyond Russian.
		0x6c0: "юабцдефгхийклмнопярстужвьызшэщчъЮАБЦДЕФГХИЙКЛМНОПЯРСТУЖВЬЫЗШЭЩЧЪ",
		0x6a1: "ђѓёєѕіїјљњћќґўџ№ЂЃЁЄЅІЇЈЉЊЋЌҐЎЏ",
		0x7c1: "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣ", 0x7d4: "ΤΥΦΧΨΩ",
		0x7e1: "αβγδεζηθικλμνξοπρσςτυφχψω",
		0x1a1: "Ą", 0x1a3: "Ł", 0x1a5: "Ľ", 0x1a6: "Ś", 0x1a9: "Š", 0x1aa: "Ş", 0x1ab: "Ť", 0x1ac: "Ź", 0x1ae: "Ž", 0x1af: "Ż",
		0x1b1: "ą", 0x1b3: "ł", 0x1b5: "ľ", 0x1b6: "ś", 0x1b9: "š", 0x1ba: "ş", 0x1bb: "ť", 0x1bc: "ź", 0x1be: "ž", 0x1bf: "ż",
		0x1c0: "Ŕ", 0x1c3: "Ă", 0x1c5: "Ĺ", 0x1c6: "Ć", 0x1c8: "Č", 0x1ca: "Ę", 0x1cc: "Ě", 0x1cf: "Ď",
		0x1d0: "ĐŃŇ", 0x1d5: "Ő", 0x1d8: "ŘŮ", 0x1db: "Ű", 0x1de: "Ţ",
		0x1e0: "ŕ", 0x1e3: "ă", 0x1e5: "ĺ", 0x1e6: "ć", 0x1e8: "č", 0x1ea: "ę", 0x1ec: "ě", 0x1ef: "ď",
		0x1f0: "đńň", 0x1f5: "ő", 0x1f8: "řů", 0x1fb: "ű", 0x1fe: "ţ",
		0x2ab: "Ğ", 0x2bb: "ğ", 0x2a9: "İ", 0x2b9: "ı",
		0x13bc: "Œœ", 0xaf3: "✓", 0xaa9: "—", 0xaaa: "–", 0xad0: "‘’“”", 0xafd: "‚„",
	} {
		for i, r := range []rune(chars) {
			table[first+xproto.Keysym(i)] = r
		}
	}
	return table
}
