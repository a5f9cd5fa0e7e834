package protocol

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// THREAT 11: what is shown beside our own words cannot disguise itself.
func TestClean(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Ana Pérez", "Ana Pérez"},
		{"  two   spaces\t\n", "two spaces"},
		{"a\u202eb\u202cc\u2066d\u2069", "abcd"},
		{"zero\u200bwidth\ufeff", "zerowidth"},
		{"line\u2028para\u2029graph", "line para graph"},
		{"nul\x00bell\a\u0085next", "nulbell next"},
		{"می\u200cخواهم", "می\u200cخواهم"},
		{"क्\u200dष", "क्\u200dष"},
		{"\u200djoin \u200cnothing\u200d", "join nothing"},
		{"Z\u0301\u0302\u0303\u0304\u0305\u0306algo", "Z\u0301\u0302\u0303\u0304algo"},
		{"\u0301leading mark", "leading mark"},
		{"filler\u3164\u2800", "filler"},
		{"\xffbroken\xc3", "broken"},
		{"tag\U000e0041\U000e0042", "tag"},
		{"private\ue000", "private"},
		{"你好 €", "你好 €"},
		{"", ""},
	} {
		if got := Clean(c.in, 100); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
	if got := Clean(strings.Repeat("ä", 50), 7); got != strings.Repeat("ä", 7) {
		t.Errorf("cut: got %q", got)
	}
	if got := Clean("abc def", 4); got != "abc" {
		t.Errorf("cut at a space: got %q", got)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"Ana Pérez", "a\u202eb", "می\u200cخواهم", "\u200d\u0301 x", "Z\u0301\u200d\u0301"} {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, s string, most int) {
		got := Clean(s, most)
		if n := utf8.RuneCountInString(got); n > max(0, most) {
			t.Errorf("%d characters, at most %d", n, most)
		}
		if !utf8.ValidString(got) || strings.ContainsFunc(got, isControl) || got != strings.TrimSpace(got) {
			t.Errorf("%q is not clean", got)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r != ' ' && unicode.IsSpace(r) }) {
			t.Errorf("%q has odd spaces", got)
		}
		if again := Clean(got, most); again != got {
			t.Errorf("not stable: %q, then %q", got, again)
		}
	})
}
