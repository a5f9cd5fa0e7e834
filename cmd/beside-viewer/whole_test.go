package main

import (
	"context"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beside/consent"
	"beside/recording"
)

// agrees is a person who agrees to everything, under a bar that is always visible.
type agrees struct{}

func (agrees) Ask(context.Context, consent.Question) (consent.Answer, error) { return consent.Yes, nil }
func (agrees) Visible() bool                                                 { return true }
func (agrees) Lost() <-chan struct{}                                         { return nil }

// folder is a store that a folder is.
type folder string

func (f folder) Put(name string, data []byte) error {
	return os.WriteFile(filepath.Join(string(f), name), data, 0o600)
}

// whole makes a recording with real consent, and the receipt that belongs to it.
func whole(t *testing.T, dir string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	gate, err := consent.NewGate(consent.Config{SessionID: "s1", Prompter: agrees{}, Indicator: agrees{}, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Close()
	if _, err := gate.AskView(t.Context(), consent.Question{}); err != nil {
		t.Fatal(err)
	}
	grant, err := gate.AskRecord(t.Context(), consent.Question{})
	if err != nil {
		t.Fatal(err)
	}
	secret, recipient, err := recording.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	w, err := recording.NewWriter(grant, recording.Options{
		ID: strings.Repeat("0f", 16), SessionID: "s1", Recipients: []string{recipient}, Key: key, Store: folder(dir),
		Consent: func() []string { return gate.Receipt().Records },
	})
	if err != nil {
		t.Fatal(err)
	}
	picture := append([]byte{0x82, 0x49, 0x83, 0x42, 0x00, 0x03, 0xf0, 0x03, 0xf0}, make([]byte, 20)...)
	if err := w.WriteFrame(recording.Frame{At: time.Now(), Key: true, Data: picture}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	gate.End(consent.ByUser) // the receipt goes on after the recording
	receipt := gate.Receipt()
	receipt.Recordings = []consent.RecordingKey{
		{ID: strings.Repeat("1e", 16), Identity: secret}, {ID: strings.Repeat("0f", 16), Identity: secret},
	}
	if err := receipt.Seal(key, consent.Afterwards{}); err != nil {
		t.Fatal(err)
	}
	if err := receipt.Write(filepath.Join(dir, "receipt.json")); err != nil {
		t.Fatal(err)
	}
	if err := folder(dir).Put("identity.txt", []byte(secret+"\n")); err != nil {
		t.Fatal(err)
	}
}

// THREAT 30, PROMISE E2: the receipt and the recording of one session fit, those of
// two do not.
func TestReceiptAndRecordingFit(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	whole(t, one)
	whole(t, two)
	code, said, complaint := call(t, "verify", "--receipt", one+"/receipt.json", "--identity", one+"/identity.txt", one)
	if code != exitOK || !strings.Contains(said, "is whole") || !strings.Contains(said, "granted") {
		t.Errorf("%d: %s %s", code, said, complaint)
	}
	if !strings.Contains(said, strings.Repeat("1e", 16)) {
		t.Errorf("verify does not name both recordings: %s", said)
	}
	if code, _, complaint := call(t, "verify", "--receipt", two+"/receipt.json", one); code != exitTampered {
		t.Errorf("receipt of another: %d: %s", code, complaint)
	}
	if code, _, complaint := call(t, "export", "--identity", one+"/identity.txt", "--receipt", one+"/receipt.json", "-o", one+"/out.mp4", one); code != exitOK {
		t.Errorf("export: %d: %s", code, complaint)
	}
	// The user needs nothing but the receipt.
	if code, _, complaint := call(t, "export", "--receipt", one+"/receipt.json", "-o", one+"/own.mp4", one); code != exitOK {
		t.Errorf("export with the receipt alone: %d: %s", code, complaint)
	}
	if code, _, _ := call(t, "export", "-o", one+"/none.mp4", one); code != exitUsage {
		t.Errorf("export without identity or receipt: %d, want %d", code, exitUsage)
	}
}

// PROMISE A1: where programs were let press for the user, the signed records of the answers
// hold it, and verify says it.
func TestVerifySaysThatProgramsCouldPress(t *testing.T) {
	for _, synthetic := range []bool{true, false} {
		_, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		gate, err := consent.NewGate(consent.Config{SessionID: "s1", Prompter: agrees{}, Indicator: agrees{}, Key: key, Synthetic: synthetic})
		if err != nil {
			t.Fatal(err)
		}
		defer gate.Close()
		if _, err := gate.AskView(t.Context(), consent.Question{}); err != nil {
			t.Fatal(err)
		}
		gate.End(consent.ByUser)
		path := filepath.Join(t.TempDir(), "receipt.json")
		if err := gate.Receipt().Write(path); err != nil {
			t.Fatal(err)
		}
		code, said, complaint := call(t, "verify", path)
		if code != exitOK || strings.Contains(said, "programs could press too") != synthetic {
			t.Errorf("programs may press %v: %d: %s %s", synthetic, code, said, complaint)
		}
	}
}
