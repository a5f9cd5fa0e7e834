package desktop

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"strings"
	"sync"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// The two colours of a Target; every button press changes from one to the other.
var (
	TargetBlue  = color.RGBA{R: 0x1d, G: 0x4e, B: 0xd8, A: 0xff}
	TargetAmber = color.RGBA{R: 0xf5, G: 0x9e, B: 0x0b, A: 0xff}
)

// EventKind says what arrived at a Target.
type EventKind uint8

// The kinds of events.
const (
	Motion EventKind = iota + 1
	ButtonPress
	ButtonRelease
	KeyPress
	KeyRelease
)

// Event is one thing that arrived at a Target.
type Event struct {
	Kind EventKind
	At   time.Time
	// X and Y are the pointer's place on the screen.
	X, Y int
	// Button is the X button of a ButtonPress or ButtonRelease; 4 to 7 are the wheel.
	Button int
	// Code, Keysym and Char are the key, what it meant then, and its character or 0.
	Code   byte
	Keysym xproto.Keysym
	Char   rune
	// State are the modifiers and buttons before the event, as xproto.ModMask*.
	State uint16
}

// Target is a window of one colour that writes down what arrives at it and changes its
// colour at every button press. It is placed by itself, without the window manager, and
// takes the keyboard when it is opened and when it is clicked.
type Target struct {
	conn   *xgb.Conn
	window xproto.Window
	bounds image.Rectangle
	ended  chan struct{}

	mu      sync.Mutex
	events  []Event
	amber   bool
	changed chan struct{} // closed and replaced at every event
	keys    *keyboard
}

// OpenTarget shows a target on the display.
func OpenTarget(display string, bounds image.Rectangle) (*Target, error) {
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, fmt.Errorf("desktop: connect to %s: %w", display, err)
	}
	t := &Target{conn: conn, bounds: bounds, ended: make(chan struct{}), changed: make(chan struct{})}
	if err := t.open(); err != nil {
		conn.Close()
		return nil, fmt.Errorf("desktop: target: %w", err)
	}
	go t.listen()
	return t, nil
}

func (t *Target) open() (err error) {
	if t.keys, err = loadKeyboard(t.conn); err != nil {
		return err
	}
	if t.window, err = xproto.NewWindowId(t.conn); err != nil {
		return err
	}
	screen := xproto.Setup(t.conn).DefaultScreen(t.conn)
	events := uint32(xproto.EventMaskPointerMotion | xproto.EventMaskButtonPress | xproto.EventMaskButtonRelease |
		xproto.EventMaskKeyPress | xproto.EventMaskKeyRelease | xproto.EventMaskStructureNotify)
	b := t.bounds
	err = xproto.CreateWindowChecked(t.conn, screen.RootDepth, t.window, screen.Root, int16(b.Min.X), int16(b.Min.Y),
		uint16(b.Dx()), uint16(b.Dy()), 0, xproto.WindowClassInputOutput, screen.RootVisual,
		xproto.CwBackPixel|xproto.CwOverrideRedirect|xproto.CwEventMask, []uint32{pixel(TargetBlue), 1, events}).Check()
	if err != nil {
		return err
	}
	class := "target\x00Target\x00"
	if err := xproto.ChangePropertyChecked(t.conn, xproto.PropModeReplace, t.window, xproto.AtomWmClass,
		xproto.AtomString, 8, uint32(len(class)), []byte(class)).Check(); err != nil {
		return err
	}
	if err := xproto.MapWindowChecked(t.conn, t.window).Check(); err != nil {
		return err
	}
	return t.Focus()
}

func pixel(c color.RGBA) uint32 { return uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B) }

// Focus gives the keyboard to the target.
func (t *Target) Focus() error {
	return xproto.SetInputFocusChecked(t.conn, xproto.InputFocusPointerRoot, t.window, xproto.TimeCurrentTime).Check()
}

// Raise puts the target above all other windows.
func (t *Target) Raise() error {
	return xproto.ConfigureWindowChecked(t.conn, t.window, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove}).Check()
}

// ID is the target's window.
func (t *Target) ID() xproto.Window { return t.window }

// Bounds is where the target is.
func (t *Target) Bounds() image.Rectangle { return t.bounds }

// Close closes the window.
func (t *Target) Close() {
	t.conn.Close()
	<-t.ended
}

// listen writes down what arrives until the connection is closed.
func (t *Target) listen() {
	defer close(t.ended)
	for {
		event, err := t.conn.WaitForEvent()
		switch {
		case event != nil:
			t.take(event, time.Now())
		case err == nil:
			return
		}
	}
}

func (t *Target) take(event xgb.Event, at time.Time) {
	switch e := event.(type) {
	case xproto.MotionNotifyEvent:
		t.add(Event{Kind: Motion, At: at, X: int(e.RootX), Y: int(e.RootY), State: e.State})
	case xproto.ButtonPressEvent:
		t.flip()
		t.add(Event{Kind: ButtonPress, At: at, X: int(e.RootX), Y: int(e.RootY), Button: int(e.Detail), State: e.State})
	case xproto.ButtonReleaseEvent:
		t.add(Event{Kind: ButtonRelease, At: at, X: int(e.RootX), Y: int(e.RootY), Button: int(e.Detail), State: e.State})
	case xproto.KeyPressEvent:
		t.add(t.key(Event{Kind: KeyPress, At: at, X: int(e.RootX), Y: int(e.RootY), Code: byte(e.Detail), State: e.State}))
	case xproto.KeyReleaseEvent:
		t.add(t.key(Event{Kind: KeyRelease, At: at, X: int(e.RootX), Y: int(e.RootY), Code: byte(e.Detail), State: e.State}))
	case xproto.MappingNotifyEvent:
		if keys, err := loadKeyboard(t.conn); err == nil {
			t.keys = keys
		}
	}
}

// key adds what the key means with the modifiers of the event.
func (t *Target) key(e Event) Event {
	e.Keysym = t.keys.lookup(xproto.Keycode(e.Code), e.State)
	e.Char = KeysymRune(e.Keysym)
	return e
}

// flip paints the other colour; errors would mean that the window is gone.
func (t *Target) flip() {
	t.mu.Lock()
	t.amber = !t.amber
	c := TargetBlue
	if t.amber {
		c = TargetAmber
	}
	t.mu.Unlock()
	xproto.ChangeWindowAttributes(t.conn, t.window, xproto.CwBackPixel, []uint32{pixel(c)})
	xproto.ClearArea(t.conn, false, t.window, 0, 0, 0, 0)
	xproto.SetInputFocus(t.conn, xproto.InputFocusPointerRoot, t.window, xproto.TimeCurrentTime)
}

func (t *Target) add(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, e)
	close(t.changed)
	t.changed = make(chan struct{})
}

// Events are all events so far.
func (t *Target) Events() []Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Event(nil), t.events...)
}

// Clear forgets the events so far, and says what they were.
func (t *Target) Clear() []Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	events := t.events
	t.events = nil
	return events
}

// Sync returns when everything that the server had processed has been written down.
func (t *Target) Sync(ctx context.Context) error {
	// An event that we send to ourselves arrives behind all earlier ones. No key has
	// the code 0.
	before := len(t.Events())
	probe := xproto.KeyReleaseEvent{Root: t.window, Event: t.window}
	if err := xproto.SendEventChecked(t.conn, false, t.window, xproto.EventMaskNoEvent, string(probe.Bytes())).Check(); err != nil {
		return fmt.Errorf("desktop: target: %w", err)
	}
	isProbe := func(e Event) bool { return e.Kind == KeyRelease && e.Code == 0 }
	err := t.Wait(ctx, func(events []Event) bool {
		for _, e := range events[min(before, len(events)):] {
			if isProbe(e) {
				return true
			}
		}
		return false
	})
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := t.events[:0:0]
	for _, e := range t.events {
		if !isProbe(e) {
			kept = append(kept, e)
		}
	}
	t.events = kept
	return err
}

// Wait waits until done accepts all events so far.
func (t *Target) Wait(ctx context.Context, done func([]Event) bool) error {
	for {
		t.mu.Lock()
		events, changed := append([]Event(nil), t.events...), t.changed
		t.mu.Unlock()
		if done(events) {
			return nil
		}
		select {
		case <-changed:
		case <-t.ended:
			return fmt.Errorf("desktop: the target's connection ended")
		case <-ctx.Done():
			return fmt.Errorf("desktop: target after %d events: %w", len(events), ctx.Err())
		}
	}
}

// Text is what the keys pressed so far have typed. Keys pressed with Control, Alt or
// the system key type nothing.
func (t *Target) Text() string { return typed(t.Events()) }

// WaitText waits until want has been typed.
func (t *Target) WaitText(ctx context.Context, want string) error {
	var got string
	err := t.Wait(ctx, func(events []Event) bool {
		got = typed(events)
		return len(got) >= len(want)
	})
	if err == nil && got != want {
		err = fmt.Errorf("desktop: typed %q, want %q", got, want)
	} else if err != nil {
		err = fmt.Errorf("typed %q, want %q: %w", got, want, err)
	}
	return err
}

func typed(events []Event) string {
	var text strings.Builder
	for _, e := range events {
		if e.Kind != KeyPress || e.State&(xproto.ModMaskControl|xproto.ModMask1|xproto.ModMask4) != 0 {
			continue
		}
		if e.Keysym == KeyBackspace {
			s := []rune(text.String())
			text.Reset()
			text.WriteString(string(s[:max(0, len(s)-1)]))
		} else if e.Char != 0 {
			text.WriteRune(e.Char)
		}
	}
	return text.String()
}
