package input

import (
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/jezek/xgb/xproto"

	"beside/agent/desktop"
)

func TestEveryKeyOfTheTableGoesDownAndUp(t *testing.T) {
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			d := furnish(t, start)
			for code := range evdev {
				d.tap(t, Key{Code: code, Key: "Unidentified"})
			}
			if got := d.held(t); len(got) != 0 {
				t.Errorf("left down: %v", got)
			}
			d.arrived(t)
			for _, code := range []string{"F1", "F12", "F13", "F24", "AudioVolumeUp", "MediaPlayPause", "IntlYen", "NumpadEnter"} {
				d.tap(t, Key{Code: code, Key: code})
				got := d.arrived(t, desktop.KeyPress)
				if len(got) != 1 || got[0].Code != byte(keycode(code)) {
					t.Errorf("%s arrived as %+v, want code %d", code, got, keycode(code))
				}
			}
			if err := d.Key(Key{Code: "Nonsense", Key: "Unidentified", Down: true}); !errors.Is(err, ErrNoKey) {
				t.Errorf("got %v, want ErrNoKey", err)
			}
		})
	}
}

// PROMISE A4
func TestTextArrivesInEveryLayout(t *testing.T) {
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			d := furnish(t, start)
			for _, layout := range []string{"us", "de", "fr", "ru", "us,ru"} {
				const text = "Hello, ä € 你 Привет! {[@\\~]}\n\t'ß' ç 🙂"
				must(t, d.SetLayout(within(t), layout))
				d.arrived(t)
				must(t, d.Text(text))
				if err := d.target.WaitText(within(t), text); err != nil {
					t.Errorf("layout %s: %v", layout, err)
				}
			}
		})
	}
}

// A program looks up a key when it reads the event: an editor that saves what it
// understood is the judge.
func TestTextArrivesInAnEditor(t *testing.T) {
	d := newDesk(t)
	d.target.Close()
	file, err := d.WriteFile("note.txt", "")
	must(t, err)
	_, err = d.Run(desktop.Mousepad(file))
	must(t, err)
	w, err := d.WaitWindow(within(t), desktop.WithClass("Mousepad"))
	must(t, err)
	x, y := w.Centre()
	must(t, d.Button(x-10, y-20, 0, true), d.Button(x-10, y-20, 0, false))
	// More characters than there are codes to borrow.
	const text = "Hello, ä € 你 Привет 一二三四五六七八九十百千万亿春夏秋冬东南西北天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往 Grüße"
	must(t, d.Text(text))
	var got []byte
	d.eventually(t, "saved", func() bool {
		must(t, d.Key(Key{Code: "ControlLeft", Key: "Control", Down: true}))
		d.tap(t, Key{Code: "KeyS", Key: "s"})
		must(t, d.Key(Key{Code: "ControlLeft", Key: "Control"}))
		got, err = os.ReadFile(file)
		return err != nil || len(got) >= len(text)
	})
	if err != nil || string(got) != text && string(got) != text+"\n" {
		t.Errorf("the editor saved %q, want %q (%v)", got, text, err)
	}
}

func TestKeysTypeWhatTheTechnicianSees(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct {
		layout string
		keys   []Key
		want   string
	}{
		{"us", []Key{{Code: "KeyA", Key: "a"}, {Code: "Digit1", Key: "1"}}, "a1"},
		{"us", []Key{{Code: "KeyY", Key: "z"}, {Code: "KeyZ", Key: "y"}, {Code: "BracketLeft", Key: "ü"}}, "zyü"}, // German technician
		{"de", []Key{{Code: "KeyY", Key: "y"}, {Code: "Slash", Key: "/"}, {Code: "Quote", Key: "'"}}, "y/'"},
		{"fr", []Key{{Code: "KeyQ", Key: "q"}, {Code: "Digit2", Key: "2"}}, "q2"},
		{"ru", []Key{{Code: "KeyA", Key: "a"}, {Code: "KeyB", Key: "b"}}, "ab"},
		{"us", []Key{{Code: "KeyC", Key: "с"}, {Code: "Quote", Key: "э"}}, "сэ"},                          // Russian technician
		{"us", []Key{{Key: "x"}, {Key: "ж"}, {Key: "Enter"}}, "xж\n"},                                     // keyboard on glass
		{"us", []Key{{Code: "BracketLeft", Key: "Dead"}, {Code: "KeyE", Key: "ê"}}, "ê"},                  // dead key
		{"us", []Key{{Code: "KeyA", Key: "A", CapsLock: true}, {Code: "KeyB", Key: "b"}}, "Ab"},           // Caps Lock
		{"us", []Key{{Code: "Numpad7", Key: "7", NumLock: true}}, "7"},                                    // Num Lock
		{"us", []Key{{Code: "CapsLock", Key: "CapsLock", CapsLock: true}, {Code: "KeyA", Key: "a"}}, "a"}, // off again by the next key
	} {
		must(t, d.SetLayout(within(t), c.layout))
		d.arrived(t)
		for _, key := range c.keys {
			d.tap(t, key)
		}
		if c.want == "7" {
			must(t, d.target.Sync(within(t)))
			if got := d.arrived(t, anyKey); len(got) != 1 || got[0].Keysym != 0xffb7 {
				t.Errorf("keypad with Num Lock: got %+v, want KP_7", got)
			}
		} else if err := d.target.WaitText(within(t), c.want); err != nil {
			t.Errorf("layout %s, keys %v: %v", c.layout, c.keys, err)
		}
	}
}

func TestWithShiftAndAltGr(t *testing.T) {
	d := newDesk(t)
	hold := func(modifier Key, keys ...Key) {
		t.Helper()
		modifier.Down = true
		must(t, d.Key(modifier))
		for _, k := range keys {
			d.tap(t, k)
		}
		modifier.Down = false
		must(t, d.Key(modifier))
	}
	shift, altGr := Key{Code: "ShiftLeft", Key: "Shift"}, Key{Code: "AltRight", Key: "AltGraph"}
	for _, c := range []struct {
		layout   string
		modifier Key
		keys     []Key
		want     string
	}{
		{"us", shift, []Key{{Code: "KeyA", Key: "A"}, {Code: "Digit2", Key: "@"}}, "A@"},
		{"us", shift, []Key{{Code: "Digit2", Key: "\""}, {Code: "Digit7", Key: "/"}}, "\"/"}, // German technician
		{"de", altGr, []Key{{Code: "KeyQ", Key: "@"}, {Code: "KeyE", Key: "€"}}, "@€"},
		{"us", altGr, []Key{{Code: "KeyQ", Key: "@"}, {Code: "KeyE", Key: "€"}}, "@€"}, // no AltGr here
		{"fr", altGr, []Key{{Code: "KeyQ", Key: "@"}}, "@"},                            // another AltGr here
	} {
		must(t, d.SetLayout(within(t), c.layout))
		d.arrived(t)
		hold(c.modifier, c.keys...)
		if err := d.target.WaitText(within(t), c.want); err != nil {
			t.Errorf("layout %s, keys %v: %v", c.layout, c.keys, err)
		}
	}
	// Windows sends Control before AltGr.
	must(t, d.SetLayout(within(t), "de"))
	d.arrived(t)
	must(t, d.Key(Key{Code: "ControlLeft", Key: "Control", Down: true}))
	hold(altGr, Key{Code: "KeyQ", Key: "@"})
	must(t, d.Key(Key{Code: "ControlLeft", Key: "Control"}))
	if err := d.target.WaitText(within(t), "@"); err != nil {
		t.Errorf("Control and AltGr: %v", err)
	}
}

func TestShortcutsArriveInEveryLayout(t *testing.T) {
	d := newDesk(t)
	for _, c := range []struct {
		layout string
		key    Key
		want   xproto.Keysym
	}{
		{"us", Key{Code: "KeyC", Key: "c"}, 'c'},
		{"us", Key{Code: "KeyC", Key: "с"}, 'c'}, // Russian technician
		{"ru", Key{Code: "KeyC", Key: "c"}, 'c'},
		{"ru", Key{Code: "KeyC", Key: "с"}, 'c'},
		{"de", Key{Code: "KeyV", Key: "v"}, 'v'},
		{"ru", Key{Code: "Delete", Key: "Delete"}, 0xffff},
		{"us", Key{Key: "c"}, 'c'}, // keyboard on glass
	} {
		must(t, d.SetLayout(within(t), c.layout))
		must(t, d.Key(Key{Code: "ControlLeft", Key: "Control", Down: true}))
		d.arrived(t)
		d.tap(t, c.key)
		must(t, d.Key(Key{Code: "ControlLeft", Key: "Control"}))
		got := d.arrived(t, desktop.KeyPress)
		if len(got) != 1 || got[0].Keysym != c.want || got[0].State&control == 0 {
			t.Errorf("layout %s, %v: got %+v, want Control and %#x", c.layout, c.key, got, c.want)
		}
	}
}

func TestTextLiftsModifiersAndPutsThemBack(t *testing.T) {
	d := newDesk(t)
	must(t, d.Key(Key{Code: "ControlLeft", Key: "Control", Down: true, CapsLock: true}), d.Text("Abc ж"))
	if err := d.target.WaitText(within(t), "Abc ж"); err != nil {
		t.Error(err)
	}
	state, err := d.sys.keys.xkb.state()
	must(t, err)
	if state.locked&xproto.ModMaskLock == 0 || state.mods&control == 0 {
		t.Errorf("after the text: %+v, want Control held and Caps Lock on", state)
	}
	d.ReleaseAll()
	if got := d.held(t); len(got) != 0 {
		t.Errorf("left down: %v", got)
	}
}

func TestBorrowedCodesAreGivenBack(t *testing.T) {
	d := newDesk(t)
	before, err := loadKeymap(d.sys.conn)
	must(t, err)
	must(t, d.Text("你好"), d.target.WaitText(within(t), "你好"))
	during, err := loadKeymap(d.sys.conn)
	must(t, err)
	must(t, d.Injector.Close())
	<-d.Done()
	d.Injector = d.open(t, d.grant)
	after, err := loadKeymap(d.sys.conn)
	must(t, err)
	means := func(m *keymap) (syms []xproto.Keysym) {
		for code := int(m.first); code < m.codes(); code++ {
			syms = append(syms, m.sym(xproto.Keycode(code), 0, 0))
		}
		return syms
	}
	if slices.Equal(means(before), means(during)) || !slices.Equal(means(before), means(after)) {
		t.Error("the key map is not what it was")
	}
}

func TestACodeIsNotBoundAnewWhileProgramsMayReadItStill(t *testing.T) {
	d := newDesk(t)
	k := d.sys.keys
	k.spares = k.spares[:1]
	must(t, d.Text("你"))
	if _, err := k.borrow(runeSym('好'), runeSym('好')); !errors.Is(err, errSettle) {
		t.Errorf("got %v, want errSettle", err)
	}
	must(t, d.Text("好"), d.target.WaitText(within(t), "你好")) // it waits by itself
}
