package consent

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// ReceiptType is the first field of every receipt.
const ReceiptType = "beside-receipt/2"

// maxReceipt bounds the file that ReadReceipt takes: thousands of records.
const maxReceipt = 32 << 20

// ErrReceipt means that a receipt or its records were changed, cut or made up.
var ErrReceipt = errors.New("consent: the receipt is not as it was written")

// Receipt is what stays on the user's machine: every consent record of a session, and
// the key to its recording.
type Receipt struct {
	Type      string `json:"type"`
	SessionID string `json:"session_id"`
	// PublicKey is the Ed25519 key that signed the records and the recording's
	// manifest, in base64url.
	PublicKey string `json:"public_key"`
	// Records are the consent records in order: JWS compact, EdDSA.
	Records []string `json:"records"`
	// Recordings are there when something was recorded: each time the user said yes to
	// recording made one.
	Recordings []RecordingKey `json:"recordings,omitempty"`
	// Files lists the files that were sent either way, as a JWS; see FileList.
	Files string `json:"files,omitempty"`
	// Chat is what both people wrote to one another, as a JWS; see Transcript.
	Chat string `json:"chat,omitempty"`
	// Witness is what the relay's audit log says of the session, as a JWS; see Testimony.
	Witness string `json:"witness,omitempty"`
	// Summary closes the receipt, as a JWS; see Seal.
	Summary string `json:"summary"`
}

// RecordingKey lets the user open the recording of their own session (PROMISES E2).
type RecordingKey struct {
	ID string `json:"id"`
	// Identity is the user's own age identity, a recipient of the recording's key.
	Identity string `json:"identity"`
	// Relay is where the recording is, the address the user connected to.
	Relay string `json:"relay,omitempty"`
}

// Verify checks all signatures, the chain and the summary, and returns what the records
// state, in order. It shows that nothing was changed, left out or added since the holder
// of the receipt's key signed it: no field of a receipt can differ.
func (r Receipt) Verify() ([]Statement, error) {
	if r.Type != ReceiptType {
		return nil, fmt.Errorf("%w: type", ErrReceipt)
	}
	key, err := r.key()
	if err != nil {
		return nil, err
	}
	if _, err := r.Closing(); err != nil {
		return nil, err
	}
	if _, err := r.FileList(); err != nil {
		return nil, err
	}
	if _, err := r.Transcript(); err != nil {
		return nil, err
	}
	if _, err := r.Testimony(); err != nil {
		return nil, err
	}
	return VerifyRecords(r.SessionID, r.Records, key)
}

// key is the key that signed everything in the receipt.
func (r Receipt) key() (ed25519.PublicKey, error) {
	key, err := base64.RawURLEncoding.DecodeString(r.PublicKey)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%w: key", ErrReceipt)
	}
	return key, nil
}

// VerifyRecords checks the consent records of a session against the key that a caller
// knows from elsewhere. See Receipt.Verify.
func VerifyRecords(sessionID string, records []string, key ed25519.PublicKey) ([]Statement, error) {
	statements := make([]Statement, 0, len(records))
	previous := ""
	for i, compact := range records {
		s, err := verifyRecord(compact, key)
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", i+1, err)
		}
		if s.SessionID != sessionID || s.Sequence != i+1 || s.Previous != previous {
			return nil, fmt.Errorf("record %d: %w: chain", i+1, ErrReceipt)
		}
		if s.Notice != nil && s.Notice.Text.Hash() != s.Notice.Hash {
			return nil, fmt.Errorf("record %d: %w: text", i+1, ErrReceipt)
		}
		statements = append(statements, s)
		previous = recordHash(compact)
	}
	return statements, nil
}

func verifyRecord(compact string, key ed25519.PublicKey) (Statement, error) {
	var s Statement
	if err := verify(compact, key, recordType, &s); err != nil {
		return Statement{}, err
	}
	if s.SchemaVersion != recordSchema {
		return Statement{}, fmt.Errorf("%w: schema", ErrReceipt)
	}
	return s, nil
}

// Write puts the receipt at path, readable by the user alone (0600). It is whole or
// not there: written beside it, synced, then renamed. An older receipt at path is
// replaced.
func (r Receipt) Write(path string) (err error) {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("consent: write receipt: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".receipt-*") // 0600
	if err != nil {
		return fmt.Errorf("consent: write receipt: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(append(b, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("consent: write receipt: %w", err)
	}
	return nil
}

// ReadReceipt reads what Write wrote. It does not verify.
func ReadReceipt(path string) (Receipt, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Receipt{}, fmt.Errorf("consent: read receipt: %w", err)
	}
	if info.Size() > maxReceipt {
		return Receipt{}, fmt.Errorf("consent: read receipt: %w: larger than %d bytes", ErrReceipt, maxReceipt)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return Receipt{}, fmt.Errorf("consent: read receipt: %w", err)
	}
	var r Receipt
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields() // nothing stands in a receipt that nobody signed
	if err := dec.Decode(&r); err != nil {
		return Receipt{}, fmt.Errorf("consent: read receipt: %w: %w", ErrReceipt, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Receipt{}, fmt.Errorf("consent: read receipt: %w: something stands behind it", ErrReceipt)
	}
	return r, nil
}
