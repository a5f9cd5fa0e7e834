package ui

import (
	"testing"

	"beside/agent/internal/catalogue"
)

// Nobody is told to read out a number that is not there.
func TestHeadingOfTheNumber(t *testing.T) {
	t.Parallel()
	for _, l := range catalogue.Languages() {
		w := catalogue.For(l.Tag)
		for _, v := range []StartView{{}, {Problem: w.Lobby.Offline}} {
			if got := v.heading(w); got != w.Start.NumberSoon {
				t.Errorf("%s: %q over %+v", l.Tag, got, v)
			}
		}
		if got := exampleStart().heading(w); got != w.Start.ReadNumber {
			t.Errorf("%s: %q over a number", l.Tag, got)
		}
	}
}
