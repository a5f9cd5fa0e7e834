// Package audit is what the relay needs to keep an audit log of each organisation: the
// names of the acts, the key that signs checkpoints, and the proofs. Where the entries
// and hashes are kept is package store's; how others check them is consent/checkpoint.
//
// Begin with [Key]. The relay can add to a log and nothing else: whoever changes, cuts or
// forks one is found by the first receipt whose checkpoint does not fit it any more.
package audit

import (
	"crypto/ed25519"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"beside/consent/checkpoint"
)

// What is logged, beside the opening and the end of a session (consent/checkpoint).
const (
	OrganisationMade     = "organisation.made"
	OrganisationChanged  = "organisation.changed"
	OrganisationVerified = "organisation.verified"
	OrganisationDoubted  = "organisation.unverified"
	RecordingSetUp       = "recording.set-up"
	PersonInvited        = "person.invited"
	PersonJoined         = "person.joined"
	PersonRoles          = "person.roles"
	PersonRemoved        = "person.removed"
	LinkMade             = "person.link-made"
	SignedIn             = "person.signed-in"
	TokenMade            = "person.token-made"
	FeedbackSent         = "session.feedback"
	RecordingStored      = "recording.stored"
	RecordingOpened      = "recording.opened"
	RecordingErased      = "recording.erased"
	RecordingDestroyed   = "recording.destroyed"
)

// Those who act without an account.
const (
	EndUser  = "end-user" // who holds the session's own token
	Operator = "operator" // at the relay's own machine
	Relay    = "relay"    // by itself: a day has come, a connection is gone
)

// Person is somebody with an account, as an entry's Actor or Object.
func Person(id string) string { return "person:" + id }

// Recording is a recording as an entry's Object.
func Recording(id string) string { return "recording:" + id }

// Key signs the checkpoints of a relay's logs: Ed25519, as the notes of C2SP have it.
type Key struct{ private ed25519.PrivateKey }

// NewKey makes the key of its seed of 32 bytes.
func NewKey(seed []byte) Key { return Key{ed25519.NewKeyFromSeed(seed)} }

// Public is the key that checks, without a log's name.
func (k Key) Public() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) }

// Verifier is the key that checks one log's checkpoints, in the form of note.NewVerifier.
func (k Key) Verifier(log string) (string, error) {
	v, err := note.NewEd25519VerifierKey(checkpoint.Origin(log), k.Public())
	if err != nil {
		return "", fmt.Errorf("audit: verifier key: %w", err)
	}
	return v, nil
}

// Sign signs the state of a log: a checkpoint.
func (k Key) Sign(h checkpoint.Head) (string, error) {
	s, err := k.signer(h.Origin)
	if err != nil {
		return "", err
	}
	signed, err := note.Sign(&note.Note{Text: h.Text()}, s)
	if err != nil {
		return "", fmt.Errorf("audit: sign: %w", err)
	}
	return string(signed), nil
}

// signer signs under the name of one log.
type signer struct {
	note.Verifier
	private ed25519.PrivateKey
}

func (k Key) signer(origin string) (signer, error) {
	text, err := note.NewEd25519VerifierKey(origin, k.Public())
	if err != nil {
		return signer{}, fmt.Errorf("audit: key: %w", err)
	}
	v, err := note.NewVerifier(text)
	if err != nil {
		return signer{}, fmt.Errorf("audit: key: %w", err)
	}
	return signer{v, k.private}, nil
}

// Sign implements note.Signer.
func (s signer) Sign(text []byte) ([]byte, error) { return ed25519.Sign(s.private, text), nil }

// Log is one log to be read from: its id, how many entries it has, and its hashes.
type Log struct {
	ID     string
	Size   int64
	Hashes tlog.HashReader
}

// Head is the state of the log.
func (l Log) Head() (checkpoint.Head, error) {
	root, err := tlog.TreeHash(l.Size, l.Hashes)
	if err != nil {
		return checkpoint.Head{}, fmt.Errorf("audit: head: %w", err)
	}
	return checkpoint.Head{Origin: checkpoint.Origin(l.ID), Size: l.Size, Root: root}, nil
}

// Since proves that the log is the one that had size entries before. Nothing proves that
// of a size that the log does not reach: whoever asks sees it cut.
func (l Log) Since(size int64) ([]tlog.Hash, error) {
	if size < 1 || size > l.Size {
		return nil, nil
	}
	p, err := tlog.ProveTree(l.Size, size, l.Hashes)
	if err != nil {
		return nil, fmt.Errorf("audit: consistency: %w", err)
	}
	return p, nil
}

// Prove proves that entry stands at number, and since a size that somebody has seen, if
// not 0, that the log is the same.
func (l Log) Prove(key Key, entry []byte, number, since int64) (checkpoint.Proof, error) {
	head, err := l.Head()
	if err != nil {
		return checkpoint.Proof{}, err
	}
	signed, err := key.Sign(head)
	if err != nil {
		return checkpoint.Proof{}, err
	}
	inclusion, err := tlog.ProveRecord(l.Size, number, l.Hashes)
	if err != nil {
		return checkpoint.Proof{}, fmt.Errorf("audit: inclusion: %w", err)
	}
	consistency, err := l.Since(since)
	return checkpoint.Proof{
		Checkpoint: signed, Entry: string(entry), Number: number, Inclusion: inclusion, Consistency: consistency,
	}, err
}

// Check makes every hash anew from the entries and compares it with the one that is kept.
// It finds whatever was changed in the database by others than the relay itself; what the
// relay did itself is found by the receipts. The error is checkpoint.ErrFalse.
func (l Log) Check(entry func(number int64) ([]byte, error)) error {
	var own []tlog.Hash
	reader := tlog.HashReaderFunc(func(numbers []int64) ([]tlog.Hash, error) {
		list := make([]tlog.Hash, len(numbers))
		for i, n := range numbers {
			list[i] = own[n]
		}
		return list, nil
	})
	for n := range l.Size {
		data, err := entry(n)
		if err != nil {
			return err
		}
		fresh, err := tlog.StoredHashes(n, data, reader)
		if err != nil {
			return fmt.Errorf("audit: check: %w", err)
		}
		if err := l.compare(n, int64(len(own)), fresh); err != nil {
			return err
		}
		own = append(own, fresh...)
	}
	return nil
}

// compare compares the hashes that came with entry n, from number first on.
func (l Log) compare(n, first int64, fresh []tlog.Hash) error {
	numbers := make([]int64, len(fresh))
	for i := range numbers {
		numbers[i] = first + int64(i)
	}
	kept, err := l.Hashes.ReadHashes(numbers)
	if err != nil {
		return fmt.Errorf("audit: check: %w", err)
	}
	if !slices.Equal(kept, fresh) {
		return fmt.Errorf("%w: entry %d is not the one that was logged", checkpoint.ErrFalse, n+1)
	}
	return nil
}
