package files

import (
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"beside/protocol"
)

const (
	// longest is the most bytes of a name: systems take 255, and a number may be added.
	longest = 200
	// longestEnding is the most bytes of an ending that is kept when a name is cut.
	longestEnding = 16
	// nameless is what a file is called of whose name nothing is left.
	nameless = "file"
)

// Name makes a file name of what a sender calls a file: one that is seen whole, that
// means the same on every system, and that is nothing but a name. Name(Name(s)) is
// Name(s). THREAT 12.
func Name(called string) string {
	s := strings.ToValidUTF8(called, "")
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	s = protocol.Clean(s, 4*longest) // the ending is still to be kept
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"|?*`, r) {
			return '_'
		}
		return r
	}, s)
	s = shorten(trimmed(s))
	switch {
	case s == "":
		return nameless
	case strings.HasPrefix(s, "-"), isDevice(s):
		return shorten("_" + s) // not an option of a command, nor a device of Windows
	}
	return s
}

// trimmed is s without what hides a file or what Windows leaves out: dots and spaces in
// front, dots and spaces behind.
func trimmed(s string) string { return strings.TrimRight(strings.TrimLeft(s, ". ~"), ". \u200c\u200d") }

// isDevice reports whether Windows takes a name for a device, with any ending.
func isDevice(s string) bool {
	base, _, _ := strings.Cut(strings.ToUpper(s), ".")
	base = strings.TrimRight(base, " ")
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	rest, com := strings.CutPrefix(base, "COM")
	if !com {
		rest, com = strings.CutPrefix(base, "LPT")
	}
	return com && strings.Contains("0123456789¹²³", rest) && utf8.RuneCountInString(rest) == 1
}

// shorten cuts a name to the longest, keeping its ending.
func shorten(s string) string {
	if len(s) <= longest {
		return s
	}
	ending := path.Ext(s)
	if len(ending) > longestEnding {
		ending = ""
	}
	cut := longest - len(ending)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strings.TrimRight(s[:cut], ". \u200c\u200d") + ending
}

// numbered is the n-th name for a file: "report.pdf", "report (2).pdf".
func numbered(name string, n int) string {
	if n == 1 {
		return name
	}
	ending := path.Ext(name)
	if ending == name || len(ending) > longestEnding {
		ending = ""
	}
	return strings.TrimSuffix(name, ending) + " (" + strconv.Itoa(n) + ")" + ending
}
