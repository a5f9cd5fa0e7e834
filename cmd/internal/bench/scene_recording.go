package main

// sceneRecording is the terminal that prints, while it is recorded.
var sceneRecording = scene{
	name: "recording", about: "the same terminal while it is recorded", sight: inTerminal, open: openPrinting, own: true, record: true,
}
