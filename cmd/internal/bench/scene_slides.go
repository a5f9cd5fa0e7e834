package main

import (
	"context"
	"image"
	"time"
)

// sceneSlides is a show of photographs as large as the screen.
var sceneSlides = scene{
	name: "slides", about: "two photographs as large as the screen take turns, every two seconds",
	sight: sight{at: image.Rect(300, 300, 780, 570)},
	open: func(_ context.Context, s *set) (motion, error) {
		width, height := s.desktop.Size()
		return openSwitched(s.desktop.Display(), 2*time.Second, [2]*image.RGBA{photo(width, height, 41), photo(width, height, 42)})
	},
}
