package protocol

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"

	"beside/protocol/wire"
)

const (
	infoViewerToAgent = "beside v1 viewer to agent"
	infoAgentToViewer = "beside v1 agent to viewer"
	sealedAAD         = "beside/1 sealed"
	sealOverhead      = 16 // the GCM tag
)

// Errors of a Sealer.
var (
	// ErrSealBroken means that a sealed message was changed, or sealed with another key.
	ErrSealBroken = errors.New("protocol: a sealed message was changed on the way")
	// ErrSealReplayed means that a sealed message came again or out of order.
	ErrSealReplayed = errors.New("protocol: a sealed message came twice or out of order")
	// ErrSealSpent means that no counters are left. No session lives to see it.
	ErrSealSpent = errors.New("protocol: no counters are left")
)

// Sealer seals and opens signalling messages of one session, AES-256-GCM with a key
// and a counter for each direction. Open accepts rising counters only: a gap is a lost
// message, anything else an attack. Its methods are safe for several goroutines.
type Sealer struct {
	sendMu sync.Mutex
	send   cipher.AEAD
	next   uint64 // counter of the next message sent

	openMu sync.Mutex
	open   cipher.AEAD
	least  uint64 // smallest counter still accepted
}

// newSealer derives the two keys of a session from isk (HKDF-SHA-256, salt sid).
func newSealer(isk, sid []byte, role wire.Role) (*Sealer, error) {
	viewerToAgent, err := sealKey(isk, sid, infoViewerToAgent)
	if err != nil {
		return nil, err
	}
	agentToViewer, err := sealKey(isk, sid, infoAgentToViewer)
	if err != nil {
		return nil, err
	}
	if role == wire.Role_ROLE_VIEWER {
		return &Sealer{send: viewerToAgent, open: agentToViewer}, nil
	}
	return &Sealer{send: agentToViewer, open: viewerToAgent}, nil
}

func sealKey(isk, sid []byte, info string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, isk, sid, info, 32)
	if err != nil {
		return nil, fmt.Errorf("protocol: sealing key: %w", err)
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("protocol: sealing key: %w", err)
	}
	return cipher.NewGCM(block)
}

// Seal seals one message of at most MaxSealedPlain bytes.
func (s *Sealer) Seal(plain []byte) (*wire.Sealed, error) {
	if len(plain) > MaxSealedPlain {
		return nil, tooLarge("message to seal", len(plain), MaxSealedPlain)
	}
	s.sendMu.Lock()
	defer s.sendMu.Unlock()
	if s.next == math.MaxUint64 {
		return nil, ErrSealSpent
	}
	counter := s.next
	s.next++
	box := s.send.Seal(nil, sealNonce(counter), plain, []byte(sealedAAD))
	return &wire.Sealed{Counter: counter, Ciphertext: box}, nil
}

// Open opens one message; replayed, reordered or changed ones are errors and change
// nothing.
func (s *Sealer) Open(m *wire.Sealed) ([]byte, error) {
	if n := len(m.GetCiphertext()); n > MaxSealedPlain+sealOverhead {
		return nil, tooLarge("sealed message", n, MaxSealedPlain+sealOverhead)
	}
	s.openMu.Lock()
	defer s.openMu.Unlock()
	if m.GetCounter() == math.MaxUint64 {
		return nil, ErrSealSpent
	}
	plain, err := s.open.Open(nil, sealNonce(m.GetCounter()), m.GetCiphertext(), []byte(sealedAAD))
	if err != nil {
		return nil, ErrSealBroken
	}
	if m.GetCounter() < s.least {
		return nil, ErrSealReplayed
	}
	s.least = m.GetCounter() + 1
	return plain, nil
}

// sealNonce is four zero bytes and the counter, big endian.
func sealNonce(counter uint64) []byte {
	nonce := make([]byte, 12)
	binary.BigEndian.PutUint64(nonce[4:], counter)
	return nonce
}
