package recording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"beside/consent"
)

// Event is one line of the event track. Never content: no text typed, no titles. Only what
// both people wrote to one another while it was recorded stands in it, as they wrote it.
type Event struct {
	At    time.Time `json:"at"`
	Kind  string    `json:"kind"`            // one of the Kind constants, or the agent's own word
	Scope string    `json:"scope,omitempty"` // "view", "control", "record", …
	By    string    `json:"by,omitempty"`    // "user", "technician", …
	Text  string    `json:"text,omitempty"`  // at most 1,000 bytes, 8,000 of a chat
	// Until is the end of a gap.
	Until time.Time `json:"until,omitzero"`
	// Record is a signed consent record (JWS), of kind "consent".
	Record string `json:"record,omitempty"`
}

// The kinds of events that every reader knows.
const (
	KindAsked     = "asked"
	KindGranted   = "granted"
	KindRefused   = "refused"
	KindExpired   = "expired"
	KindWithdrawn = "withdrawn"
	KindReleased  = "released"
	KindPaused    = "paused"
	KindResumed   = "resumed"
	KindEnded     = "ended"
	KindAway      = "away" // the user is not there: what the technician does waits
	KindBack      = "back"
	KindGap       = "gap"       // nothing was recorded from At to Until; Text says why
	KindClipboard = "clipboard" // Text says what was done and how much it was, never what
	KindFile      = "file"      // Text names a file that was sent, its size and which way
	KindChat      = "chat"      // Text is a message, By who wrote it
	KindConsent   = "consent"   // Record holds a signed consent record
)

const (
	maxEventText   = 1_000
	maxChatText    = 8_000 // protocol.MaxChat characters of four bytes
	maxEventWord   = 32
	maxEventRecord = 64 << 10
	// flushEvents is how many events wait for a segment before they are sealed alone.
	flushEvents = 500
)

// FromConsent turns a consent event into one of the event track.
func FromConsent(e consent.Event) Event {
	kinds := map[consent.EventKind]string{
		consent.Asked: KindAsked, consent.Granted: KindGranted, consent.Refused: KindRefused,
		consent.Expired: KindExpired, consent.Withdrawn: KindWithdrawn, consent.Released: KindReleased,
		consent.Paused: KindPaused, consent.Resumed: KindResumed, consent.Ended: KindEnded,
	}
	scopes := map[consent.Scope]string{
		consent.View: "view", consent.Control: "control", consent.Record: "record",
		consent.Clipboard: "clipboard", consent.Files: "files", consent.Voice: "voice",
	}
	actors := map[consent.Actor]string{
		consent.ByUser: "user", consent.ByTechnician: "technician", consent.ByBarLost: "bar-lost",
		consent.ByConnection: "connection", consent.ByAgent: "agent",
	}
	event := Event{At: e.Time, Kind: kinds[e.Kind], Scope: scopes[e.Scope], By: actors[e.By]}
	switch {
	case e.Hold == consent.HoldSecret:
		event.Text = "secret"
	case e.Hold == consent.HoldAway && e.Kind == consent.Paused:
		event.Kind = KindAway // the picture goes on
	case e.Hold == consent.HoldAway:
		event.Kind = KindBack
	}
	return event
}

// aboutConsent reports whether e tells of consent rather than of what was done
// with it: such events are kept through a pause.
func (e Event) aboutConsent() bool {
	return slices.Contains([]string{
		KindAsked, KindGranted, KindRefused, KindExpired, KindWithdrawn, KindReleased,
		KindPaused, KindResumed, KindEnded, KindAway, KindBack,
	}, e.Kind)
}

// ends reports whether e may stand after the grant is gone, as the recording's end.
func (e Event) ends() bool {
	return slices.Contains([]string{KindWithdrawn, KindReleased, KindExpired, KindEnded}, e.Kind)
}

// trimmed is e within the limits, in UTC with milliseconds.
func (e Event) trimmed() Event {
	e.At = e.At.UTC().Truncate(time.Millisecond)
	if !e.Until.IsZero() {
		e.Until = e.Until.UTC().Truncate(time.Millisecond)
	}
	e.Kind, e.Scope, e.By = cut(e.Kind, maxEventWord), cut(e.Scope, maxEventWord), cut(e.By, maxEventWord)
	most := maxEventText
	if e.Kind == KindChat {
		most = maxChatText
	}
	e.Text = cut(e.Text, most)
	return e
}

// cut shortens s to at most n bytes of valid UTF-8.
func cut(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// encodeEvents makes JSON lines under zstd.
func encodeEvents(events []Event) ([]byte, error) {
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	for _, e := range events {
		if err := enc.Encode(e); err != nil {
			return nil, fmt.Errorf("recording: encode event: %w", err)
		}
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil, fmt.Errorf("recording: compress events: %w", err)
	}
	defer z.Close()
	return z.EncodeAll(lines.Bytes(), nil), nil
}

// decodeEvents reads them back, with little memory whatever comes (THREAT 19).
func decodeEvents(packed []byte) ([]Event, error) {
	z, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderMaxMemory(zstdMemory), zstd.WithDecoderMaxWindow(zstdMemory))
	if err != nil {
		return nil, fmt.Errorf("recording: unpack events: %w", err)
	}
	defer z.Close()
	plain, err := io.ReadAll(io.LimitReader(z, maxEventsPlain+1))
	if err != nil {
		return nil, fmt.Errorf("%w: unpack events: %w", ErrTampered, err)
	}
	if len(plain) > maxEventsPlain {
		return nil, fmt.Errorf("%w: events unpack to more than %d bytes", ErrTampered, maxEventsPlain)
	}
	var events []Event
	for line := range bytes.Lines(plain) {
		var e Event
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("%w: read event: %w", ErrTampered, err)
		}
		events = append(events, e)
	}
	return events, nil
}
