package agent

import (
	"beside/consent"
	"beside/protocol/wire"
)

// scopeOf maps the scopes that can be asked for.
func scopeOf(s wire.Scope) (consent.Scope, bool) {
	switch s {
	case wire.Scope_SCOPE_VIEW:
		return consent.View, true
	case wire.Scope_SCOPE_CONTROL:
		return consent.Control, true
	case wire.Scope_SCOPE_RECORD:
		return consent.Record, true
	case wire.Scope_SCOPE_CLIPBOARD:
		return consent.Clipboard, true
	case wire.Scope_SCOPE_FILES:
		return consent.Files, true
	case wire.Scope_SCOPE_VOICE:
		return consent.Voice, true
	default:
		return 0, false
	}
}

func scopeOnWire(s consent.Scope) wire.Scope {
	switch s {
	case consent.View:
		return wire.Scope_SCOPE_VIEW
	case consent.Control:
		return wire.Scope_SCOPE_CONTROL
	case consent.Record:
		return wire.Scope_SCOPE_RECORD
	case consent.Clipboard:
		return wire.Scope_SCOPE_CLIPBOARD
	case consent.Files:
		return wire.Scope_SCOPE_FILES
	case consent.Voice:
		return wire.Scope_SCOPE_VOICE
	default:
		return wire.Scope_SCOPE_UNSPECIFIED
	}
}
