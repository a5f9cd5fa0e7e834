package main

import (
	"context"
	"image"
)

// sceneDrag is a window that is dragged.
var sceneDrag = scene{
	name: "drag", about: "a terminal is dragged over another, sixty steps a second",
	// A part that the dragged window always covers.
	sight: sight{at: image.Rect(dragLeft+dragRadius+10, dragTop+dragRadius+30, dragLeft-dragRadius+720, dragTop-dragRadius+430)},
	open:  func(ctx context.Context, s *set) (motion, error) { return openDragged(ctx, s.desktop) },
}
