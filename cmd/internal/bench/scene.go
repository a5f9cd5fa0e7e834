package main

import (
	"context"
	"image"
)

// scene is one idea to measure. open puts the motion onto the screen, before or after
// the system has connected; the rest is the same for every scene and system, see play.
type scene struct {
	name  string
	about string
	open  func(context.Context, *set) (motion, error)
	// sight is where pictures are counted; empty means nowhere.
	sight sight
	// patience is how many windows long costs are counted; 0 means one.
	patience int
	// play replaces the usual course.
	play func(context.Context, *set, *rig) error
	// record has the session recorded.
	record bool
	// own scenes are played by Beside alone.
	own bool
}

// scenes are all scenes in the order in which they are played.
func scenes() []scene {
	return []scene{
		{name: "sessions", about: "how long people wait: code, question, first picture, and the end", play: playSessions, own: true},
		sceneIdle, sceneTyping, sceneTerminal, scenePixels, sceneDrag, sceneSwitch, sceneSlides, sceneVideo,
		{name: scenePhoto, about: "first picture of a desktop with a photograph on it", play: playPhoto},
		sceneRecording,
	}
}

// inTerminal is a part of the scene's terminal that is all text.
var inTerminal = sight{at: image.Rect(330, 240, 810, 510)}
