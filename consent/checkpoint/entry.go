package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// The acts that the user's side looks for; the relay logs others beside.
const (
	SessionOpened = "session.opened"
	SessionEnded  = "session.ended"
)

// Entry is one act in an audit log: who did what to what, when. It holds ids and a few
// plain values; never what was on a screen, a code, a key, or an address of any kind.
// Names are not in it either: what is in such a log cannot be taken out.
type Entry struct {
	Time time.Time `json:"time"`
	// Actor is "person:" and an id, "end-user", "operator" (at the relay's own machine) or
	// "relay" (by itself).
	Actor  string `json:"actor"`
	Action string `json:"action"`
	// Object is what it was done to: "session:", "recording:", "person:" and an id, or
	// empty for the organisation itself.
	Object  string            `json:"object,omitempty"`
	Details map[string]string `json:"details,omitempty"`
}

// OfSession is a session as an Entry's Object.
func OfSession(id string) string { return "session:" + id }

// Encode is the entry as it stands in the log and is hashed: JSON, in one line.
func (e Entry) Encode() ([]byte, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: entry: %w", err)
	}
	if len(data) > MaxEntry {
		return nil, fmt.Errorf("checkpoint: an entry of %d bytes", len(data))
	}
	return data, nil
}

// ParseEntry reads what Encode wrote.
func ParseEntry(data []byte) (Entry, error) {
	var e Entry
	if len(data) > MaxEntry || !utf8.Valid(data) { // else it would not come out of a receipt as it went in
		return Entry{}, fmt.Errorf("%w: an entry too large, or no text", ErrFalse)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		return Entry{}, fmt.Errorf("%w: the form of an entry", ErrFalse)
	}
	if _, err := dec.Token(); err != io.EOF || e.Time.IsZero() || e.Actor == "" || e.Action == "" || strings.ContainsAny(string(data), "\n\r") {
		return Entry{}, fmt.Errorf("%w: the form of an entry", ErrFalse)
	}
	return e, nil
}
