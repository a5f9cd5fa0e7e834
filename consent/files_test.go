package consent

import (
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"testing"
)

func testFiles() []File {
	return []File{
		{Name: "driver.zip", Size: 2 << 20, Time: fixedNow(), Complete: true, SHA256: strings.Repeat("ab", 32)},
		{Name: "Übersicht.pdf", Size: 7, Time: fixedNow(), FromUser: true},
	}
}

// PROMISE A9: the receipt lists the files both ways, signed: a list that was changed,
// signed by somebody else, taken from another session or made for another purpose is
// found by the same check as the records.
func TestFileList(t *testing.T) {
	r := wholeSession(t)
	if files, err := r.FileList(); files != nil || err != nil {
		t.Fatalf("no files: got %v, %v", files, err)
	}
	if err := r.SignFiles(testKey(), testFiles()); err != nil {
		t.Fatal(err)
	}
	if err := r.Seal(testKey(), Afterwards{}); err != nil {
		t.Fatal(err)
	}
	got, err := r.FileList()
	if err != nil || !slices.Equal(got, testFiles()) {
		t.Fatalf("got %v, %v", got, err)
	}
	if _, err := r.Verify(); err != nil {
		t.Fatal(err)
	}
	other := ed25519.NewKeyFromSeed([]byte("the seed of somebody else, 32 by"))
	payload := payloadOf(t, r.Files)
	for name, list := range map[string]string{
		"junk":            "x",
		"another's key":   resign(t, other, fileListType, payload),
		"another purpose": resign(t, testKey(), recordType, payload),
		"a record":        r.Records[0],
		"another session": resign(t, testKey(), fileListType, []byte(strings.Replace(string(payload), r.SessionID, "s2", 1))),
		"another layout":  resign(t, testKey(), fileListType, []byte(strings.Replace(string(payload), fileListSchema, "other", 1))),
		"a byte":          r.Files[:len(r.Files)/2] + "A" + r.Files[len(r.Files)/2+1:],
	} {
		changed := r
		changed.Files = list
		if err := changed.Seal(testKey(), Afterwards{}); err != nil { // the list alone is wrong
			t.Fatal(err)
		}
		if _, err := changed.Verify(); !errors.Is(err, ErrReceipt) {
			t.Errorf("%s: got %v, want ErrReceipt", name, err)
		}
	}
}
