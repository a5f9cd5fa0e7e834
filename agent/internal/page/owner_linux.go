package page

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// errOwner means that nobody can tell who made a connection: then it is refused.
var errOwner = errors.New("page: whose connection it is cannot be told")

// ownConnection reports whether the socket at the other end of a loopback connection
// belongs to the account that this program runs as (proc(5), /proc/net/tcp).
func ownConnection(theirs, ours net.Addr) (bool, error) {
	from, okFrom := theirs.(*net.TCPAddr)
	to, okTo := ours.(*net.TCPAddr)
	if !okFrom || !okTo {
		return false, errOwner
	}
	f, err := os.Open("/proc/net/tcp")
	if err != nil {
		return false, fmt.Errorf("%w: %w", errOwner, err)
	}
	defer func() { _ = f.Close() }()
	local, remote := procAddress(from), procAddress(to)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) > 7 && fields[1] == local && fields[2] == remote {
			uid, err := strconv.Atoi(fields[7])
			return err == nil && uid == os.Getuid(), err
		}
	}
	return false, errOwner
}

// procAddress writes an address as /proc/net/tcp does: the bytes as this machine's word,
// which is the little-endian one on all that Beside is built for.
func procAddress(a *net.TCPAddr) string {
	ip := a.IP.To4()
	if ip == nil {
		return ""
	}
	return fmt.Sprintf("%02X%02X%02X%02X:%04X", ip[3], ip[2], ip[1], ip[0], a.Port)
}
