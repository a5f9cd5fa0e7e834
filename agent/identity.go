package agent

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/pion/webrtc/v4"
)

// identity is the DTLS certificate of one session, made before the handshake so that
// the handshake can bind its fingerprint.
type identity struct {
	certificate webrtc.Certificate
	fingerprint [32]byte
}

func newIdentity() (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("agent: certificate: %w", err)
	}
	cert, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return nil, fmt.Errorf("agent: certificate: %w", err)
	}
	prints, err := cert.GetFingerprints()
	if err != nil {
		return nil, fmt.Errorf("agent: certificate: %w", err)
	}
	id := &identity{certificate: *cert}
	for _, p := range prints {
		if p.Algorithm == "sha-256" {
			return id, parseFingerprint(p.Value, &id.fingerprint)
		}
	}
	return nil, errors.New("agent: certificate has no SHA-256 fingerprint")
}

func parseFingerprint(text string, into *[32]byte) error {
	raw, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil || len(raw) != len(into) {
		return errors.New("agent: malformed fingerprint")
	}
	copy(into[:], raw)
	return nil
}
