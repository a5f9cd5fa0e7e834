package e2e

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// island is a network of its own, in a name space of the kernel's: nothing is in it but
// what a test connects. It ends with the test and the processes that were started in it.
type island struct {
	t     *testing.T
	space *os.File
}

// newIsland makes a network. It needs the right to, which root has.
func newIsland(t *testing.T) *island {
	t.Helper()
	n := &island{t: t}
	var err error
	away(t, func() error { return unix.Unshare(unix.CLONE_NEWNET) }, func() { n.space, err = os.Open("/proc/thread-self/ns/net") })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.space.Close() })
	n.ip("link set lo up")
	return n
}

// away moves the calling goroutine's thread to another network for as long as f runs. A
// socket belongs to the network that it was made in, a process to that of the thread that
// started it.
func away(t *testing.T, move func() error, f func()) {
	t.Helper()
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err == nil {
		defer home.Close()
		err = move()
	}
	if err != nil {
		runtime.UnlockOSThread()
		if errors.Is(err, unix.EPERM) {
			t.Fatal("The tests of sessions over TURN make networks of their own (unshare, CAP_SYS_ADMIN and CAP_NET_ADMIN). Run them as root.")
		}
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err != nil {
			t.Fatal(err) // the thread stays locked and ends with the goroutine
		}
		runtime.UnlockOSThread()
	}()
	f()
}

// in runs f inside the network.
func (n *island) in(f func()) {
	n.t.Helper()
	away(n.t, func() error { return unix.Setns(int(n.space.Fd()), unix.CLONE_NEWNET) }, f)
}

// ip runs the system's own tool inside the network.
func (n *island) ip(args string) {
	n.t.Helper()
	n.in(func() {
		if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
			n.t.Fatalf("ip %s: %v: %s", args, err, out)
		}
	})
}

// path names the network for other processes.
func (n *island) path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.space.Fd()) }

// connect lays a cable from here to a machine: the card called name here, with the first
// address of the net, and eth0 there, with the second and a way to everywhere through here.
func (n *island) connect(name string, machine *island, net24 string) {
	n.t.Helper()
	n.ip(fmt.Sprintf("link add %s type veth peer name eth0 netns %s", name, machine.path()))
	n.ip(fmt.Sprintf("address add %s.1/24 dev %s", net24, name))
	n.ip(fmt.Sprintf("link set %s up", name))
	machine.ip(fmt.Sprintf("address add %s.2/24 dev eth0", net24))
	machine.ip("link set eth0 up")
	machine.ip(fmt.Sprintf("route add default via %s.1", net24))
}

// passNothingOn makes sure that this machine carries no packet from one card to another.
func (n *island) passNothingOn() {
	n.t.Helper()
	n.in(func() {
		const forward = "/proc/sys/net/ipv4/ip_forward"
		now, err := os.ReadFile(forward)
		if err == nil && strings.TrimSpace(string(now)) != "0" {
			err = os.WriteFile(forward, []byte("0"), 0)
		}
		if err != nil {
			n.t.Fatal(err)
		}
	})
}

// swallowUDP lets no UDP in by these cards, as firewalls do: without a word.
func (n *island) swallowUDP(cards ...string) {
	n.t.Helper()
	// Rules of ours must come before the one that hands packets to this machine itself.
	n.ip("rule add pref 100 lookup local")
	for _, card := range cards {
		n.ip("rule add pref 10 iif " + card + " ipproto udp blackhole")
	}
	n.ip("rule del pref 0")
}

// listen opens a UDP socket inside the network.
func (n *island) listen(address string) (conn net.PacketConn) {
	n.t.Helper()
	n.in(func() {
		var err error
		if conn, err = net.ListenPacket("udp4", address); err != nil {
			n.t.Fatal(err)
		}
	})
	n.t.Cleanup(func() { conn.Close() })
	return conn
}

// udpPorts are the local ports of all UDP sockets in a process's network.
func udpPorts(t *testing.T, pid int) (ports []int) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(pid), "net", "udp"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		var slot, address, port int
		if n, _ := fmt.Sscanf(line, "%d: %x:%x", &slot, &address, &port); n == 3 {
			ports = append(ports, port)
		}
	}
	return ports
}
