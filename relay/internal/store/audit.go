package store

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/uptrace/bun"
	"golang.org/x/mod/sumdb/tlog"

	"beside/consent/checkpoint"
	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
)

// ErrAuditKey: the audit logs were begun with another key.
var ErrAuditKey = errors.New("store: the audit logs were begun with another key")

// auditLog is the row of an organisation's log.
type auditLog struct {
	bun.BaseModel `bun:"table:audit_logs"`

	OrganisationID string `bun:"organisation_id,pk"`
	ID             string `bun:"id"`
	Size           int64  `bun:"size"`
}

// auditEntry is an entry, and what it is found by.
type auditEntry struct {
	bun.BaseModel `bun:"table:audit_entries"`

	OrganisationID string `bun:"organisation_id,pk"`
	Number         int64  `bun:"number,pk"`
	Action         string `bun:"action"`
	Object         string `bun:"object"`
	Data           string `bun:"data"`
}

// auditHash is one hash of a log's tree, under the number that package tlog gives it.
type auditHash struct {
	bun.BaseModel `bun:"table:audit_hashes"`

	OrganisationID string `bun:"organisation_id,pk"`
	Number         int64  `bun:"number,pk"`
	Hash           []byte `bun:"hash"`
}

// auditKey is the public key of all logs.
type auditKey struct {
	bun.BaseModel `bun:"table:audit_keys"`

	ID     int    `bun:"id,pk"`
	Public []byte `bun:"public"`
}

// act carries out a change and logs it: both or neither. Whatever an organisation's
// auditors may want to know of goes through here. A change that turns out to be none
// returns errNothing, and leaves no entry.
func (s *Store) act(ctx context.Context, organisation string, change func(ctx context.Context, tx bun.Tx) (checkpoint.Entry, error)) error {
	err := s.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		e, err := change(ctx, tx)
		if err != nil {
			return err
		}
		return record(ctx, tx, organisation, e)
	})
	if err == errNothing {
		return nil
	}
	return err
}

// errNothing says that there was nothing to change.
var errNothing = errors.New("store: nothing to do")

// record appends an entry to the log of an organisation, in the transaction of what it
// tells. Transactions that write come one after another (see Open), and an entry's number
// is a key: two at once cannot fork a log.
func record(ctx context.Context, tx bun.Tx, organisation string, e checkpoint.Entry) error {
	e.Time = now()
	data, err := e.Encode()
	if err != nil {
		return err
	}
	fresh := auditLog{OrganisationID: organisation, ID: auth.NewID()}
	if _, err := tx.NewInsert().Model(&fresh).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
		return wrap("begin audit log", err)
	}
	var l auditLog
	if err := tx.NewSelect().Model(&l).Where("organisation_id = ?", organisation).Scan(ctx); err != nil {
		return wrap("find audit log", err)
	}
	hashes, err := tlog.StoredHashes(l.Size, data, hashReader(ctx, tx, organisation))
	if err != nil {
		return wrap("hash audit entry", err)
	}
	rows, first := make([]auditHash, len(hashes)), tlog.StoredHashIndex(0, l.Size)
	for i, h := range hashes {
		rows[i] = auditHash{OrganisationID: organisation, Number: first + int64(i), Hash: h[:]}
	}
	if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
		return wrap("add audit hashes", err)
	}
	row := auditEntry{OrganisationID: organisation, Number: l.Size, Action: e.Action, Object: e.Object, Data: string(data)}
	if _, err := tx.NewInsert().Model(&row).Exec(ctx); err != nil {
		return wrap("add audit entry", err)
	}
	res, err := tx.NewUpdate().Model((*auditLog)(nil)).Set("size = size + 1").
		Where("organisation_id = ?", organisation).Where("size = ?", l.Size).Exec(ctx)
	return changed("grow audit log", res, err)
}

// hashReader reads the hashes of an organisation's log.
func hashReader(ctx context.Context, db bun.IDB, organisation string) tlog.HashReader {
	return tlog.HashReaderFunc(func(numbers []int64) ([]tlog.Hash, error) {
		if len(numbers) == 0 {
			return nil, nil
		}
		var rows []auditHash
		err := db.NewSelect().Model(&rows).Where("organisation_id = ?", organisation).
			Where("number IN (?)", bun.List(numbers)).Scan(ctx)
		if err != nil {
			return nil, wrap("read audit hashes", err)
		}
		found := make(map[int64][]byte, len(rows))
		for _, r := range rows {
			found[r.Number] = r.Hash
		}
		hashes := make([]tlog.Hash, len(numbers))
		for i, n := range numbers {
			if len(found[n]) != tlog.HashSize {
				return nil, fmt.Errorf("store: audit hash %d is missing", n)
			}
			hashes[i] = tlog.Hash(found[n])
		}
		return hashes, nil
	})
}

// AuditLog is the log of an organisation as it is now. Nothing of what it reads changes
// any more, so a log may be read while it grows.
func (s *Store) AuditLog(ctx context.Context, organisation string) (audit.Log, error) {
	var l auditLog
	err := s.db.NewSelect().Model(&l).Where("organisation_id = ?", organisation).Scan(ctx)
	return s.logOf(ctx, l), found("find audit log", err)
}

// AuditLogByID finds a log by its name, which is a secret of those who hold a checkpoint
// of it, and says nothing of the organisation.
func (s *Store) AuditLogByID(ctx context.Context, id string) (audit.Log, error) {
	var l auditLog
	err := s.db.NewSelect().Model(&l).Where("id = ?", id).Scan(ctx)
	return s.logOf(ctx, l), found("find audit log", err)
}

func (s *Store) logOf(ctx context.Context, l auditLog) audit.Log {
	return audit.Log{ID: l.ID, Size: l.Size, Hashes: hashReader(ctx, s.db, l.OrganisationID)}
}

// AuditEntry finds the first entry of an act on an object, and its number.
func (s *Store) AuditEntry(ctx context.Context, organisation, action, object string) (data []byte, number int64, err error) {
	var e auditEntry
	err = s.db.NewSelect().Model(&e).Where("organisation_id = ?", organisation).Where("object = ?", object).
		Where("action = ?", action).OrderExpr("number").Limit(1).Scan(ctx)
	return []byte(e.Data), e.Number, found("find audit entry", err)
}

// PinAuditKey stores the key that checks the logs, once. ErrAuditKey when they were begun
// with another.
func (s *Store) PinAuditKey(ctx context.Context, key ed25519.PublicKey) error {
	row := auditKey{ID: 1, Public: key}
	if _, err := s.db.NewInsert().Model(&row).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
		return wrap("pin audit key", err)
	}
	if err := s.db.NewSelect().Model(&row).WherePK().Scan(ctx); err != nil {
		return wrap("read audit key", err)
	}
	if !bytes.Equal(row.Public, key) {
		return ErrAuditKey
	}
	return nil
}

// AuditEntryAt is the entry at a place of the log with that id.
func (s *Store) AuditEntryAt(ctx context.Context, log string, number int64) ([]byte, error) {
	var e auditEntry
	err := s.db.NewSelect().Model(&e).Where("number = ?", number).
		Where("organisation_id = (SELECT organisation_id FROM audit_logs WHERE id = ?)", log).Scan(ctx)
	return []byte(e.Data), found("find audit entry", err)
}

// Organisations lists all organisations, the first first. Only the operator asks this.
func (s *Store) Organisations(ctx context.Context) ([]Organisation, error) {
	var list []Organisation
	return list, wrap("list organisations", s.db.NewSelect().Model(&list).OrderExpr("created, id").Scan(ctx))
}
