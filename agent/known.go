package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"beside/consent"
)

// acquaintances is the list of technicians who have helped the user on this machine, so
// that a stranger can be told from them (THREAT 28). It never leaves the machine, is
// the user's alone (0600), and can be erased: Forget. Whoever is on it spares the user a
// caution and nothing else: every question is asked all the same.
//
// A list that cannot be read, or that others may write to, is as good as none: then
// everybody is a stranger.
type acquaintances struct {
	path  string
	relay string
	log   *slog.Logger
}

const (
	knownType = "beside-known/1"
	// maxKnown bounds the list; the one not seen for longest goes first.
	maxKnown = 500
	// maxKnownFile bounds what is read of it.
	maxKnownFile = 1 << 20
)

type knownList struct {
	Type   string        `json:"type"`
	People []knownPerson `json:"people"`
}

// knownPerson is one technician of one organisation at one relay.
type knownPerson struct {
	Relay            string    `json:"relay"`
	OrganisationID   string    `json:"organisation_id"`
	TechnicianID     string    `json:"technician_id"`
	OrganisationName string    `json:"organisation_name"`
	TechnicianName   string    `json:"technician_name"`
	First            time.Time `json:"first"`
	Last             time.Time `json:"last"`
	Sessions         int       `json:"sessions"`
	// Notice is the version of the texts that the user read; with newer ones the caution
	// is shown again (PROMISE B4).
	Notice   string     `json:"notice"`
	Reported *time.Time `json:"reported,omitempty"`
}

func knownPath(stateDir string) string { return filepath.Join(stateDir, "known.json") }

// ForgetPeople erases the list of technicians who have helped the user. None is fine.
func ForgetPeople(stateDir string) error {
	if err := os.Remove(knownPath(stateDir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("agent: forget: %w", err)
	}
	return nil
}

// as says what is remembered of party. A person who has another name or organisation
// name now than then is a stranger again.
func (a acquaintances) as(party consent.Party) consent.Acquaintance {
	list := a.read()
	i := a.index(list, party)
	if i < 0 {
		return consent.Acquaintance{}
	}
	p := list[i]
	same := p.TechnicianName == party.TechnicianName && p.OrganisationName == party.OrganisationName
	return consent.Acquaintance{
		Known: p.Sessions > 0 && same && p.Notice == consent.NoticeVersion, Reported: p.Reported != nil,
	}
}

// remember adds a session that the user allowed.
func (a acquaintances) remember(party consent.Party) {
	a.change(party, func(p *knownPerson) {
		p.Sessions++
		p.Notice = consent.NoticeVersion
	})
}

// report marks somebody whom the user reported.
func (a acquaintances) report(party consent.Party) {
	a.change(party, func(p *knownPerson) {
		now := time.Now().UTC()
		p.Reported = &now
	})
}

// count is how many are on the list.
func (a acquaintances) count() int { return len(a.read()) }

func (a acquaintances) index(list []knownPerson, party consent.Party) int {
	return slices.IndexFunc(list, func(p knownPerson) bool {
		return p.Relay == a.relay && p.OrganisationID == party.OrganisationID && p.TechnicianID == party.TechnicianID
	})
}

func (a acquaintances) change(party consent.Party, change func(*knownPerson)) {
	if party.TechnicianID == "" {
		return // nobody to tell from others
	}
	list := a.read()
	i := a.index(list, party)
	if i < 0 {
		list = append(list, knownPerson{
			Relay: a.relay, OrganisationID: party.OrganisationID, TechnicianID: party.TechnicianID, First: time.Now().UTC(),
		})
		i = len(list) - 1
	}
	p := &list[i]
	p.TechnicianName, p.OrganisationName, p.Last = party.TechnicianName, party.OrganisationName, time.Now().UTC()
	change(p)
	slices.SortStableFunc(list, func(x, y knownPerson) int { return y.Last.Compare(x.Last) })
	if err := a.write(list[:min(len(list), maxKnown)]); err != nil {
		a.log.Warn("who helped was not remembered", "err", err)
	}
}

// read returns the list, empty where it cannot be trusted.
func (a acquaintances) read() []knownPerson {
	info, err := os.Lstat(a.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && (!info.Mode().IsRegular() || info.Mode().Perm()&0o022 != 0 || info.Size() > maxKnownFile) {
		err = errors.New("others may write to it, or it is no plain file")
	}
	var list knownList
	if err == nil {
		var data []byte
		if data, err = os.ReadFile(a.path); err == nil {
			err = json.Unmarshal(data, &list)
		}
	}
	if err != nil || list.Type != knownType {
		a.log.Warn("the list of those who helped is not used", "err", err)
		return nil
	}
	return list.People
}

// write puts the list in the old one's place, whole or not at all.
func (a acquaintances) write(list []knownPerson) error {
	data, err := json.MarshalIndent(knownList{Type: knownType, People: list}, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(a.path, append(data, '\n'))
}
