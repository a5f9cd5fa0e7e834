package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// tap listens on the loopback interface and remembers when the last large packet of
// media passed. It needs the right to see raw packets; the page's own statistics are
// cached for 50 ms and vanish with the connection.
type tap struct {
	file   *os.File
	newest atomic.Int64 // Unix nanoseconds
	done   chan struct{}
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
	t := &tap{file: os.NewFile(uintptr(fd), "tap"), done: make(chan struct{})}
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
		if isPicture(packet[:n]) {
			t.newest.Store(time.Now().UnixNano())
		}
	}
}

// isPicture tells a packet of the picture: UDP over IPv4, and inside it RTP (RFC 7983)
// or the application data of DTLS (RFC 6347), which carries the screen updates.
func isPicture(packet []byte) bool {
	const udp, udpHeader, applicationData = 17, 8, 23
	if len(packet) < mediaSize || packet[0]>>4 != 4 || packet[9] != udp {
		return false
	}
	header := int(packet[0]&15) * 4
	if len(packet) <= header+udpHeader {
		return false
	}
	first := packet[header+udpHeader]
	return first >= 128 && first <= 191 || first == applicationData
}

func (t *tap) last() time.Time { return time.Unix(0, t.newest.Load()) }

func (t *tap) close() {
	if t == nil {
		return
	}
	_ = t.file.Close()
	<-t.done
}
