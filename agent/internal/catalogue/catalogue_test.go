package catalogue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"beside/consent/wording/wordingtest"
)

// Every language has every text, no other, and the placeholders of the English one.
// PROMISE A15.
func TestEveryLanguageIsComplete(t *testing.T) {
	entries, err := files.ReadDir("texts")
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(Languages()) {
		t.Errorf("%d files, %d languages", len(entries), len(Languages()))
	}
	english := read(t, English)
	if len(english) < 100 {
		t.Fatalf("only %d texts in English", len(english))
	}
	for _, l := range Languages() {
		t.Run(l.Tag, func(t *testing.T) {
			got := read(t, l.Tag)
			for key, text := range got {
				want, ok := english[key]
				switch {
				case !ok:
					t.Errorf("%s: not in English", key)
				case (strings.TrimSpace(text) != text || text == "") && key != "units.between" && key != "units.list":
					t.Errorf("%s: %q", key, text)
				case placeholders(text) != placeholders(want) && !isOne(key, text):
					t.Errorf("%s: placeholders %q, want %q", key, placeholders(text), placeholders(want))
				}
			}
			for key := range english {
				if _, ok := got[key]; !ok {
					t.Errorf("%s: missing", key)
				}
			}
		})
	}
}

// isOne reports whether a text is the singular, which may do without its number.
func isOne(key, text string) bool {
	return strings.HasSuffix(key, ".one") && placeholders(text) == ""
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

func placeholders(text string) string {
	found := placeholder.FindAllString(text, -1)
	slices.Sort(found)
	return strings.Join(found, " ")
}

// read returns the texts of a file by their path, and compares the paths with the
// struct's fields, so that no text in the file goes unread and no field stays empty.
func read(t *testing.T, tag string) map[string]string {
	t.Helper()
	data, err := files.ReadFile("texts/" + tag + ".json")
	if err != nil {
		t.Fatal(err)
	}
	repeated(t, tag, data)
	var tree map[string]any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatalf("%s: %v", tag, err)
	}
	texts := map[string]string{}
	flatten(texts, "", tree)
	loaded := For(tag)
	if loaded.Tag != tag {
		t.Errorf("asked for %s, got %s", tag, loaded.Tag)
	}
	fields := map[string]string{}
	gather(fields, "", reflect.ValueOf(*loaded))
	for path, text := range fields {
		if texts[path] != text || text == "" {
			t.Errorf("%s: %s: the file says %q, the program reads %q", tag, path, texts[path], text)
		}
	}
	for path := range texts {
		if _, ok := fields[path]; !ok {
			t.Errorf("%s: %s: nothing in the program reads it", tag, path)
		}
	}
	return texts
}

func flatten(into map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			flatten(into, strings.TrimPrefix(path+"."+k, "."), inner)
		}
	case []any:
		for i, inner := range v {
			flatten(into, fmt.Sprintf("%s.%d", path, i), inner)
		}
	default:
		into[path] = fmt.Sprint(v)
	}
}

func gather(into map[string]string, path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Tag.Get("json") == "-" {
				continue
			}
			name := strings.ToLower(f.Name[:1]) + f.Name[1:]
			gather(into, strings.TrimPrefix(path+"."+name, "."), v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			gather(into, fmt.Sprintf("%s.%d", path, i), v.Index(i))
		}
	default:
		into[path] = v.String()
	}
}

// repeated finds a key that stands twice in one object: the second would hide the first.
func repeated(t *testing.T, tag string, data []byte) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	var object func()
	object = func() {
		seen := map[string]bool{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprint(key)
			if seen[name] {
				t.Errorf("%s: %q stands twice", tag, name)
			}
			seen[name] = true
			value, err := dec.Token()
			if err != nil {
				t.Fatal(err)
			}
			switch value {
			case json.Delim('{'):
				object()
			case json.Delim('['):
				for dec.More() {
					_, _ = dec.Token()
				}
				_, _ = dec.Token()
			}
		}
		_, _ = dec.Token()
	}
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	object()
}

// A language is written in its own script, and nothing in it was left in English.
func TestEveryLanguageIsItsOwn(t *testing.T) {
	english := read(t, English)
	scripts := map[string][]*unicode.RangeTable{
		"ko": {unicode.Hangul}, "zh": {unicode.Han}, "ja": {unicode.Hiragana, unicode.Katakana, unicode.Han},
	}
	for _, l := range Languages()[1:] {
		texts, same := read(t, l.Tag), 0
		for key, text := range texts {
			words := strings.Fields(placeholder.ReplaceAllString(text, ""))
			if text == english[key] && len(words) > 1 && key != "units.hoursShort" && key != "bar.modifiers" {
				t.Errorf("%s: %s: still English: %q", l.Tag, key, text)
			}
			if text == english[key] {
				same++
			}
			if tables := scripts[l.Tag]; tables != nil && len(words) > 2 && key != "bar.modifiers" && !strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, tables...) }) {
				t.Errorf("%s: %s: in another script: %q", l.Tag, key, text)
			}
		}
		if same > len(texts)/5 {
			t.Errorf("%s: %d of %d texts are the English ones", l.Tag, same, len(texts))
		}
	}
}

func TestSystem(t *testing.T) {
	for _, tc := range []struct{ all, messages, lang, language, want string }{
		{"", "", "", "", "en"},
		{"", "", "de_AT.UTF-8", "", "de"},
		{"", "fr_FR.UTF-8", "de_DE.UTF-8", "", "fr"},
		{"ja_JP", "fr_FR", "de_DE", "", "ja"},
		{"C", "fr_FR", "de_DE", "ko", "en"},
		{"C.UTF-8", "", "de_DE", "ko", "en"},
		{"POSIX", "", "de_DE", "", "en"},
		{"", "", "de_DE", "es:fr", "es"},
		{"", "", "de_DE", "xx:zh_TW:fr", "zh"},
		{"", "", "de_DE@euro", "xx", "de"},
		{"", "", "pt_BR.UTF-8", "", "en"},
		{"", "", "deutsch", "", "en"},
		{"", "", "", "fr", "en"}, // gettext: without a locale LANGUAGE counts for nothing
	} {
		env := map[string]string{"LC_ALL": tc.all, "LC_MESSAGES": tc.messages, "LANG": tc.lang, "LANGUAGE": tc.language}
		if got := System(func(k string) string { return env[k] }); got != tc.want {
			t.Errorf("%v: got %q, want %q", tc, got, tc.want)
		}
	}
}

func TestMatch(t *testing.T) {
	for tag, want := range map[string]string{
		"": "en", "fr": "fr", "FR-ca": "fr", "zh-Hans-CN": "zh", "ko_KR.UTF-8": "ko", "de.UTF-8": "de",
		"de@euro": "de", "eo": "en", "../de": "en",
	} {
		if got := Match(tag); got != want {
			t.Errorf("%q: got %q, want %q", tag, got, want)
		}
	}
}

// Every language is set as its books are: curly quotation marks and apostrophes, one sign
// for three dots, and in French a space that does not break before double signs.
func TestTypography(t *testing.T) {
	for _, l := range Languages() {
		for key, text := range read(t, l.Tag) {
			if flaw := wordingtest.Flaw(l.Tag, text); flaw != "" && key != "units.between" && key != "units.list" {
				t.Errorf("%s: %s: %s: %q", l.Tag, key, flaw, text)
			}
		}
	}
}

func TestTimes(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 5, 0, 0, time.UTC)
	for tag, want := range map[string]string{
		"en": "1 March 2026, 09:05", "fr": "1 mars 2026 à 09:05", "de": "1. März 2026, 09:05 Uhr", "es": "1 de marzo de 2026, 09:05",
		"ko": "2026년 3월 1일 09:05", "zh": "2026年3月1日 09:05", "ja": "2026年3月1日 09:05",
	} {
		if got := For(tag).DayTime(at); got != want {
			t.Errorf("%s: got %q, want %q", tag, got, want)
		}
	}
	en := For("en")
	for got, want := range map[string]string{
		en.Spoken(0):                       "less than a second",
		en.Spoken(time.Second):             "1 second",
		en.Spoken(2*time.Hour + 61e9):      "2 hours, 1 minute, 1 second",
		en.Lasted(59 * time.Second):        "less than a minute",
		en.Lasted(125 * time.Minute):       "2 h 05 min",
		en.Elapsed(-time.Second):           "0 min",
		en.Elapsed(59*time.Minute + 59e9):  "59 min",
		en.MonthYear(at):                   "March 2026",
		en.Count(en.Units.Minutes, 0):      "0 minutes",
		For("fr").Count(en.Units.Hours, 0): "0 hour",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A caution says for how long yet it is there to be read, in seconds, one and several.
func TestReadFirst(t *testing.T) {
	for tag, want := range map[string][2]string{
		"en": {"Please read this first: 4 seconds", "Please read this first: 1 second"}, "de": {"Bitte erst lesen: noch 4 Sekunden", "Bitte erst lesen: noch 1 Sekunde"},
		"fr": {"Lisez d’abord, s’il vous plaît\u00a0: encore 4 secondes", "Lisez d’abord, s’il vous plaît\u00a0: encore 1 seconde"},
		"es": {"Léalo primero, por favor: 4 segundos", "Léalo primero, por favor: 1 segundo"},
		"ko": {"먼저 읽어 주세요: 4초", "먼저 읽어 주세요: 1초"}, "zh": {"请先读完：还剩 4 秒", "请先读完：还剩 1 秒"}, "ja": {"先にお読みください：あと4秒", "先にお読みください：あと1秒"},
	} {
		l := For(tag)
		if got := [2]string{l.ReadFirst(4), l.ReadFirst(1)}; got != want {
			t.Errorf("%s: got %q, want %q", tag, got, want)
		}
	}
}

// Sizes and numbers are written as each language does, and a number stays with its unit.
func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 9_949: "9.9 kB", 9_951: "10 kB", 2_000_000: "2.0 MB", 20_971_520: "21 MB", 1 << 40: "1.1 TB", 1 << 60: "1152922 TB",
	} {
		if got := strings.ReplaceAll(For("en").Bytes(n), "\u00a0", " "); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
	for tag, want := range map[string]string{
		"en": "2.1\u00a0MB 1234 12,345 1,234,567", "fr": "2,1\u00a0Mo 1234 12\u00a0345 1\u00a0234\u00a0567", "de": "2,1\u00a0MB 1234 12.345 1.234.567",
		"es": "2,1\u00a0MB 1234 12\u00a0345 1\u00a0234\u00a0567", "ko": "2.1\u00a0MB 1234 12,345 1,234,567", "zh": "2.1\u00a0MB 1234 12,345 1,234,567", "ja": "2.1\u00a0MB 1234 12,345 1,234,567",
	} {
		l := For(tag)
		if got := strings.Join([]string{l.Bytes(2_100_000), l.Number(1234), l.Number(12_345), l.Number(1_234_567)}, " "); got != want {
			t.Errorf("%s: got %q, want %q", tag, got, want)
		}
	}
	if got := For("de").Count(Plural{"{n} Taste", "{n} Tasten"}, 12_345); got != "12.345 Tasten" {
		t.Errorf("counted %q", got)
	}
}
