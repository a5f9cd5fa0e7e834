package protocol

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// THREAT 11: nor can what is a few lines long.
func TestCleanLines(t *testing.T) {
	for _, v := range readTextVectors(t).Lines {
		if got := CleanLines(v.In, v.Most, v.Lines); got != v.Want {
			t.Errorf("%q: got %q, want %q", v.In, got, v.Want)
		}
	}
}

// THREAT 11, THREAT 20: a clipboard comes through exact, without what acts or misleads.
func TestPlainText(t *testing.T) {
	broken := textVector{In: "\xffbroken\xc3", Want: "broken"} // which JSON cannot carry
	for _, v := range append(readTextVectors(t).Plain, broken) {
		if got := PlainText(v.In); got != v.Want {
			t.Errorf("%q: got %q, want %q", v.In, got, v.Want)
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
