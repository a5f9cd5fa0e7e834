// Package consenttest makes live grants for the tests of what needs them.
//
// Begin at NewView. The grants come from a real Gate that asks a Prompter who says yes
// to all, under a bar that is always visible; only tests may import this package.
package consenttest

import (
	"context"
	"crypto/ed25519"
	"testing"

	"beside/consent"
)

// NewGate makes a gate whose every question is answered yes. It is closed when the test
// ends.
func NewGate(t testing.TB) *consent.Gate {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	gate, err := consent.NewGate(consent.Config{
		SessionID: "test",
		Party:     consent.Party{TechnicianName: "Ana", OrganisationName: "Example"},
		Prompter:  yes{},
		Indicator: bar{},
		Key:       key,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(gate.Close)
	return gate
}

// NewView makes a live view grant, and the gate that takes it back.
func NewView(t testing.TB) (*consent.ViewGrant, *consent.Gate) {
	t.Helper()
	gate := NewGate(t)
	grant, err := gate.AskView(context.Background(), consent.Question{Reason: "a test"})
	if err != nil {
		t.Fatal(err)
	}
	return grant, gate
}

// NewControl makes a live control grant, and the gate that takes it back.
func NewControl(t testing.TB) (*consent.ControlGrant, *consent.Gate) {
	t.Helper()
	_, gate := NewView(t)
	grant, err := gate.AskControl(context.Background(), consent.Question{Reason: "a test"})
	if err != nil {
		t.Fatal(err)
	}
	return grant, gate
}

// NewRecord makes a live record grant, and the gate that takes it back.
func NewRecord(t testing.TB) (*consent.RecordGrant, *consent.Gate) {
	t.Helper()
	_, gate := NewView(t)
	grant, err := gate.AskRecord(context.Background(), consent.Question{Reason: "a test"})
	if err != nil {
		t.Fatal(err)
	}
	return grant, gate
}

// NewClipboard makes a live clipboard grant, and the gate that takes it back.
func NewClipboard(t testing.TB) (*consent.ClipboardGrant, *consent.Gate) {
	t.Helper()
	_, gate := NewView(t)
	grant, err := gate.AskClipboard(context.Background(), consent.Question{Reason: "a test"})
	if err != nil {
		t.Fatal(err)
	}
	return grant, gate
}

// NewFiles makes a live files grant, and the gate that takes it back.
func NewFiles(t testing.TB) (*consent.FilesGrant, *consent.Gate) {
	t.Helper()
	_, gate := NewView(t)
	grant, err := gate.AskFiles(context.Background(), consent.Question{Reason: "a test"})
	if err != nil {
		t.Fatal(err)
	}
	return grant, gate
}

// NewVoice makes a live voice grant, and the gate that takes it back.
func NewVoice(t testing.TB) (*consent.VoiceGrant, *consent.Gate) {
	t.Helper()
	_, gate := NewView(t)
	grant, err := gate.AskVoice(context.Background(), consent.Question{Reason: "a test"})
	if err != nil {
		t.Fatal(err)
	}
	return grant, gate
}

// yes is a person who agrees to everything.
type yes struct{}

func (yes) Ask(context.Context, consent.Question) (consent.Answer, error) { return consent.Yes, nil }

// bar is a bar that nothing ever hides.
type bar struct{}

func (bar) Visible() bool         { return true }
func (bar) Lost() <-chan struct{} { return nil }
