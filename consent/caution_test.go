package consent

import (
	"strings"
	"testing"
	"time"
)

// What is said of whom, in every language: the first time, young accounts, organisations
// that nobody checked, somebody who was reported. Those who are known are not talked
// about. THREAT 28.
func TestCaution(t *testing.T) {
	now := fixedNow()
	for _, tag := range Languages() {
		for _, c := range []struct {
			name     string
			as       Acquaintance
			age      time.Duration
			verified bool
			facts    int
		}{
			{"the first time", Acquaintance{}, 400 * 24 * time.Hour, true, 1},
			{"the first time, an account of today", Acquaintance{}, time.Hour, true, 2},
			{"the first time, a young account", Acquaintance{}, 29 * 24 * time.Hour, true, 2},
			{"the first time, all of it", Acquaintance{}, 0, false, 3},
			{"an account from the future", Acquaintance{}, -time.Hour, true, 2},
			{"reported", Acquaintance{Reported: true}, 400 * 24 * time.Hour, true, 1},
			{"known and reported", Acquaintance{Known: true, Reported: true}, 400 * 24 * time.Hour, true, 1},
			{"known", Acquaintance{Known: true}, 0, false, 0},
		} {
			party := Party{TechnicianName: "Ana", OrganisationName: "Acme", OrganisationVerified: c.verified, AccountCreated: now.Add(-c.age)}
			got := CautionFor(party, c.as, tag, now)
			if c.facts == 0 {
				if got != nil {
					t.Errorf("%s, %s: got %+v", tag, c.name, got)
				}
				continue
			}
			if got == nil || len(got.Facts) != c.facts || len(got.Advice) < 3 || got.Stop == "" || got.GoOn == "" || !strings.Contains(got.Title, "Ana") {
				t.Errorf("%s, %s: got %+v", tag, c.name, got)
				continue
			}
			if all := strings.Join(append(append([]string{got.Title}, got.Facts...), got.Advice...), ""); strings.ContainsAny(all, "{}") {
				t.Errorf("%s, %s: a placeholder is left: %s", tag, c.name, all)
			}
		}
	}
}

// The caution that was shown is part of what is signed: a change of any of its lines
// changes the hash.
func TestCautionIsHashed(t *testing.T) {
	text := func(change func(*Caution)) string {
		q := NoticeFor(View, testParty(), "en")
		q.Caution = CautionFor(testParty(), Acquaintance{}, "en", fixedNow())
		change(q.Caution)
		return q.Hash()
	}
	seen := map[string]bool{NoticeFor(View, testParty(), "en").Hash(): true}
	for name, change := range map[string]func(*Caution){
		"as it is": func(*Caution) {}, "title": func(c *Caution) { c.Title += "x" }, "a fact": func(c *Caution) { c.Facts[0] += "x" },
		"advice": func(c *Caution) { c.Advice[2] += "x" }, "no advice": func(c *Caution) { c.Advice = nil },
		"stop": func(c *Caution) { c.Stop += "x" }, "go on": func(c *Caution) { c.GoOn += "x" },
	} {
		hash := text(change)
		if seen[hash] {
			t.Errorf("%s: the hash does not see it", name)
		}
		seen[hash] = true
	}
}
