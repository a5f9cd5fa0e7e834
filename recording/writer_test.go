package recording

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"beside/consent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newWriter(t *testing.T, store Store) (*Writer, *consent.Gate, reviewer) {
	t.Helper()
	who := newReviewer(t)
	grant, gate := granted(t)
	w, err := NewWriter(grant, testOptions(store, who.recipient))
	if err != nil {
		t.Fatal(err)
	}
	return w, gate, who
}

func reopen(t testing.TB, src Source, who reviewer) *Reader {
	t.Helper()
	r, err := Open(src, who.identity, Expect{Recording: testID, Signer: signingKey().Public().(ed25519.PublicKey)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// PROMISE E1: no recording without the user's yes.
func TestNoGrantNoWriter(t *testing.T) {
	revoked, gate := granted(t)
	gate.Withdraw(consent.Record, consent.ByUser)
	for name, grant := range map[string]*consent.RecordGrant{"nil": nil, "zero": {}, "revoked": revoked} {
		store := newMemory()
		w, err := NewWriter(grant, testOptions(store, newReviewer(t).recipient))
		if !errors.Is(err, consent.ErrRevoked) || w != nil {
			t.Errorf("%s grant: got %v, %v, want ErrRevoked", name, w, err)
		}
		if len(store.objects) != 0 {
			t.Errorf("%s grant: %v was stored", name, store.names())
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	grant, _ := granted(t)
	who := newReviewer(t).recipient
	for name, spoil := range map[string]func(*Options){
		"id":         func(o *Options) { o.ID = "0123456789ABCDEF0123456789ABCDEF" },
		"session":    func(o *Options) { o.SessionID = "" },
		"recipients": func(o *Options) { o.Recipients = nil },
		"recipient":  func(o *Options) { o.Recipients = []string{who, "age1nobody"} },
		"many":       func(o *Options) { o.Recipients = slices.Repeat([]string{who}, maxRecipients+1) },
		"key":        func(o *Options) { o.Key = nil },
		"store":      func(o *Options) { o.Store = nil },
	} {
		opts := testOptions(newMemory(), who)
		spoil(&opts)
		if _, err := NewWriter(grant, opts); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// PROMISE E6: withdrawing stops at that very frame, and what was recorded before it
// can be read.
func TestWithdrawStopsAtTheFrame(t *testing.T) {
	store := newMemory()
	w, gate, who := newWriter(t, store)
	frames := video(t, 320, 180, 12, 12)
	for i, f := range frames {
		if i == 7 {
			gate.Withdraw(consent.Record, consent.ByUser)
		}
		err := w.WriteFrame(f)
		if i < 7 && err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		if i >= 7 && !errors.Is(err, consent.ErrRevoked) {
			t.Fatalf("frame %d after the withdrawal: got %v, want ErrRevoked", i, err)
		}
	}
	if err := w.WriteEvent(Event{At: began, Kind: "chat", Text: "too late"}); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("event: got %v, want ErrRevoked", err)
	}
	if err := w.WriteEvent(Event{At: began.Add(time.Second), Kind: KindWithdrawn, Scope: "record", By: "user"}); err != nil {
		t.Errorf("the withdrawal itself: %v", err)
	}
	if err := w.WriteEvent(Event{At: began, Kind: KindEnded}); !errors.Is(err, consent.ErrRevoked) {
		t.Errorf("a second last event: got %v, want ErrRevoked", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := reopen(t, store, who)
	if got := r.Manifest().End; got != EndWithdrawn {
		t.Errorf("end: got %q, want %q", got, EndWithdrawn)
	}
	_, samples, err := r.samples(1)
	if err != nil || r.Segments() != 1 || len(samples) != 7 {
		t.Fatalf("got %d segments, %d frames, %v; want 1 and 7", r.Segments(), len(samples), err)
	}
	for i, s := range samples {
		if !bytes.Equal(s.data, frames[i].Data) {
			t.Errorf("frame %d is not the one that was written", i)
		}
	}
	events, err := r.Events()
	if err != nil || len(events) != 1 || events[0].Kind != KindWithdrawn {
		t.Errorf("events: %v, %v", events, err)
	}
}

// PROMISE E6: while one goroutine records, the user withdraws: nothing that was
// offered after Withdraw returned is in the recording.
func TestWithdrawRace(t *testing.T) {
	for round := range 50 {
		store := newMemory()
		w, gate, who := newWriter(t, store)
		var gone sync.WaitGroup
		written := 0
		started := make(chan struct{})
		gone.Go(func() {
			for i := range 1_000_000 {
				at := began.Add(time.Duration(i) * 100 * time.Millisecond)
				if w.WriteFrame(synthetic(at, i%25 == 0, 64, 64, 10)) != nil {
					return
				}
				if written++; written == 1+round {
					close(started)
				}
			}
		})
		<-started
		gate.Withdraw(consent.Record, consent.ByUser)
		if err := w.WriteFrame(synthetic(began.Add(time.Hour), true, 64, 64, 10)); !errors.Is(err, consent.ErrRevoked) {
			t.Fatalf("after Withdraw: %v", err)
		}
		gone.Wait()
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		total := 0
		for _, o := range reopen(t, store, who).segments {
			total += o.Segment.Frames
		}
		if total != written {
			t.Fatalf("round %d: %d frames are recorded, %d were accepted", round, total, written)
		}
	}
}

func TestPauseLeavesAGap(t *testing.T) {
	store := newMemory()
	w, gate, who := newWriter(t, store)
	at := func(s float64) time.Time { return began.Add(time.Duration(s * float64(time.Second))) }
	write := func(s float64, key bool) error { return w.WriteFrame(synthetic(at(s), key, 64, 64, 10)) }
	if err := errors.Join(write(0, true), write(0.5, false)); err != nil {
		t.Fatal(err)
	}
	gate.Pause()
	if err := errors.Join(write(1, false), write(1.5, true)); !errors.Is(err, consent.ErrPaused) {
		t.Fatalf("while paused: got %v, want ErrPaused", err)
	}
	if err := w.WriteEvent(Event{At: at(1), Kind: KindPaused, By: "user"}); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteEvent(Event{At: at(1), Kind: "chat", Text: "hidden"}); !errors.Is(err, consent.ErrPaused) {
		t.Fatalf("chat while paused: got %v, want ErrPaused", err)
	}
	gate.Resume()
	if !w.WantKey(at(2)) {
		t.Error("after a gap a key frame should be wanted")
	}
	if err := write(2.2, false); !errors.Is(err, ErrNeedKey) {
		t.Errorf("first frame after a gap: got %v, want ErrNeedKey", err)
	}
	if err := errors.Join(write(2.5, true), w.Close()); err != nil {
		t.Fatal(err)
	}
	r := reopen(t, store, who)
	if got, want := fmt.Sprint(r.Manifest().Gaps), "[{1000 2500 paused}]"; got != want {
		t.Errorf("gaps: got %s, want %s", got, want)
	}
	events, err := r.Events()
	if err != nil || len(events) != 2 || events[0].Kind != KindPaused || events[1].Kind != KindGap {
		t.Errorf("events: %v, %v", events, err)
	}
}

func TestSegmentsAreCutAtKeyFrames(t *testing.T) {
	for _, c := range []struct {
		name   string
		keys   []float64 // seconds
		starts []int64   // ms
	}{
		{"regular", []float64{0, 8, 16, 24}, []int64{0, 8000, 16000, 24000}},
		{"too soon", []float64{0, 0.4, 1.8, 2.2, 3, 5}, []int64{0, 2200, 5000}},
		{"still for long", []float64{0, 400, 403}, []int64{0, 400000, 403000}},
	} {
		store := newMemory()
		w, _, who := newWriter(t, store)
		for _, s := range c.keys {
			if err := w.WriteFrame(synthetic(began.Add(time.Duration(s*1e9)), true, 64, 64, 10)); err != nil {
				t.Fatal(c.name, err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(c.name, err)
		}
		var starts []int64
		for _, o := range reopen(t, store, who).segments {
			starts = append(starts, o.Segment.StartMS)
		}
		if !slices.Equal(starts, c.starts) {
			t.Errorf("%s: segments begin at %v, want %v", c.name, starts, c.starts)
		}
	}
}

func TestWantKey(t *testing.T) {
	w, _, _ := newWriter(t, newMemory())
	defer w.Close()
	if !w.WantKey(began) {
		t.Error("not at the start")
	}
	if err := w.WriteFrame(synthetic(began, true, 64, 64, 10)); err != nil {
		t.Fatal(err)
	}
	for s, want := range map[int]bool{1: false, 7: false, 8: true, 100: true} {
		if got := w.WantKey(began.Add(time.Duration(s) * time.Second)); got != want {
			t.Errorf("after %d s: got %v, want %v", s, got, want)
		}
	}
}

func TestFramesThatAreRefused(t *testing.T) {
	w, _, _ := newWriter(t, newMemory())
	defer w.Close()
	if err := w.WriteFrame(synthetic(began, false, 64, 64, 10)); !errors.Is(err, ErrNeedKey) {
		t.Errorf("inter frame first: got %v, want ErrNeedKey", err)
	}
	lie := synthetic(began, true, 64, 64, 10)
	lie.Key = false
	profile1 := synthetic(began, true, 64, 64, 10)
	profile1.Data[0] |= 0x20
	for name, f := range map[string]Frame{
		"empty": {Key: true}, "lie": lie, "profile 1": profile1, "text": {Key: true, Data: []byte("not VP9 at all")},
	} {
		if err := w.WriteFrame(f); !errors.Is(err, errFrame) {
			t.Errorf("%s: got %v, want errFrame", name, err)
		}
	}
	if err := w.WriteFrame(synthetic(began, true, 64, 64, MaxObject)); err == nil {
		t.Error("a frame larger than an object was taken")
	}
	if err := w.WriteFrame(synthetic(began, true, 64, 64, 10)); err != nil {
		t.Errorf("a good frame after bad ones: %v", err)
	}
}

// Big pictures never make an object that the relay refuses.
func TestObjectsStayBelowTheLimit(t *testing.T) {
	store := newMemory()
	w, _, who := newWriter(t, store)
	needed := 0
	for i := range 12 {
		f := synthetic(began.Add(time.Duration(i)*50*time.Millisecond), i == 0 || w.WantKey(began), 64, 64, 3<<20)
		if err := w.WriteFrame(f); errors.Is(err, ErrNeedKey) {
			needed++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, data := range store.objects {
		if len(data) > MaxObject {
			t.Errorf("%s has %d bytes", name, len(data))
		}
	}
	if n := reopen(t, store, who).Segments(); n < 4 {
		t.Errorf("%d segments for 36 MiB", n)
	}
}

// Disk full while recording: a clear error that stays, and everything before is
// readable.
func TestStoreFails(t *testing.T) {
	store := newMemory()
	store.failAt = SegmentName(3)
	w, _, who := newWriter(t, store)
	var failed error
	for i := range 10 {
		err := w.WriteFrame(synthetic(began.Add(time.Duration(i)*4*time.Second), true, 64, 64, 10))
		if failed != nil && !errors.Is(err, ErrStore) {
			t.Errorf("frame %d after the failure: %v", i, err)
		}
		if err != nil && failed == nil {
			failed = err
		}
	}
	if !errors.Is(failed, ErrStore) || !errors.Is(failed, errDiskFull) {
		t.Fatalf("got %v, want ErrStore for %v", failed, errDiskFull)
	}
	if err := w.WriteEvent(Event{At: began, Kind: "chat"}); !errors.Is(err, ErrStore) {
		t.Errorf("event: got %v, want ErrStore", err)
	}
	for range 2 {
		if err := w.Close(); !errors.Is(err, ErrStore) {
			t.Errorf("Close: got %v, want ErrStore", err)
		}
	}
	r, err := OpenUnfinished(store, store.names(), who.identity, testID)
	if err != nil {
		t.Fatal(err)
	}
	if r.Segments() != 2 || r.Manifest().DurationMS != 8000 || r.Signer() != nil {
		t.Errorf("got %d segments, %d ms, signer %x", r.Segments(), r.Manifest().DurationMS, r.Signer())
	}
	if _, err := Open(store, who.identity, Expect{}); !errors.Is(err, ErrUnfinished) {
		t.Errorf("Open: got %v, want ErrUnfinished", err)
	}
}

// A store that failed for a moment: the manifest says that the end is missing.
func TestStoreFailsForAMoment(t *testing.T) {
	store := newMemory()
	store.failAt = SegmentName(2)
	w, _, who := newWriter(t, store)
	for i := range 4 {
		_ = w.WriteFrame(synthetic(began.Add(time.Duration(i)*4*time.Second), true, 64, 64, 10))
	}
	store.failAt, store.failed = "", false
	if err := w.Close(); !errors.Is(err, ErrStore) {
		t.Errorf("Close: got %v, want ErrStore", err)
	}
	r := reopen(t, store, who)
	if r.Manifest().End != EndFailed || r.Segments() != 1 {
		t.Errorf("got end %q and %d segments, want %q and 1", r.Manifest().End, r.Segments(), EndFailed)
	}
}

func TestClosedIsClosed(t *testing.T) {
	store := newMemory()
	w, _, _ := newWriter(t, store)
	if err := errors.Join(w.WriteFrame(synthetic(began, true, 64, 64, 9)), w.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"frame": w.WriteFrame(synthetic(began, true, 64, 64, 9)),
		"event": w.WriteEvent(Event{Kind: "chat"}),
		"gap":   w.AddGap(began, began, "x"),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s: got %v, want ErrClosed", name, err)
		}
	}
	if first, last := store.order[0], store.order[len(store.order)-1]; first != KeyName || last != ManifestName {
		t.Errorf("stored %v: the key is not first or the manifest not last", store.order)
	}
}

// THREAT 16: nothing of what was recorded stands in the store as it is.
func TestStoreHoldsNoPlaintext(t *testing.T) {
	store := newMemory()
	frames := video(t, 320, 180, 5, 5)
	who := newReviewer(t)
	record(t, testOptions(store, who.recipient), frames, Event{At: began, Kind: "chat", Text: "TANGERINE-77"})
	for name, data := range store.objects {
		for _, f := range frames {
			if bytes.Contains(data, f.Data[:16]) {
				t.Errorf("%s holds a picture", name)
			}
		}
		if bytes.Contains(data, []byte("TANGERINE")) || bytes.Contains(data, []byte("AGE-SECRET-KEY")) {
			t.Errorf("%s holds text", name)
		}
	}
	if s := fmt.Sprintf("%v %+v %#v", who.identity, who.identity, who.identity); strings.Contains(s, "SECRET") {
		t.Errorf("an identity prints as %s", s)
	}
}

// Whatever comes in whatever order, what the writer accepted is what a reader gets.
func TestRandomHistories(t *testing.T) {
	who := newReviewer(t)
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		store := newMemory()
		grant, gate := granted(outer)
		defer gate.Close()
		w, err := NewWriter(grant, testOptions(store, who.recipient))
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		at := began
		for i := range rapid.IntRange(0, 40).Draw(t, "steps") {
			at = at.Add(time.Duration(rapid.IntRange(-50, 3000).Draw(t, "ms")) * time.Millisecond)
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				gate.Pause()
			case 1:
				gate.Resume()
			case 2:
				if err := w.AddGap(at, at.Add(time.Second), "test"); err != nil {
					t.Fatal(err)
				}
			case 3:
				if err := w.WriteEvent(Event{At: at, Kind: "chat"}); err != nil && !errors.Is(err, consent.ErrPaused) {
					t.Fatal(err)
				}
			default:
				side := rapid.SampledFrom([]int{64, 64, 64, 128}).Draw(t, "side")
				f := synthetic(at, rapid.Bool().Draw(t, "key"), side, 64, 10+i)
				if w.WriteFrame(f) == nil {
					want = append(want, string(f.Data))
				}
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := Open(store, who.identity, Expect{Recording: testID})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for n := range r.Segments() {
			_, samples, err := r.samples(n + 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range samples {
				got = append(got, string(s.data))
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%d frames came back, %d were accepted", len(got), len(want))
		}
		if _, err := r.Events(); err != nil {
			t.Fatal(err)
		}
	})
}
