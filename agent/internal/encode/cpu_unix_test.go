//go:build unix

package encode

import (
	"syscall"
	"testing"
)

// cpuTime is what the process has had so far, in nanoseconds: on a busy machine it says
// more than the clock.
func cpuTime(b testing.TB) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
