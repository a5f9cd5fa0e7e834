package protocol

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// textVectors are testdata/text.json, which the viewer's pages are held to as well: what
// comes in, and what is left of it.
type textVectors struct {
	Line  []textVector `json:"line"`
	Lines []textVector `json:"lines"`
	Plain []textVector `json:"plain"`
}

type textVector struct {
	In    string `json:"in"`
	Most  int    `json:"most"`
	Lines int    `json:"lines"`
	Want  string `json:"want"`
}

func readTextVectors(t *testing.T) textVectors {
	t.Helper()
	data, err := os.ReadFile("testdata/text.json")
	must(t, err)
	var v textVectors
	must(t, json.Unmarshal(data, &v))
	if len(v.Line) < 30 || len(v.Lines) < 10 || len(v.Plain) < 5 {
		t.Fatalf("%d, %d and %d vectors", len(v.Line), len(v.Lines), len(v.Plain))
	}
	return v
}

// THREAT 11: what is shown beside our own words cannot disguise itself.
func TestClean(t *testing.T) {
	broken := textVector{In: "\xffbroken\xc3", Most: 100, Want: "broken"} // which JSON cannot carry
	for _, v := range append(readTextVectors(t).Line, broken) {
		if got := Clean(v.In, v.Most); got != v.Want {
			t.Errorf("%q: got %q, want %q", v.In, got, v.Want)
		}
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
