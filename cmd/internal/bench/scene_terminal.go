package main

import "context"

// sceneTerminal is a terminal that prints.
var sceneTerminal = scene{
	name: "terminal", about: "a terminal prints sixty lines a second", sight: inTerminal, open: openPrinting,
}

func openPrinting(ctx context.Context, s *set) (motion, error) {
	t, err := openTerminal(ctx, s.desktop, 300, 200, linePace)
	if err != nil {
		return nil, err
	}
	return t, t.hold()
}
