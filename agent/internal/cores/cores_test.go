package cores

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

// One core, but for as long as anybody needs all of them.
func TestCores(t *testing.T) {
	all := runtime.GOMAXPROCS(0)
	t.Cleanup(func() {
		sparing = false
		runtime.SetDefaultGOMAXPROCS()
	})
	want := func(when string, n int) {
		t.Helper()
		if got := runtime.GOMAXPROCS(0); got != n {
			t.Errorf("%s: %d cores, want %d", when, got, n)
		}
	}
	early := All()
	want("before Spare", all)
	Spare()
	want("while somebody needs all", all)
	early()
	want("at rest", 1)
	first, second := All(), All()
	want("for two", all)
	first()
	first()
	want("for the other one", all)
	second()
	want("at rest again", 1)
	var many sync.WaitGroup
	for range 20 {
		many.Go(func() {
			for range 50 {
				All()()
			}
		})
	}
	many.Wait()
	want("after many", 1)
}

// Long pieces of work have every core until there was none for a while, or nothing at all.
func TestEffort(t *testing.T) {
	all := runtime.GOMAXPROCS(0)
	Spare()
	t.Cleanup(func() {
		sparing = false
		runtime.SetDefaultGOMAXPROCS()
	})
	var e Effort
	start := time.Now()
	for _, step := range []struct {
		after, took time.Duration
		want        int
	}{
		{0, longPiece - 1, 1},
		{10 * time.Millisecond, longPiece, all},
		{20 * time.Millisecond, 10 * longPiece, all},
		{30 * time.Millisecond, 1, all},
		{20*time.Millisecond + goneAfter - 1, 1, all},
		{20*time.Millisecond + goneAfter, 1, 1},
		{3 * time.Second, longPiece, all},
	} {
		e.Worked(start.Add(step.after), step.took)
		if got := runtime.GOMAXPROCS(0); got != step.want {
			t.Errorf("after %v, when a piece took %v: %d cores, want %d", step.after, step.took, got, step.want)
		}
	}
	e.Rest()
	e.Rest()
	if got := runtime.GOMAXPROCS(0); got != 1 {
		t.Errorf("at rest: %d cores, want 1", got)
	}
}
