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
)
