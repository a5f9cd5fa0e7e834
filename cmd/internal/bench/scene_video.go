package main

import (
	"context"
	"image"
)

// sceneVideo is a film in a window.
var sceneVideo = scene{
	name: "video", about: "a film of 1280x720 with motion and grain, 30 pictures a second",
	sight: sight{at: image.Rectangle{playedPlace.Min, playedPlace.Min.Add(image.Pt(filmCells*cellSide, cellSide))}, cells: filmCells},
	open:  func(_ context.Context, s *set) (motion, error) { return openPlayed(s.desktop.Display()) },
}
