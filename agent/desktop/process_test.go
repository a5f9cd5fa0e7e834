package desktop

import (
	"io"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"testing"
)

// What others started must outlive a desktop's programs: the kernel kills a child when
// the thread that started it ends, so no thread may end.
func TestStopEndsNobodyElse(t *testing.T) {
	others := startOnManyThreads(t, 24)
	for range 50 {
		var l launcher
		p, err := l.start("/bin/cat", nil, nil, "", io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		l.stop()
		<-p.Done()
	}
	select {
	case name := <-others:
		t.Fatalf("%s ended with a launcher that did not start it", name)
	default: // fifty turns were time enough to hear of it
	}
}

// startOnManyThreads starts that many programs, each from a thread of its own, and
// returns where one that ended is named.
func startOnManyThreads(t *testing.T, count int) <-chan string {
	t.Helper()
	ended := make(chan string, count)
	var ready, done sync.WaitGroup
	ready.Add(count)
	for range count {
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			ready.Done()
			ready.Wait() // so that all have a thread at once
			cmd := exec.Command("/bin/sleep", "1000")
			cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
			if err := cmd.Start(); err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { _ = cmd.Process.Kill() }) // the test may have seen it end
			go func() {
				err := cmd.Wait()
				ended <- cmd.String() + ": " + err.Error()
			}()
		})
	}
	done.Wait()
	return ended
}
