package protocol

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many marks may stand on one letter. Vietnamese and Thai need two,
// pointed Hebrew three; towers of marks cover the lines above.
const maxMarks = 4

// Clean makes s safe to show on one line beside our own words: control characters,
// direction overrides, invisible and unassigned ones go, white space becomes single
// spaces, and the rest is cut to most characters. Joiners stay between letters, where
// Persian and Indic scripts need them. Clean(Clean(s)) is Clean(s).
func Clean(s string, most int) string {
	var out strings.Builder
	n, marks := 0, 0
	var last rune
	space := false
	for _, r := range s {
		if isSpace(r) {
			space = n > 0
			continue
		}
		if !shows(r, last, space) {
			continue
		}
		switch {
		case unicode.Is(unicode.M, r):
			marks++
		case !isJoiner(r):
			marks = 0
		}
		if marks > maxMarks {
			continue
		}
		if space {
			if n+1 >= most {
				break
			}
			out.WriteByte(' ')
			n, space = n+1, false
		}
		if n >= most {
			break
		}
		out.WriteRune(r)
		n, last = n+1, r
	}
	return strings.TrimRight(out.String(), "\u200c\u200d")
}

// CleanLines makes s safe to show as a few lines of its own: each line is cleaned as by
// Clean, empty ones stay single, and the rest is cut to most characters and lines.
func CleanLines(s string, most, lines int) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s)
	var out []string
	empty := true
	for line := range strings.SplitSeq(s, "\n") {
		line = Clean(line, most)
		if line == "" && empty {
			continue
		}
		empty = line == ""
		out = append(out, line)
		most -= utf8.RuneCountInString(line) + 1
		if most <= 0 || len(out) == lines {
			break
		}
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n")
}

// PlainText is s as a clipboard carries it from one machine to another: exact, but for
// control characters other than tab and line ends, which a terminal would act on, and
// for direction overrides and isolates, which make text read as what it is not.
// Line ends are \n. THREATS 11, 20.
func PlainText(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r == '\t' || r == '\n':
			return r
		case unicode.IsControl(r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, s)
}

// isSpace is white space of any kind, line ends included.
func isSpace(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Zs, r) }

// shows reports whether r is something one can see, or a joiner where it belongs. last
// is the character before it, spaced whether white space stands between them.
func shows(r, last rune, spaced bool) bool {
	if isJoiner(r) {
		return !spaced && (unicode.IsLetter(last) || unicode.Is(unicode.M, last))
	}
	if unicode.Is(unicode.M, r) {
		return last != 0 && !spaced && !isVariation(r)
	}
	return unicode.IsPrint(r) && r != unicode.ReplacementChar && !isBlank(r)
}

// isJoiner is the zero-width non-joiner or joiner.
func isJoiner(r rune) bool { return r == '\u200c' || r == '\u200d' }

// isVariation is a variation selector: invisible, and a place to hide bytes.
func isVariation(r rune) bool { return unicode.Is(unicode.Variation_Selector, r) }

// isBlank is a letter that looks like nothing: the Hangul fillers and the braille blank.
func isBlank(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800':
		return true
	}
	return false
}

// isControl is a control or format character: among them the direction overrides.
func isControl(r rune) bool {
	if isJoiner(r) {
		return false
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

func hasControl(s string) bool { return strings.ContainsFunc(s, isControl) }
