package consent

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// NoticeVersion changes with every change of what the texts below mean. It is part of
// each consent record.
const NoticeVersion = "2025-11-1"

// language is every text of the questions in one language. {who} stands for
// "Ana Pérez from Example", {technician} for the name alone.
type language struct {
	tag        string
	who        string // "{technician} from {organisation}"
	unverified string // added where nobody checked the organisation
	questions  map[Scope]Text
	controller string // answerable for the data
	processor  string // runs the relay
	region     string // where recordings are
	privacy    string // the organisation's own notice
	days       func(n int) string
	daysNone   string
}

// languages holds every language, the first of them the one for all others.
func languages() []language { return []language{english()} }

// Language returns the language that texts for tag (BCP 47) come in: the best there
// is, English where there is none.
func Language(tag string) string { return languageFor(tag).tag }

func languageFor(tag string) language {
	all := languages()
	base, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	for _, l := range all {
		if strings.EqualFold(l.tag, base) {
			return l
		}
	}
	return all[0]
}

func english() language {
	return language{
		tag:        "en",
		who:        "{technician} from {organisation}",
		unverified: "Nobody has checked that {organisation} is who it says it is.",
		controller: "Answerable for your data: ",
		processor:  "Runs the connection for them: ",
		region:     "Recordings are stored in: ",
		privacy:    "Their privacy notice: ",
		days: func(n int) string {
			if n == 1 {
				return "A recording is kept for 1 day, then destroyed."
			}
			return fmt.Sprintf("A recording is kept for %d days, then destroyed.", n)
		},
		daysNone: "They have not said how long a recording is kept.",
		questions: map[Scope]Text{
			View: {
				Title: "{who} asks to see your screen",
				Allows: []string{
					"{technician} sees everything on your screen, also messages that pop up.",
					"You see a bar at the top for as long as this lasts.",
				},
				Not: []string{
					"Nobody can use your mouse or keyboard. That is a question of its own.",
					"Nothing is recorded. That is a question of its own.",
				},
				Undo: "You can stop at any time: press End session at the top of your screen.",
				Yes:  "Show my screen", No: "Not now",
			},
			Control: {
				Title: "{who} asks to use your mouse and keyboard",
				Allows: []string{
					"{technician} can click, type and open programs, as you can.",
					"You watch everything, and your own mouse comes first.",
				},
				Not: []string{
					"{technician} cannot answer questions like this one.",
					"Nothing is recorded. That is a question of its own.",
				},
				Undo: "You can take it back at any time: move your mouse, or press Stop control.",
				Yes:  "Let them control", No: "Not now",
			},
			Record: {
				Title: "{who} asks to record your screen",
				Allows: []string{
					"What your screen shows is recorded from now on, until you stop it.",
					"A red mark at the top shows that it is recording.",
				},
				Not: []string{
					"What was on your screen before is not recorded.",
					"Sound and the keys you press are not recorded.",
					"If you say no, the session goes on without a recording.",
				},
				Undo: "You can stop the recording at any time: press Stop recording at the top of your screen.",
				Yes:  "Record", No: "Don't record",
			},
			Clipboard: {
				Title: "{who} asks to use your clipboard",
				Allows: []string{
					"{technician} can read what you last copied, text or a picture, and copy something for you to paste.",
					"Each time it happens it is written down in the list of what they did.",
				},
				Not: []string{
					"Nothing is pasted by itself, neither here nor at their side.",
					"What you copied earlier is not read, only what is there at that moment.",
				},
				Undo: "You can take it back at any time: press Stop clipboard at the top of your screen. What they put there is removed.",
				Yes:  "Share my clipboard", No: "Not now",
			},
			Files: {
				Title: "{who} asks to exchange files with you",
				Allows: []string{
					"{technician} can send you files. They are put into your Downloads folder.",
					"{technician} can ask you for a file. You choose which one, each time.",
				},
				Not: []string{
					"They cannot look through your files by this.",
					"Nothing of yours is replaced, opened or started.",
				},
				Undo: "You can stop it at any time: press Stop files at the top of your screen. What was received stays, and your receipt lists it.",
				Yes:  "Exchange files", No: "Not now",
			},
		},
	}
}

// NoticeFor returns the text of the question about scope: who asks, what will happen,
// what will not, how to take it back, and who is answerable. For a scope that has no
// question yet it returns the zero Text.
func NoticeFor(scope Scope, party Party, tag string) Text {
	l := languageFor(tag)
	plain, ok := l.questions[scope]
	if !ok {
		return Text{}
	}
	fill := func(s string) string {
		return strings.NewReplacer("{technician}", party.TechnicianName,
			"{organisation}", party.OrganisationName).Replace(strings.ReplaceAll(s, "{who}", l.who))
	}
	fillAll := func(lines []string) []string {
		out := make([]string, len(lines))
		for i, line := range lines {
			out[i] = fill(line)
		}
		return out
	}
	return Text{
		Title: fill(plain.Title), Allows: fillAll(plain.Allows), Not: fillAll(plain.Not),
		Undo: fill(plain.Undo), Details: fillAll(l.details(scope, party)),
		Yes: plain.Yes, No: plain.No, Version: NoticeVersion,
	}
}

// details names who is answerable (PROMISES A10), and for a recording where it is
// stored and how long (PROMISES A13, A14).
func (l language) details(scope Scope, party Party) []string {
	var lines []string
	add := func(label, value string) {
		if value != "" {
			lines = append(lines, label+value)
		}
	}
	if !party.OrganisationVerified {
		lines = append(lines, l.unverified)
	}
	add(l.controller, party.Controller)
	add(l.processor, party.Processor)
	if scope == Record {
		add(l.region, party.Region)
		if party.RecordingDays > 0 {
			lines = append(lines, l.days(party.RecordingDays))
		} else {
			lines = append(lines, l.daysNone)
		}
	}
	add(l.privacy, party.PrivacyURL)
	return lines
}

// Hash is the SHA-256 of the text, in hexadecimal: of every line in the order Version,
// Title, Allows, Not, Undo, Details, Yes, No, each written as its length in bytes, a
// colon, the line and a comma; a list stands behind the number of its lines, written
// the same way.
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
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}
