package cores

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
)

// Go's watchdog may come late, and nothing else: what waits for a moment waits for that
// moment alone.
func TestTheWatchdogAloneIsLate(t *testing.T) {
	const usual, late = "50000", "2000000" // nanoseconds
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, task := range tasks {
		slack, err := os.ReadFile("/proc/" + task.Name() + "/timerslack_ns")
		if errors.Is(err, syscall.EPERM) {
			t.Skip("the kernel tells of other threads only with CAP_SYS_NICE")
		}
		if err == nil { // else it has ended since
			found[strings.TrimSpace(string(slack))]++
		}
	}
	if found[late] != 1 || len(found) != 2 || found[usual] == 0 {
		t.Errorf("threads by how late they may wake: %v, want one by %s and all others by %s", found, late, usual)
	}
}
