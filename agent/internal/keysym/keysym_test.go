package keysym

import "testing"

func TestRune(t *testing.T) {
	for sym, want := range map[uint32]rune{
		'a': 'a', 0xe4: 'ä', 0x20ac: '€', 0x1004e2d: '中', 0x6c1: 'а', 0x1b3: 'ł', 0x7e1: 'α',
		0xff0d: 0, 0xff09: 0, 0xffe1: 0, 0xff08: 0, 0x1000041: 0,
	} {
		if got := Rune(sym); got != want {
			t.Errorf("%#x: got %q, want %q", sym, got, want)
		}
	}
	if Keypad(0xffb7) != '7' || Keypad(0xffab) != '+' || Keypad(0xff95) != 0 || Keypad('7') != 0 {
		t.Error("keypad")
	}
	if Accent(0xfe51) != 0x301 || Accent('a') != 0 {
		t.Error("dead keys")
	}
}
