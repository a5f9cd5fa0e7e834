package consent

import (
	"crypto/ed25519"
	"fmt"

	"beside/consent/checkpoint"
)

// witnessSchema names the layout of a Witness, and witnessType its JWS "typ".
const (
	witnessSchema = "beside-witness/1"
	witnessType   = "beside-witness+jws"
)

// WitnessState is what a relay gave of its audit log.
type WitnessState string

const (
	// WitnessHeld: proofs that verified before they were taken.
	WitnessHeld WitnessState = "held"
	// WitnessNone: nothing.
	WitnessNone WitnessState = "none"
	// WitnessFalse: something that did not verify.
	WitnessFalse WitnessState = "false"
)

// Witness is what the relay's audit log says of the session: that it was opened, and later
// that it ended. The checkpoints in it hold the relay to its log as it was then: who has
// the receipt finds out when anything before that was changed or taken out (THREAT 24).
type Witness struct {
	State WitnessState `json:"state"`
	// Key checks the log's checkpoints; it is the relay's word, at the session's beginning.
	Key string `json:"key,omitempty"`
	// Opened and Ended are the proofs. A false witness may have a true Opened: what came
	// after it did not fit.
	Opened *checkpoint.Proof `json:"opened,omitempty"`
	Ended  *checkpoint.Proof `json:"ended,omitempty"`
}

// Testimony is what a Witness proves.
type Testimony struct {
	State WitnessState
	Key   string
	// Opened and Ended are the entries, nil where there is none; Head is the latest state
	// of the log that was proved, and its zero value none.
	Opened, Ended *checkpoint.Entry
	Head          checkpoint.Head
}

// Verify checks the witness of a session. A false or missing one is no error: it says so
// itself. The error is checkpoint.ErrFalse.
func (w Witness) Verify(session string) (Testimony, error) {
	t := Testimony{State: w.State, Key: w.Key}
	switch {
	case w.State == WitnessHeld && w.Opened != nil:
	case w.State == WitnessFalse && w.Ended == nil:
	case w.State == WitnessNone && w.Opened == nil && w.Ended == nil:
	default:
		return Testimony{}, fmt.Errorf("%w: witness", checkpoint.ErrFalse)
	}
	if w.Opened == nil {
		return t, nil
	}
	opened, head, err := tells(*w.Opened, w.Key, checkpoint.SessionOpened, session)
	if err != nil {
		return Testimony{}, err
	}
	t.Opened, t.Head = &opened, head
	if w.Ended == nil {
		return t, nil
	}
	ended, later, err := tells(*w.Ended, w.Key, checkpoint.SessionEnded, session)
	if err != nil {
		return Testimony{}, err
	}
	if err := checkpoint.Consistent(head, later, w.Ended.Consistency); err != nil {
		return Testimony{}, err
	}
	t.Ended, t.Head = &ended, later
	return t, nil
}

// tells checks that the proof is of that act on that session, and no other.
func tells(p checkpoint.Proof, key, action, session string) (checkpoint.Entry, checkpoint.Head, error) {
	e, head, err := p.Verify(key)
	if err == nil && (e.Action != action || e.Object != checkpoint.OfSession(session)) {
		err = fmt.Errorf("%w: the entry is of something else", checkpoint.ErrFalse)
	}
	return e, head, err
}

type witness struct {
	Schema    string `json:"schema_version"`
	SessionID string `json:"session_id"`
	Witness
}

// SignWitness puts what the relay's audit log says into the receipt, signed with the key
// that signed the records.
func (r *Receipt) SignWitness(key ed25519.PrivateKey, w Witness) error {
	signer, err := newSigner(key, witnessType)
	if err != nil {
		return err
	}
	r.Witness, err = sign(signer, witness{Schema: witnessSchema, SessionID: r.SessionID, Witness: w})
	return err
}

// Testimony verifies and returns what the relay's audit log says of the session. A receipt
// from before there were such logs has none, and the zero Testimony.
func (r Receipt) Testimony() (Testimony, error) {
	if r.Witness == "" {
		return Testimony{}, nil
	}
	key, err := r.key()
	if err != nil {
		return Testimony{}, err
	}
	var w witness
	if err := verify(r.Witness, key, witnessType, &w); err != nil {
		return Testimony{}, err
	}
	if w.Schema != witnessSchema || w.SessionID != r.SessionID {
		return Testimony{}, fmt.Errorf("%w: witness", ErrReceipt)
	}
	t, err := w.Verify(r.SessionID)
	if err != nil {
		return Testimony{}, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	return t, nil
}
