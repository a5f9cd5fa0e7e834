// Package recording writes, reads, verifies and exports what a recorded session
// leaves behind.
//
// A recording is a flat set of objects, each sealed on the end user's machine
// before it goes anywhere:
//
//	key.age               the recording's own age identity, for the recipients
//	segment-000001.age …  fragmented MP4 (VP9), each begins with a key frame
//	events-000001.age …   what happened beside the picture, JSON lines under zstd
//	manifest.jws          signed list of all of them, in the order they were made
//
// Begin with [NewWriter] (it needs the user's grant) and [Open]. The data flows
//
//	Frame ─ grant.Use ─► open segment ─► fMP4 ─► age ─► Store ─┐
//	Event ────────────► open events ─► zstd ─► age ─► Store ──┴► Manifest ─ JWS
//
// It promises: without a live grant nothing is added, not one frame; what was added
// before is finished and can be read; stock `age -d` and any MP4 player open it; and
// whoever holds the manifest's signer finds every object changed, moved, shortened,
// left out or taken from another recording.
//
// It does not promise: that a recording was not withheld as a whole, or replaced by
// one signed by somebody else, to a reader who does not know the signer. The user's
// receipt names the signer. A program that was killed leaves a recording without a
// manifest; [OpenUnfinished] reads it and says that nothing vouches for it.
package recording

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Limits of a recording. Readers refuse what is beyond them.
const (
	// MaxObject is the largest sealed object, in bytes. The relay takes no more.
	MaxObject = 8 << 20
	// MaxObjects is how many objects a manifest may list: a week of 8 s segments
	// would be 75,600, a working day is 7,200 with its events.
	MaxObjects = 20_000
	// maxPlain leaves room for age's header and 16 bytes in each 64 KiB.
	maxPlain = MaxObject - 64<<10
	// maxEventsPlain is the most an events object may unpack to (THREAT 19).
	maxEventsPlain = 4 << 20
	// zstdMemory is what the event track's decoder may take.
	zstdMemory = 8 << 20
	// maxRecipients bounds key.age.
	maxRecipients = 64
)

// Names of the objects that exist once.
const (
	KeyName      = "key.age"
	ManifestName = "manifest.jws"
)

// SegmentName is the name of segment n, counted from 1.
func SegmentName(n int) string { return fmt.Sprintf("segment-%06d.age", n) }

// EventsName is the name of events object n, counted from 1.
func EventsName(n int) string { return fmt.Sprintf("events-%06d.age", n) }

// Errors that callers branch on.
var (
	// ErrStore means that the store failed (disk full); it is sticky. Everything
	// stored before can be read.
	ErrStore = errors.New("recording: could not be stored")
	// ErrNeedKey means that this frame was dropped, because it refers to one that
	// the recording does not hold. The next must be a key frame.
	ErrNeedKey = errors.New("recording: a key frame is needed")
	// ErrClosed means that the recording is finished.
	ErrClosed = errors.New("recording: closed")
	// ErrTampered means that what is there is not what the manifest says.
	ErrTampered = errors.New("recording: does not match its manifest")
	// ErrIdentity means that the identity given does not open the recording.
	ErrIdentity = errors.New("recording: this key does not open it")
	// ErrUnfinished means that there is no manifest.
	ErrUnfinished = errors.New("recording: has no manifest")
)

// Store takes the sealed objects of one recording by name ("key.age",
// "segment-000001.age", "events-000001.age", "manifest.jws"). Put is durable when
// it returns, and keeps no reference to data.
type Store interface {
	Put(name string, data []byte) error
}

// Options make a Writer. Fields without a stated zero value are required.
type Options struct {
	// ID is 32 lower-case hex digits.
	ID        string
	SessionID string
	// Started is used when no frame ever comes; otherwise media time starts with
	// the first frame. Zero means now.
	Started time.Time
	// Width and Height are what the first frame will be; zero means unknown. The
	// pictures' own sizes count, and may change.
	Width  int
	Height int
	// Recipients are age recipients (age1…): reviewers, recovery, the user's receipt key.
	Recipients []string
	// Key signs the manifest.
	Key   ed25519.PrivateKey
	Store Store
	// Consent returns the session's signed consent records so far; Close puts them
	// into the event track and their head's hash into the manifest. Nil means none.
	Consent func() []string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// check refuses options that could not make a readable recording.
func (o *Options) check() error {
	switch {
	case !validID(o.ID):
		return errors.New("recording: the id must be 32 lower-case hex digits")
	case o.SessionID == "" || len(o.SessionID) > 128:
		return errors.New("recording: the session id is missing or too long")
	case len(o.Recipients) == 0:
		return errors.New("recording: nobody could open it: no recipients")
	case len(o.Recipients) > maxRecipients:
		return fmt.Errorf("recording: %d recipients, at most %d", len(o.Recipients), maxRecipients)
	case len(o.Key) != ed25519.PrivateKeySize:
		return errors.New("recording: no key to sign the manifest with")
	case o.Store == nil:
		return errors.New("recording: no store")
	}
	return nil
}

func validID(s string) bool {
	return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == ""
}

// Frame is one encoded VP9 profile 0 picture (4:2:0, 8 bits).
type Frame struct {
	At   time.Time
	Key  bool // a key frame; the first frame of a segment must be one
	Data []byte
}
