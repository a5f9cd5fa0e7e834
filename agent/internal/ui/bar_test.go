package ui

import (
	"context"
	"image"
	"testing"
	"time"

	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"beside/consent"
)

var _ consent.Indicator = (*Bar)(nil)

// shownBar shows a bar and returns its window.
func shownBar(t *testing.T, u *UI) (*Bar, xproto.Window, image.Rectangle) {
	t.Helper()
	b, err := u.ShowBar(t.Context(), exampleBar())
	if err != nil {
		t.Fatal(err)
	}
	id, rect := where(t, u)
	return b, id, rect
}

func where(t *testing.T, u *UI) (id xproto.Window, rect image.Rectangle) {
	t.Helper()
	inLoop(t, u, func() { id, rect = u.loop.bar.p.win.id, u.loop.bar.p.win.rect })
	return id, rect
}

// wantBar waits until the bar is seen again and checks that it was not lost.
func wantBar(t *testing.T, u *UI, b *Bar) {
	t.Helper()
	until(t, u, "the bar", b.Visible)
	if isLost(b) {
		t.Error("the bar was lost")
	}
}

func isLost(b *Bar) bool {
	select {
	case <-b.Lost():
		return true
	default:
		return false
	}
}

func wantLost(t *testing.T, b *Bar, within time.Duration) {
	t.Helper()
	select {
	case <-b.Lost():
	case <-time.After(within):
		t.Fatalf("the bar was not lost within %v", within)
	}
	if b.Visible() {
		t.Error("a lost bar says that it is visible")
	}
}

// THREAT 3, PROMISE A5: whatever another program does to the bar once, it comes back.
func TestBarComesBack(t *testing.T) {
	s := xvfb(t, "1280x800")
	c := s.client(t)
	if err := shape.Init(c.x); err != nil {
		t.Fatal(err)
	}
	u := running(t, s)
	b, _, home := shownBar(t, u)
	defer b.Hide()
	for _, tc := range []struct {
		name string
		harm func(id xproto.Window)
	}{
		{"unmap", func(id xproto.Window) { xproto.UnmapWindow(c.x, id) }},
		{"move away", func(id xproto.Window) {
			xproto.ConfigureWindow(c.x, id, xproto.ConfigWindowX|xproto.ConfigWindowY, []uint32{5000, 5000})
		}},
		{"shrink", func(id xproto.Window) {
			xproto.ConfigureWindow(c.x, id, xproto.ConfigWindowWidth|xproto.ConfigWindowHeight, []uint32{1, 1})
		}},
		{"cover", func(xproto.Window) { c.window(rectOf(0, 0, 1280, 800)) }},
		{"lower", func(id xproto.Window) {
			xproto.ConfigureWindow(c.x, id, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeBelow})
		}},
		{"cut a hole", func(id xproto.Window) {
			shape.Rectangles(c.x, shape.SoSet, shape.SkBounding, 0, id, 0, 0, nil)
		}},
		{"put into another window", func(id xproto.Window) {
			xproto.ReparentWindow(c.x, id, c.window(rectOf(2000, 0, 10, 10)), 0, 0)
		}},
		{"destroy", func(id xproto.Window) { xproto.DestroyWindow(c.x, id) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			id, _ := where(t, u)
			inLoop(t, u, func() { b.presence.debt = 0 })
			tc.harm(id)
			c.flush()
			eventually(t, "the bar to come back", func() bool {
				if isLost(b) || !b.Visible() {
					return isLost(b)
				}
				img := c.grab()
				return count(img, home, barGround) > home.Dx()*home.Dy()/8 &&
					count(img, home, danger) > 500
			})
			if isLost(b) {
				t.Error("the bar was lost")
			}
			if _, rect := where(t, u); rect != home {
				t.Errorf("the bar is at %v, want %v", rect, home)
			}
		})
	}
}

// THREAT 3: a window that comes back over the bar again and again ends the session,
// though it lets the bar through for moments.
func TestFightForTheTopIsLost(t *testing.T) {
	s := xvfb(t, "1280x800")
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	c := s.client(t)
	// Wholly on the screen, or its own visibility would never change.
	cover := c.window(rectOf(0, 0, 1280, 60))
	go func() {
		for {
			ev, err := c.x.WaitForEvent()
			if ev == nil && err == nil {
				return
			}
			if _, ok := ev.(xproto.VisibilityNotifyEvent); ok {
				xproto.ConfigureWindow(c.x, cover, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove})
			}
		}
	}()
	wantLost(t, b, 5*time.Second)
}

// A bar that cannot be put on the screen is not reported as shown.
func TestShowBarGivesUp(t *testing.T) {
	s := xvfb(t, "1280x800")
	u := running(t, s)
	c := s.client(t)
	if err := xproto.GrabServerChecked(c.x).Check(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := u.ShowBar(ctx, exampleBar())
		done <- err
	}()
	<-ctx.Done()
	xproto.UngrabServer(c.x)
	c.flush()
	if err := <-done; err == nil {
		t.Error("ShowBar said that the bar is shown")
	}
}

// THREAT 3: when the connection is gone so is the bar, at once.
func TestBarLostWithItsConnection(t *testing.T) {
	s := xvfb(t, "1280x800")
	u, err := Open(Options{Display: s.display})
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- u.Run(t.Context()) }()
	b, id, _ := shownBar(t, u)
	xproto.KillClient(s.client(t).x, uint32(id))
	wantLost(t, b, 5*time.Second)
	if err := <-ran; err == nil {
		t.Error("Run returned no error")
	}
	if !u.Locked() {
		t.Error("injection is not locked without a screen")
	}
	if a, err := u.Ask(t.Context(), exampleQuestion(consent.View)); a != consent.No || err == nil {
		t.Errorf("got %d, %v, want no and an error", a, err)
	}
	b.Hide()
}

// THREAT 3: a hanging loop is no bar.
func TestBarLostWhenTheLoopHangs(t *testing.T) {
	s := xvfb(t, "1280x800")
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	hold := make(chan struct{})
	go func() { _ = u.do(context.Background(), func() { <-hold }) }()
	wantLost(t, b, 10*time.Second)
	close(hold)
	b.Hide()
}

// The bar stays at the top in the middle when the resolution changes.
func TestBarFollowsTheScreen(t *testing.T) {
	s, _ := desk(t)
	u := running(t, s)
	b, _, before := shownBar(t, u)
	defer b.Hide()
	for _, size := range []string{"800x600", "1280x1024"} {
		xrandr(t, s, size)
		until(t, u, "the bar's new place", func() bool {
			r := u.loop.bar.p.win.rect
			return (r != before) == (size == "800x600") && drawn(u.loop.bar.p) && b.Visible()
		})
		_, r := where(t, u)
		w := map[string]int{"800x600": 800, "1280x1024": 1280}[size]
		if mid := (r.Min.X + r.Max.X) / 2; r.Min.Y != 0 || mid < w/2-1 || mid > w/2+1 || r.Dx() > w {
			t.Errorf("%s: the bar is at %v", size, r)
		}
	}
	wantBar(t, u, b)
}

// PROMISE A5: the buttons and the End key answer to the person, not to programs.
func TestBarAnswersThePerson(t *testing.T) {
	s, me := desk(t)
	c := s.client(t)
	if err := xtest.Init(c.x); err != nil {
		t.Fatal(err)
	}
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	everything := exampleBar()
	everything.Clipboard, everything.Files, everything.Voice = true, true, true
	b.Update(everything)
	until(t, u, "all switches", func() bool { return b.Visible() && targetAt(u.loop.bar.p, barFiles).X >= 0 })
	at := map[targetID]image.Point{}
	inLoop(t, u, func() {
		for _, id := range []targetID{barControl, barRecording, barClipboard, barFiles, barMute, barVoice, barPause, barEnd} {
			at[id] = targetAt(u.loop.bar.p, id)
		}
	})
	for range 50 {
		for _, p := range at {
			c.fakeClick(p)
		}
		c.fakeKeys(codeCtrl, codeAlt, codeShift, codeLetter)
	}
	c.flush()
	for range 2 {
		inLoop(t, u, func() { _ = u.conn.sync() })
	}
	inLoop(t, u, func() {
		if n := len(u.loop.pending); n != 0 {
			t.Errorf("injected presses made %d actions", n)
		}
	})
	want := func(a Action) {
		t.Helper()
		select {
		case got := <-u.Actions():
			if got != a {
				t.Errorf("got action %d, want %d", got, a)
			}
		case <-time.After(60 * time.Second):
			t.Fatalf("action %d did not come", a)
		}
	}
	me.click(at[barControl])
	want(StopControl)
	me.click(at[barRecording])
	want(StopRecording)
	me.click(at[barClipboard])
	want(StopClipboard)
	me.click(at[barFiles])
	want(StopFiles)
	me.click(at[barMute])
	want(MuteVoice)
	me.click(at[barVoice])
	want(StopVoice)
	me.click(at[barPause])
	want(PauseSession)
	me.click(at[barEnd])
	want(EndSession)
	me.move(image.Pt(20, 900)) // and not over the bar
	for key, act := range map[uint32]Action{codeLetter: EndSession, codeP: PauseSession, codeC: StopControl} {
		for _, locks := range []uint32{0, codeNumLock, codeCapsLock} {
			if locks != 0 {
				me.press(locks)
			}
			me.press(codeCtrl, codeAlt, codeShift, key)
			want(act)
		}
	}
}

const codeP, codeC, codeQ, codeNumLock, codeCapsLock = 33, 54, 24, 77, 66

// acted is what the user did so far, beyond all events that are still on their way.
func acted(t *testing.T, u *UI) (acts []Action) {
	t.Helper()
	for range 3 {
		inLoop(t, u, func() { _ = u.conn.sync() })
	}
	for {
		select {
		case a := <-u.Actions():
			acts = append(acts, a)
		case <-time.After(50 * time.Millisecond):
			return acts
		}
	}
}

// THREAT 1: a hotkey is the user's own from the first modifier to the letter.
func TestHotkeysAreTheUsersOwn(t *testing.T) {
	s, me := desk(t)
	c := s.client(t)
	if err := xtest.Init(c.x); err != nil {
		t.Fatal(err)
	}
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	fake := func(kind, code byte) { xtest.FakeInput(c.x, kind, code, 0, c.root, 0, 0, 0) }
	chord := []uint32{codeCtrl, codeAlt, codeShift}
	for name, mixed := range map[string]func(){
		"a program holds the modifiers": func() {
			for _, m := range chord {
				fake(xproto.KeyPress, byte(m))
			}
			c.flush()
			me.press(codeLetter)
			for _, m := range chord {
				fake(xproto.KeyRelease, byte(m))
			}
		},
		"a program presses the letter": func() {
			for _, m := range chord {
				me.key(m, 1)
			}
			fake(xproto.KeyPress, codeLetter)
			fake(xproto.KeyRelease, codeLetter)
			c.flush()
			for _, m := range chord {
				me.key(m, 0)
			}
		},
		"one modifier is missing":  func() { me.press(codeCtrl, codeAlt, codeLetter) },
		"another key comes before": func() { me.press(codeCtrl, codeAlt, codeShift); me.press(codeQ); me.press(codeLetter) },
	} {
		mixed()
		c.flush()
		if acts := acted(t, u); len(acts) > 0 {
			t.Errorf("%s: actions %v", name, acts)
		}
	}
	// Sticky keys: one finger is enough.
	for _, k := range append(chord, codeLetter) {
		me.press(k)
	}
	if acts := acted(t, u); len(acts) != 1 || acts[0] != EndSession {
		t.Errorf("one key after the other: actions %v", acts)
	}
}

// PROMISE A5: no other program keeps a hotkey from the user: neither one that has the
// same keys, nor one that has grabbed the whole keyboard, nor one that gives the keys
// other meanings.
func TestHotkeysCannotBeTaken(t *testing.T) {
	s, me := desk(t)
	c := s.client(t)
	for _, code := range []xproto.Keycode{codeLetter, codeP, 56, 43} {
		for _, m := range withLocks(hotMods) {
			if err := xproto.GrabKeyChecked(c.x, true, c.root, uint16(m), code, xproto.GrabModeAsync, xproto.GrabModeAsync).Check(); err != nil {
				t.Fatal(err)
			}
		}
	}
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	inLoop(t, u, func() {
		end, _ := u.loop.hotkeyOf(barEnd)
		pause, _ := u.loop.hotkeyOf(barPause)
		if end.letter != 'q' || end.shared || pause.letter != 'p' || !pause.shared {
			t.Errorf("End is %q, shared %v; Pause is %q, shared %v", end.letter, end.shared, pause.letter, pause.shared)
		}
	})
	all := func(when string) {
		t.Helper()
		for key, want := range map[uint32]Action{codeQ: EndSession, codeP: PauseSession, codeC: StopControl} {
			me.press(codeCtrl, codeAlt, codeShift, key)
			if acts := acted(t, u); len(acts) != 1 || acts[0] != want {
				t.Errorf("%s: actions %v, want %d", when, acts, want)
			}
		}
	}
	all("other programs have keys")
	if r, err := xproto.GrabKeyboard(c.x, false, c.root, 0, xproto.GrabModeAsync, xproto.GrabModeAsync).Reply(); err != nil || r.Status != 0 {
		t.Fatal(r, err)
	}
	all("the keyboard is grabbed")
	xproto.UngrabKeyboard(c.x, 0)
	if err := xproto.ChangeKeyboardMappingChecked(c.x, 1, codeQ, 2, []xproto.Keysym{'z', 'Z'}).Check(); err != nil {
		t.Fatal(err)
	}
	all("the letter means something else")
}

// The person drags the bar along the top edge, and nowhere else.
func TestBarIsDragged(t *testing.T) {
	s, me := desk(t)
	u := running(t, s)
	b, _, before := shownBar(t, u)
	defer b.Hide()
	grip := before.Min.Add(image.Pt(listW+40, before.Dy()/2)) // beside the sign that opens the list
	me.move(grip)
	me.button(1)
	way := before.Min.X / 2 // half of the room that a bar with every button leaves
	if way == 0 {
		t.Fatalf("the bar at %v has no room to be dragged", before)
	}
	me.move(grip.Add(image.Pt(-way, 300)))
	until(t, u, "the bar to move", func() bool { return u.loop.bar.p.win.rect.Min.X == before.Min.X-way })
	me.move(image.Pt(0, 0))
	until(t, u, "the edge", func() bool { return u.loop.bar.p.win.rect.Min.X == 0 })
	me.button(0)
	if _, r := where(t, u); r.Min.Y != before.Min.Y || r.Size() != before.Size() {
		t.Errorf("the bar is at %v", r)
	}
	wantBar(t, u, b)
}

// Names go first on narrow screens, then words; End stays, whole and on the screen.
func TestNarrowBarKeepsEnd(t *testing.T) {
	for _, width := range []string{"640", "480", "320"} {
		t.Run(width, func(t *testing.T) {
			s := xvfb(t, width+"x480")
			c := s.client(t)
			u := running(t, s)
			b, _, rect := shownBar(t, u)
			defer b.Hide()
			if width != "320" { // no screen so small has everything granted
				all := exampleBar()
				all.Clipboard, all.Files = true, true
				b.Update(all)
				until(t, u, "all switches", func() bool { return drawn(u.loop.bar.p) && targetAt(u.loop.bar.p, barFiles).X != -1 })
				_, rect = where(t, u)
			}
			c.keep("bar-narrow-" + width)
			inLoop(t, u, func() {
				p := u.loop.bar.p
				inside := image.Rectangle{Max: rect.Size()}
				for _, target := range p.targets {
					if r := target.box.pixels(1); !r.In(inside) {
						t.Errorf("target %d at %v is not within the bar %v", target.id, r, rect)
					}
				}
				if p.targets[0].id != barEnd {
					t.Error("End is not there")
				}
			})
		})
	}
}

// The frame shows what is shared and lets every click through.
func TestFrameLetsClicksThrough(t *testing.T) {
	s, me := desk(t)
	c := s.client(t)
	under := c.window(rectOf(0, 0, 1280, 1024))
	xproto.ChangeWindowAttributes(c.x, under, xproto.CwEventMask, []uint32{xproto.EventMaskButtonPress})
	c.flush()
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	edge := image.Pt(1, 500)
	eventually(t, "the frame", func() bool { return count(c.grab(), rectOf(0, 500, 4, 1), recording) == 4 })
	me.click(edge)
	for {
		ev, err := c.x.WaitForEvent()
		if ev == nil && err == nil {
			t.Fatal("the click did not come through")
		}
		if press, ok := ev.(xproto.ButtonPressEvent); ok {
			if press.EventX != int16(edge.X) {
				t.Errorf("clicked at %d, want %d", press.EventX, edge.X)
			}
			return
		}
	}
}

// The microphone on the bar says how loud the user is, and the switch beside it says when
// nobody hears them; that opens it again only by a press where the user put the pointer.
func TestBarShowsTheMicrophone(t *testing.T) {
	s, me := desk(t)
	c := s.client(t)
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	v := exampleBar()
	v.Voice = true
	b.Update(v)
	until(t, u, "the microphone", func() bool { return drawn(u.loop.bar.p) && targetAt(u.loop.bar.p, barMute).X >= 0 })
	area := func() (bright int) {
		img := c.grab()
		var r image.Rectangle
		inLoop(t, u, func() { r = u.loop.bar.meter.pixels(1).Add(u.loop.bar.p.win.rect.Min) })
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if red, _, _, _ := img.At(x, y).RGBA(); red > 0xb000 {
					bright++
				}
			}
		}
		return bright
	}
	quiet := area()
	b.Level(VoiceLevels)
	until(t, u, "the level", func() bool { return u.loop.bar.level == VoiceLevels })
	loud := 0
	for began := time.Now(); loud < quiet+8 && time.Since(began) < 20*time.Second; {
		loud = area()
	}
	if loud < quiet+8 {
		t.Errorf("%d bright pixels at the loudest, %d in silence", loud, quiet)
	}
	v.Muted = true
	b.Update(v)
	until(t, u, "muted", func() bool { return u.loop.bar.view.Muted && drawn(u.loop.bar.p) })
	pressed := false
	for tries := 0; !pressed && tries < 20; tries++ { // again, like anybody, while the bar is being laid out
		until(t, u, "the bar in sight", func() bool { return b.Visible() && u.loop.bar.top.seen })
		var at image.Point
		inLoop(t, u, func() { at = targetAt(u.loop.bar.p, barMute) })
		me.click(at)
		select {
		case got := <-u.Actions():
			if pressed = true; got != UnmuteVoice {
				t.Errorf("got action %d, want %d", got, UnmuteVoice)
			}
		case <-time.After(time.Second):
		}
	}
	if !pressed {
		t.Error("nothing was pressed")
	}
	if !b.gives(barMute) {
		t.Error("opening the microphone is not held to be giving")
	}
}
