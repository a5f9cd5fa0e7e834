package consent

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"beside/consent/checkpoint"
	"beside/consent/checkpoint/checkpointtest"
)

// Whatever a relay shows of its log, there is an answer, and what is believed names the
// session.
func FuzzWitness(f *testing.F) {
	const session = "s0"
	l := checkpointtest.New(f, 1, "a")
	note := func(action string) checkpoint.Proof {
		since := int64(len(l.Entries))
		n := l.Add(checkpoint.Entry{Time: time.Unix(1, 0).UTC(), Actor: "person:t1", Action: action, Object: checkpoint.OfSession(session)})
		return l.Proof(n, since)
	}
	opened := note(checkpoint.SessionOpened)
	ended := note(checkpoint.SessionEnded)
	for _, w := range []Witness{
		{State: WitnessNone}, {State: WitnessFalse}, {State: WitnessHeld},
		{State: WitnessHeld, Key: l.Key(), Opened: &opened},
		{State: WitnessHeld, Key: l.Key(), Opened: &opened, Ended: &ended},
		{State: WitnessFalse, Key: l.Key(), Opened: &opened},
	} {
		data, err := json.Marshal(w)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var w Witness
		if json.Unmarshal(data, &w) != nil {
			return
		}
		told, err := w.Verify(session)
		switch {
		case err != nil && !errors.Is(err, checkpoint.ErrFalse):
			t.Errorf("an error of another kind: %v", err)
		case err != nil:
		case told.State == WitnessHeld && (told.Opened == nil || told.Opened.Object != checkpoint.OfSession(session)),
			told.Ended != nil && told.Ended.Action != checkpoint.SessionEnded:
			t.Errorf("believed %+v", told)
		}
	})
}
