package recording

import (
	"errors"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/go-jose/go-jose/v4"
)

// wantTampered spoils a manifest, signs it well, and wants it refused.
func wantTampered(t *testing.T, name string, m *Manifest, spoil func(m *Manifest)) {
	t.Helper()
	spoil(m)
	m.Chain = m.chain()
	signed, err := m.sign(signingKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := DecodeManifest(signed, nil); !errors.Is(err, ErrTampered) {
		t.Errorf("%s: got %v, want ErrTampered", name, err)
	}
}

// THREAT 30: each rule of a manifest holds by itself. What is changed here agrees with every
// other rule, and is signed well.
func TestEachRuleOfAManifestIsKept(t *testing.T) {
	whole := finished(t, testID, newReviewer(t)).objects[ManifestName]
	for name, spoil := range map[string]func(m *Manifest){
		"key of another name":    func(m *Manifest) { m.Objects[0].Name = "other.age" },
		"events of another name": func(m *Manifest) { m.Objects[2].Name = EventsName(7) },
		"a later start":          func(m *Manifest) { m.Objects[3].Segment.StartMS++ },
		"no pictures":            func(m *Manifest) { m.Objects[3].Segment.Frames = 0 },
		"less than no init":      func(m *Manifest) { m.Objects[3].Segment.InitBytes = -1 },
		"a segment of no time": func(m *Manifest) {
			last := m.Objects[len(m.Objects)-2].Segment
			m.DurationMS -= last.DurationMS
			last.DurationMS = 0
		},
		"a segment of centuries": func(m *Manifest) {
			last := m.Objects[len(m.Objects)-2].Segment
			m.DurationMS += 1<<41 - last.DurationMS
			last.DurationMS = 1 << 41
		},
		"too many objects": func(m *Manifest) {
			for n := 3; len(m.Objects) <= MaxObjects; n++ {
				m.Objects = append(m.Objects, listed(EventsName(n), []byte("x"), nil))
			}
		},
	} {
		m, _, err := DecodeManifest(whole, nil)
		if err != nil {
			t.Fatal(err)
		}
		wantTampered(t, name, m, spoil)
	}
}

// THREAT 30: a manifest is one JSON value with the fields that we know, and no other thing
// that the same key signed is one.
func TestAManifestIsNothingElse(t *testing.T) {
	jws, err := jose.ParseSignedCompact(string(finished(t, testID, newReviewer(t)).objects[ManifestName]),
		[]jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		t.Fatal(err)
	}
	payload := jws.UnsafePayloadWithoutVerification()
	sign := func(kind jose.ContentType, payload string) []byte {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: signingKey()},
			(&jose.SignerOptions{EmbedJWK: true}).WithType(kind))
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signer.Sign([]byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		text, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		return []byte(text)
	}
	for name, data := range map[string][]byte{
		"another type":     sign("beside-consent+jws", string(payload)),
		"a second value":   sign(manifestType, string(payload)+"{}"),
		"too large":        sign(manifestType, string(payload)+strings.Repeat(" ", MaxObject)),
		"an unknown field": sign(manifestType, `{"more":1,`+string(payload[1:])),
	} {
		if _, _, err := DecodeManifest(data, nil); !errors.Is(err, ErrTampered) {
			t.Errorf("%s: got %v, want ErrTampered", name, err)
		}
	}
	if _, _, err := DecodeManifest(sign(manifestType, string(payload)), nil); err != nil {
		t.Error(err)
	}
}

// THREATS 16, 30: objects that the manifest vouches for still have to be this recording's, and as
// it describes them.
func TestWhatIsListedIsLookedAt(t *testing.T) {
	who := newReviewer(t)
	whole, other := finished(t, testID, who), finished(t, otherID, who)
	stranger, err := seal([]byte("no identity\n"), mustRecipient(t, who))
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(m *Manifest, store *memory){
		"sealed to another": func(m *Manifest, store *memory) {
			data := other.objects[SegmentName(2)]
			store.objects[SegmentName(2)] = data
			m.Objects[3] = listed(SegmentName(2), data, m.Objects[3].Segment)
		},
		"described wrongly": func(m *Manifest, _ *memory) { m.Objects[1].Segment.InitBytes++ },
		"no key": func(m *Manifest, store *memory) {
			store.objects[KeyName] = stranger
			m.Objects[0] = listed(KeyName, stranger, nil)
		},
	} {
		store := whole.clone()
		m, _, err := DecodeManifest(store.objects[ManifestName], nil)
		if err != nil {
			t.Fatal(err)
		}
		spoil(m, store)
		m.Chain = m.chain()
		if store.objects[ManifestName], err = m.sign(signingKey()); err != nil {
			t.Fatal(err)
		}
		if err := readEach(store, who); !errors.Is(err, ErrTampered) {
			t.Errorf("%s: got %v, want ErrTampered", name, err)
		}
	}
	if err := readEach(whole, who); err != nil {
		t.Error(err)
	}
}

func readEach(src Source, who reviewer) error {
	r, err := Open(src, who.identity, Expect{})
	if err != nil {
		return err
	}
	for n := range r.Segments() {
		if _, err := r.Segment(n + 1); err != nil {
			return err
		}
	}
	return nil
}

// PROMISE A12: the records that a recording was signed with are the first of the receipt's.
func TestConsentFits(t *testing.T) {
	c := consentHead([]string{"a", "b"})
	for _, tt := range []struct {
		records []string
		want    bool
	}{
		{[]string{"a", "b"}, true},
		{[]string{"a", "b", "c"}, true},
		{[]string{"a", "x"}, false},
		{[]string{"a"}, false},
		{nil, false},
	} {
		if c.Fits(tt.records) != tt.want {
			t.Errorf("%v: got %v", tt.records, !tt.want)
		}
	}
	if (Consent{Records: -1}).Fits([]string{"a"}) {
		t.Error("fewer than none fit")
	}
}

// Nobody writes in the writer's name: its own events are those that a reader believes.
func TestOnlyTheWriterSaysWhatItKnows(t *testing.T) {
	grant, _ := granted(t)
	w, err := NewWriter(grant, testOptions(newMemory(), newReviewer(t).recipient))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []Event{
		{At: began, Kind: KindConsent}, {At: began, Kind: KindGap},
		{At: began, Kind: KindGranted, Record: "a.b.c"},
	} {
		if err := w.WriteEvent(e); err == nil {
			t.Errorf("%+v was taken", e)
		}
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// The last picture is held for a minute and no longer, and what is closed is closed.
func TestCloseHoldsTheLastPictureOnce(t *testing.T) {
	store, asked := newMemory(), 0
	who := newReviewer(t)
	opts := testOptions(store, who.recipient)
	opts.Now = func() time.Time { return began.Add(time.Hour) }
	opts.Consent = func() []string { asked++; return []string{"a.b.c"} }
	grant, _ := granted(t)
	w, err := NewWriter(grant, opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WriteFrame(synthetic(began, true, 64, 64, 20)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	m, _, err := DecodeManifest(store.objects[ManifestName], nil)
	if err != nil {
		t.Fatal(err)
	}
	if m.DurationMS != maxHold || asked != 1 {
		t.Errorf("%d ms, consent read %d times; want %d ms, once", m.DurationMS, asked, maxHold)
	}
}

// THREAT 18: what is larger than an object may be is not opened, though the key fits.
func TestALargeObjectIsNotOpened(t *testing.T) {
	who := newReviewer(t)
	sealed, err := seal(make([]byte, MaxObject), mustRecipient(t, who))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(sealed, who.identity.ids...); !errors.Is(err, ErrTampered) {
		t.Errorf("got %v, want ErrTampered", err)
	}
}

// THREAT 18: what a reader would refuse is not stored.
func TestAWriterStaysWithinTheReadersLimits(t *testing.T) {
	for name, put := range map[string]func(w *Writer) error{
		"a large object": func(w *Writer) error { return w.putLocked(SegmentName(1), make([]byte, MaxObject+1), nil) },
		"too many": func(w *Writer) error {
			w.manifest.Objects = make([]Object, MaxObjects)
			return w.putLocked(SegmentName(1), []byte("x"), nil)
		},
	} {
		grant, _ := granted(t)
		store := newMemory()
		w, err := NewWriter(grant, testOptions(store, newReviewer(t).recipient))
		if err != nil {
			t.Fatal(err)
		}
		if err := put(w); !errors.Is(err, ErrStore) || len(store.objects) != 1 {
			t.Errorf("%s: got %v and %d objects, want ErrStore and the key alone", name, err, len(store.objects))
		}
	}
}

func mustRecipient(t *testing.T, who reviewer) age.Recipient {
	t.Helper()
	to, err := age.ParseX25519Recipient(who.recipient)
	if err != nil {
		t.Fatal(err)
	}
	return to
}
