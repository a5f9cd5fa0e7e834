package consent

// Scope is one thing a technician may be allowed to do. The zero Scope is none.
type Scope uint8

// The scopes, each its own question (PROMISES A2, A3).
const (
	View Scope = iota + 1
	Control
	Record
	Clipboard
	Files
	Voice

	scopes // one more than the last
)

// String is the scope's name in records and logs.
func (s Scope) String() string {
	return [...]string{"none", "view", "control", "record", "clipboard", "files", "voice"}[min(s, scopes)%scopes]
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
	Released  // by the technician, or by the agent where it cannot go on
	Paused
	Resumed
	Ended

	eventKinds
)

// String is the event's name in records and logs.
func (k EventKind) String() string {
	return [...]string{"none", "asked", "granted", "refused", "expired", "withdrawn", "released",
		"paused", "resumed", "ended"}[min(k, eventKinds)%eventKinds]
}

// Hold is why effects wait although their grants stand. Several may be on at once.
type Hold uint8

// The holds.
const (
	// HoldPause: the user pressed Pause, or monitors changed and the user has to see what is
	// shown now. Everything waits.
	HoldPause Hold = iota + 1
	// HoldSecret: the user types a secret. Everything waits.
	HoldSecret
	// HoldAway: the user is not there to see what happens, or the screen is locked. What
	// the technician does waits: mouse and keyboard, clipboard, files. So does voice: a
	// room without the user in it is nobody's to hear.
	HoldAway

	holds
)

// String is the hold's name in records and logs.
func (h Hold) String() string {
	return [...]string{"none", "pause", "secret", "away"}[min(h, holds)%holds]
}

// stops reports whether effects of the scope wait under the hold.
func (h Hold) stops(s Scope) bool {
	return h != HoldAway || s == Control || s == Clipboard || s == Files || s == Voice
}

// Actor says who did it.
type Actor uint8

// The actors.
const (
	ByUser Actor = iota + 1
	ByTechnician
	ByBarLost
	ByConnection
	ByAgent

	actors
)

// String is the actor's name in records and logs.
func (a Actor) String() string {
	return [...]string{"nobody", "user", "technician", "bar lost", "connection", "agent"}[min(a, actors)%actors]
}
