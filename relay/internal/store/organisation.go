package store

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"beside/relay/internal/auth"
)

// Organisation is a tenant.
type Organisation struct {
	bun.BaseModel `bun:"table:organisations"`

	ID            string `bun:"id,pk"`
	ShortName     string `bun:"short_name"`
	Name          string `bun:"name"`
	Verified      bool   `bun:"verified"`
	Controller    string `bun:"controller"`
	PrivacyURL    string `bun:"privacy_url"`
	RecordingDays int    `bun:"recording_days"`
	// Recipient, WrappedIdentity and RecoveryRecipient are set once, together.
	Recipient         string    `bun:"recipient"`
	WrappedIdentity   string    `bun:"wrapped_identity"`
	RecoveryRecipient string    `bun:"recovery_recipient"`
	Created           time.Time `bun:"created"`
}

// DefaultRecordingDays is how long recordings are kept unless an admin says otherwise.
const DefaultRecordingDays = 30

// AddOrganisation makes an organisation. ErrTaken when the short name exists.
func (s *Store) AddOrganisation(ctx context.Context, shortName, name string) (Organisation, error) {
	o := Organisation{
		ID: auth.NewID(), ShortName: shortName, Name: name, Controller: name,
		RecordingDays: DefaultRecordingDays, Created: now(),
	}
	_, err := s.db.NewInsert().Model(&o).Exec(ctx)
	return o, wrap("add organisation", err)
}

// Organisation finds an organisation by its id.
func (s *Store) Organisation(ctx context.Context, id string) (Organisation, error) {
	var o Organisation
	err := s.db.NewSelect().Model(&o).Where("id = ?", id).Scan(ctx)
	return o, found("find organisation", err)
}

// OrganisationByShortName finds an organisation by the name agents know it by. The
// empty name is the first organisation.
func (s *Store) OrganisationByShortName(ctx context.Context, shortName string) (Organisation, error) {
	var o Organisation
	q := s.db.NewSelect().Model(&o).OrderExpr("created, id").Limit(1)
	if shortName != "" {
		q = q.Where("short_name = ?", shortName)
	}
	return o, found("find organisation", q.Scan(ctx))
}

// UpdateOrganisation changes what the user is told about an organisation. One that
// calls itself otherwise from now on is not verified any more: it was the name that was.
func (s *Store) UpdateOrganisation(ctx context.Context, organisation string, o Organisation) error {
	res, err := s.db.NewUpdate().Model(&o).
		Column("name", "controller", "privacy_url", "recording_days").
		Set("verified = verified AND name = ? AND controller = ?", o.Name, o.Controller).
		Where("id = ?", organisation).Exec(ctx)
	return changed("update organisation", res, err)
}

// SetVerified stores whether the operator has made sure who the organisation is.
func (s *Store) SetVerified(ctx context.Context, organisation string, verified bool) error {
	res, err := s.db.NewUpdate().Model((*Organisation)(nil)).Set("verified = ?", verified).
		Where("id = ?", organisation).Exec(ctx)
	return changed("verify organisation", res, err)
}

// SetRecordingIdentity stores the organisation's recipients and wrapped identity.
// ErrTaken when they were set before.
func (s *Store) SetRecordingIdentity(ctx context.Context, organisation, recipient, wrapped, recovery string) error {
	res, err := s.db.NewUpdate().Model((*Organisation)(nil)).
		Set("recipient = ?", recipient).Set("wrapped_identity = ?", wrapped).Set("recovery_recipient = ?", recovery).
		Where("id = ?", organisation).Where("recipient = ''").Exec(ctx)
	if err = changed("set recording identity", res, err); err == ErrNotFound {
		return ErrTaken
	}
	return err
}
