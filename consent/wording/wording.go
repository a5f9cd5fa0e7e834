// Package wording puts names and values into the sentences of any language.
//
// Begin with Fill. Every text that a person reads and that has a value in it goes through
// it: the questions (package consent) and all others (the agent's catalogue).
package wording

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fill puts values into a text: names and values by turns, "technician", "Ana". A {name}
// that is not among them stays. What a value says is never taken for a placeholder.
//
// Chinese and Japanese stand without spaces, but one parts them from words in other
// letters: "Acme 的", "王芳的". Which of the two it is only the value tells, so Fill sets
// the space there, or takes away the one that stands in the text. French drops a vowel
// before another: "d’Ana", "de Kim". Its texts have the short form, which Fill writes in
// full where it has to.
func Fill(text string, pairs ...string) string {
	var b strings.Builder
	for {
		before, value, after, found := next(text, pairs)
		if !found {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(before)
		if value != "" {
			said := seam(inFull(b.String(), value), value)
			b.Reset()
			b.WriteString(said)
			after = follow(value, after)
		}
		text = after
	}
}

// next finds the first placeholder for which there is a value.
func next(text string, pairs []string) (before, value, after string, found bool) {
	at := len(text)
	for i := 0; i+1 < len(pairs); i += 2 {
		name := "{" + pairs[i] + "}"
		if n := strings.Index(text, name); n >= 0 && n < at {
			at, found = n, true
			before, value, after = text[:n], pairs[i+1], text[n+len(name):]
		}
	}
	return before, value, after, found
}

// seam puts a value behind what was written so far.
func seam(said, value string) string {
	bare := strings.TrimSuffix(said, " ")
	last, _ := utf8.DecodeLastRuneInString(bare)
	first, _ := utf8.DecodeRuneInString(value)
	switch {
	case !unspaced(last):
		return said + value
	case unspaced(first):
		return bare + value
	case foreign(first, value):
		return bare + " " + value
	}
	return said + value
}

// follow is what comes after a value.
func follow(value, after string) string {
	bare := strings.TrimPrefix(after, " ")
	first, _ := utf8.DecodeRuneInString(bare)
	last, _ := utf8.DecodeLastRuneInString(value)
	switch {
	case !unspaced(first):
		return after
	case unspaced(last):
		return bare
	case foreign(last, value):
		return " " + bare
	}
	return after
}

// unspaced reports whether a letter is of a script that is written without spaces.
func unspaced(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) }

// foreign reports whether a value's edge is of another script. A figure or a full stop is
// where it belongs to a name in such letters: "Office 24", "Acme Inc."; numbers and times
// keep the space that the text gives them.
func foreign(edge rune, value string) bool {
	other := func(r rune) bool { return unicode.IsLetter(r) && !unspaced(r) }
	return other(edge) || edge < utf8.RuneSelf && edge > ' ' && strings.ContainsFunc(value, other)
}

// elided are French words that lose their vowel before another one.
var elided = []struct{ short, full string }{{"qu’", "que "}, {"Qu’", "Que "}, {"d’", "de "}, {"D’", "De "}}

// inFull is what was written so far, with such a word in full where no vowel follows. An h
// may be silent or not, and a y a vowel or not: names in them stand in full.
func inFull(said, value string) string {
	first, _ := utf8.DecodeRuneInString(value)
	if strings.ContainsRune("aàâäåeéèêëiîïoôöuùûüœæ", unicode.ToLower(first)) {
		return said
	}
	for _, w := range elided {
		if bare, ok := strings.CutSuffix(said, w.short); ok {
			return bare + w.full
		}
	}
	return said
}
