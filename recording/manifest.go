package recording

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Manifest lists a recording's objects in the order they were made. Times in ms
// count from Started; the pictures stand without a hole from 0 to DurationMS.
type Manifest struct {
	Version    int       `json:"version"` // 1
	Recording  string    `json:"recording"`
	Session    string    `json:"session"`
	Started    time.Time `json:"started"`
	DurationMS int64     `json:"duration_ms"`
	Objects    []Object  `json:"objects"`
	Gaps       []Gap     `json:"gaps"`
	Consent    Consent   `json:"consent"`
	End        string    `json:"end"`
	// Chain is the hash over all objects in order, see docs/recording.md.
	Chain string `json:"chain"`
}

// How a recording came to its end.
const (
	EndClosed    = "closed"    // with the session
	EndWithdrawn = "withdrawn" // the grant was gone when it was closed
	EndFailed    = "failed"    // the store failed; what follows is missing
)

// Object is one sealed object.
type Object struct {
	Name   string `json:"name"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"` // of the sealed bytes, hex
	// Segment describes a segment; nil for the others.
	Segment *Segment `json:"segment,omitempty"`
}

// Segment says what a segment holds.
type Segment struct {
	StartMS    int64  `json:"start_ms"`
	DurationMS int64  `json:"duration_ms"`
	Frames     int    `json:"frames"`
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	Codec      string `json:"codec"` // RFC 6381
	// InitBytes is how many bytes at the start are an init segment: the first
	// segment has one, and each whose pictures are of another form than those before.
	// 0 means that the last one goes on.
	InitBytes int `json:"init_bytes"`
}

// Gap is a time in which nothing was recorded; the picture before stands through it.
type Gap struct {
	FromMS int64  `json:"from_ms"`
	ToMS   int64  `json:"to_ms"`
	Why    string `json:"why"`
}

// Consent ties the recording to the session's consent records.
type Consent struct {
	Records int    `json:"records"`
	Head    string `json:"head"` // SHA-256 of the last record (its JWS text), hex; "" when none
}

// consentHead is what Manifest.Consent says of the given records.
func consentHead(records []string) Consent {
	if len(records) == 0 {
		return Consent{}
	}
	sum := sha256.Sum256([]byte(records[len(records)-1]))
	return Consent{Records: len(records), Head: hex.EncodeToString(sum[:])}
}

// Fits reports whether the session's consent records, as its receipt lists them, are
// those that the manifest was signed with; later ones may follow.
func (c Consent) Fits(records []string) bool {
	return c.Records <= len(records) && c.Records >= 0 && consentHead(records[:c.Records]) == c
}

// chain hashes all objects in order, starting from the recording's and session's ids:
//
//	c0 = SHA-256("beside recording 1|" recording "|" session)
//	ci = SHA-256(c(i-1) name 0x00 sha256)
func (m *Manifest) chain() string {
	c := sha256.Sum256([]byte("beside recording 1|" + m.Recording + "|" + m.Session))
	for _, o := range m.Objects {
		sum, err := hex.DecodeString(o.SHA256)
		if err != nil {
			return ""
		}
		c = sha256.Sum256(append(append(append(c[:], o.Name...), 0), sum...))
	}
	return hex.EncodeToString(c[:])
}

// manifestType is the JWS typ, so that no other signature of the agent fits here.
const manifestType = "beside-recording+jws"

// sign makes manifest.jws: a compact JWS, EdDSA, with the signer's public key inside.
func (m *Manifest) sign(key ed25519.PrivateKey) ([]byte, error) {
	payload, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("recording: encode manifest: %w", err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: key},
		(&jose.SignerOptions{EmbedJWK: true}).WithType(manifestType))
	if err != nil {
		return nil, fmt.Errorf("recording: sign manifest: %w", err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return nil, fmt.Errorf("recording: sign manifest: %w", err)
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		return nil, fmt.Errorf("recording: sign manifest: %w", err)
	}
	return []byte(text), nil
}

// DecodeManifest checks signature and form of a manifest.jws and returns it with its
// signer. When signer is given, any other is refused; without it the signature only
// says that manifest and signer belong together.
func DecodeManifest(data []byte, signer ed25519.PublicKey) (*Manifest, ed25519.PublicKey, error) {
	if len(data) > MaxObject {
		return nil, nil, fmt.Errorf("%w: manifest of %d bytes", ErrTampered, len(data))
	}
	if !oneSpelling(string(data)) {
		return nil, nil, fmt.Errorf("%w: manifest: another spelling", ErrTampered)
	}
	jws, err := jose.ParseSignedCompact(string(data), []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return nil, nil, fmt.Errorf("%w: manifest: %w", ErrTampered, err)
	}
	head := jws.Signatures[0].Header
	if head.ExtraHeaders[jose.HeaderType] != manifestType || head.JSONWebKey == nil {
		return nil, nil, fmt.Errorf("%w: manifest is of another type", ErrTampered)
	}
	pub, ok := head.JSONWebKey.Key.(ed25519.PublicKey)
	if !ok || len(pub) != ed25519.PublicKeySize {
		return nil, nil, fmt.Errorf("%w: manifest names no signer", ErrTampered)
	}
	if signer != nil && !bytes.Equal(signer, pub) {
		return nil, nil, fmt.Errorf("%w: the manifest was signed by somebody else", ErrTampered)
	}
	payload, err := jws.Verify(pub)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: manifest: %w", ErrTampered, err)
	}
	m, err := parseManifest(payload)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: manifest: %w", ErrTampered, err)
	}
	return m, pub, nil
}

// oneSpelling reports whether the parts of a JWS are spelt as whoever signed it did: base64
// leaves bits over that mean nothing, and would not be found changed.
func oneSpelling(jws string) bool {
	for part := range strings.SplitSeq(jws, ".") {
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return false
		}
	}
	return true
}

func parseManifest(payload []byte) (*Manifest, error) {
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.DisallowUnknownFields()
	m := &Manifest{}
	if err := dec.Decode(m); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return m, m.check()
}

// check refuses a manifest that no writer makes.
func (m *Manifest) check() error {
	switch {
	case m.Version != 1:
		return fmt.Errorf("version %d", m.Version)
	case !validID(m.Recording) || m.Session == "":
		return errors.New("no recording or session")
	case len(m.Objects) == 0 || len(m.Objects) > MaxObjects:
		return fmt.Errorf("%d objects", len(m.Objects))
	case m.Objects[0].Name != KeyName:
		return errors.New("the key is not the first object")
	case m.End != EndClosed && m.End != EndWithdrawn && m.End != EndFailed:
		return errors.New("no end")
	}
	if err := m.checkObjects(); err != nil {
		return err
	}
	for _, g := range m.Gaps {
		if g.FromMS > g.ToMS {
			return errors.New("a gap ends before it begins")
		}
	}
	if m.Chain != m.chain() {
		return errors.New("the chain does not hold")
	}
	return nil
}

// checkObjects sees that names count up without a hole and that segments follow one
// another in time.
func (m *Manifest) checkObjects() error {
	segments, events, end := 0, 0, int64(0)
	for i, o := range m.Objects {
		if sum, err := hex.DecodeString(o.SHA256); err != nil || len(sum) != sha256.Size ||
			o.Bytes <= 0 || o.Bytes > MaxObject {
			return fmt.Errorf("object %d has no valid hash or size", i)
		}
		switch s := o.Segment; {
		case i == 0:
			if s != nil {
				return errors.New("the key is no segment")
			}
		case s == nil:
			if events++; o.Name != EventsName(events) {
				return fmt.Errorf("object %d is not %s", i, EventsName(events))
			}
		default:
			if segments++; o.Name != SegmentName(segments) {
				return fmt.Errorf("object %d is not %s", i, SegmentName(segments))
			}
			if s.StartMS != end || s.DurationMS <= 0 || s.DurationMS > 1<<40 || s.Frames <= 0 ||
				s.InitBytes < 0 || segments == 1 && s.InitBytes == 0 {
				return fmt.Errorf("segment %d does not follow the one before", segments)
			}
			end += s.DurationMS
		}
	}
	if end != m.DurationMS {
		return errors.New("the duration is not that of the segments")
	}
	return nil
}

// segments returns the objects that are segments, in order.
func (m *Manifest) segments() []Object {
	var out []Object
	for _, o := range m.Objects {
		if o.Segment != nil {
			out = append(out, o)
		}
	}
	return out
}
