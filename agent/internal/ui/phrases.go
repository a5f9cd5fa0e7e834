package ui

import (
	"strings"
	"unicode"
)

// phrases parts Japanese where its readers pause: after a space or punctuation, and
// where what follows the particles in hiragana begins a new word.
func phrases(text string) []string {
	return partAt(text, func(before, after rune) bool {
		switch {
		case before == ' ' || before == '」' || before == '）': // what follows a name in hiragana belongs to it
			return !unicode.Is(unicode.Hiragana, after)
		case strings.ContainsRune("、。！？：", before):
			return true
		}
		return unicode.Is(unicode.Hiragana, before) && !unicode.Is(unicode.Hiragana, after)
	})
}

// clauses parts Chinese after spaces and punctuation.
func clauses(text string) []string {
	return partAt(text, func(before, _ rune) bool { return strings.ContainsRune(" ，。！？：；、", before) })
}

// closes reports whether a character must not begin a line.
func closes(r rune) bool {
	return strings.ContainsRune(" 的、。，．・！？：；」』）】”’ーっゃゅょッャュョ", r)
}

// partAt parts a text between two characters where they say so; never before what must
// not begin a line, and not within a name of several words.
func partAt(text string, apart func(before, after rune) bool) (parts []string) {
	runes := []rune(text)
	from := 0
	for i := 1; i < len(runes); i++ {
		within := i > 1 && runes[i-1] == ' ' && unicode.Is(unicode.Latin, runes[i-2]) && unicode.Is(unicode.Latin, runes[i])
		if !within && !closes(runes[i]) && apart(runes[i-1], runes[i]) {
			parts, from = append(parts, string(runes[from:i])), i
		}
	}
	return append(parts, string(runes[from:]))
}
