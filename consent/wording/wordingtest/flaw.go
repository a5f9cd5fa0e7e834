// Package wordingtest finds what is wrong with how texts are set, for the tests of everything
// that holds texts.
package wordingtest

import "regexp"

// flaws are what printers do not do, in the languages that they concern; "" is all.
var flaws = []struct {
	tag, name string
	found     *regexp.Regexp
}{
	{"", "a straight apostrophe or quotation mark", regexp.MustCompile(`['"]`)},
	{"", "three dots for one sign", regexp.MustCompile(`\.\.\.`)},
	{"", "two spaces", regexp.MustCompile(`  `)},
	{"fr", "a space that may break before a sign", regexp.MustCompile(` [:;!?»]|« `)},
	{"fr", "no space before a sign", regexp.MustCompile(`[\pL)}][:;!?»]|«[\pL{]`)},
	{"fr", "a vowel that is dropped before some names", regexp.MustCompile(`\b(?:[dD]e|[qQ]ue) \{(?:technician|organisation)\}`)},
	{"de", "no space before the sign for what is left out", regexp.MustCompile(`\pL ?…`)},
	{"zh", "no space between Chinese and other letters", regexp.MustCompile(`\p{Han}[A-Za-z]|[A-Za-z]\p{Han}`)},
	{"zh", "signs of another script", regexp.MustCompile(`\p{Han}[,;:!?]`)},
	{"ja", "no space between Japanese and other letters", regexp.MustCompile(`[\p{Han}\p{Hiragana}\p{Katakana}][A-Za-z]|[A-Za-z][\p{Han}\p{Hiragana}\p{Katakana}]`)},
	{"ja", "signs of another script", regexp.MustCompile(`[\p{Han}\p{Hiragana}\p{Katakana}][,;:!?]`)},
}

// Flaw says what is wrong with how a text is set in a language (BCP 47); "" is nothing.
func Flaw(tag, text string) string {
	for _, f := range flaws {
		if (f.tag == "" || f.tag == tag) && f.found.MatchString(text) {
			return f.name
		}
	}
	return ""
}
