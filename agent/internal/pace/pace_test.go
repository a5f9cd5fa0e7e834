package pace

import (
	"testing"
	"time"
)

func TestLimit(t *testing.T) {
	const burst, every = 4, 2 * time.Second
	l := Limit{Burst: burst, Every: every}
	now := time.Now()
	for i := range burst {
		if !l.Allow(now) {
			t.Fatalf("number %d was refused", i)
		}
	}
	if l.Allow(now.Add(every - 1)) {
		t.Error("one too many")
	}
	if now = now.Add(every); !l.Allow(now) || l.Allow(now) {
		t.Error("after a while there is one more, and no two")
	}
	more := 0
	for now = now.Add(2*every + 1); l.Allow(now); {
		more++
	}
	if more != 2 {
		t.Errorf("after twice as long there are %d more, want 2", more)
	}
	more = 0
	for now = now.Add(time.Hour); more <= burst && l.Allow(now); {
		more++
	}
	if more != burst {
		t.Errorf("after an hour there are %d, want %d", more, burst)
	}
	if now = now.Add(time.Hour); !l.Allow(now) {
		t.Error("after another hour there is none")
	}
	if !l.Allow(now.Add(-time.Hour)) { // a clock that is put back takes nothing away
		t.Error("with the clock put back there is none")
	}
}

func TestLimitInTheLongRun(t *testing.T) {
	l := Limit{Burst: 3, Every: time.Second}
	allowed := 0
	for i := range 1000 {
		if l.Allow(time.Unix(0, int64(i)*int64(10*time.Millisecond))) {
			allowed++
		}
	}
	if none := (Limit{}); none.Allow(time.Now()) {
		t.Error("the zero limit lets something happen")
	}
	if allowed != 3+9 {
		t.Errorf("%d in ten seconds, want 12", allowed)
	}
}

// What was waited for counts in full, however the tries fall beside it.
func TestNoWaitIsLost(t *testing.T) {
	l := Limit{Burst: 3, Every: time.Second}
	allowed := 0
	for i := range 100 {
		if l.Allow(time.Unix(1, int64(i)*int64(700*time.Millisecond))) {
			allowed++
		}
	}
	if allowed != 3+69 {
		t.Errorf("%d in 69.3 seconds, want 72", allowed)
	}
}
