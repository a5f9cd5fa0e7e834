package agent

import (
	"log/slog"

	"beside/agent/internal/catalogue"
	"beside/consent"
	"beside/consent/checkpoint"
	"beside/protocol/wire"
)

// testimony is what the relay shows of its audit log in one session: at its beginning,
// and at its end when the relay can still be heard. Nothing waits for it, nothing depends
// on it, and it grants nothing: it goes into the receipt, once it is verified. THREAT 24.
type testimony struct {
	session, technician string
	witness             consent.Witness
	log                 *slog.Logger
}

// newTestimony takes what came with the technician. Nothing, or something false, is noted
// as that.
func newTestimony(joined *wire.TechnicianJoined, log *slog.Logger) *testimony {
	t := &testimony{
		session: joined.GetSessionId(), technician: joined.GetTechnician().GetId(),
		witness: consent.Witness{State: consent.WitnessNone}, log: log,
	}
	m := joined.GetAudit()
	if m == nil {
		return t
	}
	w := consent.Witness{State: consent.WitnessHeld, Key: m.GetKey()}
	if p, ok := proofOf(m); ok {
		w.Opened = &p
	}
	told, err := w.Verify(t.session)
	if err != nil || told.Opened.Actor != "person:"+t.technician {
		t.log.Warn("the relay's audit log does not show this session", "err", err)
		t.witness.State = consent.WitnessFalse
		return t
	}
	t.witness = w
	return t
}

// ended takes what the relay shows once it has closed the session's books, and reports
// whether there is something new. What tells of another session is passed over: one whose
// code was burnt ends too, and its end comes to whoever listens.
func (t *testimony) ended(m *wire.AuditProof) bool {
	if t.witness.State != consent.WitnessHeld || t.witness.Ended != nil {
		return false
	}
	p, ok := proofOf(m)
	if e, err := checkpoint.ParseEntry([]byte(p.Entry)); err == nil && e.Object != checkpoint.OfSession(t.session) {
		return false
	}
	grown := t.witness
	grown.Ended = &p
	if _, err := grown.Verify(t.session); err != nil || !ok {
		t.log.Warn("the relay's audit log does not show the end of this session", "err", err)
		t.witness.State = consent.WitnessFalse
		return true
	}
	t.witness = grown
	return true
}

// proofOf takes what came over the wire; false when it is larger than any proof is.
func proofOf(m *wire.AuditProof) (checkpoint.Proof, bool) {
	inclusion, ok1 := hashes(m.GetInclusion())
	consistency, ok2 := hashes(m.GetConsistency())
	number := m.GetNumber()
	if !ok1 || !ok2 || number > checkpoint.MaxSize || len(m.GetCheckpoint()) > checkpoint.MaxText || len(m.GetEntry()) > checkpoint.MaxEntry {
		return checkpoint.Proof{}, false
	}
	return checkpoint.Proof{
		Checkpoint: m.GetCheckpoint(), Entry: string(m.GetEntry()), Number: int64(number),
		Inclusion: inclusion, Consistency: consistency,
	}, true
}

func hashes(list [][]byte) ([]checkpoint.Hash, bool) {
	all := make([]checkpoint.Hash, len(list))
	for i, b := range list {
		if len(b) != checkpoint.HashSize {
			return nil, false
		}
		all[i] = checkpoint.Hash(b)
	}
	return all, true
}

// witnessText says in plain words what the receipt holds of the relay's log, and number is
// of its entries.
func witnessText(r *catalogue.Receipt, told consent.Testimony, number string) string {
	switch {
	case told.State == consent.WitnessHeld && told.Ended != nil:
		return catalogue.Fill(r.WitnessBoth, "number", number)
	case told.State == consent.WitnessHeld:
		return catalogue.Fill(r.WitnessOpened, "number", number)
	case told.State == consent.WitnessFalse:
		return r.WitnessFalse
	default:
		return r.WitnessNone
	}
}
