package consent

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"

	jose "github.com/go-jose/go-jose/v4"
)

// newSigner signs one kind of a receipt's parts, each a JWS (RFC 7515) by EdDSA whose
// header "typ" says which kind it is: none can be passed off as another.
func newSigner(key ed25519.PrivateKey, kind string) (jose.Signer, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: key}, (&jose.SignerOptions{}).WithType(jose.ContentType(kind)))
	if err != nil {
		return nil, fmt.Errorf("consent: signer: %w", err)
	}
	return signer, nil
}

// sign signs a part as JSON and returns its compact form.
func sign(signer jose.Signer, part any) (string, error) {
	payload, err := json.Marshal(part)
	if err != nil {
		return "", fmt.Errorf("consent: sign: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("consent: sign: %w", err)
	}
	return signed.CompactSerialize()
}

// verify checks a part of that kind and decodes it. The error is ErrReceipt.
func verify(compact string, key ed25519.PublicKey, kind string, into any) error {
	signed, err := jose.ParseSignedCompact(compact, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return fmt.Errorf("%w: %s: form", ErrReceipt, kind)
	}
	payload, err := signed.Verify(key)
	if err != nil {
		return fmt.Errorf("%w: %s: signature", ErrReceipt, kind)
	}
	if signed.Signatures[0].Protected.ExtraHeaders[jose.HeaderType] != kind {
		return fmt.Errorf("%w: %s: kind", ErrReceipt, kind)
	}
	if json.Unmarshal(payload, into) != nil {
		return fmt.Errorf("%w: %s: payload", ErrReceipt, kind)
	}
	return nil
}
