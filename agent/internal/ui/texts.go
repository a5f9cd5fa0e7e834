package ui

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"beside/agent/internal/catalogue"
	"beside/consent"
)

// windowTitle is the program's name, the same in all languages.
const windowTitle = "Beside"

// clock writes a duration as 1:05, or 1:00:05 from an hour on; never below zero.
func clock(d time.Duration) string {
	s := max(int(d/time.Second), 0)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// left writes a time that runs out, rounded up, so that it ends at 0:00.
func left(d time.Duration) string { return clock(d + time.Second - time.Nanosecond) }

// Account says how old a technician's account is; young ones are a warning.
func Account(t *catalogue.Texts, created, now time.Time) (text string, young bool) {
	const youngDays = 30
	if created.IsZero() {
		return "", false
	}
	days := int(now.Sub(created) / (24 * time.Hour))
	switch {
	case days <= 0:
		return t.Party.AccountToday, true
	case days == 1:
		return t.Party.AccountYesterday, true
	case days < youngDays:
		return t.Count(t.Party.AccountDays, days), true
	}
	return catalogue.Fill(t.Party.AccountSince, "month", t.MonthYear(created)), false
}

// scopes lists what was allowed, as one sentence does.
func scopes(t *catalogue.Texts, list []consent.Scope) string {
	var names []string
	for _, s := range list {
		n := t.Scope(s.String())
		switch first, size := utf8.DecodeRuneInString(n); {
		case n == "":
		case len(names) > 0 && t.Tag != "de": // whose nouns are always large
			names = append(names, string(unicode.ToLower(first))+n[size:])
		default:
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return t.Over.Nothing
	}
	return strings.Join(names, t.Units.List)
}

// initials are the first letters of the first and the last word of a name.
func initials(name string) string {
	parts := strings.Fields(tidy(name))
	if len(parts) == 0 {
		return "?"
	}
	first := []rune(parts[0])[:1]
	if len(parts) > 1 {
		first = append(first, []rune(parts[len(parts)-1])[0])
	}
	return strings.ToUpper(string(first))
}

// grouped writes a code in groups of three.
func grouped(code string) string {
	var b strings.Builder
	for i, r := range []rune(code) {
		if i > 0 && i%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
