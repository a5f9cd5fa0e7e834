package relay

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strconv"

	"beside/consent/checkpoint"
	"beside/protocol/wire"
	"beside/relay/internal/audit"
	"beside/relay/internal/store"
)

// auditKeyName is the file of the key that signs the checkpoints of the audit logs.
const auditKeyName = "audit.key"

// openAudit reads the key of the audit logs, which it makes before there is a log. With
// another one than the logs were begun with the relay does not start: every receipt would
// then say that they are not to be trusted.
func openAudit(ctx context.Context, dir string, s *store.Store) (audit.Key, error) {
	name := filepath.Join(dir, auditKeyName)
	const remedy = "restore it from your backup"
	seed, err := openKey(name, remedy)
	if err != nil {
		return audit.Key{}, err
	}
	key := audit.NewKey(seed)
	err = s.PinAuditKey(ctx, key.Public())
	if errors.Is(err, store.ErrAuditKey) {
		return key, refuse("%s is not the key that the audit logs were begun with; %s", name, remedy)
	}
	return key, err
}

// openingProof shows the agent that its session's opening is in the audit log. Without it
// the session goes on, and the receipt says that there was none.
func (r *room) openingProof() *wire.AuditProof {
	proof, size := r.proof(checkpoint.SessionOpened, 0)
	r.seen = size
	return proof
}

// sendEndingProof shows the agent that its session's end is in the audit log, and that the
// log is still the one of the beginning.
func (r *room) sendEndingProof() {
	if !r.audited {
		return
	}
	if proof, _ := r.proof(checkpoint.SessionEnded, r.seen); proof != nil {
		r.toAgent(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Audit{Audit: proof}})
	}
}

// proof shows that action on the room's session stands in the organisation's log, which
// has size entries; nil when that cannot be shown.
func (r *room) proof(action string, since int64) (proof *wire.AuditProof, size int64) {
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	p, log, err := r.desk.prove(ctx, r.org.ID, action, checkpoint.OfSession(r.session), since)
	if err == nil {
		proof, err = r.desk.wireProof(p, log, since == 0)
	}
	if err != nil {
		r.log.Error("prove audit entry", "err", err)
		return nil, 0
	}
	return proof, log.Size
}

func (d *desk) prove(ctx context.Context, organisation, action, object string, since int64) (checkpoint.Proof, audit.Log, error) {
	entry, number, err := d.store.AuditEntry(ctx, organisation, action, object)
	if err != nil {
		return checkpoint.Proof{}, audit.Log{}, err
	}
	log, err := d.store.AuditLog(ctx, organisation)
	if err != nil {
		return checkpoint.Proof{}, log, err
	}
	p, err := log.Prove(d.audit, entry, number, since)
	return p, log, err
}

func (d *desk) wireProof(p checkpoint.Proof, log audit.Log, withKey bool) (*wire.AuditProof, error) {
	w := &wire.AuditProof{
		Checkpoint: p.Checkpoint, Entry: []byte(p.Entry), Number: uint64(p.Number),
		Inclusion: hashBytes(p.Inclusion), Consistency: hashBytes(p.Consistency),
	}
	var err error
	if withKey {
		w.Key, err = d.audit.Verifier(log.ID)
	}
	return w, err
}

func hashBytes(hashes []checkpoint.Hash) [][]byte {
	list := make([][]byte, len(hashes))
	for i, h := range hashes {
		list[i] = h[:]
	}
	return list
}

// serveCheckpoint gives out the state of an audit log as it is now, and the proof that it
// is the log that had as many entries as `from` says, with others behind them. With both
// and an old receipt anybody finds out whether the log was rewritten or cut.
func (r *Relay) serveCheckpoint(w http.ResponseWriter, req *http.Request) {
	if wait := r.looks.Take(addressOf(req.Context())); wait > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(wholeSeconds(wait), 10))
		writeError(w, http.StatusTooManyRequests, "resource_exhausted", "too many requests; wait and try again")
		return
	}
	from, err := strconv.ParseInt(req.URL.Query().Get("from"), 10, 64)
	if err != nil || from < 1 {
		writeError(w, http.StatusBadRequest, "invalid_argument", "say from which number of entries, as ?from=1")
		return
	}
	log, err := r.store.AuditLogByID(req.Context(), req.PathValue("id"))
	switch {
	case errors.Is(err, store.ErrNotFound):
		writeError(w, http.StatusNotFound, "not_found", "this relay keeps no such log")
		return
	case err != nil:
		r.fail(w, "find audit log", err)
		return
	}
	now, err := r.checkpointNow(log, from)
	if err != nil {
		r.fail(w, "sign checkpoint", err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(now) // the client may be gone
}

func (r *Relay) checkpointNow(log audit.Log, from int64) (checkpoint.Today, error) {
	head, err := log.Head()
	if err != nil {
		return checkpoint.Today{}, err
	}
	signed, err := r.audit.Sign(head)
	if err != nil {
		return checkpoint.Today{}, err
	}
	consistency, err := log.Since(from)
	return checkpoint.Today{Checkpoint: signed, Consistency: consistency}, err
}
