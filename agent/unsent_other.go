//go:build !linux

package agent

import (
	"errors"
	"net"
)

// unsent is not known here, so voice does not travel in streams.
func unsent(*net.TCPConn) (int, error) { return 0, errors.ErrUnsupported }
