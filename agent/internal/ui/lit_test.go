package ui

import (
	"slices"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
)

// colourMap makes a colour map on a screen's visual of that class and depth; shade says what
// a map that can be written makes of each grey, nil writes nothing.
func (c *client) colourMap(class, depth byte, shade func(i uint16) uint16) xproto.Colormap {
	c.t.Helper()
	check := func(err error) {
		c.t.Helper()
		if err != nil {
			c.t.Fatal(err)
		}
	}
	id, err := xproto.NewColormapId(c.x)
	check(err)
	for _, d := range xproto.Setup(c.x).DefaultScreen(c.x).AllowedDepths {
		i := slices.IndexFunc(d.Visuals, func(v xproto.VisualInfo) bool { return v.Class == class })
		if d.Depth != depth || i < 0 {
			continue
		}
		v := d.Visuals[i]
		if shade == nil {
			check(xproto.CreateColormapChecked(c.x, xproto.ColormapAllocNone, id, c.root, v.VisualId).Check())
			return id
		}
		check(xproto.CreateColormapChecked(c.x, xproto.ColormapAllocAll, id, c.root, v.VisualId).Check())
		items := make([]xproto.Coloritem, v.ColormapEntries)
		for i := range items {
			s := shade(uint16(i * 65535 / (len(items) - 1)))
			items[i] = xproto.Coloritem{Pixel: uint32(i) * (v.RedMask&-v.RedMask | v.GreenMask&-v.GreenMask | v.BlueMask&-v.BlueMask),
				Red: s, Green: s, Blue: s, Flags: xproto.ColorFlagRed | xproto.ColorFlagGreen | xproto.ColorFlagBlue}
		}
		check(xproto.StoreColorsChecked(c.x, id, items).Check())
		return id
	}
	c.t.Fatalf("the server has no visual of class %d and depth %d", class, depth)
	return 0
}

func (c *client) install(m xproto.Colormap) {
	c.t.Helper()
	if err := xproto.InstallColormapChecked(c.x, m).Check(); err != nil {
		c.t.Fatal(err)
	}
}

// THREAT 3: a screen that shows other colours than ours shows no bar; another program's
// colour map alone, which window managers install for the window in use, changes nothing.
func TestColourMaps(t *testing.T) {
	s, _ := desk(t)
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	c := s.client(t)
	black := c.colourMap(xproto.VisualClassDirectColor, 24, func(uint16) uint16 { return 0 })
	for _, m := range []struct {
		says string
		id   xproto.Colormap
		want bool
	}{
		{"a window with an alpha channel", c.colourMap(xproto.VisualClassTrueColor, 32, nil), true},
		{"a window of the screen's own depth", c.colourMap(xproto.VisualClassTrueColor, 24, nil), true},
		{"a map that was written as it should be", c.colourMap(xproto.VisualClassDirectColor, 24, func(i uint16) uint16 { return i }), true},
		{"black for all", black, false},
		{"white for black", c.colourMap(xproto.VisualClassDirectColor, 24, func(i uint16) uint16 { return 65535 - i }), false},
		{"two halves exchanged", c.colourMap(xproto.VisualClassDirectColor, 24, func(i uint16) uint16 { return i ^ 0x8000 }), false},
	} {
		c.install(m.id)
		inLoop(t, u, func() {
			if got := u.conn.coloured(); got != m.want {
				t.Errorf("%s: the colours are those that are meant: %v, want %v", m.says, got, m.want)
			}
			if again := u.conn.coloured(); !again {
				t.Errorf("%s was not taken away", m.says)
			}
		})
		c.install(m.id)
		inLoop(t, u, func() { b.guarded.next = time.Time{} }) // and the bar has a look itself
		until(t, u, "light", func() bool { return !b.guarded.next.IsZero() && !b.guarded.dark.now })
		wantBar(t, u, b)
	}

	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	held := false
	for deadline := time.Now().Add(20 * time.Second); !isLost(b); <-tick.C {
		c.install(black) // whatever we do against it
		select {
		case act := <-u.Actions():
			if held = true; act != HoldSession || b.Visible() {
				t.Errorf("action %d, visible %v", act, b.Visible())
			}
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("a screen that stays black, and nothing that waits, did not end the session")
		}
	}
	if !held {
		t.Error("nothing was to wait on a black screen")
	}
}

// THREAT 3: a server that tells of fewer colours than were asked for shows no greys.
func TestFewColoursAreNoGreys(t *testing.T) {
	if areGreys(nil) {
		t.Error("no colours are taken for all greys")
	}
}
