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

// Session is one attended session: who, when, and nothing of what was on the screen.
type Session struct {
	bun.BaseModel `bun:"table:sessions"`

	ID             string       `bun:"id,pk"`
	OrganisationID string       `bun:"organisation_id"`
	TechnicianID   string       `bun:"technician_id"`
	TechnicianName string       `bun:"technician_name"`
	Started        time.Time    `bun:"started"`
	Ended          bun.NullTime `bun:"ended"`
	UploadHash     string       `bun:"upload_hash"`
	RecordingID    string       `bun:"recording_id"`
	// RecordingDeleted is when the recording was deleted for good; zero when there is
	// none or it is kept.
	RecordingDeleted bun.NullTime `bun:"recording_deleted"`
	// Rating, Comment and Reported are what the user sent of the session; 0 is no rating.
	Rating   int    `bun:"rating"`
	Comment  string `bun:"comment"`
	Reported bool   `bun:"reported"`
}

// UploadAfterEnd is how long after its end a session's recording may be uploaded.
const UploadAfterEnd = time.Hour

// StartSession stores a session that begins now.
func (s *Store) StartSession(ctx context.Context, organisation, id string, by auth.Caller, upload auth.Secret) error {
	row := Session{
		ID: id, OrganisationID: organisation, TechnicianID: by.UserID, TechnicianName: by.Name,
		Started: now(), UploadHash: upload.Hash(),
	}
	e := checkpoint.Entry{Actor: audit.Person(by.UserID), Action: checkpoint.SessionOpened, Object: checkpoint.OfSession(id)}
	return s.act(ctx, organisation, func(ctx context.Context, tx bun.Tx) (checkpoint.Entry, error) {
		_, err := tx.NewInsert().Model(&row).Exec(ctx)
		return e, wrap("start session", err)
	})
}

// EndSession stores that a session is over. Ending twice keeps the first time.
func (s *Store) EndSession(ctx context.Context, organisation, id string) error {
	return s.act(ctx, organisation, func(ctx context.Context, tx bun.Tx) (checkpoint.Entry, error) {
		e := checkpoint.Entry{Actor: audit.Relay, Action: checkpoint.SessionEnded, Object: checkpoint.OfSession(id)}
		res, err := tx.NewUpdate().Model((*Session)(nil)).Set("ended = ?", now()).
			Where("organisation_id = ?", organisation).Where("id = ?", id).Where("ended IS NULL").Exec(ctx)
		if err = changed("end session", res, err); err == ErrNotFound {
			err = errNothing
		}
		return e, err
	})
}

// EndAllSessions ends what a relay that stopped without notice left open.
func (s *Store) EndAllSessions(ctx context.Context) error {
	var open []Session
	if err := s.db.NewSelect().Model(&open).Where("ended IS NULL").OrderExpr("started, id").Scan(ctx); err != nil {
		return wrap("list open sessions", err)
	}
	for _, v := range open {
		if err := s.EndSession(ctx, v.OrganisationID, v.ID); err != nil {
			return err
		}
	}
	return nil
}

// SetFeedback stores what the user sent of a session. Later words take the place of
// earlier ones, but a report is not taken back.
func (s *Store) SetFeedback(ctx context.Context, organisation, id string, rating int, comment string, reported bool) error {
	e := checkpoint.Entry{
		Actor: audit.EndUser, Action: audit.FeedbackSent, Object: checkpoint.OfSession(id),
		Details: map[string]string{"rating": strconv.Itoa(rating), "reported": strconv.FormatBool(reported)},
	}
	return s.act(ctx, organisation, func(ctx context.Context, tx bun.Tx) (checkpoint.Entry, error) {
		res, err := tx.NewUpdate().Model((*Session)(nil)).Set("rating = ?", rating).Set("comment = ?", comment).
			Set("reported = (reported OR ?)", reported).
			Where("organisation_id = ?", organisation).Where("id = ?", id).Exec(ctx)
		return e, changed("set feedback", res, err)
	})
}

// Sessions lists the latest sessions of an organisation; of one technician only when
// technician is set.
func (s *Store) Sessions(ctx context.Context, organisation, technician string, limit int64) ([]Session, error) {
	var list []Session
	q := s.db.NewSelect().Model(&list).Where("organisation_id = ?", organisation).
		OrderExpr("started DESC, id").Limit(limit)
	if technician != "" {
		q = q.Where("technician_id = ?", technician)
	}
	return list, wrap("list sessions", q.Scan(ctx))
}

// SessionByUpload finds the session whose upload token this is, while it may upload.
func (s *Store) SessionByUpload(ctx context.Context, upload auth.Secret) (Session, error) {
	var v Session
	err := s.db.NewSelect().Model(&v).Where("upload_hash = ?", upload.Hash()).
		Where("ended IS NULL OR ended > ?", now().Add(-UploadAfterEnd)).Scan(ctx)
	return v, found("find session", err)
}
