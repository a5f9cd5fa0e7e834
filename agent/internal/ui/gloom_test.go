package ui

import (
	"testing"
	"time"
)

// THREAT 3: a screen that is dark again and again is dark. Whoever lets in light for a moment,
// so that no single darkness lasts, gains a few seconds once.
func TestDarknessAddsUp(t *testing.T) {
	for name, c := range map[string]struct {
		dark, light time.Duration // by turns
		within      time.Duration // until everything waits; zero for never
	}{
		"for good":                {dark: time.Hour, within: 6 * time.Second},
		"nearly two seconds":      {dark: 1900 * time.Millisecond, light: 100 * time.Millisecond, within: 12 * time.Second},
		"half of the time":        {dark: time.Second, light: time.Second, within: 40 * time.Second},
		"half of it, fast":        {dark: 150 * time.Millisecond, light: 150 * time.Millisecond, within: 40 * time.Second},
		"a monitor is changed":    {dark: 1500 * time.Millisecond, light: time.Minute},
		"a flash every second":    {dark: 30 * time.Millisecond, light: 970 * time.Millisecond},
		"nothing ever happened":   {light: time.Hour},
		"light, then for a blink": {dark: heartbeat / 2, light: 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			for range 50 {
				held := darkened(c.dark, c.light)
				if c.within == 0 && held != 0 {
					t.Fatalf("everything waits after %v", held)
				}
				if c.within != 0 && (held == 0 || held > c.within) {
					t.Fatalf("everything waits after %v, want %v at most", held, c.within)
				}
			}
		})
	}
}

// darkened plays ten minutes and returns after how long the dark reigned; zero for never.
func darkened(dark, light time.Duration) time.Duration {
	begin := time.Unix(0, 0)
	g := gloom{last: begin}
	for now := about(begin, guardEvery); now.Sub(begin) < 10*time.Minute; {
		g.look(now.Sub(begin)%(dark+light) < dark, now)
		if g.reigns() {
			return now.Sub(begin)
		}
		if g.sum > 0 {
			now = about(now, heartbeat)
		} else {
			now = about(now, guardEvery)
		}
	}
	return 0
}
