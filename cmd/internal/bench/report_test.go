package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSpreadTakesMedianAndTail(t *testing.T) {
	var samples []float64
	for i := range 100 {
		samples = append(samples, float64(99-i))
	}
	got := spread("wait", "ms", 40, samples)
	if got.Value != 50 || got.P95 != 95 || got.Max != 99 || got.Sample != 100 {
		t.Errorf("got %+v", got)
	}
	if samples[0] != 99 {
		t.Error("the samples were reordered")
	}
	if got.reached() != "MISSED" {
		t.Errorf("50 with a goal of 40: %q", got.reached())
	}
	if none := spread("wait", "ms", 0, nil); none.Value != 0 || none.reached() != "" {
		t.Errorf("no samples and no goal: %+v", none)
	}
}

func TestTheTableAndTheFileHoldEveryFigure(t *testing.T) {
	r := newReport()
	r.add("still", []figure{{Name: "agent CPU", Unit: "% of a core", Value: 1.5, Goal: 2}})
	var table bytes.Buffer
	r.print(&table)
	for _, want := range []string{"still", "agent CPU", "1.50", "≤ 2", "reached"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &table)
		}
	}
	path := filepath.Join(t.TempDir(), "new", "bench.json")
	if err := r.write(path); err != nil {
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
	if len(back.Scenes) != 1 || back.Scenes[0].Figures[0].Value != 1.5 {
		t.Errorf("read back %+v", back)
	}
}

func TestTheTapSeesThePictureOnly(t *testing.T) {
	packet := func(protocol, first byte, size int) []byte {
		p := make([]byte, size)
		p[0], p[9], p[28] = 0x45, protocol, first
		return p
	}
	tests := []struct {
		name   string
		packet []byte
		want   bool
	}{
		{"picture", packet(17, 0x80, 1200), true},
		{"short report", packet(17, 0x80, 100), false},
		{"data channel", packet(17, 23, 1200), false},
		{"connectivity check", packet(17, 0, 400), false},
		{"TCP", packet(6, 0x80, 1200), false},
		{"nothing", nil, false},
	}
	for _, test := range tests {
		if got := isPicture(test.packet); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}
