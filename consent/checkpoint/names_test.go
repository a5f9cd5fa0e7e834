package checkpoint_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"beside/consent/checkpoint"
)

// THREAT 24: a checkpoint is of a log of ours alone, whatever name a key was made for: another
// log's, signed by whoever, is none.
func TestOnlyALogHasACheckpoint(t *testing.T) {
	id := strings.Repeat("a", 32)
	for name, valid := range map[string]bool{
		checkpoint.Origin(id):  true,
		id:                     false,
		"other/audit/" + id:    false,
		checkpoint.Origin("x"): false,
		checkpoint.Origin(strings.Repeat("A", 32)):       false,
		checkpoint.Origin(checkpoint.Origin(id)):         false,
		checkpoint.Origin(strings.Repeat("a", 31)):       false,
		checkpoint.Origin(strings.Repeat("a", 33)):       false,
		checkpoint.Origin(strings.Repeat("a", 31) + "/"): false,
	} {
		private, public, err := note.GenerateKey(rand.Reader, name)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := note.NewSigner(private)
		if err != nil {
			t.Fatal(err)
		}
		text, err := note.Sign(&note.Note{Text: checkpoint.Head{Origin: name, Size: 1}.Text()}, signer)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := checkpoint.Open(string(text), public); valid && err != nil || !valid && !errors.Is(err, checkpoint.ErrFalse) {
			t.Errorf("of %q: %v", name, err)
		}
	}
}

// THREAT 24, PROMISE C2: two logs of the same entries are two logs.
func TestAnotherLogIsNoLaterState(t *testing.T) {
	one, same, other := grown(t, "a", 3), grown(t, "a", 5), grown(t, "b", 5)
	if err := checkpoint.Consistent(one.Head(), same.Head(), same.Since(3)); err != nil {
		t.Fatal(err)
	}
	if err := checkpoint.Consistent(one.Head(), other.Head(), other.Since(3)); !errors.Is(err, checkpoint.ErrFalse) {
		t.Errorf("another organisation's log: %v", err)
	}
}
