package main

import "strings"

// goal is what Beside wants of a figure in a scene: at most most, or at least least.
type goal struct {
	scene, column string
	p95           bool // of the 95th percentile
	most, least   float64
	text          bool // of the text on the screen: not of scenes that are films or photographs
}

// goals of docs/performance.md, for two cores with everything on one machine.
var goals = []goal{
	{scene: "sessions", column: colWarm, most: 200},
	{scene: "sessions", column: colCold, most: 400},
	{scene: "sessions", column: colLastPacket, most: 150},
	{scene: "idle", column: colLatency, most: 9},
	{scene: "idle", column: colLatency, p95: true, most: 18},
	{scene: "idle", column: colArrival, most: 3},
	{scene: "idle", column: colArrival, p95: true, most: 6},
	{scene: "idle", column: colServer, most: 0.3},
	{scene: "idle", column: colPage, most: 0.5},
	{scene: "idle", column: colBits, most: 2},
	{scene: "idle", column: colProportional, most: 40},
	{scene: "typing", column: colLatency, most: 10},
	{scene: "typing", column: colLatency, p95: true, most: 18},
	{scene: "typing", column: colServer, most: 1.5},
	{scene: "typing", column: colPage, most: 6},
	{scene: "typing", column: colBits, most: 30},
	{scene: "terminal", column: colLatency, most: 17},
	{scene: "terminal", column: colLatency, p95: true, most: 34},
	{scene: "terminal", column: colServer, most: 25},
	{scene: "terminal", column: colPerPicture, most: 6},
	{scene: "terminal", column: colPage, most: 50},
	{scene: "terminal", column: colBits, most: 2000},
	{scene: "terminal", column: colPictures, least: 55},
	{scene: "drag", column: colLatency, most: 17},
	{scene: "drag", column: colLatency, p95: true, most: 34},
	{scene: "drag", column: colServer, most: 25},
	{scene: "drag", column: colPage, most: 50},
	{scene: "drag", column: colBits, most: 2000},
	{scene: "drag", column: colPictures, least: 45},
	{scene: "video", column: colLatency, most: 34},
	{scene: "video", column: colLatency, p95: true, most: 68},
	{scene: "video", column: colServer, most: 50},
	{scene: "video", column: colPerPicture, most: 18},
	{scene: "video", column: colPage, most: 45},
	{scene: "video", column: colBits, most: 5000},
	{scene: "video", column: colPictures, least: 28},
	{scene: "typing over 1mbit,100ms", column: colLatency, p95: true, most: 180},
}

// commonGoals hold in every scene, those of the link where there is one.
var commonGoals = []goal{
	{column: colSettled, p95: true, most: 300, text: true},
	{column: colIdentical, least: 100, text: true},
	{column: colQueue, p95: true, most: 200},
	{column: colDropped, most: 0.5},
}

// verdict is what became of a goal.
type verdict struct {
	goal
	value float64
}

func (v verdict) reached() bool {
	if v.least > 0 {
		return v.value >= v.least
	}
	return v.value <= v.most
}

// judge holds a scene's figures against the goals; what was not measured is left out.
func judge(scene string, figures []figure) (verdicts []verdict) {
	wanted := make([]goal, 0, len(goals))
	for _, g := range goals {
		if g.scene == scene {
			wanted = append(wanted, g)
		}
	}
	for _, g := range commonGoals {
		if g.text && (strings.HasPrefix(scene, sceneVideo.name) || scene == sceneSlides.name || strings.HasPrefix(scene, scenePhoto)) {
			continue // a film or a photograph is made exact where that costs little
		}
		g.scene = scene
		wanted = append(wanted, g)
	}
	for _, g := range wanted {
		f, ok := find(figures, g.column)
		if !ok {
			continue
		}
		v := verdict{g, f.Value}
		if g.p95 {
			v.value = f.P95
		}
		verdicts = append(verdicts, v)
	}
	return verdicts
}
