// Package auth decides who a request comes from: passwords, tokens, roles, and which
// web origins may speak for a signed-in browser.
//
// Begin with [HashPassword], [NewSecret] and [CheckOrigin]. What it promises:
// passwords are stored under argon2id, every token is stored as its hash alone, and a
// [Secret] never prints as anything but a dot.
package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"strings"
	"time"
)

// Roles is a set of roles.
type Roles uint8

// The roles. An admin sees no content: reviewing is a role of its own.
const (
	Technician Roles = 1 << iota
	Reviewer
	Admin

	// All is every role, for the first person of an organisation.
	All = Technician | Reviewer | Admin
)

// Has reports whether r holds at least one of want.
func (r Roles) Has(want Roles) bool { return r&want != 0 }

// String is the roles' names, for logs.
func (r Roles) String() string {
	var names []string
	for _, role := range []struct {
		role Roles
		name string
	}{{Technician, "technician"}, {Reviewer, "reviewer"}, {Admin, "admin"}} {
		if r.Has(role.role) {
			names = append(names, role.name)
		}
	}
	return strings.Join(names, ", ")
}

// Caller is the user a request comes from.
type Caller struct {
	OrganisationID string
	UserID         string
	Name           string
	Email          string
	Roles          Roles
	Created        time.Time
}

// Secret is a password or token in the clear. It prints and logs as a dot.
type Secret struct{ text string }

// SecretOf makes a Secret of what a person or program presented.
func SecretOf(text string) Secret { return Secret{text} }

// NewSecret makes a token of 256 random bits behind prefix.
func NewSecret(prefix string) Secret {
	var b [32]byte
	rand.Read(b[:]) // never fails, see crypto/rand
	return Secret{prefix + base64.RawURLEncoding.EncodeToString(b[:])}
}

// Reveal returns the text, for the one place that hands it out.
func (s Secret) Reveal() string { return s.text }

// Empty reports whether nothing was presented.
func (s Secret) Empty() bool { return s.text == "" }

// Hash is what is stored of a token. A token has 256 random bits, so a plain hash is
// enough; passwords go through HashPassword.
func (s Secret) Hash() string {
	sum := sha256.Sum256([]byte("beside token " + s.text))
	return hex.EncodeToString(sum[:])
}

// String returns a dot.
func (s Secret) String() string { return "•" }

// GoString returns a dot.
func (s Secret) GoString() string { return "•" }

// LogValue returns a dot.
func (s Secret) LogValue() slog.Value { return slog.StringValue("•") }

// NewID makes a random id of 128 bits in 32 hexadecimal digits.
func NewID() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
