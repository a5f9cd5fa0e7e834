package ui

import (
	"image"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
)

// PROMISE A5: the buttons and the End key answer to the person, not to programs.
func TestBarAnswersThePerson(t *testing.T) {
	s, me, c := besieged(t)
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
	for _, press := range []struct {
		id targetID
		do Action
	}{
		{barControl, StopControl}, {barRecording, StopRecording}, {barClipboard, StopClipboard}, {barFiles, StopFiles},
		{barMute, MuteVoice}, {barVoice, StopVoice}, {barPause, PauseSession}, {barEnd, EndSession},
	} {
		me.click(at[press.id])
		wantAction(t, u, press.do)
	}
	me.move(image.Pt(20, 900)) // and not over the bar
	for key, act := range map[uint32]Action{codeLetter: EndSession, codeP: PauseSession, codeC: StopControl} {
		for _, locks := range []uint32{0, codeNumLock, codeCapsLock} {
			if locks != 0 {
				me.press(locks)
			}
			me.press(codeCtrl, codeAlt, codeShift, key)
			wantAction(t, u, act)
		}
	}
}

// The person drags the bar along the top edge, and nowhere else.
func TestBarIsDragged(t *testing.T) {
	s, me := desk(t)
	u := running(t, s)
	b, _, before := shownBar(t, u)
	defer b.Hide()
	grip := before.Min.Add(image.Pt(signW+40, before.Dy()/2)) // beside the sign that opens the list
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
					if r := target.box.pixels(p.cv.scale); !r.In(inside) {
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
