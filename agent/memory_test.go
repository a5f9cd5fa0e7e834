//go:build linux

package agent

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Only pages that the file still has are given back: the program must not notice.
func TestTidyDropsNothingThatWasWritten(t *testing.T) {
	before, _ := writtenPages(t)
	pages := programPages()
	if len(pages) == 0 {
		t.Fatal("nothing of the program can be given back")
	}
	for range 3 {
		tidy()
	}
	after, program := writtenPages(t)
	if after == 0 || after != before {
		t.Errorf("of what was written to the mappings of %s %d kB are left of %d", program, after, before)
	}
}

// writtenPages is how much of the mappings of the program that can only be read is not as
// in the file, in kB.
func writtenPages(t *testing.T) (kilobytes int, program string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	for entry := range strings.SplitSeq(string(smaps), "VmFlags:") {
		if !strings.Contains(entry, " r--p ") || !strings.Contains(entry, program) {
			continue
		}
		_, rest, _ := strings.Cut(entry, "Anonymous:")
		var n int
		if _, err := fmt.Sscan(rest, &n); err != nil {
			t.Fatal(err)
		}
		kilobytes += n
	}
	return kilobytes, program
}
