//go:build linux

package capture

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// segment is System V shared memory that only this user can attach. The server
// attaches it too; then it is marked for removal, so that it goes with its last user
// even if this process is killed.
type segment struct {
	id  int
	mem []byte
}

// newSegment makes size bytes of shared memory and attaches them here.
func newSegment(size int) (*segment, error) {
	const userOnly = 0o600
	id, err := unix.SysvShmGet(unix.IPC_PRIVATE, size, unix.IPC_CREAT|unix.IPC_EXCL|userOnly)
	if err != nil {
		return nil, fmt.Errorf("shared memory: get %d bytes: %w", size, err)
	}
	s := &segment{id: id}
	if s.mem, err = unix.SysvShmAttach(id, 0, 0); err != nil {
		s.remove()
		return nil, fmt.Errorf("shared memory: attach: %w", err)
	}
	return s, nil
}

// remove marks the segment for removal. It stays usable by those who have it.
func (s *segment) remove() {
	_, _ = unix.SysvShmCtl(s.id, unix.IPC_RMID, nil)
}

// detach gives the memory back. Nobody may read it any more.
func (s *segment) detach() {
	_ = unix.SysvShmDetach(s.mem)
	s.mem = nil
}

// blank puts zero pages in the place of the segment, which detaches it. A reader that
// still holds the picture sees black from here on and does not crash. The pages take
// address space and no memory.
func (s *segment) blank() error {
	_, err := unix.MmapPtr(-1, 0, unsafe.Pointer(&s.mem[0]), uintptr(len(s.mem)),
		unix.PROT_READ|unix.PROT_WRITE, unix.MAP_FIXED|unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	return err
}
