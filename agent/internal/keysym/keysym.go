// Package keysym says which characters the X Window System's names of keys stand for. What
// types for the technician (input) and where the user types (ui) both need it.
package keysym

// Rune is the character of a keysym (X11 protocol, appendix A); 0 when it has none that
// we know. Keys that do something (Return, Tab) have none.
func Rune(sym uint32) rune {
	switch {
	case sym >= 0x20 && sym <= 0x7e || sym >= 0xa0 && sym <= 0xff:
		return rune(sym)
	case sym >= 0x1000100 && sym <= 0x110ffff:
		return rune(sym - 0x1000000)
	}
	return oldSyms[sym]
}

// Keypad is the character of a key of the keypad; 0 for other keys, and for those that
// move about.
func Keypad(sym uint32) rune {
	if sym >= 0xffaa && sym <= 0xffb9 || sym == 0xffbd {
		return rune(sym - 0xff80)
	}
	return 0
}

// Accent is the combining mark that a dead key puts on the next letter; 0 for other keys.
func Accent(sym uint32) rune { return accents[sym] }

var accents = map[uint32]rune{
	0xfe50: 0x300, 0xfe51: 0x301, 0xfe52: 0x302, 0xfe53: 0x303, 0xfe54: 0x304, 0xfe55: 0x306, 0xfe56: 0x307,
	0xfe57: 0x308, 0xfe58: 0x30a, 0xfe59: 0x30b, 0xfe5a: 0x30c, 0xfe5b: 0x327, 0xfe5c: 0x328, 0xfe60: 0x323,
	0xfe61: 0x309, 0xfe62: 0x31b,
}

// oldSyms are characters whose keysyms are older than Unicode and in use on the
// keyboards of today: Cyrillic, Greek, and the letters of Central Europe.
var oldSyms = makeOldSyms()

func makeOldSyms() map[uint32]rune {
	table := map[uint32]rune{0x20ac: '€'}
	for first, chars := range map[uint32]string{
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
			table[first+uint32(i)] = r
		}
	}
	return table
}
