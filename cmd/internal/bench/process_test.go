package main

import (
	"testing"
	"time"
)

func TestStatOfACommandWithBracketsAndSpaces(t *testing.T) {
	line := "4711 (a (b) c) S 12 4711 4711 0 -1 4194560 100 0 0 0 150 50 7 3 20 0 9 0 300 1000 200"
	got, err := parseStat(line)
	if err != nil {
		t.Fatal(err)
	}
	want := stat{pid: 4711, parent: 12, command: "a (b) c", cpu: 2100 * time.Millisecond}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, bad := range []string{"", "12 sh S 1", "12 (sh) S 1 2", "x (sh) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"} {
		if s, err := parseStat(bad); err == nil {
			t.Errorf("parseStat(%q) = %+v, want an error", bad, s)
		}
	}
}

func TestAFamilyIsAProcessAndWhatItStarted(t *testing.T) {
	all := map[int]stat{1: {pid: 1}, 10: {pid: 10, parent: 1}, 11: {pid: 11, parent: 10}, 20: {pid: 20, parent: 1}}
	for pid, want := range map[int]bool{10: true, 11: true, 20: false, 1: false, 99: false} {
		if got := descends(all, pid, 10); got != want {
			t.Errorf("descends(%d, 10) = %v, want %v", pid, got, want)
		}
	}
	all[1] = stat{pid: 1, parent: 10} // a reused id closes a circle
	if descends(all, 20, 30) {
		t.Error("a process descends from one that is not there")
	}
}

func TestMemoryIsReadFromTheRollup(t *testing.T) {
	text := "00400000-7fff0000 ---p 00000000 00:00 0    [rollup]\nRss:               81920 kB\nPss:               40960 kB\nShared_Clean:          0 kB\n"
	got, err := parseRollup([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if want := (memory{80, 40}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if m, err := parseRollup(nil); err == nil {
		t.Errorf("an empty rollup gives %v, want an error", m)
	}
}
