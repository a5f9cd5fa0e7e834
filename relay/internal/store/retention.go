package store

import (
	"context"
	"errors"

	"github.com/uptrace/bun"
)

// ErrExpired: the day until which the recording is kept has come.
var ErrExpired = errors.New("store: the recording is not kept any longer")

// DueRecordings lists the recordings of all organisations whose day has come, the
// longest overdue first.
func (s *Store) DueRecordings(ctx context.Context) ([]Recording, error) {
	var list []Recording
	err := s.db.NewSelect().Model(&list).
		Column("organisation_id", "id", "session_id", "technician_name", "started", "keep_until").
		Where("keep_until <= ?", now()).OrderExpr("keep_until, organisation_id, id").Scan(ctx)
	return list, wrap("list due recordings", err)
}

// ForgetRecording removes what is known of a recording whose objects are gone. Its
// session keeps that there was one and when it was deleted; who opened it, and why,
// stays too.
func (s *Store) ForgetRecording(ctx context.Context, r Recording) error {
	return s.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewDelete().Model((*Object)(nil)).
			Where("organisation_id = ?", r.OrganisationID).Where("recording_id = ?", r.ID).Exec(ctx)
		if err != nil {
			return wrap("forget objects", err)
		}
		_, err = tx.NewDelete().Model((*Recording)(nil)).
			Where("organisation_id = ?", r.OrganisationID).Where("id = ?", r.ID).Exec(ctx)
		if err != nil {
			return wrap("forget recording", err)
		}
		_, err = tx.NewUpdate().Model((*Session)(nil)).Set("recording_id = ''").Set("recording_deleted = ?", now()).
			Where("organisation_id = ?", r.OrganisationID).Where("recording_id = ?", r.ID).Exec(ctx)
		return wrap("mark session", err)
	})
}
