package main

import (
	"testing"
	"time"
)

func TestCostsAreTheDifferenceOfTwoSnapshots(t *testing.T) {
	began := time.Unix(100, 0)
	before := snapshot{began, map[string]time.Duration{partServer: time.Second, partGateway: 0, partXServer: 3 * time.Second, partBrowser: time.Second, partRenderer: 0},
		received{Bytes: 1000, Frames: 10}}
	after := snapshot{began.Add(4 * time.Second), map[string]time.Duration{partServer: 2 * time.Second, partGateway: time.Second, partXServer: 3 * time.Second, partBrowser: 3 * time.Second, partRenderer: time.Second},
		received{Bytes: 501_000, Frames: 50}}
	figures, err := costsBetween(before, after)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{colServer: 50, colXServer: 0, colBrowser: 50, colPage: 25, colBits: 1000, colFrames: 10} {
		if f, ok := find(figures, name); !ok || f.Value != want {
			t.Errorf("%s is %v (%v), want %v", name, f.Value, ok, want)
		}
	}
	if f, ok := find(figures, colRelay); ok {
		t.Errorf("a system without a relay has one that costs %v", f.Value)
	}
	if _, err := costsBetween(after, before); err == nil {
		t.Error("time that runs backwards gives figures")
	}
}

func TestTheCostOfAPictureIsServerAndX(t *testing.T) {
	figures := []figure{{Name: colServer, Value: 30}, {Name: colXServer, Value: 10}, {Name: colRelay, Value: 2}, {Name: colPictures, Value: 60}}
	// 42 % of a core are 420 ms of CPU a second.
	if f, ok := perPicture(figures); !ok || f.Value != 7 {
		t.Errorf("got %v, %v, want 7 ms", f.Value, ok)
	}
	if f, ok := perPicture(figures[:3]); ok {
		t.Errorf("without pictures a picture costs %v", f.Value)
	}
}

func TestShare(t *testing.T) {
	if f := share(colIdentical, 3, 4); f.Value != 75 || f.Sample != 4 {
		t.Errorf("got %+v", f)
	}
	if f := share(colIdentical, 0, 0); f.Value != 0 {
		t.Errorf("of nothing: %+v", f)
	}
}
