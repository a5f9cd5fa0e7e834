// Package catalogue holds every text that the end user reads beside the questions'
// own (those are in consent, because their hash is part of what was agreed to).
//
// One file a language, texts/en.json and so on, each complete. Begin with For; System
// finds the user's language. Texts is one language, a struct for each window or part:
//
//	t := catalogue.For(catalogue.System(os.Getenv))
//	catalogue.Fill(t.Bar.Asking, "technician", name)
//
// To add a text: add a field to the struct of its part (texts.go) and a line of the same
// name, with a small first letter, to every file. The tests find what is missing, what
// is too many, and placeholders that differ from the English text's.
package catalogue

import (
	"embed"
	"encoding/json"
	"strings"

	"beside/consent/wording"
)

//go:embed texts/*.json
var files embed.FS

// Language is one that the texts come in.
type Language struct {
	Tag  string // BCP 47
	Name string // in the language itself
}

// English is the language of those for whom there is no other.
const English = "en"

// Languages lists all of them, English first.
func Languages() []Language {
	return []Language{
		{English, "English"}, {"fr", "Français"}, {"de", "Deutsch"}, {"es", "Español"},
		{"ko", "한국어"}, {"zh", "中文"}, {"ja", "日本語"},
	}
}

// For returns the texts in a language (BCP 47, or a locale as systems write it); in
// English where there are none.
func For(tag string) *Texts {
	t := &Texts{Tag: Match(tag)}
	data, err := files.ReadFile("texts/" + t.Tag + ".json")
	if err == nil {
		// The file is part of this build, and TestEveryLanguageIsComplete reads it.
		_ = json.Unmarshal(data, t)
	}
	return t
}

// Match is the language that texts for tag come in.
func Match(tag string) string {
	if l, ok := known(tag); ok {
		return l
	}
	return English
}

func known(tag string) (string, bool) {
	base, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	base, _, _ = strings.Cut(base, ".")
	base, _, _ = strings.Cut(base, "@")
	for _, l := range Languages() {
		if strings.EqualFold(l.Tag, base) {
			return l.Tag, true
		}
	}
	return "", false
}

// System finds the user's language in the environment, as gettext does: LANGUAGE lists
// several, the dearest first, and is looked at only where a locale is set; LC_ALL,
// LC_MESSAGES and LANG name the locale, the first that is there.
func System(getenv func(string) string) string {
	locale := ""
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale = getenv(name); locale != "" {
			break
		}
	}
	if base, _, _ := strings.Cut(locale, "."); base == "" || base == "C" || base == "POSIX" {
		return English
	}
	for tag := range strings.SplitSeq(getenv("LANGUAGE"), ":") {
		if l, ok := known(tag); ok {
			return l
		}
	}
	return Match(locale)
}

// Sentences puts sentences one behind the other.
func (t *Texts) Sentences(list ...string) string {
	if t.Tag == "zh" || t.Tag == "ja" {
		return strings.Join(list, "") // their full stop has its space within itself
	}
	return strings.Join(list, " ")
}

// Named is a value behind its name: "Number: 12".
func (t *Texts) Named(name, value string) string {
	return Fill(t.Units.Named, "name", name, "value", value)
}

// Fill puts values into a text: names and values by turns, "technician", "Ana". What a
// value says is never taken for a placeholder.
func Fill(text string, pairs ...string) string { return wording.Fill(text, pairs...) }
