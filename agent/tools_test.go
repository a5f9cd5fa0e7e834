package agent

import (
	"testing"

	"beside/consent"
	"beside/protocol/wire"
)

// What was granted and cannot be used is given back, and why is the last word of it.
func TestToolsThatCannotBeUsed(t *testing.T) {
	for name, c := range map[string]struct {
		scope   wire.Scope
		asked   consent.Scope
		prepare func(*testing.T) Config
		detail  string
	}{
		"no folder": {filesScope, consent.Files, func(t *testing.T) Config {
			t.Setenv("HOME", "")
			t.Setenv("XDG_CONFIG_HOME", "")
			return Config{}
		}, "The user's folder for downloads cannot be used."},
		"no clipboard": {clipboardScope, consent.Clipboard, func(*testing.T) Config { return Config{Display: ":9999"} },
			"The clipboard cannot be reached on the user's system."},
	} {
		t.Run(name, func(t *testing.T) {
			a := start(t, c.prepare(t))
			a.run()
			a.join()
			a.look("clipboard", "files")
			a.ask(c.scope)
			a.person.answer(t, c.asked, yes)
			a.decided(c.scope, wire.Decision_OUTCOME_RELEASED)
			if d := a.decided(c.scope, unavailable); d.GetDetail() != c.detail {
				t.Errorf("told %q, want %q", d.GetDetail(), c.detail)
			}
			a.allow(control, consent.Control) // the session goes on
		})
	}
}
