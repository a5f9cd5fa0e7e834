// Package checkpoint is how a relay's audit log proves itself to those who need not
// believe the relay: the agent, who holds the receipt, and whoever checks one.
//
// Each organisation has a log of its own: entries in their order, a Merkle tree over them
// (RFC 6962), and a [Head] of the tree that the relay signs, the checkpoint. Begin with
// [Proof.Verify]: this entry stands in the log whose checkpoint this is. [Consistent] says
// that a later checkpoint is of the same log, grown: what was there was neither changed,
// left out nor put elsewhere.
//
//	entry ─ leaf hash ─┬─ inclusion ─► root ─ signed ─► checkpoint ─ consistency ─► checkpoint
//	                   other hashes                     in the receipt             of today
//
// It makes no log and signs nothing: that is the relay's, relay/internal/audit. The forms
// are those of C2SP (tlog-checkpoint, signed-note), so that other tools read them too.
package checkpoint

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// ErrFalse: a log does not prove what it says.
var ErrFalse = errors.New("checkpoint: the audit log does not prove what it says")

// Limits of what comes from a relay. A log has as many entries as numbers are exact in
// every reader, browsers too; its proofs have fewer hashes than MaxProof.
const (
	MaxSize  = 1<<53 - 1
	MaxText  = 1 << 10 // of a checkpoint, in bytes
	MaxKey   = 256
	MaxEntry = 4 << 10
	MaxProof = 64
)

// originPrefix begins the name of every log; its random id of 128 bits, in hexadecimal,
// follows. The name tells nothing of the organisation.
const originPrefix = "beside/audit/"

// Origin is the name of the log with that id.
func Origin(log string) string { return originPrefix + log }

// Hash is a hash of the tree: SHA-256 (RFC 6962, 2.1). In JSON it is base64.
type Hash = tlog.Hash

// HashSize is the size of a Hash in bytes.
const HashSize = tlog.HashSize

// Head is the state of a log at one moment.
type Head struct {
	// Origin is the name of the log; see Log.
	Origin string
	// Size is the number of entries, Root the hash of the tree over them.
	Size int64
	Root Hash
}

// Log is the id of the log, as its address has it.
func (h Head) Log() string { return strings.TrimPrefix(h.Origin, originPrefix) }

// Text is what a checkpoint signs: name, size and root, each a line.
func (h Head) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", h.Origin, h.Size, h.Root)
}

// Open checks the signature of a checkpoint. key is the log's, as note.NewVerifier takes
// it: it bears the log's name, so that no checkpoint passes for another log's.
func Open(text, key string) (Head, error) {
	if len(text) > MaxText || len(key) > MaxKey {
		return Head{}, fmt.Errorf("%w: a checkpoint too large", ErrFalse)
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return Head{}, fmt.Errorf("%w: key", ErrFalse)
	}
	signed, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil || len(signed.Sigs) != 1 || len(signed.UnverifiedSigs) != 0 || !plain(signed.Sigs[0].Base64) {
		return Head{}, fmt.Errorf("%w: the signature of the checkpoint", ErrFalse)
	}
	head, err := parse(signed.Text)
	if err != nil || head.Origin != verifier.Name() {
		return Head{}, fmt.Errorf("%w: the form of the checkpoint", ErrFalse)
	}
	return head, nil
}

// plain: base64 in its one spelling.
func plain(text string) bool {
	data, err := base64.StdEncoding.DecodeString(text)
	return err == nil && base64.StdEncoding.EncodeToString(data) == text
}

// parse reads what Text writes, in no other spelling.
func parse(text string) (Head, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 {
		return Head{}, ErrFalse
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return Head{}, ErrFalse
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Head{}, ErrFalse
	}
	h := Head{Origin: lines[0], Size: size, Root: Hash(root)}
	if size < 1 || size > MaxSize || h.Text() != text || !validLog(h.Log()) || h.Origin != Origin(h.Log()) {
		return Head{}, ErrFalse
	}
	return h, nil
}

func validLog(id string) bool {
	return len(id) == 32 && strings.Trim(id, "0123456789abcdef") == ""
}

// Proof shows that an entry stands in a log.
type Proof struct {
	Checkpoint string `json:"checkpoint"`
	// Entry is the entry as it stands in the log, Number its place, from 0.
	Entry  string `json:"entry"`
	Number int64  `json:"number"`
	// Inclusion is the audit path of the entry (RFC 6962, 2.1.1).
	Inclusion []Hash `json:"inclusion"`
	// Consistency, of a later proof, shows that its checkpoint is of the same log as the
	// earlier one's (RFC 6962, 2.1.2).
	Consistency []Hash `json:"consistency,omitempty"`
}

// Verify checks the proof under the key of the log, and returns the entry and the state
// of the log that holds it.
func (p Proof) Verify(key string) (Entry, Head, error) {
	head, err := Open(p.Checkpoint, key)
	if err != nil {
		return Entry{}, Head{}, err
	}
	if len(p.Inclusion) > MaxProof || len(p.Consistency) > MaxProof || p.Number < 0 || p.Number >= head.Size {
		return Entry{}, Head{}, fmt.Errorf("%w: the size of the proof", ErrFalse)
	}
	leaf := tlog.RecordHash([]byte(p.Entry))
	if tlog.CheckRecord(p.Inclusion, head.Size, head.Root, p.Number, leaf) != nil {
		return Entry{}, Head{}, fmt.Errorf("%w: the entry is not in the log", ErrFalse)
	}
	entry, err := ParseEntry([]byte(p.Entry))
	return entry, head, err
}

// Consistent checks that later is the log of earlier, with nothing but more entries.
func Consistent(earlier, later Head, proof []Hash) error {
	switch {
	case earlier.Origin != later.Origin:
		return fmt.Errorf("%w: it is another log", ErrFalse)
	case later.Size < earlier.Size:
		return fmt.Errorf("%w: it had %d entries and has %d: it was cut", ErrFalse, earlier.Size, later.Size)
	case len(proof) > MaxProof:
		return fmt.Errorf("%w: the size of the proof", ErrFalse)
	case tlog.CheckTree(proof, later.Size, later.Root, earlier.Size, earlier.Root) != nil:
		return fmt.Errorf("%w: what stood in it was changed", ErrFalse)
	}
	return nil
}

// Today is what a relay answers to whoever asks for the state of a log.
type Today struct {
	Checkpoint string `json:"checkpoint"`
	// Consistency is with the size that was asked from.
	Consistency []Hash `json:"consistency"`
}

// Check checks the answer under the key of the log, and that the log is still the one
// that was seen earlier.
func (t Today) Check(key string, earlier Head) (Head, error) {
	now, err := Open(t.Checkpoint, key)
	if err != nil {
		return Head{}, err
	}
	return now, Consistent(earlier, now, t.Consistency)
}
