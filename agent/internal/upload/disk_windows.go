package upload

import (
	"fmt"

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
