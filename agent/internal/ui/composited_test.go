package ui

import (
	"image"
	"testing"
	"time"

	"github.com/jezek/xgb/composite"

	"beside/consent"
)

// THREAT 1: where windows are composited no server tells that one lies over another. The
// question sees for itself: one that is covered takes no answer until it has been in full view
// for its time again.
func TestACoverDisarmsWhereNobodyTellsOfIt(t *testing.T) {
	s := xvfb(t, "1280x1024")
	c := s.client(t)
	c.enter("Composite")
	if err := composite.RedirectSubwindowsChecked(c.x, c.root, composite.RedirectAutomatic).Check(); err != nil {
		t.Fatal(err)
	}
	u := running(t, s)
	answers, _, _ := opened(t, u, exampleQuestion(consent.Control))
	var rect image.Rectangle
	inLoop(t, u, func() { rect = u.loop.question.p.win.rect })
	c.window(rect)
	until(t, u, "the cover to disarm it", func() bool { return !u.loop.question.a.armed(time.Now()) })
	until(t, u, "arming again", func() bool { return u.loop.question.wasArmed })
	if got := count(c.grab(), rect, rgb{0x80, 0x80, 0x80}); got != 0 {
		t.Errorf("%d pixels of the question are covered", got)
	}
	noAnswer(t, u, answers)
}
