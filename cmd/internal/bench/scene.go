package main

import "context"

// scene is one idea to measure. play adds figures to the rig as it goes, so that one
// that fails half-way leaves what it has.
type scene struct {
	name  string
	about string
	play  func(context.Context, *rig) error
}

// scenes are all scenes in the order in which they are played.
func scenes() []scene {
	return []scene{
		{"sessions", "how long people wait: code, question, first picture, and the end", playSessions},
		{"click", "from a press in the page to the frame that shows it, on a quiet screen", playClick},
		{"still", "what a still screen costs with a viewer attached", playStill},
		{"typing", "ten characters a second", playTyping},
		{"scrolling", "a terminal that prints sixty lines a second", playScrolling},
		{"recording", "the same terminal while it is recorded", playRecording},
	}
}
