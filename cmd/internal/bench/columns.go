package main

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// A column is one thing that is measured in every scene and for every system. Figures
// are found by these names in the table and in the JSON file.
const (
	colServer       = "server CPU"           // agent, or VNC server and gateway; % of a core
	colXServer      = "X server CPU"         // %
	colRelay        = "relay CPU"            // %
	colBrowser      = "browser CPU"          // %, all of its processes
	colPage         = "page CPU"             // %, the renderer alone
	colBits         = "to the viewer"        // kbit/s
	colPictures     = "distinct pictures"    // a second
	colPerPicture   = "server + X a picture" // ms of CPU
	colLatency      = "input to pixel"       // ms
	colArrival      = "input to update"      // ms, of input to pixel: agent and wire
	colSettled      = "settled to identical" // ms
	colIdentical    = "identical"            // % of the checks
	colQuality      = "settled quality"      // dB, noDifference when identical
	colProportional = "server proportional"  // MiB
	colResident     = "server resident"      // MiB
	colCold         = "first picture, cold"  // ms
	colWarm         = "first picture, warm"  // ms
	colFirstExact   = "first exact picture"  // ms
	colFrames       = "video frames"         // decoded a second
	colCode         = "start to code"        // ms
	colQuestion     = "code to question"     // ms
	colQueue        = "wait for the link"    // ms, of each packet to the viewer
	colDropped      = "dropped by the link"  // % of them
	colOnLink       = "on the link"          // kbit/s
	colLastPacket   = "End to last packet"   // ms
)

// column tells how the table shows one.
type column struct {
	name  string
	head  string // in the table
	p95   string // head of the 95th percentile's column; empty: not shown
	ratio bool   // a smaller value is better, and a ratio to peers is shown
	more  bool   // a larger one is
}

var columns = []column{
	{name: colServer, head: "server %", ratio: true},
	{name: colXServer, head: "X %", ratio: true},
	{name: colRelay, head: "relay %"},
	{name: colBrowser, head: "browser %", ratio: true},
	{name: colPage, head: "page %", ratio: true},
	{name: colBits, head: "kbit/s", ratio: true},
	{name: colPictures, head: "pict/s", ratio: true, more: true},
	{name: colPerPicture, head: "ms/pict", ratio: true},
	{name: colLatency, head: "input ms", p95: "p95", ratio: true},
	{name: colArrival, head: "of it wire", p95: "p95"},
	{name: colSettled, head: "settle ms", p95: "p95", ratio: true},
	{name: colIdentical, head: "exact %", ratio: true, more: true},
	{name: colQuality, head: "dB"},
	{name: colProportional, head: "PSS", ratio: true},
	{name: colResident, head: "RSS", ratio: true},
	{name: colCold, head: "cold ms", ratio: true},
	{name: colWarm, head: "warm ms", ratio: true},
	{name: colFirstExact, head: "exact ms", ratio: true},
}

// snapshot is the state of all counters at one moment.
type snapshot struct {
	at  time.Time
	cpu map[string]time.Duration
	got received
}

// costsBetween turns two snapshots into figures.
func costsBetween(before, after snapshot) ([]figure, error) {
	seconds := after.at.Sub(before.at).Seconds()
	if seconds <= 0 {
		return nil, errors.New("bench: no time passed")
	}
	percent := func(parts ...string) (sum float64, found bool) {
		for _, p := range parts {
			if _, ok := after.cpu[p]; ok {
				sum, found = sum+100*(after.cpu[p]-before.cpu[p]).Seconds()/seconds, true
			}
		}
		return sum, found
	}
	var figures []figure
	for _, c := range []struct {
		name  string
		parts []string
	}{
		{colServer, []string{partServer, partGateway}}, {colXServer, []string{partXServer}}, {colRelay, []string{partRelay}},
		{colBrowser, []string{partBrowser}}, {colPage, []string{partRenderer}},
	} {
		if value, ok := percent(c.parts...); ok {
			figures = append(figures, figure{Name: c.name, Unit: "% of a core", Value: value})
		}
	}
	figures = append(figures, figure{Name: colBits, Unit: "kbit/s", Value: 8 * (after.got.Bytes - before.got.Bytes) / 1000 / seconds})
	if frames := after.got.Frames - before.got.Frames; frames > 0 {
		figures = append(figures, figure{Name: colFrames, Unit: "a second", Value: frames / seconds})
	}
	return figures, nil
}

// perPicture is the CPU of server and X server for one picture; none when too few are shown.
func perPicture(figures []figure) (figure, bool) {
	value := func(name string) float64 {
		if i := slices.IndexFunc(figures, func(f figure) bool { return f.Name == name }); i >= 0 {
			return figures[i].Value
		}
		return 0
	}
	rate := value(colPictures)
	if rate < 0.5 {
		return figure{}, false
	}
	return figure{Name: colPerPicture, Unit: "ms", Value: 10 * (value(colServer) + value(colRelay) + value(colXServer)) / rate}, true
}

// share is a figure in percent of n.
func share(name string, part, n int) figure {
	f := figure{Name: name, Unit: fmt.Sprintf("%% of %d", n), Sample: n}
	if n > 0 {
		f.Value = 100 * float64(part) / float64(n)
	}
	return f
}
