package consent

import (
	"crypto/ed25519"
	"fmt"
	"time"
)

// fileListSchema names the layout of a file list, and fileListType its JWS "typ".
const (
	fileListSchema = "beside-file-list/1"
	fileListType   = "beside-file-list+jws"
)

// File is one file that was sent in a session, either way, as the receipt lists it
// (PROMISES A9).
type File struct {
	Name string    `json:"name"` // as it is on the receiver's machine
	Size int64     `json:"size"`
	Time time.Time `json:"time"` // when it was confirmed, or given up
	// FromUser says which way: true is from the user to the technician.
	FromUser bool `json:"from_user"`
	// Complete says that the receiver confirmed all of it, with SHA256.
	Complete bool   `json:"complete"`
	SHA256   string `json:"sha256,omitempty"` // in hexadecimal
}

type fileList struct {
	Schema    string `json:"schema_version"`
	SessionID string `json:"session_id"`
	Files     []File `json:"files"`
}

// SignFiles adds the files of the session to the receipt, signed with the key that
// signed the records. Without files it does nothing.
func (r *Receipt) SignFiles(key ed25519.PrivateKey, files []File) error {
	if len(files) == 0 {
		return nil
	}
	signer, err := newSigner(key, fileListType)
	if err != nil {
		return err
	}
	r.Files, err = sign(signer, fileList{Schema: fileListSchema, SessionID: r.SessionID, Files: files})
	return err
}

// FileList verifies and returns the files of the session. No list is no files.
func (r Receipt) FileList() ([]File, error) {
	if r.Files == "" {
		return nil, nil
	}
	key, err := r.key()
	if err != nil {
		return nil, err
	}
	var list fileList
	if err := verify(r.Files, key, fileListType, &list); err != nil {
		return nil, err
	}
	if list.Schema != fileListSchema || list.SessionID != r.SessionID {
		return nil, fmt.Errorf("%w: file list", ErrReceipt)
	}
	return list.Files, nil
}
