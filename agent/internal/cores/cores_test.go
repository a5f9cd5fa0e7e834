package cores

import (
	"runtime"
	"sync"
	"testing"
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
