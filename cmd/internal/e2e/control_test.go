package e2e

import (
	"fmt"
	"image"
	"slices"
	"testing"

	"github.com/jezek/xgb/xproto"

	"beside/agent/desktop"
)

// deskTarget is where tests put the window that writes down what arrives: clear of the
// bar above and of the questions in the middle.
var deskTarget = image.Rect(1480, 640, 1880, 940)

// PROMISE A2: control is asked for by itself, and then what the technician does arrives
// as it was done.
func TestControlArrivesExactly(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.view()
	target := s.target(deskTarget)
	s.must(s.page.ClickOn(s.ctx, 1600, 700))
	s.control()
	if events := target.Clear(); slices.ContainsFunc(events, func(e desktop.Event) bool { return e.Kind != desktop.Motion }) {
		t.Fatalf("a click arrived before control was granted: %v", events)
	}

	s.must(s.page.ClickOn(s.ctx, 1601, 703))
	s.must(target.Wait(s.ctx, arrived(desktop.ButtonRelease, 1)))
	want := []string{"press 1 at 1601,703", "release 1 at 1601,703"}
	if got := buttons(target.Clear()); !slices.Equal(got, want) {
		t.Errorf("of the click arrived %q, want %q", got, want)
	}

	const text = "Grüße! ä Ä é € @ \\ {x} ~ 你好 Ωж 😀 fin"
	s.must(s.page.TypeText(s.ctx, text))
	s.must(target.WaitText(s.ctx, text))

	s.must(target.Wait(s.ctx, letGo))
	target.Clear()
	s.must(s.page.TypeChord(s.ctx, 'c'))
	s.must(target.Wait(s.ctx, arrived(desktop.KeyRelease, 2)))
	got := keys(target.Clear())
	if want := []string{"press Control", "press Control+c", "release Control+c", "release Control"}; !slices.Equal(got, want) {
		t.Errorf("of Ctrl+C arrived %q, want %q", got, want)
	}
}

// arrived accepts events with count of the kind among them.
func arrived(kind desktop.EventKind, count int) func([]desktop.Event) bool {
	return func(events []desktop.Event) bool {
		n := 0
		for _, e := range events {
			if e.Kind == kind {
				n++
			}
		}
		return n >= count
	}
}

// letGo accepts events after which no key is down.
func letGo(events []desktop.Event) bool {
	down := 0
	for _, e := range events {
		switch e.Kind {
		case desktop.KeyPress:
			down++
		case desktop.KeyRelease:
			down--
		}
	}
	return down == 0
}

// buttons writes the button events down.
func buttons(events []desktop.Event) (lines []string) {
	for _, e := range events {
		switch e.Kind {
		case desktop.ButtonPress:
			lines = append(lines, fmt.Sprintf("press %d at %d,%d", e.Button, e.X, e.Y))
		case desktop.ButtonRelease:
			lines = append(lines, fmt.Sprintf("release %d at %d,%d", e.Button, e.X, e.Y))
		}
	}
	return lines
}

// keys writes the key events down, with Control where it was held.
func keys(events []desktop.Event) (lines []string) {
	for _, e := range events {
		verb := map[desktop.EventKind]string{desktop.KeyPress: "press ", desktop.KeyRelease: "release "}[e.Kind]
		if verb == "" {
			continue
		}
		name := string(e.Char)
		if e.Keysym == desktop.KeyControl {
			name = "Control"
		} else if e.State&xproto.ModMaskControl != 0 {
			name = "Control+" + name
		}
		lines = append(lines, verb+name)
	}
	return lines
}
