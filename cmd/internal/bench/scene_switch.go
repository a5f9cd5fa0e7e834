package main

import (
	"context"
	"image"
	"time"
)

// sceneSwitch is two full-screen windows that take turns.
var sceneSwitch = scene{
	name: "switch", about: "two full-screen windows take turns, twice a second",
	sight: sight{at: image.Rect(300, 300, 780, 570)},
	open: func(_ context.Context, s *set) (motion, error) {
		width, height := s.desktop.Size()
		text, err := article(width, height, 11)
		if err != nil {
			return nil, err
		}
		source, err := program(width, height, 12)
		if err != nil {
			return nil, err
		}
		return openSwitched(s.desktop.Display(), 500*time.Millisecond, [2]*image.RGBA{text, source})
	},
}
