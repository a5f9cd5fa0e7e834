package ui

import (
	"strings"
	"unicode"

	"github.com/jezek/xgb/xproto"
	"golang.org/x/text/unicode/norm"

	"beside/agent/internal/keysym"
)

// The keysyms of the modifiers that choose a character.
const (
	symNumLock    = 0xff7f
	symLevel3     = 0xfe03
	symModeSwitch = 0xff7e
)

// layout is what the keys type: the core key map as it was when the session began, two
// layouts with four levels each. The layout is chosen anew with every press, as the server
// says; the map itself is not read again meanwhile (UI.remap says why).
type layout struct {
	first     byte
	per       int
	syms      []xproto.Keysym
	numLock   uint32 // ModMask bits
	level3    uint32
	modifiers map[byte]uint32
}

// learnModifiers finds which modifiers Num Lock and AltGr are.
func (l *layout) learnModifiers() {
	for code, mods := range l.modifiers {
		for level := range 2 {
			switch l.sym(code, 0, level) {
			case symNumLock:
				l.numLock |= mods
			case symLevel3, symModeSwitch:
				l.level3 |= mods
			}
		}
	}
}

// sym is what a key means in a layout at a level: 1 with Shift, 2 with AltGr, 3 with
// both. The core map begins with two levels of the first and two of the second layout.
func (l *layout) sym(code byte, group, level int) xproto.Keysym {
	column := 2*group + level
	if level >= 2 {
		column = 4 + 2*group + level - 2
	}
	i := int(code-l.first)*l.per + column
	if code < l.first || column >= l.per || i >= len(l.syms) {
		return 0
	}
	return l.syms[i]
}

// chosen is the keysym that a press means with the modifiers that are on.
func (l *layout) chosen(ev xievent) xproto.Keysym {
	code, group, level := byte(ev.detail), int(ev.group), 0
	if group > 1 || l.sym(code, group, 0) == 0 {
		group = 0
	}
	if keysym.Keypad(uint32(l.sym(code, group, 1))) != 0 { // Num Lock chooses
		if ev.mods&l.numLock != 0 != (ev.mods&xproto.ModMaskShift != 0) {
			level = 1
		}
		return l.sym(code, group, level)
	}
	if ev.mods&l.level3 != 0 && l.sym(code, group, 2) != 0 {
		level = 2
	}
	shift := ev.mods&xproto.ModMaskShift != 0
	lower, upper := keysym.Rune(uint32(l.sym(code, group, level))), keysym.Rune(uint32(l.sym(code, group, level+1)))
	if ev.mods&xproto.ModMaskLock != 0 && upper != lower && unicode.ToUpper(lower) == upper {
		shift = !shift
	}
	if shift && l.sym(code, group, level+1) != 0 {
		level++
	}
	return l.sym(code, group, level)
}

// types reports whether a press types a letter or sign, and not a space.
func (t *keyTable) types(ev xievent) bool {
	var p typist
	text, _ := p.text(&t.layout, ev)
	return strings.TrimSpace(text) != ""
}

// typist turns presses into text; it remembers the dead key before.
type typist struct{ accent rune }

// text is what a press types, if anything. A dead key types nothing yet; with the next
// letter it makes one, or stands before it where there is none.
func (p *typist) text(l *layout, ev xievent) (string, bool) {
	const commands = xproto.ModMaskControl | xproto.ModMask1 | xproto.ModMask4
	if ev.mods&(commands&^l.level3) != 0 {
		return "", false
	}
	sym := uint32(l.chosen(ev))
	if mark := keysym.Accent(sym); mark != 0 {
		p.accent = mark
		return "", true
	}
	r := keysym.Rune(sym)
	if r == 0 {
		r = keysym.Keypad(sym)
	}
	if r == 0 {
		return "", false
	}
	accent := p.accent
	if p.accent = 0; accent == 0 {
		return string(r), true
	}
	if one := []rune(norm.NFC.String(string([]rune{r, accent}))); len(one) == 1 && unicode.IsLetter(r) {
		return string(one), true
	}
	return strings.TrimSpace(alone(accent) + string(r)), true
}

// alone is a mark that stands by itself.
func alone(mark rune) string {
	marks := map[rune]string{0x300: "`", 0x301: "´", 0x302: "^", 0x303: "~", 0x304: "¯", 0x308: "¨", 0x327: "¸"}
	return marks[mark]
}
