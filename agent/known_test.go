package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beside/consent"
)

func someone() consent.Party {
	return consent.Party{TechnicianID: "t1", TechnicianName: "Ana", OrganisationID: "o1", OrganisationName: "Acme"}
}

func knownIn(t *testing.T) acquaintances {
	return acquaintances{path: filepath.Join(t.TempDir(), "known.json"), relay: "https://relay.example", log: testLog(t)}
}

// Who is a stranger, and who is not. THREAT 28.
func TestAcquaintances(t *testing.T) {
	for _, c := range []struct {
		name   string
		before func(a acquaintances)
		party  func(p *consent.Party)
		want   consent.Acquaintance
	}{
		{"nobody yet", func(acquaintances) {}, func(*consent.Party) {}, consent.Acquaintance{}},
		{"helped before", func(a acquaintances) { a.remember(someone()) }, func(*consent.Party) {}, consent.Acquaintance{Known: true}},
		{"another technician", func(a acquaintances) { a.remember(someone()) }, func(p *consent.Party) { p.TechnicianID = "t2" }, consent.Acquaintance{}},
		{"another organisation", func(a acquaintances) { a.remember(someone()) }, func(p *consent.Party) { p.OrganisationID = "o2" }, consent.Acquaintance{}},
		{"another name now", func(a acquaintances) { a.remember(someone()) }, func(p *consent.Party) { p.TechnicianName = "Bank" }, consent.Acquaintance{}},
		{"another organisation's name now", func(a acquaintances) { a.remember(someone()) }, func(p *consent.Party) { p.OrganisationName = "Bank" }, consent.Acquaintance{}},
		{"at another relay", func(a acquaintances) { a.relay = "https://other.example"; a.remember(someone()) }, func(*consent.Party) {}, consent.Acquaintance{}},
		{"without an id", func(a acquaintances) { p := someone(); p.TechnicianID = ""; a.remember(p) }, func(p *consent.Party) { p.TechnicianID = "" }, consent.Acquaintance{}},
		{"reported after helping", func(a acquaintances) { a.remember(someone()); a.report(someone()) }, func(*consent.Party) {}, consent.Acquaintance{Known: true, Reported: true}},
		{"reported at once", func(a acquaintances) { a.report(someone()) }, func(*consent.Party) {}, consent.Acquaintance{Reported: true}},
		{"junk", func(a acquaintances) { put(t, a.path, "junk", 0o600) }, func(*consent.Party) {}, consent.Acquaintance{}},
		{"another's list", func(a acquaintances) { a.remember(someone()); chmod(t, a.path, 0o666) }, func(*consent.Party) {}, consent.Acquaintance{}},
		{"older texts", func(a acquaintances) { a.remember(someone()); edit(t, a.path, consent.NoticeVersion, "older") }, func(*consent.Party) {}, consent.Acquaintance{}},
		{"forgotten", func(a acquaintances) { a.remember(someone()); forgetAll(t, a) }, func(*consent.Party) {}, consent.Acquaintance{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := knownIn(t)
			c.before(a)
			party := someone()
			c.party(&party)
			if got := a.as(party); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func put(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func edit(t *testing.T, path, old, new string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(data), old) {
		t.Fatalf("%q is not in the list, %v", old, err)
	}
	put(t, path, strings.ReplaceAll(string(data), old, new), 0o600)
}

func forgetAll(t *testing.T, a acquaintances) {
	t.Helper()
	for range 2 { // forgetting twice is fine
		if err := ForgetPeople(filepath.Dir(a.path)); err != nil {
			t.Fatal(err)
		}
	}
	if entries, _ := os.ReadDir(filepath.Dir(a.path)); len(entries) != 0 {
		t.Errorf("left: %v", entries)
	}
}

// The list is the user's alone, and does not grow without end.
func TestAcquaintancesAreKeptSmallAndPrivate(t *testing.T) {
	a := knownIn(t)
	for i := range maxKnown + 20 {
		p := someone()
		p.TechnicianID = fmt.Sprint("t", i)
		a.remember(p)
	}
	if got := a.count(); got != maxKnown {
		t.Errorf("%d on the list, want %d", got, maxKnown)
	}
	p := someone()
	p.TechnicianID = fmt.Sprint("t", maxKnown+19)
	if !a.as(p).Known {
		t.Error("the last one is not on it")
	}
	info, err := os.Stat(a.path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(a.path)); len(entries) != 1 {
		t.Errorf("%d files beside the list", len(entries)-1)
	}
}
