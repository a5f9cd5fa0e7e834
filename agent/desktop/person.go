package desktop

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/jezek/xgb/xproto"
)

// Buttons of the person's mouse, as X numbers them.
const (
	Left      = 1
	Middle    = 2
	Right     = 3
	WheelUp   = 4
	WheelDown = 5
)

// doubleClickPause lies well inside what programs take for a double click.
const doubleClickPause = 80 * time.Millisecond

// Person presses the real devices of the desktop. Each method returns when the server
// has processed the event. One goroutine at a time uses it.
type Person struct {
	desktop  *Desktop
	pointer  *device
	keyboard *device
}

func newPerson(ctx context.Context, d *Desktop) (*Person, error) {
	pointer, err := dialDevice(ctx, filepath.Join(d.dir, "pointer"))
	if err != nil {
		return nil, err
	}
	keyboard, err := dialDevice(ctx, filepath.Join(d.dir, "keyboard"))
	if err != nil {
		pointer.conn.Close()
		return nil, err
	}
	return &Person{desktop: d, pointer: pointer, keyboard: keyboard}, nil
}

func (p *Person) close() {
	if p == nil {
		return
	}
	p.pointer.conn.Close()
	p.keyboard.conn.Close()
}

// MoveTo moves the pointer to the pixel in one step.
func (p *Person) MoveTo(x, y int) error {
	// The axes span the whole root window; half a pixel keeps clear of rounding.
	geometry, err := xproto.GetGeometry(p.desktop.conn, xproto.Drawable(p.desktop.screen.Root)).Reply()
	if err != nil {
		return fmt.Errorf("desktop: size of the screen: %w", err)
	}
	axis := func(v int, size uint16) float64 { return (float64(v) + 0.5) * itAxisMax / float64(size) }
	return p.pointer.motion(axis(x, geometry.Width), axis(y, geometry.Height))
}

// Glide moves the pointer as a hand does: along a slight curve, fast in the middle.
func (p *Person) Glide(ctx context.Context, x, y int, d time.Duration) error {
	fromX, fromY, err := p.Location()
	if err != nil {
		return err
	}
	const frame = 8 * time.Millisecond // a mouse reports 125 times a second
	steps := max(1, int(d/frame))
	dx, dy := float64(x-fromX), float64(y-fromY)
	ticker := time.NewTicker(frame)
	defer ticker.Stop()
	for i := 1; i <= steps; i++ {
		t := float64(i) / float64(steps)
		s := t * t * (3 - 2*t)
		bow := 0.06 * math.Sin(math.Pi*s)
		if err := p.MoveTo(fromX+int(math.Round(dx*s-dy*bow)), fromY+int(math.Round(dy*s+dx*bow))); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return p.MoveTo(x, y)
}

// Location is where the pointer is.
func (p *Person) Location() (x, y int, err error) {
	reply, err := xproto.QueryPointer(p.desktop.conn, p.desktop.screen.Root).Reply()
	if err != nil {
		return 0, 0, fmt.Errorf("desktop: where the pointer is: %w", err)
	}
	return int(reply.RootX), int(reply.RootY), nil
}

// ButtonDown presses a button and keeps it down.
func (p *Person) ButtonDown(button int) error { return p.pointer.button(button, true) }

// ButtonUp lets go of a button.
func (p *Person) ButtonUp(button int) error { return p.pointer.button(button, false) }

// Click presses and releases a button where the pointer is.
func (p *Person) Click(button int) error {
	return errors.Join(p.ButtonDown(button), p.ButtonUp(button))
}

// ClickAt moves to the pixel and clicks the left button.
func (p *Person) ClickAt(x, y int) error {
	if err := p.MoveTo(x, y); err != nil {
		return err
	}
	return p.Click(Left)
}

// DoubleClick clicks the left button twice.
func (p *Person) DoubleClick() error {
	if err := p.Click(Left); err != nil {
		return err
	}
	time.Sleep(doubleClickPause)
	return p.Click(Left)
}

// Wheel turns the wheel by notches, positive down.
func (p *Person) Wheel(notches int) error {
	button := WheelDown
	if notches < 0 {
		button, notches = WheelUp, -notches
	}
	for range notches {
		if err := p.Click(button); err != nil {
			return err
		}
	}
	return nil
}

// Press puts down the key with the keysym and keeps it down.
func (p *Person) Press(sym xproto.Keysym) error { return p.press(sym, true) }

// Release lets go of the key with the keysym.
func (p *Person) Release(sym xproto.Keysym) error { return p.press(sym, false) }

func (p *Person) press(sym xproto.Keysym, down bool) error {
	keys, err := loadKeyboard(p.desktop.conn)
	if err != nil {
		return err
	}
	code, _, ok := keys.find(sym)
	if !ok {
		return fmt.Errorf("desktop: the person's keyboard has no key for keysym %#x", sym)
	}
	return p.keyboard.key(int(code), down)
}

// Tap presses the keys one after the other and releases them in reverse, as for
// Control+C: Tap(KeyControl, 'c').
func (p *Person) Tap(syms ...xproto.Keysym) error {
	for i, sym := range syms {
		if err := p.Press(sym); err != nil {
			return err
		}
		defer func() { _ = p.Release(syms[i]) }() // it was found above
	}
	return nil
}

// Type types text with the keys of the person's layout, Shift and AltGr included. A
// character that the layout lacks is an error.
func (p *Person) Type(text string) error {
	keys, err := loadKeyboard(p.desktop.conn)
	if err != nil {
		return err
	}
	for _, r := range text {
		code, level, ok := keys.find(RuneKeysym(r))
		if !ok {
			return fmt.Errorf("desktop: the person's keyboard cannot type %q", r)
		}
		if err := p.typeKey(keys, code, level); err != nil {
			return err
		}
	}
	return nil
}

func (p *Person) typeKey(keys *keyboard, code xproto.Keycode, level int) error {
	var held []xproto.Keycode
	for bit, sym := range []xproto.Keysym{KeyShift, KeyAltGr} {
		if level&(1<<bit) == 0 {
			continue
		}
		modifier, _, ok := keys.find(sym)
		if !ok {
			return errors.New("desktop: the person's keyboard lacks a modifier")
		}
		held = append(held, modifier)
	}
	held = append(held, code)
	for _, k := range held {
		if err := p.keyboard.key(int(k), true); err != nil {
			return err
		}
	}
	for i := len(held) - 1; i >= 0; i-- {
		if err := p.keyboard.key(int(held[i]), false); err != nil {
			return err
		}
	}
	return nil
}

// TapCode presses and releases the key with the code, whatever it means.
func (p *Person) TapCode(code int) error {
	if err := p.keyboard.key(code, true); err != nil {
		return err
	}
	return p.keyboard.key(code, false)
}
