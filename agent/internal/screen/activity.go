package screen

import (
	"math"
	"time"
)

// What makes a tile film. Typing, a blinking cursor, scrolled text and dragged windows
// are cheap or end soon; what is dear again and again moves like film.
const (
	memory    = 500 * time.Millisecond // of what a tile did
	pauseEnds = 300 * time.Millisecond // without change, and what comes next is something new
	hotBeats  = 3.0                    // changes lately
	hotFor    = 120 * time.Millisecond // since the first of them
	dear      = 80                     // bytes of a tile of 256 pixels: 2.5 bits each
	warmBeats = 1.5
)

// activity is what a tile did lately.
type activity struct {
	beats float32       // changes, forgotten by and by
	load  float32       // bytes of lossless coding, forgotten by and by
	bytes float32       // of one change, on average
	shows float32       // bytes of what it shows now
	since time.Duration // when it began to change; zero if never
	last  time.Duration // when it last changed
	film  bool
}

// fade is what is left of a sum after some time.
func fade(passed time.Duration) float32 {
	return float32(math.Exp(-float64(passed) / float64(memory)))
}

// change notes one change of a tile.
func (t *activity) change(now time.Duration, bytes float32) {
	if now-t.last > pauseEnds {
		t.since, t.beats, t.load, t.bytes = now, 0, 0, bytes
	}
	left := fade(now - t.last)
	t.beats = t.beats*left + 1
	t.load = t.load*left + bytes
	t.bytes += (bytes - t.bytes) / 4
	t.last, t.shows = now, bytes
}

// hot reports whether a tile moves like film.
func (t *activity) hot(now time.Duration) bool {
	return t.beats*fade(now-t.last) >= hotBeats && now-t.since >= hotFor && t.bytes >= dear
}

// warm reports whether a tile may belong to film whose other tiles are hot.
func (t *activity) warm(now time.Duration) bool { return t.beats*fade(now-t.last) >= warmBeats }
