package ui

import (
	"testing"

	"github.com/jezek/xgb/xproto"
	"pgregory.net/rapid"
)

// typeInto edits a field as keys would; letters stand for themselves.
func typeInto(f *field, ts *typesetter, width float64, keys ...any) {
	for _, k := range keys {
		switch k := k.(type) {
		case string:
			f.insert(k)
		case key:
			f.edit(k, false, f.lay(ts, body, width), 1)
		case [1]key: // with Ctrl
			f.edit(k[0], true, f.lay(ts, body, width), 1)
		}
	}
}

func TestField(t *testing.T) {
	ts := newTypesetter(1)
	for _, c := range []struct {
		name string
		keys []any
		want string // | is the cursor
	}{
		{"letters", []any{"abc"}, "abc|"},
		{"in the middle", []any{"ac", keyLeft, "b"}, "ab|c"},
		{"erase", []any{"abc", keyLeft, keyBackspace, keyDelete}, "a|"},
		{"nothing to erase", []any{keyBackspace, keyDelete, keyLeft, keyRight, keyUp, keyDown}, "|"},
		{"a mark goes with its letter", []any{"ae\u0301", keyLeft, keyBackspace}, "|e\u0301"},
		{"erase a marked letter", []any{"ae\u0301x", keyLeft, keyBackspace}, "a|x"},
		{"words", []any{"one two three", [1]key{keyLeft}, [1]key{keyLeft}}, "one |two three"},
		{"erase a word", []any{"one two", [1]key{keyBackspace}}, "one |"},
		{"home and end", []any{"ab\ncd", keyHome, "x", keyEnd, "y"}, "ab\nxcdy|"},
		{"up", []any{"ab\ncd", keyUp, "x"}, "abx|\ncd"},
		{"down", []any{"ab\ncd\ne", keyUp, keyUp, keyHome, keyDown, "x"}, "ab\nx|cd\ne"},
		{"wide characters", []any{"你好吗", keyLeft, keyLeft, "们"}, "你们|好吗"},
		{"no more than there is room for", []any{"12345678901234567890extra"}, "12345678901234567890|"},
	} {
		f := &field{most: 20}
		typeInto(f, ts, 300, c.keys...)
		if got := string(f.text[:f.at]) + "|" + string(f.text[f.at:]); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// However it is edited: the lines hold all of the text, in order, and the cursor stands
// in it and in one of them.
func TestFieldHistories(t *testing.T) {
	ts := newTypesetter(1)
	keys := []key{keyLeft, keyRight, keyUp, keyDown, keyHome, keyEnd, keyBackspace, keyDelete}
	rapid.Check(t, func(r *rapid.T) {
		f := &field{most: 60}
		for range rapid.IntRange(1, 25).Draw(r, "presses") {
			if rapid.Bool().Draw(r, "writes") {
				f.insert(rapid.SampledFrom([]string{"a", " ", "word ", "\n", "é", "e\u0301", "中文", "שלום", "👩‍👧", "long-long-long-long-long"}).Draw(r, "text"))
			} else {
				f.edit(rapid.SampledFrom(keys).Draw(r, "key"), rapid.Bool().Draw(r, "ctrl"), f.lay(ts, body, 80), 1)
			}
			at, lines := 0, f.lay(ts, body, 80)
			for _, l := range lines {
				if l.from != at && (l.from != at+1 || f.text[at] != '\n') || l.to < l.from {
					r.Fatalf("%q: a line from %d to %d after %d", string(f.text), l.from, l.to, at)
				}
				at = l.to
			}
			if at != len(f.text) || f.at < 0 || f.at > len(f.text) || len(f.text) > f.most {
				r.Fatalf("%q: lines end at %d, cursor at %d", string(f.text), at, f.at)
			}
			if x := lines[lineOf(lines, f.at)].x(f.at, 1); x < 0 || x > 200 {
				r.Fatalf("%q: cursor at %v", string(f.text), x)
			}
		}
	})
}

// What keys type: two layouts, levels, locks, the keypad, and dead keys.
func TestTypist(t *testing.T) {
	const deadAcute, level3 = 0xfe51, xproto.ModMask5
	l := &layout{first: 10, per: 8, numLock: xproto.ModMask2, level3: level3, syms: []xproto.Keysym{
		'q', 'Q', 0x6ca, 0x6ea, '@', 0x7d9, 0, 0, // 10
		deadAcute, deadAcute, 0, 0, 0, 0, 0, 0, // 11
		'e', 'E', 0, 0, 0x20ac, 0, 0, 0, // 12
		0xff95, 0xffb7, 0, 0, 0, 0, 0, 0, // 13, the keypad's 7
		0xff0d, 0, 0, 0, 0, 0, 0, 0, // 14, Enter
	}}
	const shift, caps, num, ctrl, alt = xproto.ModMaskShift, xproto.ModMaskLock, xproto.ModMask2, xproto.ModMaskControl, xproto.ModMask1
	press := func(code, mods uint32, group byte) xievent { return xievent{detail: code, mods: mods, group: group} }
	for _, c := range []struct {
		name    string
		presses []xievent
		want    string
	}{
		{"plain", []xievent{press(10, 0, 0)}, "q"},
		{"shift", []xievent{press(10, shift, 0)}, "Q"},
		{"caps lock", []xievent{press(10, caps, 0), press(10, caps|shift, 0)}, "Qq"},
		{"the second layout", []xievent{press(10, 0, 1), press(10, shift, 1), press(12, 0, 1)}, "йЙe"},
		{"AltGr", []xievent{press(10, level3, 0), press(12, level3, 0)}, "@€"},
		{"the keypad", []xievent{press(13, num, 0), press(13, 0, 0), press(13, shift, 0), press(13, num|shift, 0)}, "77"},
		{"commands type nothing", []xievent{press(10, ctrl, 0), press(10, alt, 0), press(10, xproto.ModMask4, 0)}, ""},
		{"dead key", []xievent{press(11, 0, 0), press(12, 0, 0), press(12, 0, 0)}, "ée"},
		{"dead key before nothing that it fits", []xievent{press(11, 0, 0), press(13, num, 0)}, "´7"},
		{"no character", []xievent{press(14, 0, 0), press(99, 0, 0), press(1, 0, 0)}, ""},
	} {
		var p typist
		got := ""
		for _, ev := range c.presses {
			text, _ := p.text(l, ev)
			got += text
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
