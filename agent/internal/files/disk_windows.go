package files

import (
	"errors"

	"golang.org/x/sys/windows"
)

// freeSpace is what this user may still write on dir's volume, in bytes.
func freeSpace(dir string) (uint64, error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free uint64
	err = windows.GetDiskFreeSpaceEx(path, &free, nil, nil)
	return free, err
}

// failed gives a full disk its own error.
func failed(err error) error {
	if errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) {
		return ErrDiskFull
	}
	return err
}
