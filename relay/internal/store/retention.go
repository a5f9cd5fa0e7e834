package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"beside/consent/checkpoint"
	"beside/relay/internal/audit"
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
// stays too. The entry in the audit log certifies the destruction, and what it was of: how
// many objects, and the hash of the manifest that named each (PROMISE D2). One that is
// forgotten already has its certificate, and gets no other.
func (s *Store) ForgetRecording(ctx context.Context, r Recording, why Destruction) error {
	return s.act(ctx, r.OrganisationID, func(ctx context.Context, tx bun.Tx) (checkpoint.Entry, error) {
		e, err := certificate(ctx, tx, r, why)
		if err != nil {
			return e, err
		}
		_, err = tx.NewDelete().Model((*Object)(nil)).
			Where("organisation_id = ?", r.OrganisationID).Where("recording_id = ?", r.ID).Exec(ctx)
		if err != nil {
			return e, wrap("forget objects", err)
		}
		res, err := tx.NewDelete().Model((*Recording)(nil)).
			Where("organisation_id = ?", r.OrganisationID).Where("id = ?", r.ID).Exec(ctx)
		if err = changed("forget recording", res, err); err == ErrNotFound {
			return e, errNothing // somebody was quicker, and it has its certificate
		}
		if err != nil {
			return e, err
		}
		_, err = tx.NewUpdate().Model((*Session)(nil)).Set("recording_id = ''").Set("recording_deleted = ?", now()).
			Where("organisation_id = ?", r.OrganisationID).Where("recording_id = ?", r.ID).Exec(ctx)
		return e, wrap("mark session", err)
	})
}

// Destruction is why a recording was deleted for good.
type Destruction bool

// Either its day had come, or its user had it erased.
const (
	DayHasCome   Destruction = false
	UserErasedIt Destruction = true
)

func certificate(ctx context.Context, tx bun.Tx, r Recording, why Destruction) (checkpoint.Entry, error) {
	e := checkpoint.Entry{
		Actor: audit.Relay, Action: audit.RecordingDestroyed, Object: audit.Recording(r.ID),
		Details: map[string]string{"session": r.SessionID, "kept_until": r.KeepUntil.UTC().Format(time.RFC3339)},
	}
	if why == UserErasedIt {
		e.Actor, e.Action = audit.EndUser, audit.RecordingErased
	}
	objects := func() *bun.SelectQuery {
		return tx.NewSelect().Model((*Object)(nil)).Where("organisation_id = ?", r.OrganisationID).Where("recording_id = ?", r.ID)
	}
	n, err := objects().Count(ctx)
	if err != nil {
		return e, wrap("count objects", err)
	}
	var manifests []string
	if err := objects().Column("sha256").Where("name = ?", Manifest).Scan(ctx, &manifests); err != nil {
		return e, wrap("find manifest", err)
	}
	e.Details["objects"], e.Details["manifest"] = strconv.FormatInt(n, 10), strings.Join(manifests, "")
	return e, nil
}
