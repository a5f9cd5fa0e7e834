package consent

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// summarySchema names the layout of a Summary, and summaryType its JWS "typ".
const (
	summarySchema = "beside-receipt-summary/1"
	summaryType   = "beside-receipt-summary+jws"
)

// Summary closes a receipt: it is signed with the key of the records, and names
// everything else that the receipt holds. So nothing can be taken off the end, put in
// another place or exchanged, and no field of a receipt is unsigned.
type Summary struct {
	SchemaVersion string    `json:"schema_version"`
	SessionID     string    `json:"session_id"`
	Written       time.Time `json:"written"`
	// Records is how many there are, LastRecord the hash of the last.
	Records    int    `json:"records"`
	LastRecord string `json:"last_record"`
	// Recordings are the keys to recordings, each as the hash of its fields.
	Recordings []string `json:"recordings"`
	// Files is the hash of the file list, empty where there is none.
	Files string `json:"files"`
	// Chat is the hash of the transcript, empty where there is none.
	Chat string `json:"chat,omitempty"`
	// Witness is the hash of what the relay's audit log says, empty where there is none.
	Witness string `json:"witness,omitempty"`
	// Feedback is what the user said of the session; nil is nothing.
	Feedback *Feedback `json:"feedback,omitempty"`
	// Erased is when the user erased what was recorded; zero is that they did not.
	Erased time.Time `json:"erased,omitzero"`
}

// Afterwards is what the user did once the session was over, and a receipt says. The zero
// Afterwards is nothing.
type Afterwards struct {
	Said   *Feedback
	Erased time.Time // what was recorded, everywhere (PROMISES E6)
}

// Feedback is what the user said of a session afterwards (PROMISES D1). It stays on the
// user's machine unless the user sends it.
type Feedback struct {
	Time     time.Time `json:"time"`
	Rating   int       `json:"rating,omitempty"` // 1 to 5; 0 is none
	Comment  string    `json:"comment,omitempty"`
	Reported bool      `json:"reported,omitempty"` // as suspicious
}

// Seal signs the receipt as it is now, with what the user did after the session. Whatever
// is changed in it afterwards, by anybody, Verify finds; changing and sealing it again
// takes the session's key, which the agent forgets at its end.
func (r *Receipt) Seal(key ed25519.PrivateKey, after Afterwards) error {
	s := r.summary()
	s.Written, s.Feedback, s.Erased = time.Now().UTC(), after.Said, after.Erased
	signer, err := newSigner(key, summaryType)
	if err != nil {
		return err
	}
	r.Summary, err = sign(signer, s)
	return err
}

// summary states what the receipt holds.
func (r *Receipt) summary() Summary {
	s := Summary{SchemaVersion: summarySchema, SessionID: r.SessionID, Records: len(r.Records), Recordings: []string{}}
	if n := len(r.Records); n > 0 {
		s.LastRecord = recordHash(r.Records[n-1])
	}
	for _, k := range r.Recordings {
		s.Recordings = append(s.Recordings, k.hash())
	}
	if r.Files != "" {
		s.Files = recordHash(r.Files)
	}
	if r.Chat != "" {
		s.Chat = recordHash(r.Chat)
	}
	if r.Witness != "" {
		s.Witness = recordHash(r.Witness)
	}
	return s
}

// hash is the SHA-256 of the fields, each behind its length in bytes and a colon, in the
// order ID, Identity, Relay.
func (k RecordingKey) hash() string {
	sum := sha256.New()
	for _, field := range []string{k.ID, k.Identity, k.Relay} {
		fmt.Fprintf(sum, "%d:%s", len(field), field)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Closing verifies and returns the summary of the receipt.
func (r Receipt) Closing() (Summary, error) {
	key, err := r.key()
	if err != nil {
		return Summary{}, err
	}
	var s Summary
	if err := verify(r.Summary, key, summaryType, &s); err != nil {
		return Summary{}, err
	}
	is := r.summary()
	if s.SchemaVersion != is.SchemaVersion || s.SessionID != is.SessionID || s.Records != is.Records ||
		s.LastRecord != is.LastRecord || s.Files != is.Files || s.Chat != is.Chat || s.Witness != is.Witness || !slices.Equal(s.Recordings, is.Recordings) {
		return Summary{}, fmt.Errorf("%w: it does not hold what its summary names", ErrReceipt)
	}
	return s, nil
}
