package audit

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"beside/consent"
	"beside/consent/checkpoint"
)

// shelf is a log in memory: what the database keeps of one.
type shelf struct {
	entries [][]byte
	hashes  []tlog.Hash
}

func (s *shelf) ReadHashes(numbers []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(numbers))
	for i, n := range numbers {
		if n >= int64(len(s.hashes)) {
			return nil, errors.New("no such hash")
		}
		list[i] = s.hashes[n]
	}
	return list, nil
}

func (s *shelf) entry(n int64) ([]byte, error) { return s.entries[n], nil }

func (s *shelf) log(id string) Log { return Log{ID: id, Size: int64(len(s.entries)), Hashes: s} }

func (s *shelf) head(t testing.TB, id string) checkpoint.Head {
	t.Helper()
	h, err := s.log(id).Head()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// shelve makes a log of entries, as somebody does who owns the relay and its key.
func shelve(t testing.TB, entries [][]byte) *shelf {
	t.Helper()
	s := &shelf{}
	for _, data := range entries {
		fresh, err := tlog.StoredHashes(int64(len(s.entries)), data, s)
		if err != nil {
			t.Fatal(err)
		}
		s.entries, s.hashes = append(s.entries, data), append(s.hashes, fresh...)
	}
	return s
}

func act(t testing.TB, n int, action, session string) []byte {
	t.Helper()
	data, err := checkpoint.Entry{
		Time: time.Unix(int64(n), 0).UTC(), Actor: Person("a"), Action: action, Object: checkpoint.OfSession(session),
	}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// world is a relay with the logs of two organisations, and a receipt of one session.
type world struct {
	t        testing.TB
	rng      *rand.Rand
	key      Key
	id       string
	honest   *shelf
	receipt  consent.Witness
	told     consent.Testimony
	strange  *shelf // the other organisation's log
	verifier string
}

const (
	worldSize   = 30
	openedAt    = 10
	endedAt     = 20
	ownSession  = "session-10"
	otherLogID  = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	worldLogID  = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	tamperings  = 100_000
	signedTries = 3_000 // those that cost a signature each
)

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, rng: rand.New(rand.NewPCG(1, 2)), key: NewKey(bytes.Repeat([]byte{7}, 32)), id: worldLogID}
	var entries, others [][]byte
	for n := range worldSize {
		switch n {
		case endedAt:
			entries = append(entries, act(t, n, checkpoint.SessionEnded, ownSession))
		default:
			entries = append(entries, act(t, n, checkpoint.SessionOpened, fmt.Sprintf("session-%d", n)))
		}
		others = append(others, act(t, 1000+n, checkpoint.SessionOpened, ownSession)) // they claim it too
	}
	w.honest, w.strange = shelve(t, entries), shelve(t, others)
	var err error
	if w.verifier, err = w.key.Verifier(w.id); err != nil {
		t.Fatal(err)
	}
	opened := w.prove(shelve(t, entries[:openedAt+1]), w.id, openedAt, 0)
	ended := w.prove(shelve(t, entries[:endedAt+1]), w.id, endedAt, openedAt+1)
	w.receipt = consent.Witness{State: consent.WitnessHeld, Key: w.verifier, Opened: &opened, Ended: &ended}
	if w.told, err = w.receipt.Verify(ownSession); err != nil || w.told.Head.Size != endedAt+1 {
		t.Fatalf("the honest receipt: %+v, %v", w.told, err)
	}
	return w
}

func (w *world) prove(s *shelf, id string, number, since int64) checkpoint.Proof {
	w.t.Helper()
	p, err := s.log(id).Prove(w.key, s.entries[number], number, since)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// flip changes one bit.
func (w *world) flip(data []byte) []byte {
	data = slices.Clone(data)
	data[w.rng.IntN(len(data))] ^= 1 << w.rng.IntN(8)
	return data
}

// stored changes something in the database, past the relay.
func (w *world) stored() (string, error) {
	s := &shelf{slices.Clone(w.honest.entries), slices.Clone(w.honest.hashes)}
	n := w.rng.IntN(len(s.entries))
	what := []string{"a bit of an entry", "a bit of a hash", "two entries", "two hashes", "an entry of the other log"}[w.rng.IntN(5)]
	switch what {
	case "a bit of an entry":
		s.entries[n] = w.flip(s.entries[n])
	case "a bit of a hash":
		at := w.rng.IntN(len(s.hashes))
		s.hashes[at] = tlog.Hash(w.flip(s.hashes[at][:]))
	case "two entries":
		m := (n + 1 + w.rng.IntN(len(s.entries)-1)) % len(s.entries)
		s.entries[n], s.entries[m] = s.entries[m], s.entries[n]
	case "two hashes":
		i := w.rng.IntN(len(s.hashes))
		j := (i + 1 + w.rng.IntN(len(s.hashes)-1)) % len(s.hashes)
		s.hashes[i], s.hashes[j] = s.hashes[j], s.hashes[i]
	default:
		s.entries[n] = w.strange.entries[n]
	}
	return what, s.log(w.id).Check(s.entry)
}

// rewritten is what the owner of the relay can do, who makes every hash anew and signs
// whatever he likes: change, drop, add, swap, fork, cut, and hand out any proof. The
// receipt's checkpoint holds him to the first entries.
func (w *world) rewritten() (string, error) {
	entries, held := slices.Clone(w.honest.entries), int(w.told.Head.Size)
	n := w.rng.IntN(held)
	what := []string{"changed", "dropped", "added", "swapped", "forked", "cut", "another's"}[w.rng.IntN(7)]
	switch what {
	case "changed":
		entries[n] = w.flip(entries[n])
	case "dropped":
		entries = slices.Delete(entries, n, n+1)
	case "added":
		entries = slices.Insert(entries, n, act(w.t, w.rng.IntN(1000), "x", "y"))
	case "swapped":
		m := (n + 1 + w.rng.IntN(held-1)) % held
		entries[n], entries[m] = entries[m], entries[n]
	case "forked":
		for i := n; i < len(entries); i++ {
			entries[i] = act(w.t, i, "forked", "z")
		}
	case "cut":
		entries = entries[:1+w.rng.IntN(held-1)]
	default:
		entries = w.strange.entries
	}
	s := shelve(w.t, entries)
	proof, err := s.log(w.id).Since(w.told.Head.Size)
	if err != nil {
		w.t.Fatal(err)
	}
	if w.rng.IntN(2) == 0 { // or the proof that was right before
		if proof, err = w.honest.log(w.id).Since(w.told.Head.Size); err != nil {
			w.t.Fatal(err)
		}
	}
	return what, checkpoint.Consistent(w.told.Head, s.head(w.t, w.id), proof)
}

// consistency changes a proof between two honest states.
func (w *world) consistency() (string, error) {
	now := w.honest.head(w.t, w.id)
	proof, err := w.honest.log(w.id).Since(w.told.Head.Size)
	if err != nil {
		w.t.Fatal(err)
	}
	n := w.rng.IntN(len(proof))
	what := []string{"a bit of the proof", "one hash less", "one hash twice", "an earlier size"}[w.rng.IntN(4)]
	earlier := w.told.Head
	switch what {
	case "a bit of the proof":
		proof[n] = tlog.Hash(w.flip(proof[n][:]))
	case "one hash less":
		proof = slices.Delete(proof, n, n+1)
	case "one hash twice":
		proof = slices.Insert(proof, n, proof[n])
	default:
		earlier.Size = 1 + (earlier.Size+w.rng.Int64N(now.Size-1))%now.Size
	}
	return what, checkpoint.Consistent(earlier, now, proof)
}

// shown changes what stands in the receipt, or what a relay shows for it.
func (w *world) shown() (string, error) {
	r := w.receipt
	opened, ended := *r.Opened, *r.Ended
	r.Opened, r.Ended = &opened, &ended
	p := []*checkpoint.Proof{&opened, &ended}[w.rng.IntN(2)]
	what := []string{
		"a bit of the checkpoint", "a bit of the entry", "the number", "a bit of the path", "another session's entry",
		"another organisation's entry", "another relay", "the end first", "the key",
	}[w.rng.IntN(9)]
	switch what {
	case "a bit of the checkpoint":
		p.Checkpoint = string(w.flip([]byte(p.Checkpoint)))
	case "a bit of the entry":
		p.Entry = string(w.flip([]byte(p.Entry)))
	case "the number":
		p.Number = (p.Number + 1 + w.rng.Int64N(worldSize)) % (worldSize * 2)
		if p.Number == openedAt || p.Number == endedAt {
			p.Number++
		}
	case "a bit of the path":
		p.Inclusion = slices.Clone(p.Inclusion)
		n := w.rng.IntN(len(p.Inclusion))
		p.Inclusion[n] = tlog.Hash(w.flip(p.Inclusion[n][:]))
	case "another session's entry":
		*p = w.prove(w.honest, w.id, int64(w.rng.IntN(openedAt)), 0)
	case "another organisation's entry":
		opened = w.prove(w.strange, otherLogID, int64(w.rng.IntN(worldSize)), 0)
	case "another relay":
		other := *w
		other.key = NewKey(bytes.Repeat([]byte{8}, 32))
		opened = other.prove(w.honest, w.id, openedAt, 0)
	case "the end first":
		opened, ended = ended, opened
	default:
		at := strings.LastIndex(r.Key, "+") + 1
		r.Key = r.Key[:at] + string(w.flip([]byte(r.Key[at:])))
	}
	_, err := r.Verify(ownSession)
	return what, err
}

// THREAT 24: a hundred thousand random tamperings with what is stored, what the relay
// makes anew and signs itself, what it shows, and what stands in a receipt: each is found.
func TestEveryTamperingIsFound(t *testing.T) {
	w := newWorld(t)
	if err := w.honest.log(w.id).Check(w.honest.entry); err != nil {
		t.Fatalf("the honest log: %v", err)
	}
	proof, err := w.honest.log(w.id).Since(w.told.Head.Size)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkpoint.Consistent(w.told.Head, w.honest.head(t, w.id), proof); err != nil {
		t.Fatalf("the honest log against the receipt: %v", err)
	}
	found := map[string]int{}
	try := func(times int, tamper func() (string, error)) {
		t.Helper()
		for range times {
			what, err := tamper()
			if !errors.Is(err, checkpoint.ErrFalse) {
				t.Fatalf("%s: got %v", what, err)
			}
			found[what]++
		}
	}
	try(signedTries, w.shown)
	try(10_000, w.rewritten)
	try(10_000, w.stored)
	try(tamperings-20_000-signedTries, w.consistency)
	all := 0
	for what, n := range found {
		if all += n; n < 250 {
			t.Errorf("%s: only %d", what, n)
		}
	}
	if all != tamperings || len(found) != 25 {
		t.Errorf("%d tamperings of %d kinds", all, len(found))
	}
}

// What the relay proves of a log is what package tlog makes of all of its entries at once.
func TestLogsAgainstTheWholeTree(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		var entries [][]byte
		for range 1 + rng.IntN(200) {
			entries = append(entries, []byte(fmt.Sprint(rng.Int64())))
		}
		s := shelve(t, entries)
		if got, want := s.head(t, worldLogID).Root, whole(entries); got != want {
			t.Fatalf("%d entries: root %v, want %v", len(entries), got, want)
		}
	}
}

// whole is the root as RFC 6962, 2.1 defines it.
func whole(entries [][]byte) tlog.Hash {
	if len(entries) == 1 {
		return tlog.RecordHash(entries[0])
	}
	half := 1
	for half*2 < len(entries) {
		half *= 2
	}
	return tlog.NodeHash(whole(entries[:half]), whole(entries[half:]))
}

func TestMakingAProofFails(t *testing.T) {
	s := shelve(t, [][]byte{[]byte("a"), []byte("b")})
	s.hashes = s.hashes[:1]
	key := NewKey(make([]byte, 32))
	if _, err := s.log(worldLogID).Prove(key, s.entries[0], 0, 1); err == nil {
		t.Error("a log without its hashes proves something")
	}
	if _, err := key.Sign(checkpoint.Head{Origin: "no name", Size: 1}); err == nil {
		t.Error("a log without a name is signed for")
	}
}
