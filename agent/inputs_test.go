package agent

import (
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol/wire"
)

// THREAT 8, PROMISE A2: events count once, in order, and only while control is granted.
func TestInputNeedsControlAndRisingNumbers(t *testing.T) {
	a := begin(t)
	a.look()
	pointer := pointerOf(t)
	pointer.put(t, 10, 10)
	move := func(x, y int32) *wire.Input {
		return &wire.Input{Kind: &wire.Input_Move{Move: &wire.PointerMove{X: x, Y: y}}}
	}
	a.inject(1, move(300, 200)) // before the question

	a.ask(control)
	a.person.answer(t, consent.Control, no)
	a.decided(control, refused)
	a.inject(2, move(301, 200)) // after a no

	a.ask(control)
	a.person.answer(t, consent.Control, yes)
	a.decided(control, granted)
	a.hear("control in the state", func(m *wire.FromAgent) bool {
		return m.GetState() != nil && len(m.GetState().GetGranted()) == 2
	})
	if x, y, _ := pointer.at(t); x != 10 || y != 10 {
		t.Errorf("without control the pointer went to %d, %d", x, y)
	}
	// The injector starts a moment after the grant: events before that are lost.
	sequence := uint64(10)
	pointer.await(t, "the pointer to follow", func(x, y int, _ uint16) bool {
		a.inject(sequence, move(100, 100))
		sequence++
		return x == 100 && y == 100
	})
	a.inject(sequence, &wire.Input{Kind: &wire.Input_Button{Button: &wire.PointerButton{X: 120, Y: 110, Down: true}}}) // held
	a.inject(3, move(400, 300))                                                                                        // an old number
	a.inject(sequence, move(400, 300))                                                                                 // the same again
	a.inject(sequence+1, &wire.Input{Kind: &wire.Input_Key{Key: &wire.Key{Code: "ShiftLeft", Key: "Shift", Down: true}}})
	pointer.await(t, "button and Shift to go down", func(_, _ int, held uint16) bool {
		return held&xproto.KeyButMaskButton1 != 0 && held&xproto.KeyButMaskShift != 0
	})
	if x, y, _ := pointer.at(t); x != 120 || y != 110 {
		t.Errorf("after a replay the pointer is at %d, %d, want 120, 110", x, y)
	}

	a.person.press(t, ui.StopControl)
	a.decided(control, withdrawn)
	pointer.await(t, "button and Shift to come up", func(_, _ int, held uint16) bool {
		return held&(xproto.KeyButMaskButton1|xproto.KeyButMaskShift) == 0
	})
	a.inject(sequence+2, move(300, 200))

	// The technician can give control back, too.
	a.ask(control)
	a.person.answer(t, consent.Control, yes)
	a.decided(control, granted)
	a.tell(&wire.FromViewer{Kind: &wire.FromViewer_Release{Release: &wire.Release{Scope: control}}})
	a.decided(control, released)
	if x, y, _ := pointer.at(t); x != 120 || y != 110 {
		t.Errorf("after control was taken back the pointer went to %d, %d", x, y)
	}
}

// Pausing stops everything and takes nothing away.
func TestPauseAndResume(t *testing.T) {
	a := begin(t)
	a.look()
	for _, c := range []struct {
		action ui.Action
		paused bool
	}{{ui.PauseSession, true}, {ui.ResumeSession, false}} {
		a.person.press(t, c.action)
		m := a.hear("the state", func(m *wire.FromAgent) bool { return m.GetState() != nil && m.GetState().GetPaused() == c.paused })
		if len(m.GetState().GetGranted()) != 1 {
			t.Errorf("paused %v: granted %v", c.paused, m.GetState().GetGranted())
		}
		if v := a.bar.shows(); v.Paused != c.paused || !v.View {
			t.Errorf("the bar shows %+v", v)
		}
	}
}

type pointer struct {
	conn *xgb.Conn
	root xproto.Window
}

// pointerOf watches the shared screen's pointer from outside.
func pointerOf(t *testing.T) *pointer {
	t.Helper()
	conn, err := xgb.NewConnDisplay(xscreen(t).Display())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return &pointer{conn, xproto.Setup(conn).DefaultScreen(conn).Root}
}

func (p *pointer) put(t *testing.T, x, y int16) {
	t.Helper()
	if err := xproto.WarpPointerChecked(p.conn, 0, p.root, 0, 0, 0, 0, x, y).Check(); err != nil {
		t.Fatal(err)
	}
}

func (p *pointer) at(t *testing.T) (x, y int, held uint16) {
	t.Helper()
	reply, err := xproto.QueryPointer(p.conn, p.root).Reply()
	if err != nil {
		t.Fatal(err)
	}
	return int(reply.RootX), int(reply.RootY), reply.Mask
}

// await looks at the pointer until it is as wanted.
func (p *pointer) await(t *testing.T, what string, as func(x, y int, held uint16) bool) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for late := after(); ; {
		if x, y, held := p.at(t); as(x, y, held) {
			return
		}
		select {
		case <-ticker.C:
		case <-late:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// Only what a program answers at once has pictures come closer to each other.
func TestWhatIsAnsweredAtOnce(t *testing.T) {
	for name, test := range map[string]struct {
		message *wire.Input
		want    bool
	}{
		"a button":         {&wire.Input{Kind: &wire.Input_Button{Button: &wire.PointerButton{}}}, true},
		"a key":            {&wire.Input{Kind: &wire.Input_Key{Key: &wire.Key{Down: true}}}, true},
		"a key that is up": {&wire.Input{Kind: &wire.Input_Key{Key: &wire.Key{}}}, false},
		"letters":          {&wire.Input{Kind: &wire.Input_Text{Text: &wire.Text{}}}, true},
		"a motion":         {&wire.Input{Kind: &wire.Input_Move{Move: &wire.PointerMove{}}}, false},
		"nothing":          {&wire.Input{}, false},
	} {
		if got := presses(test.message); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
