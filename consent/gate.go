// Package consent is the heart of Beside: what may happen, and who said so.
package consent

import (
	"context"
	"crypto/ed25519"
	"errors"
	"time"
)

// Party is who asks, as the handshake bound it.
type Party struct {
	TechnicianID, TechnicianName     string
	AccountCreated                   time.Time
	OrganisationID, OrganisationName string
	OrganisationVerified             bool
	Controller, Processor, Region    string
	PrivacyURL                       string
	RecordingDays                    int
}

// Question is one question to the user. Text is the very text that the Prompter
// shows; its hash goes into the consent record.
type Question struct {
	ID       string
	Scope    Scope
	Party    Party
	Reason   string // the technician's words, at most 200 characters
	Ticket   string
	Language string // BCP 47
	Text     Text
	Timeout  time.Duration // after it the answer is no
}

// Text is what a question says, whole: every line the user can read.
type Text struct {
	Title   string   // "Ana Pérez asks to see your screen"
	Allows  []string // what happens after yes
	Not     []string // what does not
	Undo    string   // how to take it back
	Yes, No string   // the buttons' verbs
	Version string   // of the notice
}

// Answer is what a Prompter brings back. Only Yes is a yes.
type Answer uint8

// The answers. The zero Answer is no.
const (
	No Answer = iota
	Yes
	TimedOut
)

// Prompter asks a person. An error is a no. The only Prompter outside tests is
// agent/internal/ui.
type Prompter interface {
	Ask(ctx context.Context, q Question) (Answer, error)
}

// Indicator is the always-visible bar. No bar, no grant.
type Indicator interface {
	// Visible reports whether the bar is on the screen, uncovered and alive now.
	Visible() bool
	// Lost is closed when the bar was not visible for 500 ms.
	Lost() <-chan struct{}
}

// Event is one thing that happened to consent, in order.
type Event struct {
	Time  time.Time
	Kind  EventKind
	Scope Scope
	By    Actor
}

// EventKind says what happened.
type EventKind uint8

// The kinds of events.
const (
	Asked EventKind = iota + 1
	Granted
	Refused
	Expired
	Withdrawn // by the user
	Released  // by the technician
	Paused
	Resumed
	Ended
)

// Actor says who did it.
type Actor uint8

// The actors.
const (
	ByUser Actor = iota + 1
	ByTechnician
	ByBarLost
	ByConnection
	ByAgent
)

// Config makes a Gate. Every field without a stated zero value is required.
type Config struct {
	SessionID string
	Party     Party
	Prompter  Prompter
	Indicator Indicator
	// Key signs the consent records.
	Key ed25519.PrivateKey
	// OnEvent is called for every event, in order, outside all locks but before the
	// call that caused it returns. Optional.
	OnEvent func(Event)
	// Teardown runs after the grants of a scope are revoked, see Gate. Optional.
}

// Gate is the only maker of grants of one session. All methods are safe for use by
// several goroutines.
type Gate struct{}

// Errors of the Ask methods.
var (
	ErrRefused   = errors.New("consent: the user said no")
	ErrExpired   = errors.New("consent: nobody answered")
	ErrEnded     = errors.New("consent: the session is over")
	ErrBusy      = errors.New("consent: another question is open")
	ErrNoBar     = errors.New("consent: the bar cannot be shown")
	ErrNeedsView = errors.New("consent: the screen must be shown first")
)

// NewGate checks cfg and returns a gate with nothing granted.
func NewGate(cfg Config) (*Gate, error) { return nil, errors.New("consent: unfinished") }

// AskView asks the user to show the screen.
func (g *Gate) AskView(ctx context.Context, q Question) (*ViewGrant, error) { return nil, ErrEnded }

// AskControl asks for mouse and keyboard. View must be granted.
func (g *Gate) AskControl(ctx context.Context, q Question) (*ControlGrant, error) {
	return nil, ErrEnded
}

// AskRecord asks to record. View must be granted.
func (g *Gate) AskRecord(ctx context.Context, q Question) (*RecordGrant, error) { return nil, ErrEnded }

// Withdraw takes s back. When it returns nothing of s is in progress. Withdrawing
// View ends the session.
func (g *Gate) Withdraw(s Scope, by Actor) {}

// Pause stops the effects of all grants until Resume; the grants stay.
func (g *Gate) Pause() {}

// Resume ends a pause.
func (g *Gate) Resume() {}

// End revokes everything, for good.
func (g *Gate) End(by Actor) {}

// Over is closed when the session has ended.
func (g *Gate) Over() <-chan struct{} { return nil }

// Snapshot is the gate's state at one moment.
type Snapshot struct {
	Granted []Scope
	Asking  Scope // zero when no question is open
	Paused  bool
	Over    bool
	EndedBy Actor
}

// Snapshot returns the state now.
func (g *Gate) Snapshot() Snapshot { return Snapshot{} }

// Receipt returns the session's receipt so far: all events, and the signed consent
// records chained by hash.
func (g *Gate) Receipt() Receipt { return Receipt{} }

// Receipt is what stays on the user's machine.
type Receipt struct {
	SessionID string   `json:"session_id"`
	Records   []string `json:"records"` // JWS compact, EdDSA
}
