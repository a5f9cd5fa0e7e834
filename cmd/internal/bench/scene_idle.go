package main

import "context"

// sceneIdle is what costs when nothing happens but the bar's clock.
var sceneIdle = scene{
	name: "idle", about: "a viewer attached to a screen on which nothing moves",
	patience: 6,
	open:     func(_ context.Context, s *set) (motion, error) { return stillness{s.patch}, nil },
}
