package main

import (
	"context"
	"image"
)

// sceneSwitch is two full-screen windows that take turns.
var sceneSwitch = scene{
	name: "switch", about: "two full-screen windows take turns, twice a second",
	sight: sight{at: image.Rect(300, 300, 780, 570)},
	open: func(_ context.Context, s *set) (motion, error) {
		width, height := s.desktop.Size()
		return openSwitched(s.desktop.Display(), width, height)
	},
}
