package ui

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"beside/agent/internal/catalogue"
)

// With the keyboard alone the user opens the options, chooses a language, larger text
// and strong contrast, and goes back. All of it shows at once, and the agent is told.
func TestOptionsByKeyboard(t *testing.T) {
	s, me := desk(t)
	c := s.client(t)
	u := running(t, s)
	u.ShowStart(exampleStart())
	until(t, u, "the start window", func() bool { return drawn(u.loop.start.p) })
	var before sheet
	inLoop(t, u, func() { before.rect = u.loop.start.p.win.rect })
	me.move(before.rect.Min.Add(before.rect.Size().Div(2))) // without a window manager the keyboard follows the pointer

	onto := func(id targetID) {
		t.Helper()
		now := func() (focus targetID) {
			inLoop(t, u, func() { focus = u.loop.start.p.state.focus })
			return focus
		}
		for was := now(); was != id; was = now() { // one key after the other: what is late counts too
			me.press(codeTab)
			eventually(t, "the focus to move", func() bool { return now() != was })
		}
	}
	onto(startOptions)
	me.press(codeEnter)
	until(t, u, "the options", func() bool { return u.loop.start.part == partOptions && drawn(u.loop.start.p) })
	onto(startLanguage + 2)
	me.press(codeSpace)
	if a := <-u.Actions(); a != LanguageChanged {
		t.Fatalf("action %d, want LanguageChanged", a)
	}
	if got := u.Texts().Tag; got != "de" {
		t.Errorf("the windows speak %q, want de", got)
	}
	onto(startBig)
	me.press(codeSpace)
	onto(startContrast)
	me.press(codeSpace)
	until(t, u, "the new look", func() bool {
		return u.loop.look == appearance{big: true, contrast: true} && drawn(u.loop.start.p)
	})
	c.keep("options-strong-big")
	inLoop(t, u, func() {
		if now := u.loop.start.p.win.rect; now.Dx() <= before.rect.Dx() {
			t.Errorf("larger text: %v, before %v", now, before.rect)
		}
		if u.loop.start.p.cv.tones == nil {
			t.Error("strong contrast does not show")
		}
	})
	me.press(codeEsc)
	until(t, u, "the way back", func() bool { return u.loop.start.part == partPoints })
}

// Every target of every window can be reached by Tab, and back.
func TestTabReachesEverything(t *testing.T) {
	p := &panel{targets: []target{{id: 7}, {id: 3}, {id: 5, off: true}, {id: 9}}}
	seen := map[targetID]bool{}
	for range p.targets {
		p.key(keyTab, 0, time.Time{})
		seen[p.state.focus] = true
	}
	if len(seen) != len(p.targets) || p.state.focus != 9 {
		t.Errorf("reached %v, last %d", seen, p.state.focus)
	}
	p.key(keyTab, 0, time.Time{})
	if p.state.focus != 7 {
		t.Errorf("after the last comes %d, want the first", p.state.focus)
	}
	p.key(keyLeft, 0, time.Time{})
	if p.state.focus != 9 {
		t.Errorf("before the first comes %d, want the last", p.state.focus)
	}
}

// A language that no font of the machine can show is not spoken: English is, and the log
// says why. The menu does not offer it.
func TestLanguageWithoutFont(t *testing.T) {
	var log bytes.Buffer
	fonts := newFontBook()
	fonts.index = map[string]string{} // a machine without fonts: the built-in face alone
	u := paper(fonts, "en", 1, appearance{})
	u.log = slog.New(slog.NewTextHandler(&log, nil))
	for _, l := range catalogue.Languages() {
		log.Reset()
		u.speak(l.Tag)
		want := l.Tag
		if samples(l.Tag) != "" {
			want = catalogue.English
		}
		if u.words.Tag != want || u.Texts().Tag != want {
			t.Errorf("%s: the windows speak %s, want %s", l.Tag, u.words.Tag, want)
		}
		if told := strings.Contains(log.String(), l.Tag); told != (want != l.Tag) {
			t.Errorf("%s: the log says %q", l.Tag, log.String())
		}
	}
	for _, l := range (&startWindow{u: u}).languages() {
		if samples(l.Tag) != "" {
			t.Errorf("%s is offered", l.Name)
		}
	}
}
