package relay

import (
	"context"
	"errors"
	"fmt"

	"beside/consent/checkpoint"
	"beside/relay/internal/store"
)

// ErrAudit means that an audit log is not what was logged.
var ErrAudit = checkpoint.ErrFalse

// AuditLog is one organisation's audit log, whose every hash was made anew.
type AuditLog struct {
	// Organisation is its short name.
	Organisation string
	checkpoint.Head
}

// Audit checks the audit log of each organisation, or of the one with that short name, and
// tells of it: of each entry, if there is an entry, and of each log that is whole. The
// error is ErrAudit for the first that is not.
func (m *Manager) Audit(ctx context.Context, shortName string, entry func(number int64, data []byte), whole func(AuditLog)) error {
	list, err := m.store.Organisations(ctx)
	if shortName != "" {
		org, missing := m.organisation(ctx, shortName)
		list, err = []store.Organisation{org}, missing
	}
	if err != nil {
		return err
	}
	for _, org := range list {
		head, err := m.checkLog(ctx, org.ID, entry)
		if errors.Is(err, store.ErrNotFound) {
			continue // nothing was logged yet
		}
		if err != nil {
			return fmt.Errorf("audit log of %s: %w", org.ShortName, err)
		}
		whole(AuditLog{org.ShortName, head})
	}
	return nil
}

func (m *Manager) checkLog(ctx context.Context, organisation string, entry func(int64, []byte)) (checkpoint.Head, error) {
	log, err := m.store.AuditLog(ctx, organisation)
	if err != nil {
		return checkpoint.Head{}, err
	}
	err = log.Check(func(n int64) ([]byte, error) {
		data, err := m.store.AuditEntryAt(ctx, log.ID, n)
		if errors.Is(err, store.ErrNotFound) {
			return nil, fmt.Errorf("%w: entry %d is missing", ErrAudit, n+1)
		}
		if err == nil && entry != nil {
			entry(n, data)
		}
		return data, err
	})
	if err != nil {
		return checkpoint.Head{}, err
	}
	if _, err := m.store.AuditEntryAt(ctx, log.ID, log.Size); !errors.Is(err, store.ErrNotFound) {
		return checkpoint.Head{}, errors.Join(err, fmt.Errorf("%w: there are entries behind its end", ErrAudit))
	}
	return log.Head()
}
