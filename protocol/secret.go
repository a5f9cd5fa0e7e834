package protocol

import (
	"fmt"
	"io"
	"log/slog"
)

// dot is all that a Secret shows of itself.
const dot = "•"

// Secret is text that must not be seen: it prints as a dot under every verb of fmt, in
// slog, JSON and every encoder of text (THREATS 17). The text stands behind a pointer,
// because fmt reads unexported fields without asking their methods. Reveal is the only
// way to it.
type Secret struct{ text *string }

// NewSecret hides text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal returns the text; it is empty for the zero Secret.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Equal compares in constant time.
func (s Secret) Equal(other Secret) bool { return equal([]byte(s.Reveal()), []byte(other.Reveal())) }

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
