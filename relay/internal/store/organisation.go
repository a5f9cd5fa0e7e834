package store

import (
	"context"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"beside/consent/checkpoint"
	"beside/relay/internal/audit"
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
func (s *Store) AddOrganisation(ctx context.Context, by, shortName, name string) (Organisation, error) {
	o := Organisation{
		ID: auth.NewID(), ShortName: shortName, Name: name, Controller: name,
		RecordingDays: DefaultRecordingDays, Created: now(),
	}
	return o, s.act(ctx, o.ID, func(ctx context.Context, tx bun.Tx) (checkpoint.Entry, error) {
		_, err := tx.NewInsert().Model(&o).Exec(ctx)
		return checkpoint.Entry{Actor: by, Action: audit.OrganisationMade}, wrap("add organisation", err)
	})
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
func (s *Store) UpdateOrganisation(ctx context.Context, organisation, by string, o Organisation) error {
	e := checkpoint.Entry{Actor: by, Action: audit.OrganisationChanged, Details: map[string]string{
		"recording_days": strconv.Itoa(o.RecordingDays),
	}}
	return s.act(ctx, organisation, func(ctx context.Context, tx bun.Tx) (checkpoint.Entry, error) {
		renamed, err := tx.NewSelect().Model((*Organisation)(nil)).Where("id = ?", organisation).
			Where("verified AND (name <> ? OR controller <> ?)", o.Name, o.Controller).Exists(ctx)
		if err != nil {
			return e, wrap("look at organisation", err)
		}
		if renamed {
			e.Details["verified"] = "lost"
		}
		res, err := tx.NewUpdate().Model(&o).Column("name", "controller", "privacy_url", "recording_days").
			Set("verified = verified AND name = ? AND controller = ?", o.Name, o.Controller).
			Where("id = ?", organisation).Exec(ctx)
		return e, changed("change organisation", res, err)
	})
}

// changeOrganisation changes the row of an organisation, and logs it.
func (s *Store) changeOrganisation(ctx context.Context, organisation string, e checkpoint.Entry, change func(*bun.UpdateQuery) *bun.UpdateQuery) error {
	return s.act(ctx, organisation, func(ctx context.Context, tx bun.Tx) (checkpoint.Entry, error) {
		res, err := change(tx.NewUpdate().Model((*Organisation)(nil))).Where("id = ?", organisation).Exec(ctx)
		return e, changed("change organisation", res, err)
	})
}

// SetVerified stores whether the operator has made sure who the organisation is.
func (s *Store) SetVerified(ctx context.Context, organisation, by string, verified bool) error {
	e := checkpoint.Entry{Actor: by, Action: audit.OrganisationDoubted}
	if verified {
		e.Action = audit.OrganisationVerified
	}
	return s.changeOrganisation(ctx, organisation, e, func(q *bun.UpdateQuery) *bun.UpdateQuery {
		return q.Set("verified = ?", verified)
	})
}

// SetRecordingIdentity stores the organisation's recipients and wrapped identity.
// ErrTaken when they were set before.
func (s *Store) SetRecordingIdentity(ctx context.Context, organisation, by, recipient, wrapped, recovery string) error {
	e := checkpoint.Entry{Actor: by, Action: audit.RecordingSetUp}
	err := s.changeOrganisation(ctx, organisation, e, func(q *bun.UpdateQuery) *bun.UpdateQuery {
		return q.Set("recipient = ?", recipient).Set("wrapped_identity = ?", wrapped).
			Set("recovery_recipient = ?", recovery).Where("recipient = ''")
	})
	if err == ErrNotFound {
		return ErrTaken
	}
	return err
}
