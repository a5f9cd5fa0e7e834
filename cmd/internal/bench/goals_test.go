package main

import (
	"strings"
	"testing"
)

func TestGoalsAreHeldAgainstFigures(t *testing.T) {
	verdicts := judge("terminal", []figure{
		{Name: colLatency, Value: 16, P95: 35}, {Name: colPictures, Value: 54}, {Name: colServer, Value: 25},
		{Name: colSettled, Value: 10, P95: 299}, {Name: colIdentical, Value: 100},
	})
	var lines []string
	for _, v := range verdicts {
		lines = append(lines, v.String())
	}
	want := []string{
		"reached  terminal: input to pixel 16 (wanted ≤ 17)",
		"MISSED   terminal: input to pixel p95 35 (wanted ≤ 34)",
		"reached  terminal: server CPU 25 (wanted ≤ 25)",
		"MISSED   terminal: distinct pictures 54 (wanted ≥ 55)",
		"reached  terminal: settled to identical p95 299 (wanted ≤ 300)",
		"reached  terminal: identical 100 (wanted ≥ 100)",
	}
	if got := strings.Join(lines, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestAFilmNeedNotBecomeExactButItsQueueMustBeShort(t *testing.T) {
	figures := []figure{{Name: colIdentical, Value: 50}, {Name: colSettled, P95: 2000}, {Name: colQueue, P95: 900}}
	got := judge("video over 500kbit", figures)
	if len(got) != 1 || got[0].column != colQueue || got[0].reached() {
		t.Errorf("got %v, want the queue's goal missed and no other", got)
	}
	if got := judge("drag", figures); len(got) != 3 {
		t.Errorf("of text: %v, want three goals", got)
	}
}

func TestEveryGoalIsOfASceneAndAColumn(t *testing.T) {
	known := map[string]bool{"typing over 1mbit,100ms": true}
	for _, s := range scenes() {
		known[s.name] = true
	}
	for _, g := range goals {
		if !known[g.scene] {
			t.Errorf("a goal for %q, which is no scene", g.scene)
		}
		if !hasColumn(g.column) && g.column != colLastPacket {
			t.Errorf("a goal for %q, which is not measured", g.column)
		}
		if (g.most > 0) == (g.least > 0) {
			t.Errorf("%+v wants nothing, or both", g)
		}
	}
}
