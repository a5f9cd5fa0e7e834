package agent

import (
	"testing"
	"time"
)

func TestKeyFramesOfAStillScreenAreAnsweredOnce(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var w wishes
	w.sent(start, true)
	steps := []struct {
		after time.Duration
		sent  bool // a picture with something new goes out first
		want  bool
		why   string
	}{
		{100 * time.Millisecond, false, true, "something was lost"},
		{time.Second, false, true, "something was lost again"},
		{4 * time.Second, false, true, "the last packets may have been lost"},
		{8 * time.Second, false, false, "the screen is still"},
		{60 * time.Second, false, false, "the screen is still"},
		{61 * time.Second, true, true, "something new was lost"},
		{65 * time.Second, false, true, "a new stillness"},
		{69 * time.Second, false, false, "the screen is still"},
	}
	for _, s := range steps {
		now := start.Add(s.after)
		if s.sent {
			w.sent(now, true)
		}
		got := w.grant(now)
		if got != s.want {
			t.Errorf("after %v: got %v, want %v: %s", s.after, got, s.want, s.why)
		}
		if got {
			w.sent(now, false)
		}
	}
}
