package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// twoSystems is a report of one scene that Beside played twice and a peer once.
func twoSystems() *report {
	r := newReport([]string{"-quick"})
	s := scene{name: "terminal", about: "a terminal prints"}
	r.add(s, ownName, []figure{{Name: colServer, Value: 10}, {Name: colPictures, Value: 60}, {Name: colLatency, Value: 15, P95: 30, Sample: 40}, {Name: colFrames, Value: 3, Unit: "a second"}}, nil)
	r.add(s, ownName, []figure{{Name: colServer, Value: 14}, {Name: colPictures, Value: 60}, {Name: colLatency, Value: 15, P95: 40, Sample: 40}}, []string{"something was odd"})
	r.add(s, "a peer", []figure{{Name: colServer, Value: 24}, {Name: colPictures, Value: 15}, {Name: colLatency, Value: 20, P95: 70, Sample: 40}}, nil)
	r.add(s, nobodyName, []figure{{Name: colXServer, Value: 3}}, nil)
	r.Repetitions = 2
	r.absent("another peer: not installed")
	r.absent("another peer: not installed")
	return r
}

func TestTheTableHasALineForEachSystemAndTheRatios(t *testing.T) {
	var text bytes.Buffer
	twoSystems().print(&text)
	fields := map[string]string{}
	for line := range strings.Lines(text.String()) {
		for _, start := range []string{"terminal beside", "· a peer", "· ratio to a peer"} {
			if joined := strings.Join(strings.Fields(line), " "); strings.HasPrefix(joined, start+" ") {
				fields[start] = strings.TrimPrefix(joined, start+" ")
			}
		}
	}
	// server, X, relay, browser, page, kbit/s, pictures, a picture, latency, p95 …
	for start, want := range map[string]string{
		"terminal beside":   "12 – – – – – 60 – 15 35 ",
		"· a peer":          "24 – – – – – 15 – 20 70 ",
		"· ratio to a peer": "0.50 0.25 0.75 0.50",
	} {
		if !strings.HasPrefix(fields[start]+" ", want) {
			t.Errorf("the line %q goes on %q, want %q", start, fields[start], want)
		}
	}
	for _, want := range []string{"something was odd", "video frames 3 a second", "MISSED   terminal: input to pixel p95", "repetitions: 2"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, &text)
		}
	}
	if !strings.Contains(text.String(), nobodyName) || strings.Contains(text.String(), "ratio to "+nobodyName) {
		t.Errorf("what scenes cost by themselves is missing, or compared with:\n%s", &text)
	}
	if n := strings.Count(text.String(), "NOT MEASURED: another peer: not installed"); n != 1 {
		t.Errorf("a peer that is not there is named %d times:\n%s", n, &text)
	}
}

func TestRatiosBelowOneAreBetter(t *testing.T) {
	for _, c := range []struct {
		ours, peers float64
		more        bool
		want        string
	}{{1, 4, false, "0.25"}, {60, 20, true, "0.33"}, {0, 0, false, "1"}, {3, 0, false, "∞"}, {0, 3, false, "0.00"}} {
		if got := ratio(c.ours, c.peers, c.more); got != c.want {
			t.Errorf("ratio(%v, %v, %v) = %s, want %s", c.ours, c.peers, c.more, got, c.want)
		}
	}
}

func TestTheFileHoldsEveryFigure(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "bench.json")
	if err := twoSystems().write(path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var back report
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	systems := back.Scenes[0].Systems
	if len(systems) != 3 || systems[0].Figures[0].Value != 12 || len(systems[0].Figures) != 4 || systems[0].Notes[0] != "something was odd" {
		t.Errorf("read back %+v", systems[0])
	}
	if back.Command != "-quick" || len(back.Absent) != 1 {
		t.Errorf("read back command %q, absent %q", back.Command, back.Absent)
	}
}
