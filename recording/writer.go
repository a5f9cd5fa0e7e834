package recording

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"filippo.io/age"

	"beside/consent"
)

const (
	// minSegment: a key frame sooner than this does not begin a new segment.
	minSegment = 2_000 // ms
	// wantSegment: after this the writer asks for a key frame, so that segments stay
	// below 10 s even when the encoder takes its time.
	wantSegment = 8_000 // ms
	// wantBytes: so do big ones, before maxPlain refuses.
	wantBytes = 6 << 20
	// maxHold is the longest the last frame of a recording is held for.
	maxHold = 60_000 // ms
)

// Writer seals a recording as it is made. Its methods may be called by several
// goroutines; WriteFrame waits for the store when a segment is full, so give it a
// goroutine of its own. Somebody must call Close, also when the grant is revoked.
type Writer struct {
	grant *consent.RecordGrant
	opts  Options
	to    age.Recipient // the recording's own

	mu       sync.Mutex
	manifest Manifest
	begun    bool      // a frame was written: manifest.Started is final
	epoch    time.Time // media time 0, with its monotonic reading (THREAT 25)
	seg      *openSegment
	form     picture // of the last segment
	last     int64   // ms of the last frame
	needKey  bool
	gapFrom  time.Time // of an open gap, zero when none; needKey is set through it
	events   []Event
	segments int // begun
	tracks   int // events objects stored
	ended    bool
	err      error // sticky: the store failed
	closed   bool
}

// NewWriter starts a recording and stores its key. It cannot be called without the
// user's yes: a nil, zero or revoked grant is refused.
func NewWriter(grant *consent.RecordGrant, opts Options) (*Writer, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Started.IsZero() {
		opts.Started = opts.Now()
	}
	to, key, err := newKey(opts.Recipients)
	if err != nil {
		return nil, err
	}
	w := &Writer{grant: grant, opts: opts, to: to, epoch: opts.Started}
	w.manifest = Manifest{
		Version: 1, Recording: opts.ID, Session: opts.SessionID, Gaps: []Gap{},
		Started: opts.Started.UTC().Truncate(time.Millisecond),
	}
	if err := grant.Use(func() error { return nil }); err != nil {
		return nil, fmt.Errorf("recording: start: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.putLocked(KeyName, key, nil); err != nil {
		return nil, err
	}
	return w, nil
}

// WriteFrame adds a picture, if recording is granted at this moment; else it returns
// the grant's error and nothing was added. Segments are cut at key frames, 2 to 10 s
// apart; a frame stands until the next, however long that takes. A key frame of
// another size begins a new segment at once. Refused frames leave a gap, and the
// next must be a key frame (ErrNeedKey).
func (w *Writer) WriteFrame(f Frame) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usableLocked(); err != nil {
		return err
	}
	var full *openSegment
	ran := false
	err := w.grant.Use(func() error {
		ran = true
		var err error
		full, err = w.addLocked(f)
		return err
	})
	if !ran {
		w.needKey = true
		if w.gapFrom.IsZero() && !w.revoked() {
			w.gapFrom = f.At
		}
		return err
	}
	if err != nil || full == nil {
		return err
	}
	// Sealing and storing what was granted before is not inside Use: they take time,
	// and the user's button must not wait.
	return w.sealLocked(full)
}

// WantKey reports whether the next frame should be a key frame: at the start, after
// a gap, and when the segment is full. Give the writer one then, even if the picture
// did not change, and what was recorded reaches the store.
func (w *Writer) WantKey(at time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seg == nil || w.needKey || w.seg.bytes >= wantBytes ||
		w.offsetLocked(at)-w.seg.start() >= wantSegment
}

// WriteEvent adds e to the event track while recording is granted. Events about
// consent are kept in a pause too; after the grant is gone one more is taken, if it
// tells how the recording ended.
func (w *Writer) WriteEvent(e Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usableLocked(); err != nil {
		return err
	}
	if e.Kind == KindConsent || e.Kind == KindGap || e.Record != "" {
		return errors.New("recording: the writer makes these events itself")
	}
	add := func() error { w.events = append(w.events, e.trimmed()); return nil }
	err := w.grant.Use(add)
	switch {
	case err == nil:
	case w.revoked():
		if w.ended || !e.ends() {
			return err
		}
		w.ended = true
		return add()
	case e.aboutConsent():
		return add()
	default:
		return err
	}
	if len(w.events) >= flushEvents {
		return w.sealEventsLocked()
	}
	return nil
}

// AddGap notes that nothing was recorded from one time to another, and why. It is
// for gaps that the writer cannot know; those of a paused grant it notes itself.
func (w *Writer) AddGap(from, to time.Time, why string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.usableLocked(); err != nil {
		return err
	}
	w.addGapLocked(from, to, why)
	w.needKey = true
	return nil
}

// Close seals the last segment, the events and the signed manifest. It works after
// the grant was revoked: nothing new is recorded, what was recorded is finished.
// After ErrStore it tries to leave a manifest of what was stored, and returns the
// error. Calling it again returns the same.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return w.err
	}
	w.closed = true
	now := w.opts.Now()
	if !w.gapFrom.IsZero() {
		w.addGapLocked(w.gapFrom, now, KindPaused)
	}
	if w.err == nil && w.seg != nil {
		end := min(w.offsetLocked(now), w.last+maxHold)
		w.seg.finish(end)
		_ = w.sealLocked(w.seg) // sticky in w.err
	}
	var records []string
	if w.opts.Consent != nil {
		records = w.opts.Consent()
	}
	for _, r := range records {
		w.events = append(w.events, Event{At: now, Kind: KindConsent, Record: r}.trimmed())
	}
	w.manifest.Consent = consentHead(records)
	if w.err == nil {
		_ = w.sealEventsLocked() // sticky in w.err
	}
	return w.putManifestLocked()
}

func (w *Writer) usableLocked() error {
	if w.closed {
		return ErrClosed
	}
	return w.err
}

// revoked tells the end of the grant from a pause.
func (w *Writer) revoked() bool {
	select {
	case <-w.grant.Done():
		return true
	default:
		return false
	}
}

// offsetLocked is at in ms of media time.
func (w *Writer) offsetLocked(at time.Time) int64 {
	return at.Sub(w.epoch).Milliseconds()
}

// addLocked takes one frame in and returns the segment that it completed, if any. It
// only touches memory: it runs inside the grant.
func (w *Writer) addLocked(f Frame) (full *openSegment, err error) {
	pic, err := parsePicture(f.Data)
	switch {
	case err != nil:
		return nil, err
	case pic.key != f.Key:
		return nil, fmt.Errorf("%w: key frame is %v, said to be %v", errFrame, pic.key, f.Key)
	case len(f.Data) > maxPlain-64<<10:
		w.needKey = true
		return nil, fmt.Errorf("recording: frame of %d bytes is too large", len(f.Data))
	case !f.Key && (w.seg == nil || w.needKey || w.seg.bytes+len(f.Data) > maxPlain-64<<10):
		w.needKey = true
		return nil, ErrNeedKey
	}
	if !w.begun {
		w.begun, w.epoch = true, f.At
		w.manifest.Started = f.At.UTC().Truncate(time.Millisecond)
		w.last = -1
	}
	at := max(w.offsetLocked(f.At), w.last+1)
	if !w.gapFrom.IsZero() {
		w.addGapLocked(w.gapFrom, f.At, KindPaused)
		w.gapFrom = time.Time{}
	}
	if f.Key && (w.seg == nil || w.fullLocked(at, pic, len(f.Data))) {
		if full = w.seg; full != nil {
			full.finish(at)
		}
		w.segments++
		w.seg = &openSegment{number: w.segments, first: pic, init: full == nil || !sameForm(pic, w.form)}
		w.form = pic
	}
	w.needKey = false
	w.seg.add(at, f.Key, f.Data)
	w.last = at
	return full, nil
}

// fullLocked reports whether a key frame begins a new segment.
func (w *Writer) fullLocked(at int64, pic picture, size int) bool {
	return w.needKey || !sameForm(pic, w.form) || at-w.seg.start() >= minSegment ||
		w.seg.bytes+size > wantBytes
}

func sameForm(a, b picture) bool {
	return a.width == b.width && a.height == b.height && a.space == b.space && a.fullRange == b.fullRange
}

func (w *Writer) addGapLocked(from, to time.Time, why string) {
	why = cut(why, maxEventWord)
	w.manifest.Gaps = append(w.manifest.Gaps, Gap{
		FromMS: w.offsetLocked(from), ToMS: max(w.offsetLocked(to), w.offsetLocked(from)), Why: why,
	})
	w.events = append(w.events, Event{At: from, Kind: KindGap, Text: why, Until: to}.trimmed())
}

// sealLocked stores a finished segment and the events until now.
func (w *Writer) sealLocked(s *openSegment) error {
	plain, initBytes, err := s.encode()
	if err != nil {
		return w.failLocked(err)
	}
	sealed, err := seal(plain, w.to)
	if err != nil {
		return w.failLocked(err)
	}
	if err := w.putLocked(SegmentName(s.number), sealed, s.info(initBytes)); err != nil {
		return err
	}
	w.manifest.DurationMS += w.manifest.Objects[len(w.manifest.Objects)-1].Segment.DurationMS
	return w.sealEventsLocked()
}

func (w *Writer) sealEventsLocked() error {
	if len(w.events) == 0 {
		return nil
	}
	packed, err := encodeEvents(w.events)
	if err != nil {
		return w.failLocked(err)
	}
	sealed, err := seal(packed, w.to)
	if err != nil {
		return w.failLocked(err)
	}
	w.events = nil
	w.tracks++
	return w.putLocked(EventsName(w.tracks), sealed, nil)
}

// putLocked stores one object and lists it. A failure is sticky.
func (w *Writer) putLocked(name string, data []byte, s *Segment) error {
	switch {
	case len(data) > MaxObject:
		return w.failLocked(fmt.Errorf("%s has %d bytes, at most %d", name, len(data), MaxObject))
	case len(w.manifest.Objects) >= MaxObjects:
		return w.failLocked(fmt.Errorf("more than %d objects", MaxObjects))
	}
	if err := w.opts.Store.Put(name, data); err != nil {
		return w.failLocked(fmt.Errorf("store %s: %w", name, err))
	}
	sum := sha256.Sum256(data)
	w.manifest.Objects = append(w.manifest.Objects, Object{
		Name: name, Bytes: len(data), SHA256: hex.EncodeToString(sum[:]), Segment: s,
	})
	return nil
}

func (w *Writer) failLocked(err error) error {
	if w.err == nil {
		w.err = fmt.Errorf("%w: %w", ErrStore, err)
	}
	return w.err
}

func (w *Writer) putManifestLocked() error {
	m := &w.manifest
	m.End = EndClosed
	switch {
	case w.err != nil:
		m.End = EndFailed
	case w.revoked():
		m.End = EndWithdrawn
	}
	m.Chain = m.chain()
	signed, err := m.sign(w.opts.Key)
	if err != nil {
		return w.failLocked(err)
	}
	if err := w.opts.Store.Put(ManifestName, signed); err != nil {
		return w.failLocked(fmt.Errorf("store %s: %w", ManifestName, err))
	}
	return w.err
}
