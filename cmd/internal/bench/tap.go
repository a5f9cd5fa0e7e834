package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// tap listens on the loopback interface and remembers, for each sender, when its last
// large packet of the picture passed. It needs the right to see raw packets; the page's own statistics are
// cached for 50 ms and vanish with the connection.
type tap struct {
	file *os.File
	done chan struct{}

	mu     sync.Mutex
	newest map[uint16]time.Time // by the sender's port
}

// mediaSize is more than any RTCP report, connectivity check or goodbye of ours has: what
// is larger is the picture.
const mediaSize = 300

func openTap() (*tap, error) {
	loopback, err := net.InterfaceByName("lo")
	if err != nil {
		return nil, fmt.Errorf("bench: tap: %w", err)
	}
	protocol := binary.NativeEndian.Uint16([]byte{unix.ETH_P_IP >> 8, unix.ETH_P_IP & 0xff}) // in network order
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, int(protocol))
	if errors.Is(err, unix.EPERM) {
		return nil, fmt.Errorf("bench: tap: %w", os.ErrPermission)
	}
	if err != nil {
		return nil, fmt.Errorf("bench: tap: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: protocol, Ifindex: loopback.Index}); err != nil {
		return nil, errors.Join(fmt.Errorf("bench: tap: %w", err), unix.Close(fd))
	}
	t := &tap{file: os.NewFile(uintptr(fd), "tap"), done: make(chan struct{}), newest: map[uint16]time.Time{}}
	go t.listen()
	return t, nil
}

func (t *tap) listen() {
	defer close(t.done)
	packet := make([]byte, 64<<10)
	for {
		n, err := t.file.Read(packet)
		if err != nil {
			return
		}
		if port, ok := pictureFrom(packet[:n]); ok {
			t.mu.Lock()
			t.newest[port] = time.Now()
			t.mu.Unlock()
		}
	}
}

// pictureFrom tells a packet of the picture and the port that it comes from: UDP over
// IPv4, and inside it RTP (RFC 7983) or the application data of DTLS (RFC 6347), which
// carries the screen updates.
func pictureFrom(packet []byte) (port uint16, ok bool) {
	const udp, udpHeader, applicationData = 17, 8, 23
	if len(packet) < mediaSize || packet[0]>>4 != 4 || packet[9] != udp {
		return 0, false
	}
	header := int(packet[0]&15) * 4
	if len(packet) <= header+udpHeader {
		return 0, false
	}
	first := packet[header+udpHeader]
	return binary.BigEndian.Uint16(packet[header:]), first >= 128 && first <= 191 || first == applicationData
}

// last is when one of the ports last sent a packet of the picture; zero if none did.
func (t *tap) last(ports []uint16) (last time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, port := range ports {
		if at := t.newest[port]; at.After(last) {
			last = at
		}
	}
	return last
}

// udpPorts are the ports of a process's UDP sockets over IPv4.
func udpPorts(pid int) ([]uint16, error) {
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		return nil, fmt.Errorf("bench: tap: %w", err)
	}
	own := map[string]bool{}
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil { // else it has just been closed
			own[target] = true
		}
	}
	table, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/udp", pid))
	if err != nil {
		return nil, fmt.Errorf("bench: tap: %w", err)
	}
	return portsIn(string(table), func(inode string) bool { return own["socket:["+inode+"]"] })
}

// portsIn reads a table such as /proc/net/udp: the local ports of the sockets whose
// inode is wanted.
func portsIn(table string, wanted func(inode string) bool) (ports []uint16, err error) {
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) < 10 || !wanted(fields[9]) {
			continue
		}
		_, hex, found := strings.Cut(fields[1], ":")
		port, err := strconv.ParseUint(hex, 16, 16)
		if !found || err != nil {
			return nil, fmt.Errorf("bench: tap: the address %q", fields[1])
		}
		ports = append(ports, uint16(port))
	}
	return ports, nil
}

func (t *tap) close() {
	if t == nil {
		return
	}
	_ = t.file.Close()
	<-t.done
}
