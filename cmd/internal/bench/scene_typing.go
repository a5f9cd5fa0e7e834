package main

import (
	"context"
	"image"
	"time"

	"beside/agent/desktop"
)

// sceneTyping has the technician type into a terminal of the user's.
var sceneTyping = scene{
	name: "typing", about: "the technician types ten characters a second into a terminal",
	sight: inTerminal, open: openTyped,
}

// typingPace is the time between two characters.
const typingPace = 100 * time.Millisecond

// typed is a terminal into which the technician types.
type typed struct {
	set   *set
	xterm *desktop.Process
	next  int
}

func openTyped(ctx context.Context, s *set) (motion, error) {
	xterm, err := s.desktop.Run(desktop.Xterm(300, 200, "cat"))
	if err != nil {
		return nil, err
	}
	t := &typed{set: s, xterm: xterm}
	if _, err := s.desktop.WaitWindow(ctx, desktop.WithClass("XTerm")); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// ready gives the terminal the keyboard by a click on it.
func (t *typed) ready(ctx context.Context, s system) error {
	x, y, err := s.page().place(ctx, image.Pt(600, 400))
	if err != nil {
		return err
	}
	return s.hands().ClickAt(ctx, x, y)
}

const typedLine = "the quick brown fox jumps over the lazy dog \r"

func (t *typed) run(ctx context.Context) error {
	return every(ctx, typingPace, func(int) error {
		t.next++
		return t.set.system.hands().Key(ctx, typedLine[t.next%len(typedLine):][:1])
	})
}

func (t *typed) close() { t.xterm.Stop() }
