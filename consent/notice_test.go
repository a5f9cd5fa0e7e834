package consent

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"beside/consent/wording/wordingtest"
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
			if flaw := wordingtest.Flaw(tag, text); flaw != "" {
				t.Errorf("%s: %s: %s: %q", tag, key, flaw, text)
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
	c := strict.Caution
	for key, text := range map[string]string{
		"title": c.Title, "reported": c.Reported, "first": c.First, "youngToday": c.YoungToday, "youngYesterday": c.YoungYesterday, "young": c.Young, "stop": c.Stop, "goOn": c.GoOn,
	} {
		texts["caution."+key] = text
	}
	for i, line := range c.Advice {
		texts["caution.advice"+string(rune('1'+i))] = line
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
		for part, l := range q.Less {
			for key, text := range map[string]string{"sees": l.Sees, "not": l.Not, "yes": l.Yes} {
				if text != "" {
					add("less."+part+"."+key, text)
				}
			}
		}
		if q.Version != "" || len(q.Details) > 0 {
			t.Errorf("%s: %s: what the program adds stands in the file", tag, scope)
		}
	}
	return texts
}

// Every question in every language names who asks and who is answerable, and says
// everything that it promises to. PROMISE A10, A13, A14, B1.
func TestEveryQuestionSaysWho(t *testing.T) {
	party := Party{
		TechnicianName: "Ana {organisation} Pérez", OrganisationName: "Acme {technician} IT", Controller: "Acme GmbH",
		Processor: "Beside Hosting", Region: "Deutschland", PrivacyURL: "https://acme.example/privacy", RecordingDays: 30,
	}
	for _, tag := range Languages() {
		for scope := View; scope < scopes; scope++ {
			text := NoticeFor(scope, party, tag)
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

var write = flag.Bool("write-notices", false, "write testdata/notices.txt anew, after NoticeVersion was raised")

// Whoever changes a text raises NoticeVersion: the texts of a version are pinned by
// their hashes. PROMISE B4.
func TestNoticeVersion(t *testing.T) {
	const path = "testdata/notices.txt"
	var b strings.Builder
	fmt.Fprintln(&b, NoticeVersion)
	for _, tag := range Languages() {
		for scope := View; scope < scopes; scope++ {
			if text := NoticeFor(scope, testParty(), tag); text.Title != "" {
				fmt.Fprintln(&b, tag, scope, text.Hash())
			}
			for _, e := range lesser() {
				if text := noticeOf(scope, testParty(), tag, e); text.Hash() != NoticeFor(scope, testParty(), tag).Hash() {
					fmt.Fprintln(&b, tag, scope, strings.Join(e.parts(), "+"), text.Hash())
				}
			}
		}
		var text Text
		text.Caution = CautionFor(testParty(), Acquaintance{Reported: true}, tag, testParty().AccountCreated.AddDate(0, 0, 3))
		fmt.Fprintln(&b, tag, "caution", text.Hash())
	}
	if *write {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	pinned, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(pinned) == b.String() {
		return
	}
	t.Errorf("the texts of version %s are not those that are pinned: raise NoticeVersion if their meaning changed, then run this test with -write-notices", NoticeVersion)
	for line := range strings.Lines(b.String()) {
		if !strings.Contains(string(pinned), line) {
			t.Log("changed:", strings.TrimSpace(line))
		}
	}
}

// Nothing is agreed to once and for all: what was agreed to in one session is asked
// again in the next, and where the text has changed since (another period, another
// language, another version) the record of the new answer holds the hash of the new
// text. PROMISE B4, A15.
func TestAChangedTextAsksAgain(t *testing.T) {
	party := testParty()
	shown := map[string]bool{}
	for _, change := range []struct {
		name   string
		tag    string
		change func()
	}{
		{"the first time", "en", func() {}},
		{"kept longer", "en", func() { party.RecordingDays = 90 }},
		{"another who is answerable", "en", func() { party.Controller = "Somebody else" }},
		{"in another language", "ja", func() {}},
	} {
		change.change()
		asked := 0
		prompter := person(func(_ context.Context, q Question) (Answer, error) {
			asked++
			if q.Text.Hash() != NoticeFor(q.Scope, party, change.tag).Hash() {
				t.Errorf("%s: shown %q", change.name, q.Text.Title)
			}
			return Yes, nil
		})
		cfg := Config{SessionID: "s", Party: party, Prompter: prompter, Indicator: newBar(), Key: testKey()}
		g, err := NewGate(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, ask := range []func() error{
			func() error { _, err := g.AskView(t.Context(), Question{Language: change.tag}); return err },
			func() error { _, err := g.AskRecord(t.Context(), Question{Language: change.tag}); return err },
		} {
			if err := ask(); err != nil {
				t.Fatal(err)
			}
		}
		if asked != 2 {
			t.Errorf("%s: asked %d times, want 2", change.name, asked)
		}
		g.End(ByUser)
		statements, err := g.Receipt().Verify()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range statements {
			if s.Event.Type != Granted.String() || s.Event.Scope != Record.String() {
				continue
			}
			if s.Notice.Language != change.tag || s.Notice.Hash != s.Notice.Text.Hash() || shown[s.Notice.Hash] {
				t.Errorf("%s: the record holds %q, %s, seen before: %v", change.name, s.Notice.Language, s.Notice.Hash, shown[s.Notice.Hash])
			}
			shown[s.Notice.Hash] = true
		}
	}
	if len(shown) != 4 {
		t.Errorf("%d different texts agreed to, want 4", len(shown))
	}
}
