package ui

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// THREAT 3: a loop that is silent for a second hangs; one that beats now and then does not,
// however long it is between two looks.
func TestSilence(t *testing.T) {
	var s silence
	beats := []int64{0, 0, 5, 5, 5, 5, 9, 9, 9, 9, 9}
	for i, beat := range beats {
		if got, want := s.hangs(beat), i == len(beats)-1; got != want {
			t.Fatalf("look %d: hangs %v, want %v", i, got, want)
		}
	}
}

// THREAT 3: a server that does not answer is told of when its time is over; one that does
// is not. Where this program stood still itself the answer may be there already.
func TestAServerThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var late atomic.Int32
		c := &xconn{late: func() { late.Add(1) }}
		answered := c.expect()
		time.Sleep(answerWithin - time.Millisecond)
		answered()
		time.Sleep(2 * answerWithin)
		if late.Load() != 0 {
			t.Error("told of a server that answered in time")
		}
		began := time.Now()
		answered = c.expect()
		for late.Load() == 0 && time.Since(began) < 2*answerWithin {
			time.Sleep(time.Millisecond)
			synctest.Wait()
		}
		if took := time.Since(began); took > answerWithin+time.Millisecond {
			t.Errorf("told after %v, want %v", took, answerWithin)
		}
		answered()
	})
	if stoodStill(answerWithin) || !stoodStill(3*answerWithin) {
		t.Error("who stood still is told wrongly")
	}
}
