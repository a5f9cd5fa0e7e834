// Package recording writes and reads what a recorded session leaves behind.
package recording

import (
	"crypto/ed25519"
	"errors"
	"time"

	"beside/consent"
)

// Store takes the sealed objects of one recording by name ("key.age",
// "segment-000001.age", "events.age", "manifest.jws"). Put is durable when it returns.
type Store interface {
	Put(name string, data []byte) error
}

// Options make a Writer.
type Options struct {
	ID        string
	SessionID string
	Started   time.Time
	Width     int // pixels, even
	Height    int
	// Recipients are age recipients (age1…): reviewers, recovery, the user's receipt key.
	Recipients []string
	// Key signs the manifest.
	Key   ed25519.PrivateKey
	Store Store
}

// Frame is one encoded VP9 profile 0 picture.
type Frame struct {
	At   time.Time
	Key  bool // a key frame; the first frame of a segment must be one
	Data []byte
}

// Writer seals a recording as it is made.
type Writer struct{}

// NewWriter starts a recording. It cannot be called without the user's yes.
func NewWriter(grant *consent.RecordGrant, opts Options) (*Writer, error) {
	return nil, errors.New("recording: unfinished")
}

// WriteFrame adds a picture. The writer cuts segments of 2 to 10 s at key frames;
// WantKey says when it would like one.
func (w *Writer) WriteFrame(f Frame) error { return nil }

// WantKey reports whether the next frame should be a key frame (segment full or size changed).
func (w *Writer) WantKey(at time.Time) bool { return false }

// WriteEvent adds e to the event track.
func (w *Writer) WriteEvent(e Event) error { return nil }

// Close seals the last segment, the events and the signed manifest. It works after
// the grant was revoked: nothing new is recorded, what was recorded is finished.
func (w *Writer) Close() error { return nil }

// Event is one line of the event track. Never content: no text typed, no titles.
type Event struct {
	At    time.Time `json:"at"`
	Kind  string    `json:"kind"` // "asked", "granted", "refused", "withdrawn", "ended", …
	Scope string    `json:"scope,omitempty"`
	By    string    `json:"by,omitempty"`
	Text  string    `json:"text,omitempty"`
}
