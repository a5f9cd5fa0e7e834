//go:build linux

package agent

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
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

// Of a program that was read from end to end much is given back. (What is needed at once comes
// back in the pages that the cache has, and those of a new file are large.)
func TestShedGivesPagesBack(t *testing.T) {
	for _, m := range programPages() {
		if _, _, errno := unix.Syscall(unix.SYS_MADVISE, m.from, m.to-m.from, unix.MADV_POPULATE_READ); errno != 0 {
			t.Skip("this kernel cannot read a mapping ahead:", errno)
		}
	}
	before := residentPages(t)
	shed()
	if after := residentPages(t); after >= before*3/4 {
		t.Errorf("%d kB of the program are in memory, before %d", after, before)
	}
}

// residentPages is how much of what cannot be written of the program is in memory, in kB.
func residentPages(t *testing.T) (kilobytes int) {
	t.Helper()
	kilobytes, _ = programSum(t, "Rss:", func(entry string) bool { return !strings.Contains(entry, " rw-p ") })
	return kilobytes
}

// writtenPages is how much of the mappings of the program that can only be read is not as
// in the file, in kB.
func writtenPages(t *testing.T) (kilobytes int, program string) {
	t.Helper()
	return programSum(t, "Anonymous:", func(entry string) bool { return strings.Contains(entry, " r--p ") })
}

// programSum adds up a field of the mappings of the program that are wanted, in kB.
func programSum(t *testing.T, field string, wanted func(entry string) bool) (kilobytes int, program string) {
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
		if !strings.Contains(entry, program) || !wanted(entry) {
			continue
		}
		_, rest, _ := strings.Cut(entry, field)
		var n int
		if _, err := fmt.Sscan(rest, &n); err != nil {
			t.Fatal(err)
		}
		kilobytes += n
	}
	return kilobytes, program
}
