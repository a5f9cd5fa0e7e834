package e2e

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// packet is one UDP datagram, or one TCP segment that carries something.
type packet struct {
	tcp      bool
	at       time.Time  // by the kernel, when it was sent
	from, to int        // ports
	address  netip.Addr // that it goes to
	first    byte       // of the payload; of what a TURN channel carries, if it is one's
	size     int        // of the payload
}

// media reports whether the packet may carry pictures: RTP and RTCP (RFC 7983), and
// messages of data channels that are longer than what keeps a connection and says
// goodbye. The rest is STUN and DTLS.
func (p packet) media() bool {
	const appData, upkeep = 23, 260
	return !p.tcp && (p.first >= 128 && p.first <= 191 || p.first == appData && p.size > upkeep)
}

// wiretap writes down what passes on a network interface, as the kernel sees it: no program's own account of what it sent is believed.
type wiretap struct {
	fd   int
	done chan struct{}

	mu      sync.Mutex
	packets []packet
	stopped bool
}

// tapWire listens until the test ends.
func tapWire(t *testing.T) *wiretap {
	t.Helper()
	w := tap(t, "lo")
	w.prove(t)
	return w
}

// tap writes down what arrives at a network card of the network that the test is in. It
// needs the right to, which root has.
func tap(t *testing.T, card string) *wiretap {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, int(swap(unix.ETH_P_IP)))
	if errors.Is(err, unix.EPERM) {
		t.Fatal("The end-to-end tests count packets on the loopback interface. Run them as root, " +
			"or give the right to a built test: go test -c, setcap cap_net_raw+ep.")
	}
	if err != nil {
		t.Fatal(err)
	}
	w := &wiretap{fd: fd, done: make(chan struct{})}
	device, err := net.InterfaceByName(card)
	if err != nil {
		t.Fatal(errors.Join(err, unix.Close(fd)))
	}
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 8<<20),
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 20_000}))
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: swap(unix.ETH_P_IP), Ifindex: device.Index})
	}
	if err != nil {
		t.Fatal(errors.Join(err, unix.Close(fd)))
	}
	go w.listen()
	t.Cleanup(func() { w.close(t) })
	return w
}

// swap turns a number into network order.
func swap(n uint16) uint16 { return n<<8 | n>>8 }

func (w *wiretap) listen() {
	defer close(w.done)
	buffer, control := make([]byte, 128), make([]byte, 128)
	for {
		n, oob, _, from, err := unix.Recvmsg(w.fd, buffer, control, unix.MSG_TRUNC)
		w.mu.Lock()
		stopped := w.stopped
		w.mu.Unlock()
		if stopped {
			return
		}
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return
		}
		// Everything on this interface passes twice, on its way out and on its way in.
		if link, ok := from.(*unix.SockaddrLinklayer); !ok || link.Pkttype != unix.PACKET_HOST {
			continue
		}
		if p, ok := parse(buffer[:min(n, len(buffer))], stamp(control[:oob])); ok {
			w.mu.Lock()
			w.packets = append(w.packets, p)
			w.mu.Unlock()
		}
	}
}

// parse reads an IPv4 packet.
func parse(b []byte, at time.Time) (packet, bool) {
	const tcp, udp = 6, 17
	if len(b) < 20 || b[0]>>4 != 4 || b[9] != tcp && b[9] != udp {
		return packet{}, false
	}
	p := packet{at: at, tcp: b[9] == tcp}
	p.address, _ = netip.AddrFromSlice(b[16:20])
	size := int(binary.BigEndian.Uint16(b[2:])) - 4*int(b[0]&15)
	b = b[min(len(b), 4*int(b[0]&15)):]
	header := 8
	if p.tcp && len(b) > 12 {
		header = 4 * int(b[12]>>4)
	}
	if len(b) <= header || size <= header {
		return packet{}, false
	}
	p.from, p.to = int(binary.BigEndian.Uint16(b)), int(binary.BigEndian.Uint16(b[2:]))
	p.size, p.first = size-header, carried(b[header:])
	return p, true
}

// carried is the first byte of a payload, or of what is inside when it belongs to a TURN
// channel (RFC 8656, 12.4).
func carried(payload []byte) byte {
	const channelHeader = 4
	if first := payload[0]; first < 64 || first > 79 || len(payload) <= channelHeader {
		return first
	}
	return payload[channelHeader]
}

// stamp is when the kernel took the packet.
func stamp(control []byte) time.Time {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return time.Now()
	}
	for _, m := range messages {
		if m.Header.Type == unix.SCM_TIMESTAMPNS && len(m.Data) >= 16 {
			return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:])))
		}
	}
	return time.Now()
}

// prove sends a datagram that must be heard: a deaf wiretap proves nothing.
func (w *wiretap) prove(t *testing.T) {
	t.Helper()
	conn, err := net.Dial("udp4", "127.0.0.1:9")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte{0x80, 0}); err != nil {
		t.Fatal(err)
	}
	own := conn.LocalAddr().(*net.UDPAddr).Port
	ctx, cancel := context.WithTimeout(t.Context(), closeTime)
	defer cancel()
	if err := until(ctx, func() bool {
		return len(w.heard(func(p packet) bool { return p.from == own && p.media() })) == 1
	}); err != nil {
		t.Fatalf("the wire cannot be heard: %v", err)
	}
}

// close ends the listening and makes sure that nothing was missed.
func (w *wiretap) close(t *testing.T) {
	stats, err := unix.GetsockoptTpacketStats(w.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil || stats.Drops > 0 {
		t.Errorf("the wiretap missed packets: %+v, %v", stats, err)
	}
	w.mu.Lock()
	w.stopped = true
	w.mu.Unlock()
	<-w.done
	if err := unix.Close(w.fd); err != nil {
		t.Error(err)
	}
}

// heard returns the packets so far that which accepts.
func (w *wiretap) heard(which func(packet) bool) (found []packet) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.packets {
		if which(p) {
			found = append(found, p)
		}
	}
	return found
}

// lastMedia returns the newest media packet that came from one of the ports.
func (w *wiretap) lastMedia(ports []int) (packet, bool) {
	found := w.heard(func(p packet) bool { return p.media() && slices.Contains(ports, p.from) })
	if len(found) == 0 {
		return packet{}, false
	}
	return found[len(found)-1], true
}

// mediaSince counts the media packets that left the ports after a moment.
func (w *wiretap) mediaSince(ports []int, after time.Time) int {
	return len(w.heard(func(p packet) bool { return p.media() && p.at.After(after) && slices.Contains(ports, p.from) }))
}

// sockets knows every UDP port that processes had since it began to watch them, and
// since when.
type sockets struct {
	mu     sync.Mutex
	seen   map[int]time.Time
	looked map[string]int // how often the owner of each of the machine's sockets was looked for
}

// looks is how often: a socket has its process from the beginning, so once would do.
const looks = 10

// watchSockets looks every few milliseconds until the test ends.
func watchSockets(t *testing.T, pids ...int) *sockets {
	t.Helper()
	s := &sockets{seen: map[int]time.Time{}, looked: map[string]int{}}
	s.look(pids)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(4 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				s.look(pids)
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return s
}

func (s *sockets) look(pids []int) {
	udp := udpSockets()
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := false
	for name := range udp {
		s.looked[name]++
		fresh = fresh || s.looked[name] <= looks
	}
	if !fresh {
		return // to read what all processes have open takes long
	}
	for _, pid := range pids {
		links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		if err != nil {
			continue
		}
		for _, link := range links {
			name, err := os.Readlink(link)
			if err != nil {
				continue // closed meanwhile
			}
			port, ok := udp[name]
			if _, known := s.seen[port]; ok && !known {
				s.seen[port] = time.Now()
			}
		}
	}
}

// udpSockets maps "socket:[inode]" to the local port of every UDP socket.
func udpSockets() map[string]int {
	found := map[string]int{}
	for _, table := range []string{"/proc/net/udp", "/proc/net/udp6"} {
		content, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(content)) {
			fields := strings.Fields(line)
			if len(fields) < 10 {
				continue
			}
			_, hex, _ := strings.Cut(fields[1], ":")
			if port, err := strconv.ParseUint(hex, 16, 16); err == nil {
				found["socket:["+fields[9]+"]"] = int(port)
			}
		}
	}
	return found
}

// ports are all that were seen.
func (s *sockets) ports() (ports []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for port := range s.seen {
		ports = append(ports, port)
	}
	return ports
}

// first is when the first of them was seen.
func (s *sockets) first() (first time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, at := range s.seen {
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

// browserSockets watches the browser with all of its processes.
func (s *scene) browserSockets() *sockets {
	s.t.Helper()
	return watchSockets(s.t, s.browserProcesses()...)
}
