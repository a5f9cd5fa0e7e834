package consent

import (
	"errors"
	"testing"

	"beside/consent/checkpoint"
	"beside/consent/checkpoint/checkpointtest"
)

// testLog is a relay's audit log with a session in it, and what it shows of that.
func testLog(t testing.TB, session string) (*checkpointtest.Log, Witness) {
	t.Helper()
	l := checkpointtest.New(t, 1, "a")
	add := func(action, session string) int64 {
		return l.Add(checkpoint.Entry{Time: fixedNow(), Actor: "person:t1", Action: action, Object: checkpoint.OfSession(session)})
	}
	add(checkpoint.SessionOpened, "another")
	opened := l.Proof(add(checkpoint.SessionOpened, session), 0)
	size := l.Head().Size
	add(checkpoint.SessionEnded, "another")
	ended := l.Proof(add(checkpoint.SessionEnded, session), size)
	return l, Witness{State: WitnessHeld, Key: l.Key(), Opened: &opened, Ended: &ended}
}

// THREAT 24: what a witness proves, and that nothing else passes for it: another session's
// entries, the end as the beginning, a fork between both, a state that hides what is there.
func TestWitness(t *testing.T) {
	l, good := testLog(t, "s1")
	told, err := good.Verify("s1")
	if err != nil || told.Opened == nil || told.Ended == nil || told.Head != l.Head() {
		t.Fatalf("%+v, %v", told, err)
	}
	begun := good
	begun.Ended = nil
	if told, err := begun.Verify("s1"); err != nil || told.Head.Size != 2 || told.Ended != nil {
		t.Errorf("its beginning alone: %+v, %v", told, err)
	}
	for _, empty := range []Witness{{State: WitnessNone}, {State: WitnessFalse}} {
		if told, err := empty.Verify("s1"); err != nil || told.State != empty.State || told.Head.Size != 0 {
			t.Errorf("%+v: %+v, %v", empty, told, err)
		}
	}
	fork, _ := testLog(t, "s1")
	fork.Entries, fork.Hashes = nil, nil
	for n := range int64(len(l.Entries)) {
		if n == 0 {
			fork.AddRaw([]byte("x"))
			continue
		}
		fork.AddRaw(l.Entries[n])
	}
	forked := fork.Proof(3, 2)
	stranger, theirs := testLog(t, "another")
	_ = stranger
	for name, w := range map[string]Witness{
		"no state":                 {},
		"a state of its own":       {State: "good", Key: good.Key, Opened: good.Opened},
		"held, with nothing":       {State: WitnessHeld, Key: good.Key},
		"held, with the end alone": {State: WitnessHeld, Key: good.Key, Ended: good.Ended},
		"none, with something":     {State: WitnessNone, Key: good.Key, Opened: good.Opened},
		"false, with an end":       {State: WitnessFalse, Key: good.Key, Opened: good.Opened, Ended: good.Ended},
		"the end as the beginning": {State: WitnessHeld, Key: good.Key, Opened: good.Ended},
		"the beginning as the end": {State: WitnessHeld, Key: good.Key, Opened: good.Opened, Ended: good.Opened},
		"another session's":        theirs,
		"another session's end":    {State: WitnessHeld, Key: good.Key, Opened: good.Opened, Ended: theirs.Ended},
		"a fork":                   {State: WitnessHeld, Key: good.Key, Opened: good.Opened, Ended: &forked},
		"no key":                   {State: WitnessHeld, Opened: good.Opened},
		"another key":              {State: WitnessHeld, Key: checkpointtest.New(t, 2, "a").Key(), Opened: good.Opened},
	} {
		if _, err := w.Verify("s1"); !errors.Is(err, checkpoint.ErrFalse) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// THREAT 24: the receipt holds it, and nobody takes it out, empties it, or puts in what is
// false: not even who has the session's key.
func TestWitnessInTheReceipt(t *testing.T) {
	r := fullReceipt(t)
	told, err := r.Testimony()
	if err != nil || told.State != WitnessHeld || told.Ended == nil {
		t.Fatalf("%+v, %v", told, err)
	}
	out := r
	out.Witness = ""
	if _, err := out.Verify(); !errors.Is(err, ErrReceipt) {
		t.Errorf("taken out: %v", err)
	}
	_, other := testLog(t, "another")
	if err := out.SignWitness(testKey(), other); err != nil {
		t.Fatal(err)
	}
	if err := out.Seal(testKey(), Afterwards{}); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Verify(); !errors.Is(err, ErrReceipt) {
		t.Errorf("another session's, signed and sealed: %v", err)
	}
	old := r
	old.Witness = ""
	if err := old.Seal(testKey(), Afterwards{}); err != nil {
		t.Fatal(err)
	}
	if told, err := old.Testimony(); err != nil || told.State != "" {
		t.Errorf("a receipt from before: %+v, %v", told, err)
	}
	if _, err := old.Verify(); err != nil {
		t.Errorf("a receipt from before: %v", err)
	}
}
