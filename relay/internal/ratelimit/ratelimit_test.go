package ratelimit

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimiterHoldsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(3, 10*time.Second)
		for range 3 {
			if wait := l.Take("a"); wait != 0 {
				t.Fatalf("within the burst: wait %v", wait)
			}
		}
		if wait := l.Take("a"); wait != 10*time.Second {
			t.Errorf("after the burst: wait %v", wait)
		}
		if wait := l.Take("b"); wait != 0 {
			t.Errorf("another key: wait %v", wait)
		}
		time.Sleep(10 * time.Second) // virtual
		if wait := l.Take("a"); wait != 0 {
			t.Errorf("after the wait: wait %v", wait)
		}
		time.Sleep(time.Hour) // virtual
		for i := range 4 {
			if wait := l.Take("a"); (wait == 0) != (i < 3) {
				t.Errorf("try %d after an hour: wait %v", i, wait)
			}
		}
	})
}

func TestLimiterTakesTriesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(3, 10*time.Second)
		for range 100 {
			if wait := l.Take("a"); wait != 0 {
				t.Fatalf("a try that is given back each time: wait %v", wait)
			}
			l.Return("a")
		}
		for range 5 {
			l.Return("a") // nobody took these
			l.Return("unknown")
		}
		for i := range 4 {
			if wait := l.Take("a"); (wait == 0) != (i < 3) {
				t.Errorf("try %d: wait %v", i, wait)
			}
		}
	})
}

// A bucket refilled in small steps reaches 0.99…; the wait was rounded to 0 then, and
// every try of that moment went through.
func TestRoundingLetsNobodyIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(1, 90*time.Second)
		taken := 0
		for range 9000 {
			for range 20 {
				if l.Take("a") == 0 {
					taken++
				}
			}
			time.Sleep(time.Second) // virtual
		}
		if taken < 99 || taken > 101 {
			t.Errorf("%d taken in 9000 s at one in 90 s", taken)
		}
	})
}

func TestLimiterHoldsABoundedNumberOfKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(1, time.Second)
		for i := range maxKeys {
			l.Take(fmt.Sprint(i))
		}
		if wait := l.Take("one more"); wait == 0 || len(l.buckets) > maxKeys {
			t.Errorf("one more key: wait %v, %d keys", wait, len(l.buckets))
		}
		time.Sleep(time.Minute) // virtual
		if wait := l.Take("one more"); wait != 0 || len(l.buckets) != 1 {
			t.Errorf("after a minute: wait %v, %d keys", wait, len(l.buckets))
		}
	})
}

// THREAT 18: a flood of keys beyond the bound does not make each look at all of them.
func TestAFloodOfKeysIsCheap(t *testing.T) {
	const flood, patience = 20_000, 5 * time.Second // a look at all of them takes milliseconds
	l, b := New(1, time.Hour), NewBackoff(1, time.Hour, time.Hour)
	for i := range maxKeys {
		l.Take(fmt.Sprint(i))
		b.Try(fmt.Sprint(i))
	}
	for name, try := range map[string]func(key string) time.Duration{"limiter": l.Take, "back-off": b.Try} {
		began := time.Now()
		for i := range flood {
			if try(fmt.Sprint("new ", i)) == 0 {
				t.Fatalf("%s: one more key is let in", name)
			}
		}
		if took := time.Since(began); took > patience {
			t.Errorf("%s: %d new keys took %v", name, flood, took)
		}
	}
}

func TestBackoffDoubles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBackoff(2, time.Second, 5*time.Second)
		for _, want := range []time.Duration{0, 0, time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second} {
			if wait := b.Try("a"); wait != want {
				t.Errorf("got %v, want %v", wait, want)
			} else if wait > 0 {
				time.Sleep(wait) // virtual
				if wait := b.Try("a"); wait != 0 {
					t.Errorf("after the wait: %v", wait)
				}
			}
		}
		b.Success("a")
		if wait := b.Try("a"); wait != 0 {
			t.Errorf("after a success: %v", wait)
		}
	})
}

// THREAT 18, THREAT 23: under a flood of keys new ones wait; who stayed away for long makes room.
func TestBackoffForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBackoff(2, time.Second, 5*time.Second)
		for n := range maxKeys {
			b.Try(fmt.Sprint(n))
		}
		if wait := b.Try("one more"); wait != time.Second {
			t.Errorf("one key too many waits %v", wait)
		}
		time.Sleep(time.Minute) // virtual
		if wait := b.Try("one more"); wait != 0 || len(b.keys) != 1 {
			t.Errorf("a minute later it waits %v, %d keys are held", wait, len(b.keys))
		}
	})
}
