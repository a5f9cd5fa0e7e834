package recording

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
)

// Expect is what a reader knows beforehand. Zero values mean that it knows nothing,
// and then another whole recording in this one's place cannot be told.
type Expect struct {
	// Recording is the recording's id.
	Recording string
	// Signer is the public key in the user's receipt.
	Signer ed25519.PublicKey
}

// Report is what Verify found to be true.
type Report struct {
	Manifest *Manifest
	Signer   ed25519.PublicKey
	Objects  int
	Bytes    int64
}

// Verify checks every object of a recording against its signed manifest, without
// any key. An error matches ErrTampered, ErrUnfinished or comes from the source.
func Verify(src Source, expect Expect) (Report, error) {
	m, signer, err := readManifest(src, expect)
	if err != nil {
		return Report{}, err
	}
	report := Report{Manifest: m, Signer: signer}
	for _, o := range m.Objects {
		data, err := getObject(src, o)
		if err != nil {
			return report, err
		}
		report.Objects++
		report.Bytes += int64(len(data))
	}
	return report, nil
}

func readManifest(src Source, expect Expect) (*Manifest, ed25519.PublicKey, error) {
	data, err := src.Get(ManifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%w: %w", ErrUnfinished, err)
	}
	if err != nil {
		return nil, nil, err
	}
	m, signer, err := DecodeManifest(data, expect.Signer)
	if err != nil {
		return nil, nil, err
	}
	if expect.Recording != "" && m.Recording != expect.Recording {
		return nil, nil, fmt.Errorf("%w: this is recording %s", ErrTampered, m.Recording)
	}
	return m, signer, nil
}

// getObject fetches one object and compares size and hash.
func getObject(src Source, o Object) ([]byte, error) {
	data, err := src.Get(o.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s is missing", ErrTampered, o.Name)
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	if len(data) != o.Bytes || hex.EncodeToString(sum[:]) != o.SHA256 {
		return nil, fmt.Errorf("%w: %s was changed", ErrTampered, o.Name)
	}
	return data, nil
}
