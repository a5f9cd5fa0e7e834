package protocol

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// codeVector is one line of testdata/codes.json: what is typed, and what comes of it.
// Wrong is "too short", "too long", "not digits" or "check digit".
type codeVector struct {
	Typed   string `json:"typed"`
	Locator string `json:"locator,omitempty"`
	Secret  string `json:"secret,omitempty"`
	Wrong   string `json:"wrong,omitempty"`
}

func codeVectors() []codeVector {
	right := func(typed string) codeVector { return codeVector{Typed: typed, Locator: "40812", Secret: "730156"} }
	wrong := func(typed, why string) codeVector { return codeVector{Typed: typed, Wrong: why} }
	return []codeVector{
		right("408 127 301 562"),
		right("408127301562"),
		right("  408-127-301-562\n"),
		right("408\u00a0127\u00a0301\u00a0562"),
		right("408\u202f127\u2009301\u3000562"),
		right("408\u2013127\u2011301\u2212562"),
		right("4.0.8.1.2.7.3.0.1.5.6.2"),
		right("\u200e408 127 301 562\ufeff"),
		right("\uff14\uff10\uff18 \uff11\uff12\uff17 \uff13\uff10\uff11 \uff15\uff16\uff12"),
		right("\u0664\u0660\u0668 \u0661\u0662\u0667 \u0663\u0660\u0661 \u0665\u0666\u0662"),
		right("\u06f4\u06f0\u06f8\u06f1\u06f2\u06f7\u06f3\u06f0\u06f1\u06f5\u06f6\u06f2"),
		wrong("", "too short"),
		wrong("   ", "too short"),
		wrong("408 127 301 56", "too short"),
		wrong("408 127 301 5620", "too long"),
		wrong(strings.Repeat(" ", 200), "too long"),
		wrong("4O8 127 301 562", "not digits"),
		wrong("408 127 301 56²", "not digits"),
		wrong("+08 127 301 562", "not digits"),
		wrong("408 127 301 563", "check digit"),
		wrong("480 127 301 562", "check digit"),
		wrong("408 127 310 562", "check digit"),
	}
}

func kindOf(err error) string {
	for kind, sentinel := range map[string]error{
		"too short": ErrCodeTooShort, "too long": ErrCodeTooLong,
		"not digits": ErrCodeNotDigits, "check digit": ErrCodeCheckDigit,
	} {
		if errors.Is(err, sentinel) {
			return kind
		}
	}
	return fmt.Sprint(err)
}

func TestParseCodeVectors(t *testing.T) {
	if *update {
		writeVectors(t, "codes.json", codeVectors())
	}
	var vectors []codeVector
	readVectors(t, "codes.json", &vectors)
	if len(vectors) != len(codeVectors()) {
		t.Fatalf("got %d vectors, want %d: run with -update", len(vectors), len(codeVectors()))
	}
	for _, v := range vectors {
		code, err := ParseCode(v.Typed)
		if v.Wrong != "" {
			if err == nil || kindOf(err) != v.Wrong {
				t.Errorf("%q: got %v, want %s", v.Typed, err, v.Wrong)
			}
			continue
		}
		if err != nil || code.Locator != v.Locator || code.Secret.Reveal() != v.Secret {
			t.Errorf("%q: got %s %s, %v", v.Typed, code.Locator, code.Secret.Reveal(), err)
		}
	}
}

func TestNewCode(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		code, err := NewCode("00731")
		must(t, err)
		shown := code.Display()
		if len(shown) != 15 || strings.Count(shown, " ") != 3 {
			t.Fatalf("display: got %d characters", len(shown))
		}
		back, err := ParseCode(shown)
		if err != nil || !back.Equal(code) {
			t.Fatalf("what is shown does not parse back: %v", err)
		}
		seen[code.Secret.Reveal()] = true
	}
	if len(seen) < 190 {
		t.Errorf("got %d different secrets out of 200", len(seen))
	}
	for _, bad := range []string{"", "1234", "123456", "1234a", "１２３４５"} {
		if _, err := NewCode(bad); !errors.Is(err, ErrLocator) {
			t.Errorf("%q: got %v, want ErrLocator", bad, err)
		}
	}
	if got := (Code{}).Display(); got != "" {
		t.Errorf("zero code: got %q, want nothing", got)
	}
}

// The check digit's promise: every single wrong digit and every swap of neighbours shows.
func TestCheckDigitFindsSlips(t *testing.T) {
	for range 50 {
		code, err := NewCode("59104")
		must(t, err)
		digits := []byte(strings.ReplaceAll(code.Display(), " ", ""))
		for i := range digits {
			for d := byte('0'); d <= '9'; d++ {
				slip := bytes.Clone(digits)
				slip[i] = d
				if _, err := ParseCode(string(slip)); (err == nil) != (d == digits[i]) {
					t.Fatalf("digit %d changed: got %v", i, err)
				}
			}
			if i > 0 && digits[i] != digits[i-1] {
				slip := bytes.Clone(digits)
				slip[i], slip[i-1] = slip[i-1], slip[i]
				if _, err := ParseCode(string(slip)); !errors.Is(err, ErrCodeCheckDigit) {
					t.Fatalf("digits %d and %d swapped: got %v", i-1, i, err)
				}
			}
		}
	}
}

// THREAT 17: a secret shows as a dot, wherever it is written.
func TestSecretShowsAsADot(t *testing.T) {
	code := testCode()
	hidden := code.Secret.Reveal()
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%10s", "%-10v", "%T"} {
		for _, arg := range []any{code.Secret, code, &code, struct{ kept Code }{code}, struct{ kept *Code }{&code}, []Secret{code.Secret}, map[string]any{"code": code}} {
			fmt.Fprintf(&out, verb+"\n", arg)
		}
	}
	fmt.Fprintln(&out, code, code.Secret, fmt.Errorf("wrapped: %v", code.Secret))
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		log := slog.New(handler)
		log.Info("x", "secret", code.Secret, "code", code, slog.Group("g", "code", &code))
	}
	for _, encode := range []func(any) ([]byte, error){json.Marshal, xml.Marshal} {
		b, err := encode(code)
		must(t, err)
		out.Write(b)
	}
	b, err := json.Marshal(map[Secret]Secret{code.Secret: code.Secret})
	must(t, err)
	out.Write(b)
	asHex := fmt.Sprintf("%x", hidden)
	for _, trace := range []string{hidden, asHex, strings.ToUpper(asHex)} {
		if strings.Contains(out.String(), trace) {
			t.Fatalf("the secret shows:\n%s", out.String())
		}
	}
	if n := strings.Count(out.String(), dot); n < 50 {
		t.Errorf("got %d dots, want at least 50", n)
	}
}

// No error of ParseCode repeats what was typed.
func TestCodeErrorsKeepTheCode(t *testing.T) {
	for _, v := range codeVectors() {
		_, err := ParseCode(v.Typed)
		if err != nil && (strings.Contains(err.Error(), "730156") || strings.Contains(err.Error(), "301")) {
			t.Errorf("the error tells the code: %v", err)
		}
	}
}

func FuzzParseCode(f *testing.F) {
	for _, v := range codeVectors() {
		f.Add(v.Typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, err := ParseCode(typed)
		if err != nil {
			return
		}
		back, err := ParseCode(code.Display())
		if err != nil || !back.Equal(code) {
			t.Errorf("%q does not come back: %v", typed, err)
		}
	})
}
