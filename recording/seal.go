package recording

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// Identity opens recordings: a reviewer's, the recovery key, or the user's own from
// the receipt. It prints as a dot (THREAT 17).
type Identity struct{ ids []age.Identity }

// String never shows the secret.
func (Identity) String() string { return "•" }

// GoString never shows the secret.
func (Identity) GoString() string { return "•" }

// NewIdentity makes a fresh age identity: the secret (AGE-SECRET-KEY-1…), to be kept,
// and its recipient (age1…), to be given away.
func NewIdentity() (secret, recipient string, err error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", "", fmt.Errorf("recording: make identity: %w", err)
	}
	return id.String(), id.Recipient().String(), nil
}

// ParseIdentity reads an age identity file: lines of AGE-SECRET-KEY-1…, comments
// after #.
func ParseIdentity(file string) (Identity, error) {
	ids, err := age.ParseIdentities(strings.NewReader(file))
	if err != nil {
		return Identity{}, fmt.Errorf("recording: read identity: %w", err)
	}
	return Identity{ids}, nil
}

// UnwrapIdentity reads an identity that is itself an age file under a passphrase,
// armored or not, as the organisation keeps it.
func UnwrapIdentity(wrapped []byte, passphrase string) (Identity, error) {
	scrypt, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return Identity{}, fmt.Errorf("recording: unwrap identity: %w", err)
	}
	// 2^20 would take 1 GiB; the web application wraps at 2^18.
	scrypt.SetMaxWorkFactor(19)
	var src io.Reader = bytes.NewReader(wrapped)
	if IsArmored(wrapped) {
		src = armor.NewReader(src)
	}
	r, err := age.Decrypt(src, scrypt)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: wrong passphrase", ErrIdentity)
	}
	plain, err := io.ReadAll(io.LimitReader(r, 64<<10))
	if err != nil {
		return Identity{}, fmt.Errorf("recording: unwrap identity: %w", err)
	}
	return ParseIdentity(string(plain))
}

// IsArmored reports whether data is an armored age file, which needs a passphrase.
func IsArmored(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(data), []byte(armor.Header))
}

// seal encrypts plain to the recipients as an ordinary age file.
func seal(plain []byte, to ...age.Recipient) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to...)
	if err != nil {
		return nil, fmt.Errorf("recording: seal: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("recording: seal: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("recording: seal: %w", err)
	}
	return out.Bytes(), nil
}

// open decrypts an object. The bytes of a wrong or changed one are never returned.
func open(sealed []byte, ids ...age.Identity) ([]byte, error) {
	if len(sealed) > MaxObject {
		return nil, fmt.Errorf("%w: object of %d bytes", ErrTampered, len(sealed))
	}
	if len(ids) == 0 {
		return nil, ErrIdentity
	}
	r, err := age.Decrypt(bytes.NewReader(sealed), ids...)
	if noMatch := (*age.NoIdentityMatchError)(nil); errors.As(err, &noMatch) {
		return nil, ErrIdentity
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	plain, err := io.ReadAll(r) // never longer than sealed
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	return plain, nil
}

// newKey makes a recording's own identity: its recipient, and key.age, which is the
// secret for those who may open it. The secret is kept nowhere else.
func newKey(recipients []string) (age.Recipient, []byte, error) {
	var to []age.Recipient
	for _, s := range recipients {
		r, err := age.ParseX25519Recipient(s)
		if err != nil {
			return nil, nil, fmt.Errorf("recording: recipient: %w", err)
		}
		to = append(to, r)
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, nil, fmt.Errorf("recording: make key: %w", err)
	}
	key, err := seal([]byte(id.String()+"\n"), to...)
	if err != nil {
		return nil, nil, err
	}
	return id.Recipient(), key, nil
}

// openKey reads the recording's identity from key.age.
func openKey(sealed []byte, id Identity) (age.Identity, error) {
	plain, err := open(sealed, id.ids...)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", KeyName, err)
	}
	own, err := age.ParseX25519Identity(strings.TrimSpace(string(plain)))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w: it holds no identity", KeyName, ErrTampered)
	}
	return own, nil
}
