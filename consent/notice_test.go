package consent

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

func placeholders(text string) string {
	found := placeholder.FindAllString(text, -1)
	slices.Sort(found)
	return strings.Join(slices.Compact(found), " ")
}

// Every language has every text of every question, no other, and the placeholders of
// the English one. PROMISE A15.
func TestEveryNoticeIsComplete(t *testing.T) {
	entries, err := notices.ReadDir("notices")
	if err != nil || len(entries) != len(Languages()) {
		t.Fatalf("%d files for %d languages, %v", len(entries), len(Languages()), err)
	}
	english := noticeTexts(t, fallback)
	for _, tag := range Languages() {
		got := noticeTexts(t, tag)
		for key, text := range got {
			want, ok := english[key]
			if !ok {
				t.Errorf("%s: %s: not in English", tag, key)
				continue
			}
			if strings.TrimSpace(text) != text || text == "" {
				t.Errorf("%s: %s: %q", tag, key, text)
			}
			if tag != fallback && text == want && strings.Contains(text, " ") && key != "who" {
				t.Errorf("%s: %s: still English", tag, key)
			}
			if placeholders(text) != placeholders(want) && !(key == "day" && placeholders(text) == "") {
				t.Errorf("%s: %s: placeholders %q, want %q", tag, key, placeholders(text), placeholders(want))
			}
		}
		for key := range english {
			if _, ok := got[key]; !ok {
				t.Errorf("%s: %s: missing", tag, key)
			}
		}
	}
}

// noticeTexts reads a language with nothing unknown in it, and names each text.
func noticeTexts(t *testing.T, tag string) map[string]string {
	t.Helper()
	data, err := notices.ReadFile("notices/" + tag + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var strict notice
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&strict); err != nil {
		t.Fatalf("%s: %v", tag, err)
	}
	if n := noticeIn(tag); n.Tag != tag || n.Who != strict.Who {
		t.Fatalf("asked for %s, got %s", tag, n.Tag)
	}
	texts := map[string]string{
		"who": strict.Who, "unverified": strict.Unverified, "controller": strict.Controller, "processor": strict.Processor,
		"region": strict.Region, "privacy": strict.Privacy, "day": strict.Day, "days": strict.Days, "daysUnknown": strict.DaysUnknown,
	}
	for scope, q := range strict.Questions {
		add := func(key string, text string) { texts[scope+"."+key] = text }
		add("title", q.Title)
		add("undo", q.Undo)
		add("yes", q.Yes)
		add("no", q.No)
		for i, line := range q.Allows {
			add("allows"+string(rune('1'+i)), line)
		}
		for i, line := range q.Not {
			add("not"+string(rune('1'+i)), line)
		}
		if q.Version != "" || len(q.Details) > 0 {
			t.Errorf("%s: %s: what the program adds stands in the file", tag, scope)
		}
	}
	return texts
}

// Every question in every language names who asks and who is answerable, and says
// everything that it promises to. PROMISE A10, A13, A14.
func TestEveryQuestionSaysWho(t *testing.T) {
	party := Party{
		TechnicianName: "Ana {organisation} Pérez", OrganisationName: "Acme {technician} IT", Controller: "Acme GmbH",
		Processor: "Beside Hosting", Region: "Deutschland", PrivacyURL: "https://acme.example/privacy", RecordingDays: 30,
	}
	for _, tag := range Languages() {
		for scope := View; scope < scopes; scope++ {
			text := NoticeFor(scope, party, tag)
			if text.Title == "" && scope != View && scope != Control && scope != Record {
				continue // no question yet
			}
			all := strings.Join(append(append(append([]string{text.Title, text.Undo}, text.Allows...), text.Not...), text.Details...), "\n")
			wants := []string{party.TechnicianName, party.OrganisationName, party.Controller, party.Processor, party.PrivacyURL}
			if scope == Record {
				wants = append(wants, party.Region, "30")
			}
			for _, want := range wants {
				if !strings.Contains(all, want) {
					t.Errorf("%s, %s: does not name %q:\n%s", tag, scope, want, all)
				}
			}
			if left := strings.NewReplacer(party.TechnicianName, "", party.OrganisationName, "").Replace(all); strings.ContainsAny(left, "{}") {
				t.Errorf("%s, %s: a placeholder is left:\n%s", tag, scope, all)
			}
			if len(text.Allows) == 0 || len(text.Not) == 0 || text.Undo == "" || text.Yes == "" || text.No == "" || text.Yes == text.No {
				t.Errorf("%s, %s: not whole: %+v", tag, scope, text)
			}
		}
	}
}
