package relay

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/turn/v5"

	"beside/protocol/wire"
)

func startTurn(t *testing.T) *turnServer {
	t.Helper()
	c := Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"}
	if err := c.validate(); err != nil {
		t.Fatal(err)
	}
	s, err := newTurn(c, []byte("a key of thirty-two random bytes"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// allocate makes an allocation with the credentials of servers.
func allocate(t *testing.T, s *turnServer, servers *wire.IceServers) (*turn.Client, net.PacketConn, error) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := turn.NewClient(&turn.ClientConfig{
		STUNServerAddr: s.url, TURNServerAddr: s.url, Conn: conn, LoggerFactory: silentLoggers{}, RTO: 20 * time.Millisecond,
		Username: servers.Servers[1].Username, Password: servers.Servers[1].Credential, Realm: turnRealm,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); _ = conn.Close() })
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	relayed, err := c.Allocate()
	if err == nil {
		// Before the client is closed. It says goodbye to a server that may have
		// ended the allocation already.
		t.Cleanup(func() { _ = relayed.Close() })
	}
	return c, relayed, err
}

func receive(conn net.PacketConn, wait time.Duration) (string, error) {
	if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return "", err
	}
	buf := make([]byte, 1500)
	n, _, err := conn.ReadFrom(buf)
	return string(buf[:n]), err
}

// forbidden are addresses that TURN must not relay to, in their several disguises.
func forbidden() []string {
	return strings.Fields(`
		0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.2 127.255.255.255
		169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1
		192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255
		240.0.0.1 255.255.255.254 255.255.255.255
		:: ::1 ::127.0.0.1 ::10.0.0.1 fe80::1 febf::1 fc00::1 fd00::1 fec0::1 ff02::1 ff05::2 100::1
		::ffff:127.0.0.2 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:192.168.1.1 ::ffff:100.64.0.1 ::ffff:0.0.0.0
		64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b::192.168.1.1 64:ff9b:1::10.0.0.1
		2002:7f00:1:: 2002:a00:1:: 2002:c0a8:101:: 2002:a9fe:a9fe:: 2002:808:808::
		2001::1 2001:0:7f00:1::80ff:fffe 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 3fff::1 5f00::1 4000::1`)
}

// THREAT 9: the permission handler is an allow-list.
func TestTurnPermitsPublicAddressesOnly(t *testing.T) {
	s := startTurn(t)
	list := forbidden()
	if len(list) < 60 {
		t.Fatalf("only %d addresses", len(list))
	}
	for _, text := range list {
		addr := netip.MustParseAddr(text)
		// As 4 and as 16 bytes, the way they come from the wire.
		as16 := addr.As16()
		for _, ip := range []net.IP{addr.AsSlice(), as16[:]} {
			if s.permit(nil, ip) {
				t.Errorf("%s (%d bytes) is permitted", text, len(ip))
			}
			if s.reaches(&net.UDPAddr{IP: ip, Port: 3478}) {
				t.Errorf("%s (%d bytes) is reached", text, len(ip))
			}
		}
	}
	for _, text := range []string{"8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2606:4700::1111", "100.63.255.255", "172.32.0.1"} {
		if ip := netip.MustParseAddr(text).AsSlice(); !s.permit(nil, ip) || !s.reaches(&net.UDPAddr{IP: ip, Port: 1}) {
			t.Errorf("%s is refused", text)
		}
	}
	s.allow = []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}
	if !s.permit(nil, net.IPv4(10, 1, 2, 3)) || s.permit(nil, net.IPv4(10, 2, 2, 3)) {
		t.Error("the exception for a development network does not hold")
	}
}

// THREAT 9: CreatePermission, ChannelBind and Send to a program on the relay's own
// machine: nothing arrives.
func TestTurnDeliversNothingToLoopback(t *testing.T) {
	s := startTurn(t)
	s.begin("aa")
	sentinel, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer sentinel.Close()
	port := sentinel.LocalAddr().(*net.UDPAddr).Port
	client, relayed, err := allocate(t, s, s.servers("aa", "agent"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range append(forbidden(), "127.0.0.1", "::ffff:127.0.0.1") {
		to := &net.UDPAddr{IP: netip.MustParseAddr(text).AsSlice(), Port: port}
		if err := client.CreatePermission(to); err == nil && text != "127.0.0.1" && text != "::ffff:127.0.0.1" {
			t.Errorf("permission for %s", text)
		}
		for range 5 { // Send indications first, ChannelData once a channel is bound
			_, _ = relayed.WriteTo([]byte("to "+text), to) // refused is as good as dropped
		}
	}
	if got, err := receive(sentinel, 300*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("delivered %q, %v", got, err)
	}
}

func TestTurnRelaysBetweenItsOwnAllocations(t *testing.T) {
	s := startTurn(t)
	s.begin("aa")
	_, a, err := allocate(t, s, s.servers("aa", "agent"))
	if err != nil {
		t.Fatal(err)
	}
	_, b, err := allocate(t, s, s.servers("aa", "viewer"))
	if err != nil {
		t.Fatal(err)
	}
	greet(t, a, b)
}

// greet has one end write to the other, which hears it.
func greet(t *testing.T, a, b net.PacketConn) {
	t.Helper()
	_, _ = b.WriteTo([]byte("open"), a.LocalAddr()) // a permission towards the other first
	if _, err := a.WriteTo([]byte("hello"), b.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	if got, err := receive(b, patience); got != "hello" {
		t.Errorf("got %q, %v", got, err)
	}
}

// THREAT 9, 8: dead within a second of the end; credentials are one session's.
func TestTurnEndsWithTheSession(t *testing.T) {
	s := startTurn(t)
	s.begin("aa")
	s.begin("bb")
	servers := s.servers("aa", "agent")
	if _, _, err := allocate(t, s, servers); err != nil {
		t.Fatal(err)
	}
	if _, _, err := allocate(t, s, s.servers("bb", "agent")); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	s.end("aa")
	for s.server.AllocationCount() > 1 && time.Since(start) < time.Second {
		runtime.Gosched()
	}
	if n := s.server.AllocationCount(); n != 1 || s.allocations() != 1 {
		t.Errorf("%d allocations a second after the end, %d relayed ports", n, s.allocations())
	}
	if _, _, err := allocate(t, s, servers); err == nil {
		t.Error("the ended session's credentials still work")
	}
	forged := s.servers("bb", "agent")
	forged.Servers[1].Username = strings.Replace(forged.Servers[1].Username, "bb", "cc", 1)
	s.begin("cc")
	if _, _, err := allocate(t, s, forged); err == nil {
		t.Error("credentials of one session work for another")
	}
}

// userAt is a user name that expires after d.
func userAt(d time.Duration) string {
	return strconv.FormatInt(time.Now().Add(d).Unix(), 10) + ":aa:agent"
}

func TestTurnCredentialsExpire(t *testing.T) {
	s := startTurn(t)
	s.begin("aa")
	for _, c := range []struct {
		name, user string
		want       bool
	}{
		{"fresh", userAt(time.Minute), true},
		{"expired", userAt(-time.Second), false},
		{"longer than 300 s", userAt(turnLife + time.Minute), false},
		{"no session", "1:zz:agent", false},
		{"nonsense", "nonsense", false},
	} {
		servers := &wire.IceServers{Servers: []*wire.IceServer{{}, {Username: c.user, Credential: s.password(c.user)}}}
		if _, _, err := allocate(t, s, servers); (err == nil) != c.want {
			t.Errorf("%s: got %v, want allowed %v", c.name, err, c.want)
		}
	}
}

func TestTurnQuota(t *testing.T) {
	s := startTurn(t)
	s.begin("aa")
	for i := range turnPerSession {
		if _, _, err := allocate(t, s, s.servers("aa", "agent")); err != nil {
			t.Fatalf("allocation %d: %v", i, err)
		}
	}
	if _, _, err := allocate(t, s, s.servers("aa", "agent")); err == nil {
		t.Errorf("allocation %d was made", turnPerSession+1)
	}
}

func TestTurnRefusesTCPAllocations(t *testing.T) {
	s := startTurn(t)
	if _, _, err := s.AllocateListener(turn.AllocateListenerConfig{}); !errors.Is(err, errNoTCP) {
		t.Errorf("got %v", err)
	}
	if _, err := s.AllocateConn(turn.AllocateConnConfig{}); !errors.Is(err, errNoTCP) {
		t.Errorf("got %v", err)
	}
}
