package consent

import (
	"context"
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
//
// The caller of Ask fills in Reason, Ticket, Language and Timeout. The Gate itself sets
// ID, Scope and Party, and Text from NoticeFor where the caller gave none.
type Question struct {
	ID       string
	Scope    Scope
	Party    Party
	Reason   string // the technician's words, at most 200 characters
	Ticket   string
	Language string // BCP 47; empty means English
	Text     Text
	Extent   Extent        // what is shown, as far as it is known; the Gate's
	Timeout  time.Duration // after it the answer is no; zero means DefaultTimeout
	// Longest bounds the question when its Prompter lets the user stop the countdown;
	// zero means that nobody can, and Timeout holds.
	Longest time.Duration
}

// Extent is how much of the screen the user chose to show.
type Extent struct {
	Shared Shared
	Hidden int // windows that are not shown
}

// Shared is a part of the screen.
type Shared string

// The parts that can be chosen.
const (
	Everything Shared = "everything"
	OneScreen  Shared = "one screen"
	OneWindow  Shared = "one window"
)

// Extender is a Prompter that knows what the user chose with the yes to View that it just
// brought back, and shows its question accordingly (Question.Showing). Both go into the
// record.
type Extender interface {
	Extent() Extent
}

// DefaultTimeout is how long a question stands when the caller does not say: long
// enough to read it twice.
const DefaultTimeout = 60 * time.Second

// Text is what a question says, whole: every line the user can read.
type Text struct {
	Title   string   `json:"title"`   // "Ana Pérez from Example asks to see your screen"
	Allows  []string `json:"allows"`  // what happens after yes
	Not     []string `json:"not"`     // what does not
	Undo    string   `json:"undo"`    // how to take it back
	Details []string `json:"details"` // who is answerable, where it is stored, until when
	Yes     string   `json:"yes"`     // the buttons' verbs
	No      string   `json:"no"`
	Version string   `json:"version"` // of the notice
	// Caution is shown before the question, to somebody who does not know who asks.
	Caution *Caution `json:"caution,omitempty"`
}

// Answer is what a Prompter brings back. Only Yes is a yes.
type Answer uint8

// The answers. The zero Answer is no.
const (
	No Answer = iota
	Yes
	TimedOut
)

// Prompter asks a person. An error is a no, and so is a panic. The only Prompter
// outside tests is agent/internal/ui.
//
// Ask takes the question off the screen and returns soon after ctx is done: until it
// has returned the question counts as open, and no other can be asked. A yes that
// comes after ctx was done is not one.
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
	Hold  Hold // of Paused and Resumed: why
	By    Actor
}
