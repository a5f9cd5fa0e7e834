package protocol

import (
	"fmt"
	"io"
	"log/slog"
)

// dot is all that a Secret shows of itself.
const dot = "•"

// Secret is text that must not be seen: it prints as a dot under every verb of fmt, in
// slog, JSON and every encoder of text. Convert it to a string where it is really
// needed (THREATS 17).
type Secret string

// String returns a dot.
func (Secret) String() string { return dot }

// GoString returns a dot.
func (Secret) GoString() string { return dot }

// Format writes a dot whatever the verb and its flags.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, dot) }

// LogValue gives slog a dot.
func (Secret) LogValue() slog.Value { return slog.StringValue(dot) }

// MarshalText gives JSON, XML and other encoders a dot.
func (Secret) MarshalText() ([]byte, error) { return []byte(dot), nil }
