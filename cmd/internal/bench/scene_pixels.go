package main

import (
	"context"
	"image"
)

// scenePixels is a page that scrolls smoothly.
var scenePixels = scene{
	name: "pixels", about: "a page of 900x700 scrolls by 3 to 9 pixels, sixty times a second",
	sight: sight{at: image.Rect(360, 300, 840, 570)},
	open:  func(_ context.Context, s *set) (motion, error) { return openScrolled(s.desktop.Display()) },
}
