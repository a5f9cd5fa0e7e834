package ui

import (
	"fmt"
	"strings"
	"time"

	"beside/consent"
)

// texts are all words that our windows say beside a question's own text. One value
// is one language. %s are, in order, what the field's comment says.
type texts struct {
	appName, appSubtitle, windowTitle     string
	verified, notVerified                 string
	readNumber, connecting, noNumber      string
	validFor                              string // %s minutes and seconds
	numberOver, newCode, onlyTo           string
	can1, can2, cannot                    string
	privacy, back, privacyIntro           string
	controller, processor, region, notice string
	accountToday, accountYesterday        string
	accountDays                           string // %d days
	accountSince                          string // %s month and year
	ticket                                string // %s number
	closesIn                              string // %s time left
	takeYourTime, noHurry                 string
	spaceHint                             string // %s the verb
	rec, paused, asking, youMove          string
	pause, resume                         string
	stopControl, stopRecording, end       string
	stopClipboard, stopFiles              string
	endKey                                string
	overTitle, overText, overBarLost      string // overText: %s technician
	overLost, overFinishing               string
	recordingSending, recordingSent       string
	recordingNotSent, closeNow            string
	who, when, howLong, allowed, recorded string
	keptUntil, nothing, yes, no, receipt  string
	openReceipt, closeWindow              string
	view, control, record                 string
	clipboard, files                      string
	under1, minutes, hours                string
}

// wordsIn returns the texts of a BCP 47 language; English for those not written yet.
func wordsIn(string) *texts { return &english }

var english = texts{
	appName: "Beside", appSubtitle: "Remote support that asks first", windowTitle: "Beside",
	verified: "Verified organisation", notVerified: "Organisation not verified",
	readNumber: "Read this number to the person helping you",
	connecting: "Connecting…", noNumber: "There is no number yet",
	validFor: "Valid for %s", numberOver: "This number is no longer valid", newCode: "New number",
	onlyTo:  "Give it only to someone you called, or whose call you expected.",
	can1:    "They can ask to see your screen. You decide, and nothing is shown before your yes.",
	can2:    "Using your mouse and keyboard, and recording, are questions of their own.",
	cannot:  "They cannot start anything by themselves, or come back after you close Beside.",
	privacy: "Privacy", back: "Back",
	privacyIntro: "What you show is encrypted all the way to the person helping you. It is kept only if you allow a recording.",
	controller:   "Responsible", processor: "Relay run by", region: "Data stored in", notice: "Privacy notice",
	accountToday: "Take care: this account was made today.", accountYesterday: "Take care: this account was made yesterday.",
	accountDays:  "Take care: this account is only %d days old.",
	accountSince: "Account since %s",
	ticket:       "Ticket %s",
	closesIn:     "Closes with no in %s", takeYourTime: "Take your time", noHurry: "No hurry. The question waits for you.",
	spaceHint: "Press Space to choose “%s”",
	rec:       "REC", paused: "Paused. Nothing is sent.", asking: "%s is asking you",
	youMove: "You are in control. They wait.",
	pause:   "Pause", resume: "Resume", stopControl: "Stop control", stopRecording: "Stop recording",
	stopClipboard: "Stop clipboard", stopFiles: "Stop files",
	end: "End session", endKey: "You can also press Ctrl + Alt + Shift + E",
	overTitle: "It is over", overText: "%s can no longer see or control anything.",
	overBarLost:      "Beside ended it because its bar could not be seen.",
	overLost:         "The connection was lost.",
	overFinishing:    "The rest of the recording is being sent; this window closes when that is done. What is left when you close it now is sent when you start Beside again within an hour.",
	recordingSending: "Yes. It is being sent.", recordingSent: "Yes. It has been sent.",
	recordingNotSent: "Yes. Not all of it could be sent.", closeNow: "Close now",
	who: "Who", when: "When", howLong: "How long", allowed: "You allowed", recorded: "Recorded",
	keptUntil: "Kept until", nothing: "Nothing", yes: "Yes", no: "No", receipt: "Receipt",
	openReceipt: "Open receipt", closeWindow: "Close",
	view: "Seeing your screen", control: "Mouse and keyboard", record: "Recording",
	clipboard: "Clipboard", files: "Files",
	under1: "less than a minute", minutes: "%d min", hours: "%d h %02d min",
}

// clock writes a duration as 1:05, or 1:00:05 from an hour on; never below zero.
func clock(d time.Duration) string {
	s := max(int(d/time.Second), 0)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// elapsed writes how long something has been going on. Whole minutes: a clock that
// ticks every second would have the picture encoded every second for it alone.
func (t *texts) elapsed(d time.Duration) string {
	m := max(int(d/time.Minute), 0)
	if m >= 60 {
		return fmt.Sprintf(t.hours, m/60, m%60)
	}
	return fmt.Sprintf(t.minutes, m)
}

// left writes a time that runs out, rounded up, so that it ends at 0:00.
func left(d time.Duration) string { return clock(d + time.Second - time.Nanosecond) }

// lasted writes how long something took, for a summary.
func (t *texts) lasted(d time.Duration) string {
	m := int(d / time.Minute)
	switch {
	case m < 1:
		return t.under1
	case m < 60:
		return fmt.Sprintf(t.minutes, m)
	}
	return fmt.Sprintf(t.hours, m/60, m%60)
}

// account says how old a technician's account is; young ones are a warning.
func (t *texts) account(created, now time.Time) (text string, young bool) {
	const youngDays = 30
	if created.IsZero() {
		return "", false
	}
	days := int(now.Sub(created) / (24 * time.Hour))
	switch {
	case days <= 0:
		return t.accountToday, true
	case days == 1:
		return t.accountYesterday, true
	case days < youngDays:
		return fmt.Sprintf(t.accountDays, days), true
	}
	return fmt.Sprintf(t.accountSince, created.Format("January 2006")), false
}

func (t *texts) scope(s consent.Scope) string {
	switch s {
	case consent.View:
		return t.view
	case consent.Control:
		return t.control
	case consent.Record:
		return t.record
	case consent.Clipboard:
		return t.clipboard
	case consent.Files:
		return t.files
	}
	return ""
}

func (t *texts) scopes(list []consent.Scope) string {
	var names []string
	for _, s := range list {
		if n := t.scope(s); n != "" {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return t.nothing
	}
	return strings.Join(names, "\n")
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
