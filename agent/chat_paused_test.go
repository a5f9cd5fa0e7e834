package agent

import (
	"strings"
	"testing"

	"beside/agent/internal/ui"
	"beside/protocol/wire"
)

// What the user writes while they have paused, or type a secret, arrives meanwhile, however
// long it is and in order: these are moments in which people have to talk.
func TestChatInAPause(t *testing.T) {
	for name, hold := range map[string]struct{ begin, end ui.Action }{
		"paused": {ui.PauseSession, ui.ResumeSession}, "typing a secret": {ui.BeginSecret, ui.EndSecret},
	} {
		t.Run(name, func(t *testing.T) {
			a := begin(t)
			a.look()
			a.person.press(t, ui.OpenChat)
			talk := a.shown("the chat", func(v shownChat) bool { return v.asked }).talk
			heard := uint32(0)
			write := func(text string) {
				t.Helper()
				if err := talk.Post(text, true); err != nil {
					t.Fatal(err)
				}
				m := a.hear("what the user wrote", func(m *wire.FromAgent) bool { return m.GetChat().GetSequence() > heard }).GetChat()
				if heard++; m.GetText() != text || m.GetSequence() != heard {
					t.Errorf("heard %d, %.20q, want %d, %.20q", m.GetSequence(), m.GetText(), heard, text)
				}
			}
			write("before")
			a.person.press(t, hold.begin)
			write("short")
			write(strings.Repeat("long ", 300) + "end")
			write("short again")
			a.person.press(t, hold.end)
			write("after")
			write(strings.Repeat("long ", 300) + "after")
		})
	}
}
