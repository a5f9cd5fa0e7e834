package store

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"beside/consent/checkpoint"
	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
)

// Recording is what is known of a recording.
type Recording struct {
	bun.BaseModel `bun:"table:recordings"`

	OrganisationID string    `bun:"organisation_id,pk"`
	ID             string    `bun:"id,pk"`
	SessionID      string    `bun:"session_id"`
	TechnicianName string    `bun:"technician_name"`
	Started        time.Time `bun:"started"`
	KeepUntil      time.Time `bun:"keep_until"`

	Bytes    int64 `bun:"bytes,scanonly"`
	Segments int   `bun:"segments,scanonly"`
	Complete bool  `bun:"complete,scanonly"`
}

// Object is one stored object of a recording.
type Object struct {
	bun.BaseModel `bun:"table:objects"`

	OrganisationID string `bun:"organisation_id,pk"`
	RecordingID    string `bun:"recording_id,pk"`
	Name           string `bun:"name,pk"`
	SHA256         string `bun:"sha256"`
	Bytes          int64  `bun:"bytes"`
}

// Manifest is the name of the object that completes a recording.
const Manifest = "manifest.jws"

// ErrOtherSession: the recording belongs to another session.
var ErrOtherSession = errors.New("store: the recording belongs to another session")

// maxRecordings is how many recordings one session may have: each yes to recording makes
// one.
const maxRecordings = 100

// ErrTooMany: the session has as many recordings as it may have.
var ErrTooMany = errors.New("store: too many recordings of one session")

// UploadRecording begins or finds the recording of a session for an upload. A recording
// belongs to the session that began it, and a session has one at most at a time: the
// last one is listed with it.
func (s *Store) UploadRecording(ctx context.Context, v Session, id string, days int) (Recording, error) {
	var r Recording
	err := s.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		// A session whose recording was deleted does not begin it again.
		deleted, err := tx.NewSelect().Model((*Session)(nil)).Where("organisation_id = ?", v.OrganisationID).
			Where("id = ?", v.ID).Where("recording_deleted IS NOT NULL").Exists(ctx)
		if err != nil {
			return wrap("look for deletion", err)
		}
		if deleted {
			return ErrExpired
		}
		others, err := tx.NewSelect().Model((*Recording)(nil)).Where("organisation_id = ?", v.OrganisationID).
			Where("session_id = ?", v.ID).Where("id <> ?", id).Count(ctx)
		if err != nil {
			return wrap("count recordings", err)
		}
		if others >= maxRecordings {
			return ErrTooMany
		}
		fresh := Recording{
			OrganisationID: v.OrganisationID, ID: id, SessionID: v.ID, TechnicianName: v.TechnicianName,
			Started: now(), KeepUntil: now().AddDate(0, 0, days),
		}
		if _, err := tx.NewInsert().Model(&fresh).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
			return wrap("begin recording", err)
		}
		err = tx.NewSelect().Model(&r).Where("organisation_id = ?", v.OrganisationID).Where("id = ?", id).Scan(ctx)
		if err != nil {
			return found("find recording", err)
		}
		if r.SessionID != v.ID {
			return ErrOtherSession
		}
		if !r.KeepUntil.After(now()) {
			return ErrExpired
		}
		_, err = tx.NewUpdate().Model((*Session)(nil)).Set("recording_id = ?", id).
			Where("organisation_id = ?", v.OrganisationID).Where("id = ?", v.ID).Exec(ctx)
		return wrap("name recording", err)
	})
	return r, err
}

// Objects lists the objects of a recording by name.
func (s *Store) Objects(ctx context.Context, organisation, recording string) ([]Object, error) {
	var list []Object
	err := s.db.NewSelect().Model(&list).Where("organisation_id = ?", organisation).
		Where("recording_id = ?", recording).OrderExpr("name").Scan(ctx)
	return list, wrap("list objects", err)
}

// Object finds one object of a recording.
func (s *Store) Object(ctx context.Context, organisation, recording, name string) (Object, error) {
	var o Object
	err := s.db.NewSelect().Model(&o).Where("organisation_id = ?", organisation).
		Where("recording_id = ?", recording).Where("name = ?", name).Scan(ctx)
	return o, found("find object", err)
}

// Usage is how much a recording holds.
func (s *Store) Usage(ctx context.Context, organisation, recording string) (objects int, bytes int64, err error) {
	err = s.db.NewSelect().Model((*Object)(nil)).ColumnExpr("count(*), coalesce(sum(bytes), 0)").
		Where("organisation_id = ?", organisation).Where("recording_id = ?", recording).Scan(ctx, &objects, &bytes)
	return objects, bytes, wrap("sum objects", err)
}

// Kept reports whether a recording is kept: it was begun, not deleted since, and its day has
// not come.
func (s *Store) Kept(ctx context.Context, organisation, recording string) (bool, error) {
	ok, err := s.db.NewSelect().Model((*Recording)(nil)).Where("organisation_id = ?", organisation).
		Where("id = ?", recording).Where("keep_until > ?", now()).Exists(ctx)
	return ok, wrap("look for recording", err)
}

// Complete reports whether the manifest of a recording has arrived.
func (s *Store) Complete(ctx context.Context, organisation, recording string) (bool, error) {
	_, err := s.Object(ctx, organisation, recording, Manifest)
	if err == ErrNotFound {
		return false, nil
	}
	return err == nil, err
}

// AddObject stores that an object has arrived. ErrTaken when one of that name is
// there; ErrComplete when the manifest is.
func (s *Store) AddObject(ctx context.Context, o Object) error {
	return s.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		done, err := tx.NewSelect().Model((*Object)(nil)).Where("organisation_id = ?", o.OrganisationID).
			Where("recording_id = ?", o.RecordingID).Where("name = ?", Manifest).Exists(ctx)
		if err != nil {
			return wrap("look for manifest", err)
		}
		if done && o.Name != Manifest {
			return ErrComplete
		}
		if _, err = tx.NewInsert().Model(&o).Exec(ctx); err != nil || o.Name != Manifest {
			return wrap("add object", err)
		}
		return record(ctx, tx, o.OrganisationID, checkpoint.Entry{
			Actor: audit.EndUser, Action: audit.RecordingStored, Object: audit.Recording(o.RecordingID),
			Details: map[string]string{"manifest": o.SHA256},
		})
	})
}

func (s *Store) recordings(organisation string, into any) *bun.SelectQuery {
	return s.db.NewSelect().Model(into).
		ColumnExpr("recording.*").
		ColumnExpr("(SELECT coalesce(sum(o.bytes), 0) FROM objects o WHERE o.organisation_id = recording.organisation_id AND o.recording_id = recording.id) AS bytes").
		ColumnExpr("(SELECT count(*) FROM objects o WHERE o.organisation_id = recording.organisation_id AND o.recording_id = recording.id AND o.name LIKE 'segment-%') AS segments").
		ColumnExpr("EXISTS (SELECT 1 FROM objects o WHERE o.organisation_id = recording.organisation_id AND o.recording_id = recording.id AND o.name = ?) AS complete", Manifest).
		Where("recording.organisation_id = ?", organisation).Where("recording.keep_until > ?", now())
}

// Recordings lists the recordings of an organisation, the latest first. One whose day
// has come is not listed, though it may not have been deleted yet.
func (s *Store) Recordings(ctx context.Context, organisation string) ([]Recording, error) {
	var list []Recording
	err := s.recordings(organisation, &list).OrderExpr("recording.started DESC, recording.id").Limit(1000).Scan(ctx)
	return list, wrap("list recordings", err)
}

// Recording finds a recording of an organisation whose day has not come.
func (s *Store) Recording(ctx context.Context, organisation, id string) (Recording, error) {
	var r Recording
	err := s.recordings(organisation, &r).Where("recording.id = ?", id).Scan(ctx)
	return r, found("find recording", err)
}

// Opening is one look at a recording: who, when, and why.
type Opening struct {
	bun.BaseModel `bun:"table:openings"`

	ID             string    `bun:"id,pk"`
	OrganisationID string    `bun:"organisation_id"`
	RecordingID    string    `bun:"recording_id"`
	UserID         string    `bun:"user_id"`
	UserName       string    `bun:"user_name"`
	Reason         string    `bun:"reason"`
	Ticket         string    `bun:"ticket"`
	Opened         time.Time `bun:"opened"`
}

// OpenFor is how long after giving a reason a reviewer may fetch the objects.
const OpenFor = time.Hour

// OpenRecording stores that a reviewer opens a recording and why.
func (s *Store) OpenRecording(ctx context.Context, organisation, recording string, by auth.Caller, reason, ticket string) error {
	row := Opening{
		ID: auth.NewID(), OrganisationID: organisation, RecordingID: recording,
		UserID: by.UserID, UserName: by.Name, Reason: reason, Ticket: ticket, Opened: now(),
	}
	e := checkpoint.Entry{
		Actor: audit.Person(by.UserID), Action: audit.RecordingOpened, Object: audit.Recording(recording),
		Details: map[string]string{"reason": reason, "ticket": ticket},
	}
	return s.act(ctx, organisation, func(ctx context.Context, tx bun.Tx) (checkpoint.Entry, error) {
		_, err := tx.NewInsert().Model(&row).Exec(ctx)
		return e, wrap("open recording", err)
	})
}

// HasOpened reports whether the user gave a reason for this recording in the last hour.
func (s *Store) HasOpened(ctx context.Context, organisation, recording, user string) (bool, error) {
	ok, err := s.db.NewSelect().Model((*Opening)(nil)).Where("organisation_id = ?", organisation).
		Where("recording_id = ?", recording).Where("user_id = ?", user).
		Where("opened > ?", now().Add(-OpenFor)).Exists(ctx)
	return ok, wrap("look for opening", err)
}

// Openings lists who looked at a recording, the latest first.
func (s *Store) Openings(ctx context.Context, organisation, recording string) ([]Opening, error) {
	var list []Opening
	err := s.db.NewSelect().Model(&list).Where("organisation_id = ?", organisation).
		Where("recording_id = ?", recording).OrderExpr("opened DESC, id").Scan(ctx)
	return list, wrap("list openings", err)
}
