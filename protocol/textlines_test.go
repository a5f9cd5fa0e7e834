package protocol

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleanLines(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"one", "one"},
		{"one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"},
		{"\n\n  one \n\n\n\ntwo\n\n", "one\n\ntwo"},
		{"a\u202eb\n\x00\x1b[2J", "ab\n[2J"},
		{"你好\t€ ä", "你好 € ä"},
		{"\u200b\n\u202e", ""},
	} {
		if got := CleanLines(c.in, 100, 10); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
	if got := CleanLines(strings.Repeat("a\n", 20), 100, 3); got != "a\na\na" {
		t.Errorf("lines: got %q", got)
	}
	if got := CleanLines("abc\ndef", 5, 9); got != "abc\nd" {
		t.Errorf("cut: got %q", got)
	}
}

// THREAT 11, THREAT 20: a clipboard comes through exact, without what acts or misleads.
func TestPlainText(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"ä € 你\n\tdone  twice\n\n", "ä € 你\n\tdone  twice\n\n"},
		{"a\r\nb\rc", "a\nb\nc"},
		{"rm \x1b[2K\x07x\x00\u0085", "rm [2Kx"},
		{"invoice\u202efdp.exe\u2066", "invoicefdp.exe"},
		{"👩‍👩‍👧 می\u200cخواهم \u200e", "👩‍👩‍👧 می\u200cخواهم \u200e"},
		{"\xffbroken\xc3", "broken"},
	} {
		if got := PlainText(c.in); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add("one\r\n\ntwo \u202e\n", 10, 3)
	f.Add("\u200d\n\u0301 x\r", 4, 1)
	f.Fuzz(func(t *testing.T, s string, most, lines int) {
		most, lines = most%5000, 1+(lines&0xff)
		got := CleanLines(s, most, lines)
		if n := utf8.RuneCountInString(got); n > max(0, most) {
			t.Errorf("%d characters, at most %d", n, most)
		}
		if n := strings.Count(got, "\n"); n >= lines {
			t.Errorf("%d line ends, at most %d lines", n, lines)
		}
		if again := CleanLines(got, most, lines); again != got {
			t.Errorf("not stable: %q, then %q", got, again)
		}
		plain := PlainText(s)
		if again := PlainText(plain); again != plain || !utf8.ValidString(plain) {
			t.Errorf("not stable: %q, then %q", plain, again)
		}
	})
}
