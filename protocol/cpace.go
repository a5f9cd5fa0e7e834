package protocol

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/gtank/ristretto255"
)

// CPACE-RISTR255-SHA512 after draft-irtf-cfrg-cpace-21, initiator and responder. The
// names in this file are the draft's; testdata/cpace.json holds its vectors.

const (
	cpaceDSI    = "CPaceRistretto255" // G.DSI
	cpaceDSIISK = cpaceDSI + "_ISK"   // G.DSI_ISK
	cpaceDSIMac = "CPaceMac"          // explicit key confirmation

	pointSize = 32          // an encoded ristretto255 element
	tagSize   = sha512.Size // an HMAC-SHA-512 key confirmation tag
)

// errBadPoint is the answer to every share that is no usable group element: wrong
// length, not canonical, or the neutral element.
var errBadPoint = errors.New("not a valid point")

// prependLen appends the LEB128 length of part and then part (prepend_len).
func prependLen(dst, part []byte) []byte {
	n := uint64(len(part))
	for n >= 0x80 {
		dst = append(dst, byte(n)|0x80)
		n >>= 7
	}
	return append(append(dst, byte(n)), part...)
}

// lvCat joins parts, each behind its length, in a slice of its own (lv_cat).
func lvCat(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = prependLen(out, p)
	}
	return out
}

// generatorString pads so that the secret fills the first block of the hash whatever
// its length (generator_string).
func generatorString(prs, ci, sid []byte) []byte {
	dsi := []byte(cpaceDSI)
	pad := sha512.BlockSize - 1 - len(prependLen(nil, prs)) - len(prependLen(nil, dsi))
	return lvCat(dsi, prs, make([]byte, max(0, pad)), ci, sid)
}

// generator maps the secret and its surroundings to a group element that nobody knows
// the logarithm of (calculate_generator).
func generator(prs, ci, sid []byte) (*ristretto255.Element, error) {
	sum := sha512.Sum512(generatorString(prs, ci, sid))
	g, err := ristretto255.NewIdentityElement().SetUniformBytes(sum[:])
	if err != nil {
		return nil, fmt.Errorf("cpace generator: %w", err)
	}
	return g, nil
}

// sampleScalar draws a scalar between 1 and the group's order less one, uniformly.
func sampleScalar() (*ristretto255.Scalar, error) {
	for {
		var wide [64]byte
		if _, err := rand.Read(wide[:]); err != nil {
			return nil, fmt.Errorf("cpace scalar: %w", err)
		}
		y, err := ristretto255.NewScalar().SetUniformBytes(wide[:])
		if err != nil {
			return nil, fmt.Errorf("cpace scalar: %w", err)
		}
		if y.Equal(ristretto255.NewScalar()) == 0 {
			return y, nil
		}
	}
}

// scalarMultVerify is the draft's scalar_mult_vfy followed by its test for the neutral
// element: it decodes point, multiplies, and refuses what must end the exchange.
func scalarMultVerify(y *ristretto255.Scalar, point []byte) ([]byte, error) {
	if len(point) != pointSize {
		return nil, errBadPoint
	}
	p, err := ristretto255.NewIdentityElement().SetCanonicalBytes(point)
	if err != nil {
		return nil, errBadPoint
	}
	k := ristretto255.NewIdentityElement().ScalarMult(y, p)
	if k.Equal(ristretto255.NewIdentityElement()) == 1 {
		return nil, errBadPoint
	}
	return k.Bytes(), nil
}

// message is one side's CPace message: its share and the data bound to it, as sent.
type message struct{ share, ad []byte }

func (m message) bytes() []byte { return lvCat(m.share, m.ad) }

// sessionKey derives ISK from the secret point and the transcript, the initiator's
// message first (transcript_ir). It builds the transcript in a slice of its own.
func sessionKey(sid, k []byte, initiator, responder message) []byte {
	in := lvCat([]byte(cpaceDSIISK), sid, k)
	in = append(in, initiator.bytes()...)
	in = append(in, responder.bytes()...)
	isk := sha512.Sum512(in)
	clear(in)
	return isk[:]
}

// macKey derives the key of the confirmation tags.
func macKey(sid, isk []byte) []byte {
	in := append([]byte(cpaceDSIMac), sid...)
	in = append(in, isk...)
	key := sha512.Sum512(in)
	clear(in)
	return key[:]
}

// confirmTag is the tag with which the sender of m proves that it knows the key.
func confirmTag(key []byte, m message) []byte {
	h := hmac.New(sha512.New, key)
	h.Write(m.bytes())
	return h.Sum(nil)
}

// equal compares in constant time.
func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
