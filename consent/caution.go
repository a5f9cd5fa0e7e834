package consent

import (
	"strconv"
	"time"

	"beside/consent/wording"
)

// Caution is what somebody reads before the first question of a technician who never
// helped them before. THREAT 28.
type Caution struct {
	Title  string   `json:"title"`  // "Do you know Ana Pérez?"
	Facts  []string `json:"facts"`  // what is known of who asks
	Advice []string `json:"advice"` // how swindlers are told
	Stop   string   `json:"stop"`   // the buttons' verbs
	GoOn   string   `json:"go_on"`
}

// youngAccount is the age, in days, below which an account is worth a word of caution.
const youngAccount = 30

// Acquaintance is what this machine remembers of who asks.
type Acquaintance struct {
	Known    bool // helped the user before
	Reported bool // was reported by the user
}

// cautionTexts are the texts of a Caution in one language.
type cautionTexts struct {
	Title          string // {technician}
	Reported       string // {technician}
	First          string // {technician} {organisation}
	YoungToday     string
	YoungYesterday string
	Young          string // {days}
	Advice         []string
	Stop, GoOn     string
}

// CautionFor returns what to read before the question of party, nil for somebody who is
// known and was never reported.
func CautionFor(party Party, as Acquaintance, tag string, now time.Time) *Caution {
	if as.Known && !as.Reported {
		return nil
	}
	n := noticeIn(tag)
	c := &Caution{Title: party.fill(n.Caution.Title), Advice: n.Caution.Advice, Stop: n.Caution.Stop, GoOn: n.Caution.GoOn}
	if as.Reported {
		c.Facts = append(c.Facts, party.fill(n.Caution.Reported))
	} else {
		c.Facts = append(c.Facts, party.fill(n.Caution.First))
	}
	if days := int(now.Sub(party.AccountCreated) / (24 * time.Hour)); !party.AccountCreated.IsZero() && days < youngAccount {
		c.Facts = append(c.Facts, n.Caution.age(days))
	}
	if !party.OrganisationVerified {
		c.Facts = append(c.Facts, party.fill(n.Unverified))
	}
	return c
}

// age says how young an account is.
func (t cautionTexts) age(days int) string {
	switch {
	case days < 1:
		return t.YoungToday
	case days == 1:
		return t.YoungYesterday
	}
	return wording.Fill(t.Young, "days", strconv.Itoa(days))
}
