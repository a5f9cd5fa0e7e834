package recording

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "make testdata/golden anew")

// goldenEvents are what testdata/golden/events.json must say.
func goldenEvents() []Event {
	return []Event{
		{At: began.Add(-4 * time.Second), Kind: KindAsked, Scope: "record", By: "technician", Text: "to show a colleague"},
		{At: began.Add(-time.Second), Kind: KindGranted, Scope: "record", By: "user"},
		{At: began.Add(time.Second), Kind: "chat", By: "technician", Text: "Hallo, “ä € 你”"},
		{At: began.Add(4 * time.Second), Kind: KindAsked, Scope: "control", By: "technician"},
		{At: began.Add(5 * time.Second), Kind: KindRefused, Scope: "control", By: "user"},
	}
}

// TestGolden reads the recording that the TypeScript reader is tested with too.
func TestGolden(t *testing.T) {
	dir := filepath.Join("testdata", "golden")
	if *update {
		makeGolden(t, dir)
	}
	src, err := OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	secret, err := os.ReadFile(filepath.Join(dir, "identity.txt"))
	if err != nil {
		t.Fatal(err)
	}
	id, err := ParseIdentity(string(secret))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := os.ReadFile(filepath.Join(dir, "signer.txt"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(src, id, Expect{Recording: testID})
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(r.Signer()); got != string(signer) {
		t.Errorf("signer: got %s, want %s", got, signer)
	}
	compareJSON(t, filepath.Join(dir, "manifest.json"), r.Manifest())
	events, err := r.Events()
	if err != nil {
		t.Fatal(err)
	}
	compareJSON(t, filepath.Join(dir, "events.json"), events)
	for n := range r.Segments() {
		plain, err := r.Segment(n + 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, samples, err := parseSegment(plain); err != nil || len(samples) != r.segments[n].Segment.Frames {
			t.Errorf("segment %d: %d frames, %v", n+1, len(samples), err)
		}
	}
}

// compareJSON compares v's JSON form with a file, so that a change of the form
// cannot pass unseen.
func compareJSON(t *testing.T, file string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s: got %s", file, got)
	}
}

func makeGolden(t *testing.T, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	who := newReviewer(t)
	store := newMemory()
	opts := testOptions(store, who.recipient)
	opts.Now = func() time.Time { return began.Add(6 * time.Second) }
	opts.Consent = func() []string { return []string{"eyJhbGciOiJFZERTQSJ9.e30.first", "eyJhbGciOiJFZERTQSJ9.e30.second"} }
	frames := video(t, 320, 180, 30, 15)
	grant, _ := granted(t)
	w, err := NewWriter(grant, opts)
	if err != nil {
		t.Fatal(err)
	}
	events := goldenEvents()
	for i, f := range frames {
		for len(events) > 0 && !events[0].At.After(f.At) {
			if err := w.WriteEvent(events[0]); err != nil {
				t.Fatal(err)
			}
			events = events[1:]
		}
		if i == len(frames)-1 { // it falls into the gap below
			break
		}
		if err := w.WriteFrame(f); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := w.AddGap(began.Add(5800*time.Millisecond), began.Add(6*time.Second), KindPaused); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	store.objects["identity.txt"] = []byte("# opens the recording beside it; used by tests only\n" + who.secret + "\n")
	store.objects["signer.txt"] = []byte(hex.EncodeToString(signingKey()[32:]))
	for name, data := range store.objects {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
