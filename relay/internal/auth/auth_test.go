package auth

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// THREAT 22: argon2id, a salt each, and nothing of the password in the hash.
func TestPasswordHash(t *testing.T) {
	h := NewHasher(2)
	password := SecretOf("correct horse battery")
	one, err := h.Hash(password)
	if err != nil {
		t.Fatal(err)
	}
	two, err := h.Hash(password)
	if err != nil {
		t.Fatal(err)
	}
	if one == two || !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(one, "horse") {
		t.Errorf("hashes %s and %s", one, two)
	}
	for _, c := range []struct {
		name, hash, password string
		want                 bool
	}{
		{"right", one, "correct horse battery", true},
		{"wrong", one, "correct horse batterz", false},
		{"empty", one, "", false},
		{"no account", "", "correct horse battery", false},
		{"no password set", "-", "-", false},
		{"cheaper parameters", strings.Replace(one, "t=2", "t=1", 1), "correct horse battery", false},
		{"very long", one, strings.Repeat("x", MaxPassword+1), false},
	} {
		if got := h.Check(c.hash, SecretOf(c.password)); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
	for _, text := range []string{"", "short", "elf letters", strings.Repeat("x", MaxPassword+1)} {
		if _, err := h.Hash(SecretOf(text)); !errors.Is(err, ErrPasswordLength) {
			t.Errorf("%d characters: got %v", len(text), err)
		}
	}
}

// THREAT 17: a Secret prints as a dot, however it is printed.
func TestSecretPrintsAsADot(t *testing.T) {
	s := NewSecret("bst_")
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "token", s, "in", struct{ S Secret }{s})
	text := log.String() + fmt.Sprint(s) + fmt.Sprintf("%v %+v %#v %s %q %x", s, &s, s, s, s, s)
	if strings.Contains(text, s.Reveal()) || strings.Contains(text, fmt.Sprintf("%x", s.Reveal())) {
		t.Errorf("printed: %s", text)
	}
	if s.Hash() == NewSecret("bst_").Hash() || strings.Contains(s.Hash(), s.Reveal()) {
		t.Error("two tokens have one hash")
	}
}

func TestRoles(t *testing.T) {
	if Roles(0).Has(All) || !All.Has(Admin) || Technician.Has(Admin|Reviewer) || !(Technician | Admin).Has(Admin) {
		t.Error("roles are mixed up")
	}
}
