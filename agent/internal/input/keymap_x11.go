//go:build linux

package input

import (
	"fmt"
	"unicode"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"beside/agent/internal/keysym"
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
	switch sym {
	case symReturn:
		return '\n'
	case symTab:
		return '\t'
	}
	return keysym.Rune(uint32(sym))
}
