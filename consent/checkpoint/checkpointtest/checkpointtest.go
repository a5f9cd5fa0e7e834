// Package checkpointtest is an audit log in memory that signs whatever a test has it sign,
// for tests of those who check such logs. Begin with [New].
package checkpointtest

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"beside/consent/checkpoint"
)

// Log is a log that keeps everything.
type Log struct {
	t       testing.TB
	private ed25519.PrivateKey
	id      string
	// Entries are the entries as they are hashed, Hashes those of the tree over them.
	Entries [][]byte
	Hashes  []checkpoint.Hash
}

// New makes an empty log. Logs of one seed have one key, and letter makes up the id.
func New(t testing.TB, seed byte, letter string) *Log {
	return &Log{
		t: t, id: strings.Repeat(letter, 32), private: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize)),
	}
}

// ID is the id of the log.
func (l *Log) ID() string { return l.id }

// Add appends an entry and returns its number.
func (l *Log) Add(e checkpoint.Entry) int64 {
	l.t.Helper()
	data, err := e.Encode()
	if err != nil {
		l.t.Fatal(err)
	}
	return l.AddRaw(data)
}

// AddRaw appends what may be no entry.
func (l *Log) AddRaw(data []byte) int64 {
	l.t.Helper()
	n := int64(len(l.Entries))
	hashes, err := tlog.StoredHashes(n, data, l)
	if err != nil {
		l.t.Fatal(err)
	}
	l.Entries, l.Hashes = append(l.Entries, data), append(l.Hashes, hashes...)
	return n
}

// ReadHashes implements tlog.HashReader.
func (l *Log) ReadHashes(indexes []int64) ([]checkpoint.Hash, error) {
	list := make([]checkpoint.Hash, len(indexes))
	for i, n := range indexes {
		list[i] = l.Hashes[n]
	}
	return list, nil
}

// Key checks the log's checkpoints.
func (l *Log) Key() string {
	l.t.Helper()
	key, err := note.NewEd25519VerifierKey(checkpoint.Origin(l.id), l.private.Public().(ed25519.PublicKey))
	if err != nil {
		l.t.Fatal(err)
	}
	return key
}

// Head is the state of the log.
func (l *Log) Head() checkpoint.Head {
	l.t.Helper()
	size := int64(len(l.Entries))
	root, err := tlog.TreeHash(size, l)
	if err != nil {
		l.t.Fatal(err)
	}
	return checkpoint.Head{Origin: checkpoint.Origin(l.id), Size: size, Root: root}
}

type signer struct {
	note.Verifier
	private ed25519.PrivateKey
}

func (s signer) Sign(text []byte) ([]byte, error) { return ed25519.Sign(s.private, text), nil }

// Sign signs any text as the log signs its checkpoints.
func (l *Log) Sign(text string) string {
	l.t.Helper()
	v, err := note.NewVerifier(l.Key())
	if err != nil {
		l.t.Fatal(err)
	}
	signed, err := note.Sign(&note.Note{Text: text}, signer{v, l.private})
	if err != nil {
		l.t.Fatal(err)
	}
	return string(signed)
}

// Proof is of the entry at number, and from a size that somebody has seen, if not 0, that
// the log is the same.
func (l *Log) Proof(number, since int64) checkpoint.Proof {
	l.t.Helper()
	inclusion, err := tlog.ProveRecord(int64(len(l.Entries)), number, l)
	if err != nil {
		l.t.Fatal(err)
	}
	return checkpoint.Proof{
		Checkpoint: l.Sign(l.Head().Text()), Entry: string(l.Entries[number]), Number: number,
		Inclusion: append([]checkpoint.Hash{}, inclusion...), Consistency: l.Since(since),
	}
}

// Since proves that the log had size entries before; nothing for a size it does not reach.
func (l *Log) Since(size int64) []checkpoint.Hash {
	l.t.Helper()
	if size < 1 || size > int64(len(l.Entries)) {
		return nil
	}
	proof, err := tlog.ProveTree(int64(len(l.Entries)), size, l)
	if err != nil {
		l.t.Fatal(err)
	}
	return proof
}
