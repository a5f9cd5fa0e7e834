package agent

import (
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// unsent is how much the system holds of what was written to a stream and not sent once.
func unsent(c *net.TCPConn) (bytes int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, fmt.Errorf("agent: %w", err)
	}
	failed := raw.Control(func(fd uintptr) { bytes, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQNSD) })
	if failed != nil {
		err = failed
	}
	if err != nil {
		return 0, fmt.Errorf("agent: %w", err)
	}
	return bytes, nil
}
