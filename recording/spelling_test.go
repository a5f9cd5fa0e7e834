package recording

import (
	"bytes"
	"errors"
	"testing"
)

// THREAT 30: every bit of a manifest counts, also those that base64 leaves over at the end of
// each part.
func TestAManifestHasOneSpelling(t *testing.T) {
	whole := finished(t, testID, newReviewer(t)).objects[ManifestName]
	ends := []int{len(whole) - 1}
	for i, c := range whole {
		if c == '.' {
			ends = append(ends, i-1)
		}
	}
	for _, at := range ends {
		for bit := range 8 {
			changed := bytes.Clone(whole)
			changed[at] ^= 1 << bit
			if _, _, err := DecodeManifest(changed, nil); !errors.Is(err, ErrTampered) {
				t.Errorf("bit %d of the character %d: got %v, want ErrTampered", bit, at, err)
			}
		}
	}
	if _, _, err := DecodeManifest(whole, nil); err != nil {
		t.Error(err)
	}
}
