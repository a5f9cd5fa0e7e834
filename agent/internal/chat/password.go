package chat

import (
	"regexp"
	"strings"
)

// How a word of a text becomes suspicious by itself.
const (
	leastPassword = 8
	mostPassword  = 64
	// oddness is how many changes of kind, for each character, words and names do not have:
	// "iPhone14Pro" has 0.27, "Win11Pro24H2" 0.42, what a generator makes about 0.6.
	oddness = 0.45
)

// Words with figures and signs that are no passwords.
var (
	harmlessWord = regexp.MustCompile(`(?i)^(?:` + strings.Join([]string{
		`[a-z][a-z0-9+.-]*:/.*`, // an address
		`www\..*`,
		`[^@\s]+@[^@\s]+\.[a-z]{2,}`, // a mailbox
		`[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?::[0-9]+)?`, // a host, a file
		`[a-z0-9._-]{2,}@[a-z0-9.-]{2,}`,                     // who at which machine
		`v?[0-9]+(?:\.[0-9]+)+[a-z0-9.+~-]*`,                 // a version
		`0x[0-9a-f]+`,                                        // an error
		`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`,        // a UUID
		`[0-9a-f]{16,}`,                                      // a hash
		`(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}`,                  // a network card
		`%[a-z0-9_()]+%`,                                     // a variable
		`\$[a-z_][a-z0-9_:]*`,                                // another
		`(?:ctrl|strg|alt|shift|win|cmd|maj|umschalt)[+-].*`, // keys
	}, "|") + `)$`)
	// model is a device, a ticket; behind the word for a password it may well be one.
	model = regexp.MustCompile(`(?i)^[a-z]{1,3}(?:-?[0-9]{2,})+(?:-[a-z0-9]{1,4}){0,2}$`)
	// season is what people make when they are told to use figures and signs.
	season = regexp.MustCompile(`^[A-Z][a-z]{3,}[0-9]{2,4}[!#$%&*]+$`)
)

// isPassword reports whether a word can hardly be anything else. alone says that it is
// all of the message: then the sign at its end counts.
func isPassword(word string, alone bool) bool {
	if alone && season.MatchString(word) {
		return true
	}
	word = trim(word)
	if len(word) < leastPassword || len(word) > mostPassword || harmless(word) || model.MatchString(word) {
		return false
	}
	k := kindsOf(word)
	switch {
	case k.other > 0 || k.lower == 0 || strings.ContainsAny(word, `/\`):
		return false
	case k.strong > 0 && k.digits > 0:
		return true
	case k.upper == 0 || k.digits == 0:
		return false
	}
	return float64(k.odd) >= oddness*float64(len(word))
}

func harmless(word string) bool { return harmlessWord.MatchString(word) }

// trim takes off what a sentence puts round a word.
func trim(word string) string {
	return strings.TrimLeft(strings.TrimRight(word, `.,;:!?"')]}>`), `"'([{<#`)
}

// kinds counts the kinds of characters in a word.
type kinds struct {
	lower, upper, digits, strong, other int
	odd                                 int // changes of kind that names do not have
}

// strongSigns are those that words and names do not have in the middle.
const strongSigns = "!#$%^&*~@?|"

func kindsOf(word string) (k kinds) {
	const none, lower, upper, digit, sign = 0, 1, 2, 3, 4
	last := none
	for _, r := range word {
		kind := sign
		switch {
		case r >= 'a' && r <= 'z':
			k.lower++
			kind = lower
		case r >= 'A' && r <= 'Z':
			k.upper++
			kind = upper
		case r >= '0' && r <= '9':
			k.digits++
			kind = digit
		case strings.ContainsRune(strongSigns, r):
			k.strong++
		case r < 0x20 || r > 0x7e:
			k.other++
		}
		if last != none && kind != last && kind != sign && last != sign && !(last == upper && kind == lower) {
			k.odd++
		}
		last = kind
	}
	return k
}
