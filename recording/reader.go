package recording

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"filippo.io/age"
)

// Reader gives the plain content of one recording. It checks each object against
// the manifest before it decrypts it.
type Reader struct {
	src      Source
	manifest *Manifest
	signer   ed25519.PublicKey // nil when unfinished
	own      age.Identity
	segments []Object
}

// Open reads the manifest and unlocks the recording with one of the recipients'
// identities.
func Open(src Source, id Identity, expect Expect) (*Reader, error) {
	m, signer, err := readManifest(src, expect)
	if err != nil {
		return nil, err
	}
	key, err := getObject(src, m.Objects[0])
	if err != nil {
		return nil, err
	}
	own, err := openKey(key, id)
	if err != nil {
		return nil, err
	}
	return &Reader{src: src, manifest: m, signer: signer, own: own, segments: m.segments()}, nil
}

// OpenUnfinished reads a recording whose program did not live to sign it. names are
// the objects that are there. Its pictures and events are sealed to the recording's
// key, but nobody vouches for their order or that none is missing: Signer is nil.
func OpenUnfinished(src Source, names []string, id Identity, recordingID string) (*Reader, error) {
	key, err := src.Get(KeyName)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnfinished, err)
	}
	own, err := openKey(key, id)
	if err != nil {
		return nil, err
	}
	r := &Reader{src: src, own: own, manifest: &Manifest{
		Version: 1, Recording: recordingID, Gaps: []Gap{}, End: EndFailed,
		Objects: []Object{listed(KeyName, key, nil)},
	}}
	for n := 1; slices.Contains(names, SegmentName(n)); n++ {
		if err := r.adoptSegment(SegmentName(n)); err != nil {
			return nil, err
		}
	}
	for n := 1; slices.Contains(names, EventsName(n)); n++ {
		data, err := src.Get(EventsName(n))
		if err != nil {
			return nil, err
		}
		r.manifest.Objects = append(r.manifest.Objects, listed(EventsName(n), data, nil))
	}
	r.segments = r.manifest.segments()
	return r, nil
}

// adoptSegment lists a segment by what it says of itself.
func (r *Reader) adoptSegment(name string) error {
	data, err := r.src.Get(name)
	if err != nil {
		return err
	}
	plain, err := open(data, r.own)
	if err != nil {
		return fmt.Errorf("open %s: %w", name, err)
	}
	form, samples, err := parseSegment(plain)
	if err != nil {
		return err
	}
	last := samples[len(samples)-1]
	info := &Segment{
		StartMS: samples[0].at, DurationMS: last.at + last.dur - samples[0].at, Frames: len(samples),
		Width: form.width, Height: form.height, Codec: codecString(*form), InitBytes: initLength(plain),
	}
	r.manifest.Objects = append(r.manifest.Objects, listed(name, data, info))
	r.manifest.DurationMS = max(r.manifest.DurationMS, info.StartMS+info.DurationMS)
	return nil
}

// initLength is how many bytes of a plain segment come before its fragment.
func initLength(plain []byte) int {
	pos := 0
	for {
		kind, size, ok := boxAt(plain[pos:])
		if !ok || kind == "moof" || kind == "mdat" {
			return pos
		}
		pos += size
	}
}

func listed(name string, data []byte, s *Segment) Object {
	sum := sha256.Sum256(data)
	return Object{Name: name, Bytes: len(data), SHA256: hex.EncodeToString(sum[:]), Segment: s}
}

// Manifest is what the recording says of itself. Do not change it.
func (r *Reader) Manifest() *Manifest { return r.manifest }

// Signer is who signed the manifest; nil when the recording is unfinished.
func (r *Reader) Signer() ed25519.PublicKey { return r.signer }

// Segments is the number of segments.
func (r *Reader) Segments() int { return len(r.segments) }

// Segment returns segment n (from 1) as plain fragmented MP4, as the manifest's
// Segment describes it.
func (r *Reader) Segment(n int) ([]byte, error) {
	if n < 1 || n > len(r.segments) {
		return nil, fmt.Errorf("recording: segment %d of %d: %w", n, len(r.segments), fs.ErrNotExist)
	}
	o := r.segments[n-1]
	plain, err := r.plain(o)
	if err != nil {
		return nil, err
	}
	if o.Segment.InitBytes != initLength(plain) {
		return nil, fmt.Errorf("%w: %s is not as described", ErrTampered, o.Name)
	}
	return plain, nil
}

// Events returns the whole event track, in the order in which it was written.
func (r *Reader) Events() ([]Event, error) {
	var all []Event
	for _, o := range r.manifest.Objects[1:] {
		if o.Segment != nil {
			continue
		}
		packed, err := r.plain(o)
		if err != nil {
			return nil, err
		}
		events, err := decodeEvents(packed)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.Name, err)
		}
		all = append(all, events...)
	}
	return all, r.checkConsent(all)
}

// checkConsent compares the consent records in the track with the manifest.
func (r *Reader) checkConsent(events []Event) error {
	if r.signer == nil || r.manifest.End == EndFailed {
		return nil // the records come last, and may not have arrived
	}
	var records []string
	for _, e := range events {
		if e.Kind == KindConsent {
			records = append(records, e.Record)
		}
	}
	if consentHead(records) != r.manifest.Consent {
		return fmt.Errorf("%w: the consent records are not those that were signed", ErrTampered)
	}
	return nil
}

func (r *Reader) plain(o Object) ([]byte, error) {
	data, err := getObject(r.src, o)
	if err != nil {
		return nil, err
	}
	plain, err := open(data, r.own)
	if errors.Is(err, ErrIdentity) { // sealed to another recording's key
		err = fmt.Errorf("%w: it belongs to another recording", ErrTampered)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", o.Name, err)
	}
	return plain, nil
}
