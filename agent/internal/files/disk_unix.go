//go:build unix

package files

import (
	"errors"

	"golang.org/x/sys/unix"
)

// freeSpace is what an ordinary user may still write on dir's file system, in bytes.
func freeSpace(dir string) (uint64, error) {
	var st unix.Statfs_t
	err := unix.Statfs(dir, &st)
	return uint64(st.Bavail) * uint64(st.Bsize), err
}

// failed gives a full disk its own error.
func failed(err error) error {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return ErrDiskFull
	}
	return err
}
