package checkpoint_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"beside/consent/checkpoint"
	"beside/consent/checkpoint/checkpointtest"
)

var write = flag.Bool("write-vectors", false, "make testdata/vectors.json anew")

func entry(n int) checkpoint.Entry {
	return checkpoint.Entry{
		Time:  time.Date(2026, 11, 22, 9, 0, n, 0, time.UTC),
		Actor: "person:a", Action: checkpoint.SessionOpened, Object: checkpoint.OfSession(fmt.Sprint(n)),
		Details: map[string]string{"words": "你好 <b> \u2028"},
	}
}

func grown(t testing.TB, letter string, size int) *checkpointtest.Log {
	t.Helper()
	l := checkpointtest.New(t, 1, letter)
	for n := range size {
		l.Add(entry(n))
	}
	return l
}

// Every entry of every log of up to 40 entries is proved, and nothing passes for its
// neighbour; every two states of a log fit one another, and no two of different ones do.
func TestEveryProofOfSmallLogs(t *testing.T) {
	const most = 40
	l, other := checkpointtest.New(t, 1, "a"), checkpointtest.New(t, 1, "a")
	other.AddRaw([]byte(`{"time":"2026-11-22T09:00:00Z","actor":"x","action":"y"}`))
	var heads, others []checkpoint.Head
	for size := 1; size <= most; size++ {
		if l.Add(entry(size - 1)); size > 1 {
			other.Add(entry(size - 1))
		}
		heads, others = append(heads, l.Head()), append(others, other.Head())
		for n := range int64(size) {
			p := l.Proof(n, 0)
			got, head, err := p.Verify(l.Key())
			if err != nil || got.Object != checkpoint.OfSession(fmt.Sprint(n)) || head != heads[size-1] {
				t.Fatalf("%d of %d: %+v, %+v, %v", n, size, got, head, err)
			}
			if p.Number = (n + 1) % int64(size); size > 1 {
				if _, _, err := p.Verify(l.Key()); !errors.Is(err, checkpoint.ErrFalse) {
					t.Fatalf("%d of %d under its neighbour's number: %v", n, size, err)
				}
			}
		}
		for before := range size {
			proof := l.Since(int64(before + 1))
			if err := checkpoint.Consistent(heads[before], heads[size-1], proof); err != nil {
				t.Fatalf("%d to %d: %v", before+1, size, err)
			}
			if err := checkpoint.Consistent(others[before], heads[size-1], proof); !errors.Is(err, checkpoint.ErrFalse) {
				t.Fatalf("another log of %d to %d: %v", before+1, size, err)
			}
		}
	}
	if err := checkpoint.Consistent(heads[9], heads[8], nil); !errors.Is(err, checkpoint.ErrFalse) || !strings.Contains(err.Error(), "cut") {
		t.Errorf("a log that was cut: %v", err)
	}
}

// What a checkpoint may not be, though the log's own key has signed it.
func TestCheckpointForms(t *testing.T) {
	l := grown(t, "a", 3)
	good := l.Head().Text()
	if h, err := checkpoint.Open(l.Sign(good), l.Key()); err != nil || h != l.Head() || h.Log() != l.ID() {
		t.Fatalf("%+v, %v", h, err)
	}
	theirs := checkpointtest.New(t, 2, "a") // the same name, another key
	theirs.Add(entry(0))
	second := checkpointtest.New(t, 1, "b") // the same relay, another organisation
	second.Add(entry(0))
	for name, text := range map[string]string{
		"nothing":            "",
		"unsigned":           good,
		"a line more":        l.Sign(good + "more\n"),
		"a line less":        l.Sign(strings.SplitAfterN(good, "\n", 2)[1]),
		"another name":       l.Sign(strings.Replace(good, "aaaa", "bbbb", 1)),
		"no id":              l.Sign(strings.Replace(good, l.ID(), "x", 1)),
		"no entries":         l.Sign(strings.Replace(good, "\n3\n", "\n0\n", 1)),
		"fewer than none":    l.Sign(strings.Replace(good, "\n3\n", "\n-3\n", 1)),
		"two spellings":      l.Sign(strings.Replace(good, "\n3\n", "\n03\n", 1)),
		"more than exact":    l.Sign(strings.Replace(good, "\n3\n", "\n9007199254740992\n", 1)),
		"a short root":       l.Sign(strings.Replace(good, l.Head().Root.String(), "AAAA", 1)),
		"another spelling":   respelt(l.Sign(good)),
		"two signatures":     l.Sign(good) + theirs.Sign(good)[len(good)+1:],
		"another key":        theirs.Sign(good),
		"another's log":      second.Sign(second.Head().Text()),
		"changed afterwards": strings.Replace(l.Sign(good), "\n3\n", "\n4\n", 1),
		"too large":          l.Sign(good) + strings.Repeat("x", checkpoint.MaxText),
	} {
		if _, err := checkpoint.Open(text, l.Key()); !errors.Is(err, checkpoint.ErrFalse) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, key := range []string{"", "x", l.Key() + "A", second.Key(), strings.Repeat("k", checkpoint.MaxKey+1)} {
		if _, err := checkpoint.Open(l.Sign(good), key); !errors.Is(err, checkpoint.ErrFalse) {
			t.Errorf("under the key %q: got %v", key, err)
		}
	}
}

// respelt changes the bits at the end of a signature's base64 that mean nothing.
func respelt(text string) string {
	at := strings.LastIndex(text, "=") - 1
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	return text[:at] + string(letters[strings.IndexByte(letters, text[at])^1]) + text[at+1:]
}

func TestEntryForms(t *testing.T) {
	data, err := entry(7).Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := checkpoint.ParseEntry(data)
	if err != nil || back.Object != "session:7" || back.Details["words"] != "你好 <b> \u2028" {
		t.Errorf("%+v, %v", back, err)
	}
	huge := entry(0)
	huge.Details["words"] = strings.Repeat("x", checkpoint.MaxEntry)
	if _, err := huge.Encode(); err == nil {
		t.Error("an entry without bound")
	}
	for name, text := range map[string]string{
		"nothing": "", "no object": `"x"`, "no time": `{"actor":"a","action":"b"}`,
		"no actor":    `{"time":"2026-11-22T09:00:00Z","action":"b"}`,
		"no action":   `{"time":"2026-11-22T09:00:00Z","actor":"a"}`,
		"a field":     `{"time":"2026-11-22T09:00:00Z","actor":"a","action":"b","more":1}`,
		"two":         `{"time":"2026-11-22T09:00:00Z","actor":"a","action":"b"}{}`,
		"two lines":   "{\"time\":\"2026-11-22T09:00:00Z\",\n\"actor\":\"a\",\"action\":\"b\"}",
		"no text":     "{\"time\":\"2026-11-22T09:00:00Z\",\"actor\":\"a\xff\",\"action\":\"b\"}",
		"more than 4": `{"time":"2026-11-22T09:00:00Z","actor":"` + strings.Repeat("a", checkpoint.MaxEntry) + `","action":"b"}`,
	} {
		if _, err := checkpoint.ParseEntry([]byte(text)); !errors.Is(err, checkpoint.ErrFalse) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// vectors are what the page's TypeScript reads too.
type vectors struct {
	Key         string             `json:"key"`
	Proofs      []checkpoint.Proof `json:"proofs"`
	Consistency []step             `json:"consistency"`
	// False are checkpoints that are none.
	False []string `json:"false"`
}

type step struct {
	Earlier string            `json:"earlier"`
	Later   string            `json:"later"`
	Proof   []checkpoint.Hash `json:"proof"`
	Holds   bool              `json:"holds"`
}

func makeVectors(t *testing.T) vectors {
	l, fork := checkpointtest.New(t, 1, "a"), checkpointtest.New(t, 1, "a")
	fork.Add(entry(99))
	v := vectors{Key: l.Key()}
	texts, forks := []string{""}, []string{""}
	for n := range 9 {
		if l.Add(entry(n)); n > 0 {
			fork.Add(entry(n))
		}
		texts, forks = append(texts, l.Sign(l.Head().Text())), append(forks, fork.Sign(fork.Head().Text()))
		for _, number := range []int64{0, int64(n) / 2, int64(n)} {
			v.Proofs = append(v.Proofs, l.Proof(number, 0))
		}
		for size := 1; size <= n+1; size++ {
			v.Consistency = append(v.Consistency,
				step{texts[size], texts[n+1], l.Since(int64(size)), true},
				step{forks[size], texts[n+1], l.Since(int64(size)), false},
				step{texts[n+1], texts[size], nil, size == n+1})
		}
	}
	good := l.Head().Text()
	v.False = []string{
		good, l.Sign(good + "more\n"), l.Sign(strings.Replace(good, "\n9\n", "\n09\n", 1)),
		l.Sign(strings.Replace(good, "\n9\n", "\n0\n", 1)), strings.Replace(l.Sign(good), "\n9\n", "\n10\n", 1),
		l.Sign(strings.Replace(good, "aaaa", "bbbb", 1)), checkpointtest.New(t, 2, "a").Sign(good),
		l.Sign(strings.Replace(good, "\n9\n", "\n9007199254740992\n", 1)),
	}
	return v
}

func TestVectors(t *testing.T) {
	const file = "testdata/vectors.json"
	if *write {
		data, err := json.MarshalIndent(makeVectors(t), "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(data, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	for i, p := range v.Proofs {
		if _, _, err := p.Verify(v.Key); err != nil {
			t.Errorf("proof %d: %v", i, err)
		}
	}
	for i, s := range v.Consistency {
		earlier, err1 := checkpoint.Open(s.Earlier, v.Key)
		_, err2 := checkpoint.Today{Checkpoint: s.Later, Consistency: s.Proof}.Check(v.Key, earlier)
		if err1 != nil || (err2 == nil) != s.Holds {
			t.Errorf("step %d: %v, %v, want %v", i, err1, err2, s.Holds)
		}
	}
	for i, text := range v.False {
		if _, err := checkpoint.Open(text, v.Key); !errors.Is(err, checkpoint.ErrFalse) {
			t.Errorf("false %d: %v", i, err)
		}
	}
	if len(v.Proofs) < 27 || len(v.Consistency) < 135 || len(v.False) < 8 {
		t.Errorf("only %d proofs, %d steps, %d false", len(v.Proofs), len(v.Consistency), len(v.False))
	}
}

// Whatever a relay sends, there is an answer, and only what the key signed is believed.
func FuzzProof(f *testing.F) {
	l := grown(f, "a", 7)
	key := l.Key()
	for _, n := range []int64{0, 3, 6} {
		data, err := json.Marshal(l.Proof(n, 2))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, key)
	}
	f.Fuzz(func(t *testing.T, data []byte, key string) {
		var p checkpoint.Proof
		if json.Unmarshal(data, &p) != nil {
			return
		}
		entry, head, err := p.Verify(key)
		if err != nil {
			if !errors.Is(err, checkpoint.ErrFalse) {
				t.Errorf("an error of another kind: %v", err)
			}
			return
		}
		if entry.Action == "" || head.Size <= p.Number || p.Number < 0 {
			t.Errorf("believed %+v of %+v", entry, head)
		}
		if again, err := checkpoint.Open(p.Checkpoint, key); err != nil || again.Text() != head.Text() {
			t.Errorf("%+v is read as %+v, %v", head, again, err)
		}
	})
}
