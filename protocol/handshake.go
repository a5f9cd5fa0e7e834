package protocol

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/gtank/ristretto255"
	"google.golang.org/protobuf/proto"

	"beside/protocol/wire"
)

// Why a handshake came to nothing. Whatever the reason, the handshake is over and the
// agent burns its code; FailureOf says what to tell the other end.
var (
	// ErrWrongSecret means that the two ends hold different codes, or that somebody
	// between them changed something.
	ErrWrongSecret = errors.New("protocol: the codes differ")
	// ErrVersion means that the other end speaks another version of the protocol.
	ErrVersion = errors.New("protocol: the other end speaks another version")
	// ErrMalformed means that a share could not be used: not a point, not the data
	// expected, or one's own share sent back.
	ErrMalformed = errors.New("protocol: the other end's share cannot be used")
	// ErrBinding means that the two ends do not mean the same session, technician or
	// organisation: what the relay told them differs.
	ErrBinding = errors.New("protocol: the two ends were told different things")
	// ErrOutOfTurn means that a step came that is not the next one. A handshake that
	// has failed answers every step with it.
	ErrOutOfTurn = errors.New("protocol: handshake step out of turn")
)

// handshakeState is where a handshake stands. Only advance and fail change it.
//
//	viewer: fresh ─Start─► started ─Finish─► proving ─Verify─► agreed
//	agent:  fresh ─Respond─► proving ─Verify─► agreed
//	any error in any step ─► failed, for good
type handshakeState uint8

const (
	handshakeFresh handshakeState = iota
	handshakeStarted
	handshakeProving
	handshakeAgreed
	handshakeFailed
)

// Handshake is one side of CPace over the relay. Steps, viewer first:
//
//	viewer                     agent
//	Start() ── Share ──►       Respond(share)
//	           ◄── Share ──
//	Finish(share) ─ Confirm ─► Verify(confirm)
//	           ◄── Confirm ──
//	Verify(confirm)
//
// It serves one goroutine and one run: after an error, or after agreement, a new one
// is needed.
type Handshake struct {
	state  handshakeState
	role   wire.Role
	own    *wire.HandshakeData
	expect *wire.HandshakeData

	prs, ci, sid []byte
	scalar       func() (*ristretto255.Scalar, error)

	y       *ristretto255.Scalar // until the secret point is made
	ownMsg  message
	peerMsg message
	peer    *wire.HandshakeData

	isk, mac []byte
}

// NewHandshake prepares one run. own is bound as it is; expect is what the other
// side must have sent, except for its DTLS fingerprint, which is learnt. own.Role says
// which side this is.
func NewHandshake(code Code, own, expect *wire.HandshakeData) (*Handshake, error) {
	switch {
	case !code.valid():
		return nil, errors.New("protocol: handshake without a code")
	case own == nil || expect == nil:
		return nil, errors.New("protocol: handshake without data to bind")
	case own.Role != wire.Role_ROLE_VIEWER && own.Role != wire.Role_ROLE_AGENT:
		return nil, errors.New("protocol: handshake without a role")
	case expect.Role == own.Role:
		return nil, errors.New("protocol: handshake with one's own role")
	case own.SessionId == "":
		return nil, errors.New("protocol: handshake without a session")
	case len(own.DtlsFingerprint) != sha256.Size:
		return nil, errors.New("protocol: handshake without a fingerprint of 32 bytes")
	}
	if err := checkHandshakeData(own); err != nil {
		return nil, fmt.Errorf("protocol: own data: %w", err)
	}
	sum := sha256.Sum256([]byte("beside session " + own.SessionId))
	return &Handshake{
		role:   own.Role,
		own:    proto.CloneOf(own),
		expect: proto.CloneOf(expect),
		prs:    []byte(code.Secret.Reveal()),
		ci:     []byte("beside/1|" + code.Locator + "|" + own.SessionId),
		sid:    sum[:16],
		scalar: sampleScalar,
	}, nil
}

// Start makes the viewer's share.
func (h *Handshake) Start() (*wire.Share, error) {
	if h.role != wire.Role_ROLE_VIEWER || h.state != handshakeFresh {
		return nil, h.fail(ErrOutOfTurn)
	}
	if err := h.makeShare(); err != nil {
		return nil, h.fail(err)
	}
	h.state = handshakeStarted
	return h.shareOut(), nil
}

// Respond takes the viewer's share and makes the agent's.
func (h *Handshake) Respond(peer *wire.Share) (*wire.Share, error) {
	if h.role != wire.Role_ROLE_AGENT || h.state != handshakeFresh {
		return nil, h.fail(ErrOutOfTurn)
	}
	if err := h.makeShare(); err != nil {
		return nil, h.fail(err)
	}
	if err := h.agree(peer); err != nil {
		return nil, h.fail(err)
	}
	h.state = handshakeProving
	return h.shareOut(), nil
}

// Finish takes the agent's share and makes the viewer's confirmation.
func (h *Handshake) Finish(peer *wire.Share) (*wire.Confirm, error) {
	if h.role != wire.Role_ROLE_VIEWER || h.state != handshakeStarted {
		return nil, h.fail(ErrOutOfTurn)
	}
	if err := h.agree(peer); err != nil {
		return nil, h.fail(err)
	}
	h.state = handshakeProving
	return h.confirmOut(), nil
}

// Verify checks the other side's confirmation. On the agent it returns the agent's
// own confirmation to send; on the viewer nil. The agent's confirmation exists only
// after the viewer's was right, so a wrong guess learns nothing but that it was wrong.
func (h *Handshake) Verify(c *wire.Confirm) (*wire.Confirm, error) {
	if h.state != handshakeProving {
		return nil, h.fail(ErrOutOfTurn)
	}
	if !equal(c.GetTag(), confirmTag(h.mac, h.peerMsg)) {
		return nil, h.fail(ErrWrongSecret)
	}
	h.state = handshakeAgreed
	if h.role == wire.Role_ROLE_AGENT {
		return h.confirmOut(), nil
	}
	return nil, nil
}

// PeerFingerprint is the other side's DTLS fingerprint, valid after Verify; all zeros
// before.
func (h *Handshake) PeerFingerprint() [sha256.Size]byte {
	if h.state != handshakeAgreed {
		return [sha256.Size]byte{}
	}
	return [sha256.Size]byte(h.peer.DtlsFingerprint)
}

// Sealer returns the box for signalling messages, valid after Verify. It can be had
// once: two boxes with one key would use counters twice.
func (h *Handshake) Sealer() (*Sealer, error) {
	if h.state != handshakeAgreed || h.isk == nil {
		return nil, ErrOutOfTurn
	}
	isk := h.isk
	h.isk = nil
	defer clear(isk)
	return newSealer(isk, h.sid, h.role)
}

// makeShare draws the scalar and makes this side's CPace message.
func (h *Handshake) makeShare() error {
	ad, err := proto.MarshalOptions{Deterministic: true}.Marshal(h.own)
	if err != nil {
		return fmt.Errorf("protocol: handshake data: %w", err)
	}
	g, err := generator(h.prs, h.ci, h.sid)
	if err != nil {
		return err
	}
	if h.y, err = h.scalar(); err != nil {
		return err
	}
	h.ownMsg = message{share: ristretto255.NewIdentityElement().ScalarMult(h.y, g).Bytes(), ad: ad}
	return nil
}

// agree checks the other side's share and derives the keys from it.
func (h *Handshake) agree(peer *wire.Share) error {
	if err := checkShare(peer); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	h.peerMsg = message{share: peer.Point, ad: peer.AssociatedData}
	if equal(h.peerMsg.share, h.ownMsg.share) {
		return fmt.Errorf("%w: our own share came back", ErrMalformed)
	}
	if err := h.checkPeer(); err != nil {
		return err
	}
	k, err := scalarMultVerify(h.y, h.peerMsg.share)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	initiator, responder := h.ownMsg, h.peerMsg
	if h.role == wire.Role_ROLE_AGENT {
		initiator, responder = responder, initiator
	}
	h.isk = sessionKey(h.sid, k, initiator, responder)
	h.mac = macKey(h.sid, h.isk)
	clear(k)
	h.y = nil
	return nil
}

// checkPeer compares what the other side bound with what this side expects of it.
func (h *Handshake) checkPeer() error {
	var data wire.HandshakeData
	if err := unmarshal(h.peerMsg.ad, &data); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	switch {
	case data.Protocol != h.expect.Protocol:
		return ErrVersion
	case data.Role != h.expect.Role:
		return fmt.Errorf("%w: role", ErrBinding)
	case data.SessionId != h.expect.SessionId:
		return fmt.Errorf("%w: session", ErrBinding)
	case data.TechnicianName != h.expect.TechnicianName:
		return fmt.Errorf("%w: technician", ErrBinding)
	case data.OrganisationName != h.expect.OrganisationName:
		return fmt.Errorf("%w: organisation", ErrBinding)
	case len(data.DtlsFingerprint) != sha256.Size:
		return fmt.Errorf("%w: fingerprint", ErrMalformed)
	case equal(data.DtlsFingerprint, h.own.DtlsFingerprint):
		return fmt.Errorf("%w: our own fingerprint came back", ErrMalformed)
	}
	h.peer = &data
	return nil
}

func (h *Handshake) shareOut() *wire.Share {
	return &wire.Share{Point: h.ownMsg.share, AssociatedData: h.ownMsg.ad}
}

func (h *Handshake) confirmOut() *wire.Confirm {
	return &wire.Confirm{Tag: confirmTag(h.mac, h.ownMsg)}
}

// fail ends the handshake for good and forgets its keys.
func (h *Handshake) fail(err error) error {
	clear(h.isk)
	clear(h.mac)
	h.state, h.y, h.isk, h.mac = handshakeFailed, nil, nil, nil
	return err
}

// FailureOf says what to tell the other end about err of a handshake step.
func FailureOf(err error) *wire.HandshakeFailed {
	why := wire.HandshakeFailed_WHY_MALFORMED
	switch {
	case errors.Is(err, ErrWrongSecret):
		why = wire.HandshakeFailed_WHY_WRONG_SECRET
	case errors.Is(err, ErrVersion):
		why = wire.HandshakeFailed_WHY_VERSION
	}
	return &wire.HandshakeFailed{Why: why}
}
