package agent

import (
	"testing"
	"testing/synctest"
	"time"

	"beside/agent/internal/screen"
)

// On a machine so busy that a picture takes a quarter of a second film is found to be
// film, and a slide show whose pictures take no time stays exact.
func TestFilmOnABusyMachine(t *testing.T) {
	const pictures = 12
	for _, c := range []struct {
		name        string
		work, pause time.Duration
		film        bool
	}{
		{"film, worked on all the time", 250 * time.Millisecond, 0, true},
		{"film on a quick machine", 5 * time.Millisecond, 28 * time.Millisecond, true},
		{"a slide show", 5 * time.Millisecond, 400 * time.Millisecond, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := playLosslessly(t, pictures, c.work, c.pause); got != c.film {
					t.Errorf("taken for film: %v, want %v", got, c.film)
				}
			})
		})
	}
}

// playLosslessly sends pictures of 640 by 480 dear pixels, each of which takes a time to
// code, and reports whether a chooser by the clock took them for film.
func playLosslessly(t *testing.T, pictures int, work, pause time.Duration) bool {
	chooser, err := screen.NewChooser(1920, 1080)
	if err != nil {
		t.Fatal(err)
	}
	var loads []screen.Load
	for row := range 30 {
		for column := range 40 {
			loads = append(loads, screen.Load{Column: column, Row: row, Bytes: 400})
		}
	}
	clock := clock{began: time.Now()}
	for range pictures {
		began := time.Now()
		now := clock.at(began)
		time.Sleep(work)
		chooser.Observe(now, loads, 100_000_000)
		clock.worked(time.Since(began))
		time.Sleep(max(pause, framePace-work))
	}
	return len(chooser.Film()) > 0
}

// What a change leaves behind is tidied up, also when it came soon after the last time.
func TestEveryChangeIsTidiedUpAfter(t *testing.T) {
	start := time.Unix(1000, 0)
	for _, c := range []struct {
		name    string
		tidied  time.Time
		changed time.Duration
		want    time.Duration
	}{
		{"the first", time.Time{}, 0, tidyAfter},
		{"soon after", start, time.Second, tidyPace},
		{"long after", start, time.Minute, time.Minute + tidyAfter},
	} {
		if got := tidyNext(start.Add(c.changed), c.tidied).Sub(start); got != c.want {
			t.Errorf("%s: after %v, want %v", c.name, got, c.want)
		}
	}
}
