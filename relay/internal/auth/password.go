package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Parameters of argon2id, the first choice of RFC 9106 for machines that hash beside
// other work: 19 MiB, two passes.
const (
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonThreads = 1
	saltLength   = 16
	keyLength    = 32
)

// Bounds of a password. The upper one keeps a request from costing more than others.
const (
	MinPassword = 12 // characters
	MaxPassword = 1024
)

// ErrPasswordLength is returned for passwords that are too short or too long.
var ErrPasswordLength = fmt.Errorf("auth: a password has %d to %d characters", MinPassword, MaxPassword)

// hashing bounds how many hashes are computed at a time, and with it the memory.
type hashing chan struct{}

// Hasher hashes and checks passwords, a few at a time.
type Hasher struct {
	slots hashing
	// absent is the hash checked when there is no user, so that the answer takes as
	// long.
	absent string
}

// NewHasher makes a Hasher that works on at most n passwords at a time.
func NewHasher(n int) *Hasher {
	h := &Hasher{slots: make(hashing, n)}
	h.absent = h.hash(NewID())
	return h
}

// Hash returns password under argon2id in the PHC string format.
func (h *Hasher) Hash(password Secret) (string, error) {
	if n := utf8.RuneCountInString(password.text); n < MinPassword || len(password.text) > MaxPassword {
		return "", ErrPasswordLength
	}
	return h.hash(password.text), nil
}

func (h *Hasher) hash(password string) string {
	var salt [saltLength]byte
	rand.Read(salt[:])
	key := h.key(password, salt[:])
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt[:]), base64.RawStdEncoding.EncodeToString(key))
}

func (h *Hasher) key(password string, salt []byte) []byte {
	h.slots <- struct{}{}
	defer func() { <-h.slots }()
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, keyLength)
}

// Check reports whether password belongs to the hash. An empty hash (no such user,
// or one without a password) costs the same time and is never right.
func (h *Hasher) Check(hash string, password Secret) bool {
	if len(password.text) > MaxPassword {
		return false
	}
	known := hash != ""
	if !known {
		hash = h.absent
	}
	salt, want, err := parseHash(hash)
	if err != nil {
		return false
	}
	same := subtle.ConstantTimeCompare(h.key(password.text, salt), want) == 1
	return same && known
}

var errHash = errors.New("auth: not a password hash of this version")

func parseHash(hash string) (salt, key []byte, err error) {
	parts := strings.Split(hash, "$")
	params := fmt.Sprintf("m=%d,t=%d,p=%d", argonMemory, argonTime, argonThreads)
	if len(parts) != 6 || parts[1] != "argon2id" || parts[3] != params {
		return nil, nil, errHash
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return nil, nil, errHash
	}
	if key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(key) != keyLength {
		return nil, nil, errHash
	}
	return salt, key, nil
}
