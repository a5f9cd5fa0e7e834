package upload

import (
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// freeSpace is what this user may still write on dir's volume, in bytes.
func freeSpace(dir string) (uint64, error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, fmt.Errorf("measure free space: %w", err)
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(path, &free, nil, nil); err != nil {
		return 0, fmt.Errorf("measure free space: %w", err)
	}
	return free, nil
}

// syncDir does nothing: NTFS journals a rename by itself, and folders cannot be flushed.
func syncDir(string) error { return nil }

// lock takes f for this process until it is closed. It fails at once when another has it.
func lock(f *os.File) error {
	const whole = 1
	flags := uint32(windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY)
	// A byte far behind the end: Windows keeps others from reading what is locked.
	at := &windows.Overlapped{OffsetHigh: 1}
	if err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, whole, 0, at); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	return nil
}
