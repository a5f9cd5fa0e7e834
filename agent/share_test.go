package agent

import (
	"image"
	"testing"

	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol/wire"
)

// PROMISE A3, E4: where the one monitor that the user chose is not there any more when they
// have said yes, nothing is shown; where it is, that one is, and no other is told of.
func TestTheMonitorThatWasChosen(t *testing.T) {
	for name, c := range map[string]struct {
		bounds image.Rectangle
		shown  bool
	}{
		"it is there":               {image.Rect(0, 0, 640, 400), true},
		"another is at its number":  {image.Rect(640, 0, 1280, 400), false},
		"it has another resolution": {image.Rect(0, 0, 800, 600), false},
	} {
		t.Run(name, func(t *testing.T) {
			a := start(t, Config{})
			a.person.choice = ui.Choice{Screen: 1, Bounds: c.bounds}
			a.run()
			a.join()
			if c.shown {
				a.look()
				a.person.press(t, ui.EndSession)
				a.person.awaitOver(t, "the end", func(ui.OverView) bool { return true })
				return
			}
			a.sendOffer(a.prepareOffer())
			a.ask(wire.Scope_SCOPE_VIEW)
			a.person.answer(t, consent.View, yes)
			ended := a.hear("the end", func(m *wire.FromAgent) bool {
				if m.GetDisplays() != nil || m.GetAnswer() != nil {
					t.Errorf("told of %v", m)
				}
				return m.GetEnded() != nil
			})
			if by := ended.GetEnded().GetBy(); by != wire.Ended_BY_AGENT_CLOSED {
				t.Errorf("ended by %v", by)
			}
		})
	}
}
