package e2e

import (
	"image"
	"testing"

	"github.com/jezek/xgb/xproto"

	"beside/agent/desktop/attacktest"
)

// F1 as a symbol, and its place on a PC keyboard.
const keyF1 xproto.Keysym = 0xffbe
const codeF1 byte = 67

// PROMISE A15, THREAT 1: the user's own F1 in the start window opens the page in their
// browser, and chooses that it may answer: they say yes with it, and with their own keys
// alone. An F1 that a program injects opens nothing, before the session and in it, nor does
// one of a technician who has control.
func TestPageByF1(t *testing.T) {
	env, links := openedLinks(t)
	r := &reading{scene: newSceneWith(t, env)}
	evil, err := attacktest.New(r.Desktop.Display(), nil)
	r.must(err)
	t.Cleanup(evil.Close)
	inject := func() {
		t.Helper()
		for range 200 {
			evil.Tap(codeF1)
		}
		r.must(evil.Sync())
	}
	start, err := r.AwaitStart(r.ctx)
	r.must(err)
	_, err = r.Press(r.ctx, start.Bounds.Min.Add(image.Pt(start.Bounds.Dx()/2, 12))) // where nothing is to be pressed
	r.must(err)
	r.must(r.Desktop.WaitFocus(r.ctx, start))
	inject()
	r.tap(keyF1)
	r.enter(links)
	r.shows(r.code)

	r.helped()
	technician, target := newRude(r.scene), r.target(deskTarget)
	r.must(target.Focus())
	r.steers()
	technician.reaches(target, image.Pt(1700, 800))
	for range 20 {
		technician.send(chord("F1")...)
	}
	inject()
	technician.reaches(target, image.Pt(1700, 800))
	_, err = r.EndSession(r.ctx)
	r.must(err)
	r.over("The user ended the session")
	if all := links(); len(all) != 1 {
		t.Errorf("the page was opened %d times, want once", len(all))
	}
}
