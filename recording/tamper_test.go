package recording

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"
)

// finished makes a small whole recording.
func finished(t testing.TB, id string, who reviewer) *memory {
	t.Helper()
	store := newMemory()
	opts := testOptions(store, who.recipient)
	opts.ID = id
	opts.Consent = func() []string { return []string{"a.b.c", "d.e.f"} }
	var frames []Frame
	for i := range 6 {
		frames = append(frames, synthetic(began.Add(time.Duration(i)*2*time.Second), i%2 == 0, 64, 64, 50+i))
	}
	record(t, opts, frames, Event{At: began, Kind: KindGranted, Scope: "record"})
	return store
}

const otherID = "ffffffffffffffffffffffffffffffff"

// THREATS 16, 30, PROMISE A12: whatever the store does to a recording is found, with
// a key and without.
func TestTamperingIsFound(t *testing.T) {
	who := newReviewer(t)
	whole, other := finished(t, testID, who), finished(t, otherID, who)
	seg := SegmentName
	for name, spoil := range map[string]func(m *memory){
		"swap segments":         func(m *memory) { m.objects[seg(1)], m.objects[seg(2)] = m.objects[seg(2)], m.objects[seg(1)] },
		"double a segment":      func(m *memory) { m.objects[seg(3)] = m.objects[seg(2)] },
		"drop a segment":        func(m *memory) { delete(m.objects, seg(2)) },
		"drop the last segment": func(m *memory) { delete(m.objects, seg(3)) },
		"drop the events":       func(m *memory) { delete(m.objects, EventsName(1)) },
		"drop the key":          func(m *memory) { delete(m.objects, KeyName) },
		"drop the manifest":     func(m *memory) { delete(m.objects, ManifestName) },
		"segment as events":     func(m *memory) { m.objects[EventsName(1)] = m.objects[seg(1)] },
		"truncate a segment":    func(m *memory) { m.objects[seg(2)] = m.objects[seg(2)][:len(m.objects[seg(2)])-1] },
		"empty a segment":       func(m *memory) { m.objects[seg(2)] = nil },
		"lengthen a segment":    func(m *memory) { m.objects[seg(2)] = append(bytes.Clone(m.objects[seg(2)]), 0) },
		"segment of another":    func(m *memory) { m.objects[seg(2)] = other.objects[seg(2)] },
		"key of another":        func(m *memory) { m.objects[KeyName] = other.objects[KeyName] },
		"manifest of another":   func(m *memory) { m.objects[ManifestName] = other.objects[ManifestName] },
		"all of another":        func(m *memory) { m.objects = other.clone().objects },
	} {
		m := whole.clone()
		spoil(m)
		if err := readAll(m, who, Expect{Recording: testID}); !errors.Is(err, ErrTampered) && !errors.Is(err, ErrUnfinished) {
			t.Errorf("%s: reading: got %v, want ErrTampered", name, err)
		}
		if _, err := Verify(m, Expect{Recording: testID}); !errors.Is(err, ErrTampered) && !errors.Is(err, ErrUnfinished) {
			t.Errorf("%s: verifying: got %v, want ErrTampered", name, err)
		}
	}
	if err := readAll(whole, who, Expect{Recording: testID}); err != nil {
		t.Errorf("untouched: %v", err)
	}
	if r, err := Verify(whole, Expect{Recording: testID}); err != nil || r.Objects != len(whole.objects)-1 {
		t.Errorf("untouched: %+v, %v", r, err)
	}
}

// readAll is what export and review do.
func readAll(src Source, who reviewer, expect Expect) error {
	r, err := Open(src, who.identity, expect)
	if err != nil {
		return err
	}
	if _, err := r.Events(); err != nil {
		return err
	}
	return r.Export(&bytes.Buffer{})
}

// One flipped bit anywhere in any object is found.
func TestEveryBitCounts(t *testing.T) {
	who := newReviewer(t)
	whole := finished(t, testID, who)
	names := whole.names()
	expect := Expect{Recording: testID, Signer: signingKey().Public().(ed25519.PublicKey)}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "object")
		m := whole.clone()
		data := bytes.Clone(m.objects[name])
		bit := rapid.IntRange(0, 8*len(data)-1).Draw(t, "bit")
		data[bit/8] ^= 1 << (bit % 8)
		m.objects[name] = data
		_, err := Verify(m, expect)
		if err == nil {
			t.Fatalf("bit %d of %s", bit, name)
		}
		if !errors.Is(err, ErrTampered) {
			t.Fatalf("got %v, want ErrTampered", err)
		}
	})
}

// THREAT 30: a relay that makes up a recording of its own cannot sign it as the agent.
func TestForgedManifest(t *testing.T) {
	who := newReviewer(t)
	whole := finished(t, testID, who)
	m, signer, err := DecodeManifest(whole.objects[ManifestName], nil)
	if err != nil {
		t.Fatal(err)
	}
	forger := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	forged, err := m.sign(forger)
	if err != nil {
		t.Fatal(err)
	}
	whole.objects[ManifestName] = forged
	if _, err := Verify(whole, Expect{Signer: signer}); !errors.Is(err, ErrTampered) {
		t.Errorf("with the signer known: got %v, want ErrTampered", err)
	}
	// Without the receipt it cannot be told: docs/recording.md names this limit.
	if r, err := Verify(whole, Expect{}); err != nil || bytes.Equal(r.Signer, signer) {
		t.Errorf("without: %v, signer %x", err, r.Signer)
	}
}

// A manifest that is signed well but says what no writer says is refused.
func TestManifestsThatNoWriterMakes(t *testing.T) {
	whole := finished(t, testID, newReviewer(t))
	fresh := func() *Manifest {
		m, _, err := DecodeManifest(whole.objects[ManifestName], nil)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for name, spoil := range map[string]func(m *Manifest){
		"version":       func(m *Manifest) { m.Version = 2 },
		"recording":     func(m *Manifest) { m.Recording = "../../etc" },
		"session":       func(m *Manifest) { m.Session = "" },
		"nothing":       func(m *Manifest) { m.Objects = nil },
		"key not first": func(m *Manifest) { m.Objects = m.Objects[1:] },
		"key a segment": func(m *Manifest) { m.Objects[0].Segment = &Segment{} },
		"reordered":     func(m *Manifest) { m.Objects[1], m.Objects[3] = m.Objects[3], m.Objects[1] },
		"a name":        func(m *Manifest) { m.Objects[1].Name = "../segment-000001.age" },
		"a hash":        func(m *Manifest) { m.Objects[1].SHA256 = "00" },
		"no size":       func(m *Manifest) { m.Objects[1].Bytes = 0 },
		"a size":        func(m *Manifest) { m.Objects[1].Bytes = MaxObject + 1 },
		"a hole":        func(m *Manifest) { m.Objects[1].Segment.DurationMS-- },
		"no init":       func(m *Manifest) { m.Objects[1].Segment.InitBytes = 0 },
		"duration":      func(m *Manifest) { m.DurationMS++ },
		"overflow":      func(m *Manifest) { m.Objects[1].Segment.DurationMS = 1 << 62 },
		"a gap":         func(m *Manifest) { m.Gaps = []Gap{{FromMS: 2, ToMS: 1}} },
		"end":           func(m *Manifest) { m.End = "fine" },
	} {
		wantTampered(t, name, fresh(), spoil)
	}
	m := fresh()
	m.Chain = m.Objects[0].SHA256
	if signed, err := m.sign(signingKey()); err != nil {
		t.Fatal(err)
	} else if _, _, err := DecodeManifest(signed, nil); !errors.Is(err, ErrTampered) {
		t.Errorf("chain: got %v, want ErrTampered", err)
	}
}

// The consent records in the track are those whose head was signed.
func TestConsentRecordsAreBound(t *testing.T) {
	who := newReviewer(t)
	whole := finished(t, testID, who)
	r, err := Open(whole, who.identity, Expect{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := r.Manifest().Consent, consentHead([]string{"a.b.c", "d.e.f"}); got != want || got.Records != 2 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	r.manifest.Consent.Head = consentHead([]string{"a.b.c", "x"}).Head
	if _, err := r.Events(); !errors.Is(err, ErrTampered) {
		t.Errorf("got %v, want ErrTampered", err)
	}
}

func TestWrongIdentity(t *testing.T) {
	whole := finished(t, testID, newReviewer(t))
	if _, err := Open(whole, newReviewer(t).identity, Expect{}); !errors.Is(err, ErrIdentity) {
		t.Errorf("a stranger: got %v, want ErrIdentity", err)
	}
	if _, err := Open(whole, Identity{}, Expect{}); !errors.Is(err, ErrIdentity) {
		t.Errorf("nobody: got %v, want ErrIdentity", err)
	}
}

// THREAT 19: a bomb in the event track stays small.
func TestEventBomb(t *testing.T) {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	bomb := z.EncodeAll(make([]byte, 256<<20), nil)
	if len(bomb) > 1<<20 {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	if _, err := decodeEvents(bomb); !errors.Is(err, ErrTampered) {
		t.Errorf("got %v, want ErrTampered", err)
	}
}

func TestDirSourceStaysInside(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	inside := filepath.Join(dir, "rec")
	if err := os.Mkdir(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../secret", filepath.Join(inside, KeyName)); err != nil {
		t.Fatal(err)
	}
	src, err := OpenDir(inside)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for _, name := range []string{"../secret", "/etc/hostname", KeyName} {
		if data, err := src.Get(name); err == nil {
			t.Errorf("%s: read %q", name, data)
		}
	}
}

func FuzzManifest(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join("testdata", "golden", ManifestName))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add([]byte("e30.e30.e30"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, signer, err := DecodeManifest(data, nil)
		if err == nil && (m.check() != nil || len(signer) != ed25519.PublicKeySize) {
			t.Error("accepted what does not hold")
		}
	})
}

func FuzzManifestPayload(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join("testdata", "golden", "manifest.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseManifest(data)
		if err != nil {
			return
		}
		if again, err := json.Marshal(m); err != nil {
			t.Error(err)
		} else if _, err := parseManifest(again); err != nil {
			t.Errorf("does not survive a round: %v", err)
		}
	})
}

func FuzzSegment(f *testing.F) {
	s := &openSegment{number: 1, init: true, first: picture{key: true, width: 64, height: 64}}
	for i := range 3 {
		s.add(int64(i)*100, i == 0, synthetic(began, i == 0, 64, 64, 20).Data)
	}
	s.finish(1000)
	plain, _, err := s.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain)
	f.Fuzz(func(t *testing.T, data []byte) {
		form, samples, err := parseSegment(data)
		if err != nil {
			return
		}
		total := 0
		for _, s := range samples {
			total += len(s.data)
		}
		if form == nil || len(samples) == 0 || total > len(data) {
			t.Errorf("%d samples of %d bytes from %d", len(samples), total, len(data))
		}
	})
}

func FuzzEvents(f *testing.F) {
	packed, err := encodeEvents(goldenEvents())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = decodeEvents(data) })
}

func FuzzPicture(f *testing.F) {
	f.Add(synthetic(began, true, 1920, 1080, 4).Data)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parsePicture(data)
		if err == nil && p.key && (p.width < 1 || p.width > 65536 || p.height < 1) {
			t.Errorf("%+v", p)
		}
	})
}
