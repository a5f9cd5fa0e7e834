package ui

import (
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"

	"github.com/jezek/xgb/xproto"

	"beside/consent"
)

var _ consent.Extender = (*UI)(nil)

// managed is a window that a window manager looks after, with a title.
func (c *client) managed(r image.Rectangle, title string) xproto.Window {
	c.t.Helper()
	id := c.window(r)
	for name, value := range map[string][]byte{"WM_STATE": words(1, 0), "_NET_WM_NAME": []byte(title)} {
		atom, err := xproto.InternAtom(c.x, false, uint16(len(name)), name).Reply()
		if err != nil {
			c.t.Fatal(err)
		}
		format := byte(8)
		if name == "WM_STATE" {
			format = 32
		}
		if err := xproto.ChangePropertyChecked(c.x, xproto.PropModeReplace, id, atom.Atom, xproto.AtomString, format,
			uint32(len(value)*8/int(format)), value).Check(); err != nil {
			c.t.Fatal(err)
		}
	}
	return id
}

// viewQuestion asks to see the screen.
func viewQuestion() consent.Question {
	q := exampleQuestion(consent.View)
	q.Text = consent.NoticeFor(consent.View, q.Party, "en")
	return q
}

// armed waits until the question takes answers, and returns where its targets are.
func armed(t *testing.T, u *UI) map[targetID]image.Point {
	t.Helper()
	places := map[targetID]image.Point{}
	until(t, u, "an armed question", func() bool {
		w := u.loop.question
		if w == nil || !w.wasArmed || !drawn(w.p) {
			return false
		}
		clear(places)
		for _, target := range w.p.targets {
			if !target.off {
				places[target.id] = targetAt(w.p, target.id)
			}
		}
		return true
	})
	return places
}

// PROMISE A3, B4, E4: the user chooses what is shown, by their own hand, and what they
// chose is what counts, and what the question says.
func TestUserChoosesWhatIsShown(t *testing.T) {
	s, me, c := besieged(t)
	bank := uint32(c.managed(rectOf(10, 600, 300, 200), "My bank — Accounts"))
	printer := uint32(c.managed(rectOf(330, 600, 300, 200), "Printer settings"))
	c.managed(rectOf(650, 600, 300, 200), "")
	u := running(t, s)

	answers := ask(t.Context(), u, viewQuestion())
	at := armed(t, u)
	for range 20 {
		c.fakeClick(at[shareWindow])
		c.fakeClick(at[shareHide])
	}
	c.flush()
	me.click(at[shareHide])
	until(t, u, "the list", func() bool { return u.loop.question.share.hiding })
	at = armed(t, u)
	for _, w := range []int{0, 1, 2} { // the highest first
		if _, ok := at[shareList+targetID(w)]; !ok {
			t.Fatalf("window %d is not listed", w)
		}
	}
	me.click(at[shareList+2])
	until(t, u, "a hidden window", func() bool { return len(u.loop.question.share.hidden) == 1 })
	at = armed(t, u)
	wantText(t, u, "your screen without the windows you hid", "Show my screen")
	c.keep("share-hide")
	me.click(at[answerYes])
	wantAnswer(t, answers, consent.Yes)
	if got := u.Chosen(); got.Window != 0 || len(got.Hidden) != 1 || got.Hidden[0] != bank {
		t.Errorf("chose %+v, want %#x hidden", got, bank)
	}
	if e := u.Extent(); e.Shared != consent.Everything || e.Hidden != 1 {
		t.Errorf("extent %+v", e)
	}

	answers = ask(t.Context(), u, viewQuestion())
	at = armed(t, u)
	me.click(at[shareWindow])
	until(t, u, "one window", func() bool { return u.loop.question.share.one })
	at = armed(t, u)
	if _, ok := at[answerYes]; ok {
		t.Error("yes means nothing before a window is chosen")
	}
	me.click(at[shareList+1])
	until(t, u, "a window", func() bool { return u.loop.question.share.window != 0 })
	inLoop(t, u, func() {
		if u.loop.question.wasArmed && u.loop.question.a.inView.IsZero() {
			t.Error("an answer counts before what was chosen could be read")
		}
	})
	at = armed(t, u)
	wantText(t, u, "Nothing else is shown", "Show this window")
	c.keep("share-window")
	me.click(at[answerYes])
	wantAnswer(t, answers, consent.Yes)
	if got := u.Chosen(); got.Window != printer {
		t.Errorf("chose %+v, want %#x", got, printer)
	}
	answers = ask(t.Context(), u, viewQuestion())
	me.click(armed(t, u)[answerYes])
	wantAnswer(t, answers, consent.Yes)
	if got := u.Chosen(); got.Window != 0 || len(got.Hidden) != 0 {
		t.Errorf("an earlier choice is left: %+v", got)
	}
}

// wantText wants the question to say what the user chose, in what is agreed to and on the
// button.
func wantText(t *testing.T, u *UI, says, yes string) {
	t.Helper()
	inLoop(t, u, func() {
		w := u.loop.question
		text := w.q.Text
		if all := strings.Join(append(slices.Clone(text.Allows), text.Not...), "\n"); !strings.Contains(all, says) || text.Yes != yes {
			t.Errorf("the question says %q, on the button %q; want %q and %q", all, text.Yes, says, yes)
		}
		if less := (w.share.extent() != consent.Extent{Shared: consent.Everything}); less != (text.Hash() != viewQuestion().Text.Hash()) {
			t.Error("the text that is agreed to is not that of the choice")
		}
	})
}

// The new windows as people see them, for eyes.
func TestWindowsOfTheUserShow(t *testing.T) {
	for _, dpi := range []int{96, 192} {
		t.Run(fmt.Sprint(dpi), func(t *testing.T) {
			s := xvfb(t, map[int]string{96: "1280x900", 192: "2560x1800"}[dpi])
			c := s.client(t)
			c.dpi(dpi)
			for i, title := range []string{"My bank — Accounts", "Printer settings", "Inbox (3) — Mail", "Letter to the landlord.odt", "", "Photos", "Calendar"} {
				c.managed(rectOf(20+30*i, 40+20*i, 600, 400), title)
			}
			u := running(t, s)
			name := func(n string) string { return fmt.Sprintf("%s-%d", n, dpi) }
			bar, err := u.ShowBar(t.Context(), exampleBar())
			if err != nil {
				t.Fatal(err)
			}
			defer bar.Hide()
			v := exampleBar()
			v.Clipboard, v.Files = true, true
			bar.Update(v)
			until(t, u, "the bar", func() bool { return drawn(u.loop.bar.p) })
			c.keep(name("person-bar"))
			v.Secret = true
			bar.Update(v)
			until(t, u, "the secret", func() bool { return drawn(u.loop.bar.p) })
			c.keep(name("person-secret"))
			u.ShowHere(HereView{Technician: "Ana Pérez", Waits: exampleStart().Expires})
			until(t, u, "the window", func() bool { return u.loop.here != nil && drawn(u.loop.here.p) })
			c.keep(name("person-here"))
			u.ShowHere(HereView{Technician: "Ana Pérez"})
			until(t, u, "the window", func() bool { return drawn(u.loop.here.p) })
			c.keep(name("person-away"))
			u.HideHere()
			ctx := t.Context()
			ask(ctx, u, viewQuestion())
			armed(t, u)
			c.keep(name("person-share"))
			for part, press := range map[string][]targetID{"hide": {shareAll, shareHide, shareList + 1}, "window": {shareWindow, shareList + 2}} {
				inLoop(t, u, func() {
					for _, id := range press {
						u.loop.question.pressShare(id, byPointer)
					}
				})
				armed(t, u)
				c.keep(name("person-share-" + part))
			}
			inLoop(t, u, func() { u.loop.question.finish(consent.No) })
		})
	}
}
