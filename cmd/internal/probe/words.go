package probe

import (
	"fmt"
	"strings"

	"beside/protocol/wire"
)

// ScopeName is a scope's plain name: "view", "control", …
func ScopeName(s wire.Scope) string { return plain(s.String(), "SCOPE_") }

// ParseScope reads what ScopeName writes.
func ParseScope(name string) (wire.Scope, error) {
	v, ok := wire.Scope_value["SCOPE_"+strings.ToUpper(strings.TrimSpace(name))]
	if !ok || v == 0 {
		return 0, fmt.Errorf("probe: %q is no scope; there are view, control, record, clipboard, files and voice", name)
	}
	return wire.Scope(v), nil
}

func outcomeName(o wire.Decision_Outcome) string { return plain(o.String(), "OUTCOME_") }

func endedBy(e *wire.Ended) string {
	if e == nil {
		return "nobody"
	}
	return plain(e.GetBy().String(), "BY_")
}

func plain(name, prefix string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, prefix)), "_", "-")
}
