package attacktest

import (
	"encoding/binary"
	"image"
	"time"

	"github.com/jezek/xgb/composite"
	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/xproto"
)

// Attack is one way to press for the user or to take a window of ours away.
type Attack struct {
	Name string
	// Do tries once, for the n-th time.
	Do func(a *Attacker, on Target, n int)
	// NeedsPerson: it uses what the user does at the same time.
	NeedsPerson bool
	// Few: it takes long, or the server along; a few tries are enough.
	Few bool
	// Fatal: the windows do not outlive it.
	Fatal bool
	// Asks: it is about a question alone. Alone: whole sessions, which it ends, are tried in
	// the long form of the tests only.
	Asks, Alone bool
	// After puts right what Rest does not; nil is nothing.
	After func(a *Attacker, on Target)
}

// Attacks is the corpus.
func Attacks() []Attack {
	all := append(pressing(), forging()...)
	all = append(all, covering()...)
	all = append(all, moving()...)
	all = append(all, deceiving()...)
	all = append(all, posing()...)
	all = append(all, bending()...)
	return append(all, taking()...)
}

// pressing: events made by XTEST, as every remote control and clicker makes them.
func pressing() []Attack {
	return []Attack{
		{Name: "clicks on the button", Do: func(a *Attacker, on Target, _ int) { a.click(on.Spot) }},
		{Name: "clicks everywhere", Do: func(a *Attacker, on Target, n int) {
			b := on.Bounds
			a.click(b.Min.Add(image.Pt(n*37%b.Dx(), n*23%b.Dy())))
		}},
		{Name: "Tab and Space", Do: func(a *Attacker, _ Target, _ int) { a.chord(codeTab); a.chord(codeSpace) }},
		{Name: "Enter, Space and y", Do: func(a *Attacker, _ Target, _ int) {
			a.chord(codeReturn)
			a.chord(codeSpace)
			a.chord(codeY)
		}},
		{Name: "Alt+Tab and Enter", Do: func(a *Attacker, _ Target, _ int) { a.chord(codeAlt, codeTab); a.chord(codeReturn) }},
		{Name: "Alt+F4 and Super", Do: func(a *Attacker, _ Target, _ int) { a.chord(codeAlt, codeF4); a.chord(codeSuper) }},
		{Name: "the hotkeys", Do: func(a *Attacker, _ Target, _ int) {
			for _, letter := range []byte{codeE, codeP, codeC} {
				a.chord(codeControl, codeAlt, codeShift, letter)
			}
		}},
		{Name: "a drag that ends on the button", Do: func(a *Attacker, on Target, _ int) {
			a.moveTo(image.Pt(on.Bounds.Max.X+20, on.Bounds.Max.Y+20))
			a.fake(xproto.ButtonPress, 1)
			a.moveTo(on.Spot)
			a.fake(xproto.ButtonRelease, 1)
		}},
		{Name: "the pointer moved onto the button, without a press", Do: func(a *Attacker, on Target, _ int) {
			xproto.WarpPointer(a.conn, 0, a.root, 0, 0, 0, 0, int16(on.Spot.X), int16(on.Spot.Y))
		}},
		{Name: "the pointer moved under the user's finger", NeedsPerson: true, Do: func(a *Attacker, on Target, _ int) {
			_ = a.Person.MoveTo(on.Bounds.Max.X+40, on.Bounds.Max.Y+40)
			xproto.WarpPointer(a.conn, 0, a.root, 0, 0, 0, 0, int16(on.Spot.X), int16(on.Spot.Y))
			_ = a.Sync()
			_ = a.Person.Click(desktopLeft)
		}},
		{Name: "the window moved under the user's finger", NeedsPerson: true, Do: func(a *Attacker, on Target, _ int) {
			at := image.Pt(on.Bounds.Max.X+60, on.Bounds.Max.Y+60)
			_ = a.Person.MoveTo(at.X, at.Y)
			move := on.Bounds.Min.Add(at.Sub(on.Spot))
			a.configure(on.Window, xproto.ConfigWindowX|xproto.ConfigWindowY, uint32(move.X), uint32(move.Y))
			_ = a.Sync()
			_ = a.Person.Click(desktopLeft)
		}},
		{Name: "a pointer of its own (another master device)", Few: true, Do: func(a *Attacker, on Target, _ int) {
			le := binary.LittleEndian
			add := le.AppendUint16([]byte{1, 0, 0, 0}, 1) // one change: add a master
			add = le.AppendUint16(add, 3)                 // of three words
			add = le.AppendUint16(add, 4)                 // its name
			a.input(43, append(append(add, 1, 1), "evil"...))
			for _, id := range a.devices() {
				a.input(44, le.AppendUint16([]byte{0, 0, 0, 0}, id)) // XISetClientPointer
				a.click(on.Spot)
			}
		}},
	}
}

const desktopLeft = 1

// forging: events and messages that only claim to be something.
func forging() []Attack {
	button := func(on Target) []byte {
		p := on.Spot.Sub(on.Bounds.Min)
		return xproto.ButtonPressEvent{Detail: 1, Event: on.Window, EventX: int16(p.X), EventY: int16(p.Y), SameScreen: true}.Bytes()
	}
	return []Attack{
		{Name: "forged button events", Do: func(a *Attacker, on Target, _ int) {
			a.forge(on.Window, xproto.ButtonPress, button(on))
			a.forge(on.Window, xproto.ButtonRelease, button(on))
		}},
		{Name: "forged key events", Do: func(a *Attacker, on Target, _ int) {
			for _, code := range []xproto.Keycode{codeTab, codeSpace} {
				key := xproto.KeyPressEvent{Detail: code, Event: on.Window, SameScreen: true}
				a.forge(on.Window, xproto.KeyPress, key.Bytes())
				a.forge(on.Window, xproto.KeyRelease, key.Bytes())
			}
		}},
		{Name: "forged motion and crossing", Do: func(a *Attacker, on Target, _ int) {
			a.forge(on.Window, xproto.MotionNotify, button(on))
			a.forge(on.Window, xproto.EnterNotify, xproto.EnterNotifyEvent{Event: on.Window, SameScreenFocus: 3}.Bytes())
			a.forge(on.Window, xproto.FocusIn, xproto.FocusInEvent{Event: on.Window}.Bytes())
		}},
		{Name: "forged news of the window", Do: func(a *Attacker, on Target, _ int) {
			a.forge(on.Window, xproto.VisibilityNotify, xproto.VisibilityNotifyEvent{Window: on.Window}.Bytes())
			a.forge(on.Window, xproto.UnmapNotify, xproto.UnmapNotifyEvent{Event: on.Window, Window: on.Window}.Bytes())
			a.forge(on.Window, xproto.DestroyNotify, xproto.DestroyNotifyEvent{Event: on.Window, Window: on.Window}.Bytes())
			a.forge(on.Window, xproto.ConfigureNotify, xproto.ConfigureNotifyEvent{Event: on.Window, Window: on.Window, X: 5000}.Bytes())
		}},
		{Name: "forged XInput events", Do: func(a *Attacker, on Target, _ int) {
			b := make([]byte, 32)
			b[1] = a.xi
			binary.LittleEndian.PutUint16(b[8:], 4) // XI_ButtonPress
			a.forge(on.Window, 35, b)
		}},
		{Name: "requests to close", Do: func(a *Attacker, on Target, _ int) {
			a.tell(on.Window, "WM_PROTOCOLS", uint32(a.atom("WM_DELETE_WINDOW")))
			a.tell(on.Window, "_NET_CLOSE_WINDOW", 0, 2)
		}},
		{Name: "requests to hide, lower and iconify", Do: func(a *Attacker, on Target, _ int) {
			for _, state := range []string{"_NET_WM_STATE_HIDDEN", "_NET_WM_STATE_BELOW", "_NET_WM_STATE_SHADED"} {
				a.tell(on.Window, "_NET_WM_STATE", 1, uint32(a.atom(state)), 0, 2)
			}
			a.tell(on.Window, "WM_CHANGE_STATE", 3)
			a.tell(on.Window, "_NET_ACTIVE_WINDOW", 2)
			a.tell(on.Window, "_NET_MOVERESIZE_WINDOW", 0xf00, 9000, 9000, 1, 1)
			a.tell(on.Window, "_NET_WM_DESKTOP", 7, 2)
		}},
		{Name: "its properties changed", Do: func(a *Attacker, on Target, _ int) {
			for _, name := range []string{"WM_NAME", "_NET_WM_NAME", "_NET_WM_WINDOW_TYPE"} {
				xproto.DeleteProperty(a.conn, on.Window, a.atom(name))
			}
			opacity := a.atom("_NET_WM_WINDOW_OPACITY")
			xproto.ChangeProperty(a.conn, xproto.PropModeReplace, on.Window, opacity, xproto.AtomCardinal, 32, 1, []byte{0, 0, 0, 0})
		}},
	}
}

// covering: other windows between ours and the user.
func covering() []Attack {
	raise := func(a *Attacker, w xproto.Window) {
		a.configure(w, xproto.ConfigWindowStackMode, xproto.StackModeAbove)
	}
	once := func(put func(a *Attacker, r image.Rectangle) xproto.Window, whole bool) func(*Attacker, Target, int) {
		return func(a *Attacker, on Target, _ int) {
			if len(a.own) == 0 {
				r := on.Bounds
				if whole {
					r = image.Rectangle{Max: a.size}
				}
				put(a, r)
			}
			for _, w := range a.own {
				raise(a, w)
			}
		}
	}
	return []Attack{
		{Name: "covered", Do: once((*Attacker).cover, false)},
		{Name: "covered by the whole screen", Do: once((*Attacker).cover, true)},
		{Name: "covered with glass", Do: once((*Attacker).glass, false)},
		{Name: "covered by what is not seen", Do: once((*Attacker).catch, false)},
		{Name: "covered with strips that are not seen", Do: func(a *Attacker, on Target, n int) {
			const wide = 8
			if len(a.own) == 0 {
				for y := on.Bounds.Min.Y; y < on.Bounds.Max.Y; y += wide {
					a.catch(image.Rect(on.Bounds.Min.X, y, on.Bounds.Max.X, y+wide))
				}
			}
			for _, w := range a.own {
				raise(a, w)
			}
			a.click(on.Spot)
		}},
		{Name: "covered with a hole over the button", Do: once(func(a *Attacker, r image.Rectangle) xproto.Window {
			w := a.cover(r)
			rest := xproto.Rectangle{Width: uint16(r.Dx() / 2), Height: uint16(r.Dy())}
			shape.Rectangles(a.conn, shape.SoSet, shape.SkBounding, 0, w, 0, 0, []xproto.Rectangle{rest})
			return w
		}, false)},
		{Name: "painted over", Do: func(a *Attacker, on Target, n int) {
			gc, err := xproto.NewGcontextId(a.conn)
			if err != nil {
				return
			}
			xproto.CreateGC(a.conn, gc, xproto.Drawable(on.Window), xproto.GcForeground, []uint32{0x336699})
			xproto.PolyFillRectangle(a.conn, xproto.Drawable(on.Window), gc,
				[]xproto.Rectangle{{Width: uint16(on.Bounds.Dx()), Height: uint16(on.Bounds.Dy())}})
			xproto.FreeGC(a.conn, gc)
		}},
		{Name: "drawn nowhere", Do: func(a *Attacker, on Target, _ int) {
			composite.RedirectWindow(a.conn, on.Window, composite.RedirectManual)
		}, After: func(a *Attacker, on Target) { composite.UnredirectWindow(a.conn, on.Window, composite.RedirectManual) }},
	}
}

// moving: what every program may do with every window.
func moving() []Attack {
	return []Attack{
		{Name: "unmapped", Do: func(a *Attacker, on Target, _ int) { xproto.UnmapWindow(a.conn, on.Window) }},
		{Name: "moved away", Do: func(a *Attacker, on Target, _ int) {
			a.configure(on.Window, xproto.ConfigWindowX|xproto.ConfigWindowY, 8000, 8000)
		}},
		{Name: "made tiny", Do: func(a *Attacker, on Target, _ int) {
			a.configure(on.Window, xproto.ConfigWindowWidth|xproto.ConfigWindowHeight, 1, 1)
		}},
		{Name: "lowered", Do: func(a *Attacker, on Target, _ int) {
			if len(a.own) == 0 {
				a.cover(image.Rectangle{Max: a.size})
			}
			a.configure(on.Window, xproto.ConfigWindowStackMode, xproto.StackModeBelow)
		}},
		{Name: "put into another window", Do: func(a *Attacker, on Target, _ int) {
			if len(a.own) == 0 {
				a.cover(image.Rect(0, a.size.Y-20, 20, a.size.Y))
			}
			xproto.ReparentWindow(a.conn, on.Window, a.own[0], 0, 0)
		}},
		{Name: "cut to nothing", Do: func(a *Attacker, on Target, n int) {
			kinds := []shape.Kind{shape.SkBounding, shape.SkClip, shape.SkInput}
			shape.Rectangles(a.conn, shape.SoSet, kinds[n%3], 0, on.Window, 0, 0, nil)
		}},
		{Name: "given other attributes", Do: func(a *Attacker, on Target, _ int) {
			xproto.ChangeWindowAttributes(a.conn, on.Window, xproto.CwBackPixel|xproto.CwOverrideRedirect|xproto.CwDontPropagate, []uint32{0x336699, 0, 0x200f})
			xproto.ClearArea(a.conn, true, on.Window, 0, 0, 0, 0)
		}},
		{Name: "destroyed", Do: func(a *Attacker, on Target, _ int) { xproto.DestroyWindow(a.conn, on.Window) }},
		{Name: "its program's connection killed", Fatal: true, Do: func(a *Attacker, on Target, _ int) { xproto.KillClient(a.conn, uint32(on.Window)) }},
	}
}

// taking: the focus, the devices, the keyboard's meaning, the server.
func taking() []Attack {
	return []Attack{
		{Name: "the focus taken and keys pressed", Do: func(a *Attacker, on Target, n int) {
			to := []xproto.Window{xproto.InputFocusPointerRoot, xproto.InputFocusNone, on.Window}[n%3]
			xproto.SetInputFocus(a.conn, xproto.InputFocusPointerRoot, to, xproto.TimeCurrentTime)
			a.chord(codeTab)
			a.chord(codeSpace)
		}},
		{Name: "pointer and keyboard grabbed", Do: func(a *Attacker, on Target, _ int) {
			const async = xproto.GrabModeAsync
			xproto.GrabPointer(a.conn, true, a.root, xproto.EventMaskButtonPress, async, async, 0, 0, xproto.TimeCurrentTime)
			xproto.GrabKeyboard(a.conn, true, a.root, xproto.TimeCurrentTime, async, async)
			a.click(on.Spot)
			a.chord(codeSpace)
		}},
		{Name: "the server grabbed", Few: true, Do: func(a *Attacker, on Target, _ int) {
			xproto.GrabServer(a.conn)
			a.cover(on.Bounds)
			a.click(on.Spot)
			_ = a.Sync()
			time.Sleep(900 * time.Millisecond)
			xproto.UngrabServer(a.conn)
		}},
		{Name: "XTEST said to be no such device", Do: func(a *Attacker, on Target, _ int) {
			for _, id := range a.devices() {
				a.setDevice(id, "XTEST Device", xproto.AtomInteger, 8, []byte{0})
			}
			a.click(on.Spot)
		}},
		{Name: "the letters under the user's fingers made Tab and Space", NeedsPerson: true, Do: func(a *Attacker, _ Target, _ int) {
			xproto.ChangeKeyboardMapping(a.conn, 1, codeA, 1, []xproto.Keysym{0xff09})
			xproto.ChangeKeyboardMapping(a.conn, 1, codeB, 1, []xproto.Keysym{0x20})
			_ = a.Sync()
			for _, code := range []int{codeA, codeB} {
				_ = a.Person.TapCode(code)
			}
		}, After: func(a *Attacker, _ Target) {
			xproto.ChangeKeyboardMapping(a.conn, 1, codeA, 2, []xproto.Keysym{'a', 'A'})
			xproto.ChangeKeyboardMapping(a.conn, 1, codeB, 2, []xproto.Keysym{'b', 'B'})
		}},
		{Name: "a storm of events", Few: true, Do: func(a *Attacker, on Target, _ int) {
			for range 20_000 {
				a.forge(on.Window, xproto.Expose, xproto.ExposeEvent{Window: on.Window, Width: 1, Height: 1}.Bytes())
			}
			a.click(on.Spot)
		}},
		// The last, because the person's devices do not come back by themselves.
		{Name: "the user's devices switched off", Few: true, Do: func(a *Attacker, on Target, _ int) {
			for _, id := range a.devices() {
				a.setDevice(id, "Device Enabled", xproto.AtomInteger, 8, []byte{0})
			}
			a.click(on.Spot)
			a.chord(codeSpace)
		}, After: func(a *Attacker, _ Target) {
			for _, id := range a.devices() {
				a.setDevice(id, "Device Enabled", xproto.AtomInteger, 8, []byte{1})
			}
		}},
	}
}
