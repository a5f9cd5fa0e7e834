package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"beside/consent"
)

// whoAmI asks the relay, from the technician's page, whose account this is.
const whoAmI = `fetch('/api/rpc/beside.v1.AccountService/WhoAmI', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'})
  .then((r) => r.json()).then((w) => ({technician: w.user.id, technicianName: w.user.name, organisation: w.organisation.id, organisationName: w.organisation.name}))`

// Acquaint lets the user's machine know the technician from an earlier session, as its
// own list would after one, so that no caution comes before the first question. A stage
// with Stranger leaves that out.
func (s *Stage) Acquaint(ctx context.Context, t *Technician) error {
	path := filepath.Join(s.Dir, "agent", "known.json")
	if _, err := os.Stat(path); err == nil {
		return nil // the agent's own by now
	}
	var who struct{ Technician, TechnicianName, Organisation, OrganisationName string }
	if err := t.Evaluate(ctx, whoAmI, &who); err != nil {
		return err
	}
	address, err := url.Parse(s.URL)
	if err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	before := time.Now().AddDate(0, 0, -7)
	list, err := json.Marshal(map[string]any{"type": "beside-known/1", "people": []map[string]any{{
		"relay": address.Hostname(), "organisation_id": who.Organisation, "technician_id": who.Technician,
		"organisation_name": who.OrganisationName, "technician_name": who.TechnicianName,
		"first": before, "last": before, "sessions": 1, "notice": consent.NoticeVersion,
	}}})
	if err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("stage: %w", err)
	}
	return os.WriteFile(path, list, 0o600)
}
