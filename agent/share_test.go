package agent

import (
	"image"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

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

// PROMISE A3, E4: who is shown one monitor or one window is told of that monitor alone, and
// cannot turn to another, also where it is there.
func TestNobodyTurnsToWhatIsNotShown(t *testing.T) {
	left, right := image.Rect(0, 0, 320, 400), image.Rect(320, 0, 640, 400)
	only := twoMonitors(t, left, right)
	for name, c := range map[string]struct {
		choice ui.Choice
		turns  bool
	}{
		"everything":  {ui.Choice{}, true},
		"one monitor": {ui.Choice{Screen: 1, Bounds: left}, false},
		"one window":  {ui.Choice{Window: only}, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := start(t, Config{})
			a.person.choice = c.choice
			a.run()
			a.join()
			a.look()
			for _, index := range []uint32{1, 0, 1} {
				a.tell(&wire.FromViewer{Kind: &wire.FromViewer_SelectDisplay{SelectDisplay: &wire.SelectDisplay{Index: index}}})
			}
			a.tell(&wire.FromViewer{Kind: &wire.FromViewer_Ask{Ask: &wire.Ask{Scope: view}}}) // answered after all that
			told := 0
			a.hear("the answer", func(m *wire.FromAgent) bool {
				if m.GetDisplays() != nil {
					told++
				}
				return m.GetDecision().GetScope() == view
			})
			if want := map[bool]int{true: 3, false: 0}[c.turns]; told != want {
				t.Errorf("told of the monitors %d times, want %d", told, want)
			}
		})
	}
}

// twoMonitors divides the tests' screen into two monitors, until the test ends, and shows a
// window on the first.
func twoMonitors(t *testing.T, left, right image.Rectangle) (window uint32) {
	t.Helper()
	conn, err := xgb.NewConnDisplay(xscreen(t).Display())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	root := xproto.Setup(conn).DefaultScreen(conn).Root
	check(randr.Init(conn))
	_, err = randr.QueryVersion(conn, 1, 5).Reply()
	check(err)
	has, err := randr.GetScreenResources(conn, root).Reply()
	check(err)
	for i, at := range []image.Rectangle{left, right} {
		name, err := xproto.InternAtom(conn, false, 4, []string{"left", "rest"}[i]).Reply()
		check(err)
		m := randr.MonitorInfo{Name: name.Atom, X: int16(at.Min.X), Y: int16(at.Min.Y), Width: uint16(at.Dx()), Height: uint16(at.Dy())}
		if i == 0 {
			m.Primary, m.NOutput, m.Outputs = true, 1, has.Outputs[:1]
		}
		check(randr.SetMonitorChecked(conn, root, m).Check())
		t.Cleanup(func() { check(randr.DeleteMonitorChecked(conn, root, name.Atom).Check()) })
	}
	id, err := xproto.NewWindowId(conn)
	check(err)
	check(xproto.CreateWindowChecked(conn, 0, id, root, 40, 40, 200, 150, 0, xproto.WindowClassInputOutput, 0, xproto.CwBackPixel, []uint32{0x336699}).Check())
	check(xproto.MapWindowChecked(conn, id).Check())
	return uint32(id)
}
