package consent

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"beside/consent/wording"
)

// NoticeVersion changes with every change of what the texts in notices/ say. It is part
// of each consent record, and so of each hash (PROMISES B4).
const NoticeVersion = "2026-11-7"

// One file a language, each complete. To add a question, add its scope to every file.
//
//go:embed notices/*.json
var notices embed.FS

// notice is every text of the questions in one language. {who} stands for "Ana Pérez
// from Example", {technician} for the name alone.
type notice struct {
	Tag         string `json:"-"`
	Who         string // {technician} {organisation}
	Unverified  string // {organisation}: added where nobody checked it
	Controller  string // {name}: answerable for the data
	Processor   string // {name}: runs the relay
	Region      string // {name}: where recordings are
	Privacy     string // {name}: the address of the organisation's own notice
	Day, Days   string // {days} that a recording is kept
	DaysUnknown string
	Caution     cautionTexts
	Questions   map[string]questionText // by the scope's name
}

// questionText is one question as the file has it.
type questionText struct {
	Text
	Less map[string]lessTexts // by Extent.parts
}

// fallback is the language of those for whom there is no other.
const fallback = "en"

// Languages lists the languages of the questions (BCP 47), English first.
func Languages() []string { return []string{fallback, "fr", "de", "es", "ko", "zh", "ja"} }

// Language returns the language that texts for tag (BCP 47) come in: the best there
// is, English where there is none.
func Language(tag string) string {
	base, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	for _, l := range Languages() {
		if strings.EqualFold(l, base) {
			return l
		}
	}
	return fallback
}

func noticeIn(tag string) notice {
	n := notice{Tag: Language(tag)}
	data, err := notices.ReadFile("notices/" + n.Tag + ".json")
	if err == nil {
		// The file is part of this build, and TestEveryNoticeIsComplete reads it.
		_ = json.Unmarshal(data, &n)
	}
	return n
}

// NoticeFor returns the text of the question about scope: who asks, what will happen,
// what will not, how to take it back, and who is answerable. For a scope that has no
// question yet it returns the zero Text. It is the text where everything is shown; see
// Question.Showing.
func NoticeFor(scope Scope, party Party, tag string) Text {
	return noticeOf(scope, party, tag, Extent{})
}

// noticeOf is NoticeFor where e is what is shown.
func noticeOf(scope Scope, party Party, tag string, e Extent) Text {
	n := noticeIn(tag)
	found, ok := n.Questions[scope.String()]
	if !ok {
		return Text{}
	}
	plain := found.limit(e)
	fill := func(s string) string { return party.fill(strings.ReplaceAll(s, "{who}", n.Who)) }
	fillAll := func(lines []string) []string {
		out := make([]string, len(lines))
		for i, line := range lines {
			out[i] = fill(line)
		}
		return out
	}
	return Text{
		Title: fill(plain.Title), Allows: fillAll(plain.Allows), Not: fillAll(plain.Not),
		Undo: fill(plain.Undo), Details: n.details(scope, party),
		Yes: plain.Yes, No: plain.No, Version: NoticeVersion,
	}
}

// fill puts the names of who asks into a text.
func (p Party) fill(text string) string {
	return wording.Fill(text, "technician", p.TechnicianName, "organisation", p.OrganisationName)
}

// details names who is answerable (PROMISES A10), and for a recording where it is
// stored and how long (PROMISES A13, A14).
func (n notice) details(scope Scope, party Party) []string {
	var lines []string
	add := func(text, placeholder, value string) {
		if value != "" {
			lines = append(lines, wording.Fill(text, placeholder, value))
		}
	}
	if text := n.unchecked(party); text != "" {
		lines = append(lines, text)
	}
	add(n.Controller, "name", party.Controller)
	add(n.Processor, "name", party.Processor)
	if scope == Record {
		add(n.Region, "name", party.Region)
		lines = append(lines, n.kept(party.RecordingDays))
	}
	add(n.Privacy, "name", party.PrivacyURL)
	return lines
}

// unchecked says that nobody checked the organisation; empty where somebody did.
func (n notice) unchecked(party Party) string {
	name := orName(party.OrganisationName, party.TechnicianName)
	if party.OrganisationVerified || name == "" {
		return ""
	}
	return wording.Fill(n.Unverified, "organisation", name)
}

// Unchecked is the line among a question's Details which says that nobody checked the
// organisation, for windows to set it apart. It is empty where somebody did.
func (p Party) Unchecked(tag string) string { return noticeIn(tag).unchecked(p) }

// kept says how long a recording is kept.
func (n notice) kept(days int) string {
	switch {
	case days <= 0:
		return n.DaysUnknown
	case days == 1:
		return wording.Fill(n.Day, "days", "1")
	}
	return wording.Fill(n.Days, "days", strconv.Itoa(days))
}

// Hash is the SHA-256 of the text, in hexadecimal: of every line in the order Version,
// Title, Allows, Not, Undo, Details, Yes, No, each written as its length in bytes, a
// colon, the line and a comma; a list stands behind the number of its lines, written
// the same way. Where a Caution was shown, its Title, Facts, Advice, Stop and GoOn follow.
func (t Text) Hash() string {
	var b strings.Builder
	line := func(s string) { b.WriteString(strconv.Itoa(len(s)) + ":" + s + ",") }
	list := func(lines []string) {
		line(strconv.Itoa(len(lines)))
		for _, s := range lines {
			line(s)
		}
	}
	line(t.Version)
	line(t.Title)
	list(t.Allows)
	list(t.Not)
	line(t.Undo)
	list(t.Details)
	line(t.Yes)
	line(t.No)
	if c := t.Caution; c != nil {
		line(c.Title)
		list(c.Facts)
		list(c.Advice)
		line(c.Stop)
		line(c.GoOn)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}
