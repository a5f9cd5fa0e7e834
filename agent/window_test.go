package agent

import (
	"encoding/binary"
	"testing"
	"time"
)

// way is a link with a page at its end, on a clock of its own.
type way struct {
	rate    float64 // bytes a second
	there   time.Duration
	page    time.Duration // to draw one update
	free    time.Time     // when the link is idle
	drawn   time.Time     // when the page is idle
	waiting int           // bytes of the queue at its worst
}

// carry returns when an update that is sent now is drawn and the answer is back.
func (w *way) carry(now time.Time, bytes int) time.Time {
	w.free = later(w.free, now)
	w.waiting = max(w.waiting, int(w.free.Sub(now).Seconds()*w.rate))
	w.free = w.free.Add(time.Duration(float64(bytes) / w.rate * float64(time.Second)))
	w.drawn = later(w.drawn, w.free.Add(w.there)).Add(w.page)
	return w.drawn.Add(w.there)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// play sends updates of that size as often as the window allows, at most one a frame,
// and returns how many were drawn in the second half of the time.
func (w *way) play(size int, lasts time.Duration) (drawn int) {
	win := window{distance: 2 * w.there}
	type answer struct {
		serial uint32
		at     time.Time
	}
	var answers []answer
	began := time.Unix(0, 0)
	serial := uint32(0)
	for now := began; now.Sub(began) < lasts; now = now.Add(time.Millisecond) {
		for len(answers) > 0 && !answers[0].at.After(now) {
			win.drawn(answers[0].serial, answers[0].at)
			if now.Sub(began) > lasts/2 {
				drawn++
			}
			answers = answers[1:]
		}
		if due := now.Sub(began) >= time.Duration(serial)*framePace; due && win.room() > 0 {
			bytes := min(size, win.room())
			win.sent(serial, bytes, now)
			answers = append(answers, answer{serial, w.carry(now, bytes)})
			serial++
		}
		if now.Sub(began) < lasts/2 {
			w.waiting = 0
		}
	}
	return drawn
}

// What is sent follows what the way carries: small updates at full pace everywhere,
// large ones without a queue that would delay the next.
func TestTheWindowFollowsTheWay(t *testing.T) {
	const lasts = 20 * time.Second
	for _, c := range []struct {
		name  string
		way   way
		size  int
		least float64       // updates a second
		queue time.Duration // at most, on the link
	}{
		{"near, small", way{rate: 100e6, there: time.Millisecond, page: 4 * time.Millisecond}, 2_000, 55, 50 * time.Millisecond},
		{"near, large", way{rate: 100e6, there: time.Millisecond, page: 8 * time.Millisecond}, 200_000, 55, 50 * time.Millisecond},
		{"far, small", way{rate: 10e6, there: 50 * time.Millisecond, page: 4 * time.Millisecond}, 2_000, 50, 50 * time.Millisecond},
		{"1 Mbit/s, small", way{rate: 125e3, there: 50 * time.Millisecond, page: 4 * time.Millisecond}, 500, 50, 200 * time.Millisecond},
		{"1 Mbit/s, large", way{rate: 125e3, there: 50 * time.Millisecond, page: 4 * time.Millisecond}, 64 << 10, 3, 400 * time.Millisecond},
		{"500 kbit/s, large", way{rate: 62e3, there: 30 * time.Millisecond, page: 4 * time.Millisecond}, 64 << 10, 2, 600 * time.Millisecond},
		{"a slow page", way{rate: 100e6, there: time.Millisecond, page: 50 * time.Millisecond}, 2_000, 18, 50 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			drawn := float64(c.way.play(c.size, lasts)) / (lasts / 2).Seconds()
			queue := time.Duration(float64(c.way.waiting) / c.way.rate * float64(time.Second))
			t.Logf("%.1f updates a second, at most %v in the link's queue", drawn, queue.Round(time.Millisecond))
			if drawn < c.least || queue > c.queue {
				t.Errorf("want at least %.0f and at most %v", c.least, c.queue)
			}
		})
	}
}

// Answers that were not asked for change nothing.
func TestTheWindowKnowsItsParcels(t *testing.T) {
	var w window
	now := time.Unix(0, 0)
	w.sent(7, 100, now)
	w.sent(8, 100, now)
	for _, serial := range []uint32{0, 6, 9, 1 << 31} {
		if w.drawn(serial, now) {
			t.Errorf("%d is not under way", serial)
		}
	}
	if !w.drawn(8, now.Add(time.Millisecond)) || len(w.under) != 0 || w.bytes != 0 {
		t.Errorf("what is drawn with a later one stays under way: %+v", w)
	}
	if w.drawn(8, now) {
		t.Error("drawn twice")
	}
}

// However long a message, none of its fragments is as short as upkeep.
func TestNoFragmentIsShort(t *testing.T) {
	piece := make([]byte, largestPiece)
	for length := 1; length < largestPiece; length++ {
		message := appendMessage(nil, piece[:length], true, true)
		for _, size := range []int{fragment, fragment - 4} {
			for rest := len(message); rest > 0; rest -= size {
				if min(rest, size) < leastPiece {
					t.Fatalf("a piece of %d bytes ends with a fragment of %d", length, min(rest, size))
				}
			}
		}
		if got := unpad(t, message); got != length {
			t.Fatalf("a piece of %d bytes came out as %d", length, got)
		}
	}
}

func unpad(t *testing.T, message []byte) int {
	t.Helper()
	n := len(message)
	if message[0]&flagPadded == 0 {
		return n - 1
	}
	return n - 1 - int(binary.LittleEndian.Uint16(message[n-2:]))
}
