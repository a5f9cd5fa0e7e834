package protocol

import (
	"errors"

	"beside/protocol/wire"
)

// Handshake is one side of CPace over the relay. Steps, viewer first:
//
//	viewer                     agent
//	Start() ── Share ──►       Respond(share)
//	           ◄── Share ──
//	Finish(share) ─ Confirm ─► Verify(confirm)
//	           ◄── Confirm ──
//	Verify(confirm)
type Handshake struct{}

// ErrWrongSecret means that the two ends hold different codes, or that somebody
// between them changed something. The code must be burnt.
var ErrWrongSecret = errors.New("protocol: the codes differ")

// NewHandshake prepares one run. own is bound as it is; expect is what the other
// side must have sent, except for its DTLS fingerprint, which is learnt.
func NewHandshake(code Code, own, expect *wire.HandshakeData) (*Handshake, error) {
	return nil, errors.New("protocol: unfinished")
}

// Start makes the viewer's share.
func (h *Handshake) Start() (*wire.Share, error) { return nil, errors.New("protocol: unfinished") }

// Respond takes the viewer's share and makes the agent's.
func (h *Handshake) Respond(peer *wire.Share) (*wire.Share, error) {
	return nil, errors.New("protocol: unfinished")
}

// Finish takes the agent's share and makes the viewer's confirmation.
func (h *Handshake) Finish(peer *wire.Share) (*wire.Confirm, error) {
	return nil, errors.New("protocol: unfinished")
}

// Verify checks the other side's confirmation. On the agent it returns the agent's
// own confirmation to send; on the viewer nil.
func (h *Handshake) Verify(c *wire.Confirm) (*wire.Confirm, error) {
	return nil, errors.New("protocol: unfinished")
}

// PeerFingerprint is the other side's DTLS fingerprint, valid after Verify.
func (h *Handshake) PeerFingerprint() [32]byte { return [32]byte{} }

// Sealer returns the box for signalling messages, valid after Verify.
func (h *Handshake) Sealer() (*Sealer, error) { return nil, errors.New("protocol: unfinished") }

// Sealer seals and opens signalling messages of one session, AES-256-GCM with a key
// and a counter for each direction. Open accepts counters in order only.
type Sealer struct{}

// Seal seals one message.
func (s *Sealer) Seal(plain []byte) (*wire.Sealed, error) {
	return nil, errors.New("protocol: unfinished")
}

// Open opens one message; replayed, reordered or changed ones are errors.
func (s *Sealer) Open(m *wire.Sealed) ([]byte, error) { return nil, errors.New("protocol: unfinished") }
