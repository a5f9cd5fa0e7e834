package checkpoint_test

import (
	"encoding/json"
	"errors"
	"testing"

	"beside/consent/checkpoint"
)

// Whatever a relay answers to who asks for the log of today, there is an answer; what is
// believed is a later state of the same log.
func FuzzToday(f *testing.F) {
	l := grown(f, "a", 7)
	key, seen := l.Key(), grown(f, "a", 3).Head()
	for _, since := range []int64{1, 3, 7} {
		data, err := json.Marshal(checkpoint.Today{Checkpoint: l.Sign(l.Head().Text()), Consistency: l.Since(since)})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"checkpoint":"","consistency":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var today checkpoint.Today
		if json.Unmarshal(data, &today) != nil {
			return
		}
		now, err := today.Check(key, seen)
		switch {
		case err != nil && !errors.Is(err, checkpoint.ErrFalse):
			t.Errorf("an error of another kind: %v", err)
		case err == nil && (now.Origin != seen.Origin || now.Size < seen.Size):
			t.Errorf("believed %+v after %+v", now, seen)
		}
	})
}
