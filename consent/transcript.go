package consent

import (
	"crypto/ed25519"
	"fmt"
	"time"
)

// transcriptSchema names the layout of a transcript, and transcriptType its JWS "typ".
const (
	transcriptSchema = "beside-transcript/1"
	transcriptType   = "beside-transcript+jws"
)

// ChatMessage is one message of a session's chat, as the receipt keeps it for the user
// (PROMISES A6). It stands nowhere else unless the session was recorded.
type ChatMessage struct {
	Time time.Time `json:"time"`
	// FromUser says who wrote it: the user, or the technician.
	FromUser bool   `json:"from_user"`
	Text     string `json:"text"`
}

type transcript struct {
	Schema    string        `json:"schema_version"`
	SessionID string        `json:"session_id"`
	Messages  []ChatMessage `json:"messages"`
}

// SignTranscript adds the chat of the session to the receipt, signed with the key that
// signed the records. Without messages it does nothing.
func (r *Receipt) SignTranscript(key ed25519.PrivateKey, messages []ChatMessage) error {
	if len(messages) == 0 {
		return nil
	}
	signer, err := newSigner(key, transcriptType)
	if err != nil {
		return err
	}
	r.Chat, err = sign(signer, transcript{Schema: transcriptSchema, SessionID: r.SessionID, Messages: messages})
	return err
}

// Transcript verifies and returns the chat of the session. No transcript is no chat.
func (r Receipt) Transcript() ([]ChatMessage, error) {
	if r.Chat == "" {
		return nil, nil
	}
	key, err := r.key()
	if err != nil {
		return nil, err
	}
	var t transcript
	if err := verify(r.Chat, key, transcriptType, &t); err != nil {
		return nil, err
	}
	if t.Schema != transcriptSchema || t.SessionID != r.SessionID {
		return nil, fmt.Errorf("%w: transcript", ErrReceipt)
	}
	return t.Messages, nil
}
