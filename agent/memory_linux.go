package agent

import (
	"bufio"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"
)

// tidy gives the user's machine back what a still screen does not need: free memory, and
// what shed does.
func tidy() {
	debug.FreeOSMemory()
	shed()
}

// shed gives back the pages of the program that were used to begin and not since. What is
// needed again comes from the system's cache of the file, in small pages: else two
// mebibytes would come for each instruction.
func shed() {
	for _, m := range programPages() {
		for _, wish := range []uintptr{unix.MADV_NOHUGEPAGE, unix.MADV_DONTNEED} {
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, m.from, m.to-m.from, wish)
		}
	}
}

// mapping is a range of addresses.
type mapping struct{ from, to uintptr }

// programPages lists where the program's file is mapped and nothing was ever written:
// pages that can be dropped, because the file has them. What the linker filled in at the
// start can be read only as well, but the file does not have it.
func programPages() (pages []mapping) {
	program, err := os.Executable()
	if err != nil {
		return nil
	}
	smaps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return nil // it stays, which is no harm
	}
	defer smaps.Close()
	var at mapping
	file := false
	for lines := bufio.NewScanner(smaps); lines.Scan(); {
		var m mapping
		var rights string
		var written int
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &m.from, &m.to, &rights); err == nil {
			at, file = m, len(rights) == 4 && rights[1] == '-' && strings.HasSuffix(lines.Text(), " "+program)
			continue
		}
		if _, err := fmt.Sscanf(lines.Text(), "Anonymous: %d kB", &written); err == nil && file && written == 0 {
			pages = append(pages, at)
		}
	}
	return pages
}
