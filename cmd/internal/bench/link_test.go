package main

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestLinksAreReadFromTheCommandLine(t *testing.T) {
	for text, want := range map[string]link{
		"1mbit,100ms": {"1mbit,100ms", 1e6, 100 * time.Millisecond},
		"500kbit":     {"500kbit", 5e5, 0},
		"2.5mbit,0s":  {"2.5mbit,0s", 2.5e6, 0},
	} {
		if got, err := parseLink(text); err != nil || got != want {
			t.Errorf("parseLink(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, bad := range []string{"", "fast", "1", "0mbit", "-1mbit", "1mbit,", "1mbit,soon", "1mbit,-5ms", "mbit"} {
		if got, err := parseLink(bad); err == nil {
			t.Errorf("parseLink(%q) = %+v, want an error", bad, got)
		}
	}
	o, err := parse([]string{"-link", "500kbit", "-link", "1mbit,100ms"})
	if err != nil || len(o.links) != 2 || o.links.String() != "500kbit 1mbit,100ms" {
		t.Errorf("two links give %v, %v", o.links.String(), err)
	}
	if chosen := o.chosen(); len(chosen) != 3 || chosen[0].name != "typing" {
		t.Errorf("%d scenes are played over links, want three", len(chosen))
	}
}

func TestPacketsWaitForTheLinkAndArriveHalfTheDelayLater(t *testing.T) {
	s := &shaper{}
	s.become(link{rate: 1e6, delay: 100 * time.Millisecond})
	now := time.Unix(1000, 0)
	after := func(at time.Time, err error) time.Duration {
		if err != nil {
			t.Fatal(err)
		}
		return at.Sub(now)
	}
	// 1250 bytes take 10 ms at 1 Mbit/s.
	for i, want := range []time.Duration{60, 70, 80} {
		if got := after(s.take(now, 1250)); got != want*time.Millisecond {
			t.Errorf("packet %d arrives after %v, want %v ms", i, got, want)
		}
	}
	now = now.Add(time.Second)
	if got := after(s.take(now, 1250)); got != 60*time.Millisecond {
		t.Errorf("over an idle link a packet takes %v, want 60 ms", got)
	}
	figures := s.figures(2 * time.Second)
	if wait, _ := find(figures, colQueue); wait.Max != 20 || wait.Sample != 4 {
		t.Errorf("waits %+v, want at most 20 ms of 4 packets", wait)
	}
	if sent, _ := find(figures, colOnLink); sent.Value != 20 {
		t.Errorf("%v kbit/s, want 20: 5000 bytes in 2 s", sent.Value)
	}
}

func TestAFullQueueDropsAndSaysSo(t *testing.T) {
	s := &shaper{}
	s.become(link{rate: 1e6})
	now := time.Unix(1000, 0)
	dropped := 0
	for range 150 { // 1.5 s of packets at once; a second of them fits
		if _, err := s.take(now, 1250); errors.Is(err, errQueueFull) {
			dropped++
		}
	}
	if dropped != 49 {
		t.Errorf("%d of 150 dropped, want 49", dropped)
	}
	if f, _ := find(s.figures(time.Second), colDropped); f.Value != 100*49/150.0 || f.Sample != 150 {
		t.Errorf("told %+v", f)
	}
	s.reset()
	if f, _ := find(s.figures(time.Second), colDropped); f.Value != 0 {
		t.Errorf("after reset still %+v", f)
	}
}

// device is one end of a pair that keeps packets apart, as a TUN device does.
func devicePair(t *testing.T) (*os.File, *os.File) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	a, b := os.NewFile(uintptr(fds[0]), "a"), os.NewFile(uintptr(fds[1]), "b")
	t.Cleanup(func() { _ = a.Close(); _ = b.Close() })
	return a, b
}

func TestTheBridgeCarriesPacketsWholeInOrderAndLate(t *testing.T) {
	agent, near := devicePair(t)
	viewer, far := devicePair(t)
	b := newBridge(near, far)
	b.become(link{rate: 1e8, delay: 60 * time.Millisecond})
	b.reset()
	began := time.Now()
	for i := range 20 {
		if _, err := agent.Write(append([]byte{byte(i)}, make([]byte, 100*i)...)); err != nil {
			t.Fatal(err)
		}
	}
	packet := make([]byte, 4096)
	for i := range 20 {
		n, err := viewer.Read(packet)
		if err != nil || n != 1+100*i || packet[0] != byte(i) {
			t.Fatalf("packet %d: %d bytes beginning with %d, %v", i, n, packet[0], err)
		}
		if took := time.Since(began); i == 0 && took < 30*time.Millisecond {
			t.Errorf("arrived after %v, want half the delay at least", took)
		}
	}
	if f, _ := find(b.figures(), colQueue); f.Sample != 20 {
		t.Errorf("%d packets counted, want 20", f.Sample)
	}
	if _, err := viewer.Write([]byte("back")); err != nil {
		t.Fatal(err)
	}
	if n, err := agent.Read(packet); err != nil || string(packet[:n]) != "back" {
		t.Errorf("back came %q, %v", packet[:n], err)
	}
	if err := b.close(); err != nil {
		t.Error(err)
	}
}

// TestNamespacesMeetOverTheBridgeAlone needs the rights of root, which the bench's
// -link does too.
func TestNamespacesMeetOverTheBridgeAlone(t *testing.T) {
	here, err := newNamespace()
	if errors.Is(err, unix.EPERM) {
		t.Skip("no right to make network namespaces")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer here.close()
	there, err := newNamespace()
	if err != nil {
		t.Fatal(err)
	}
	defer there.close()
	device := func(n *namespace, name string, address net.IP) (f *os.File) {
		if err := n.run(func() (err error) { f, err = openTUN(name, address); return err }); err != nil {
			t.Fatal(err)
		}
		return f
	}
	b := newBridge(device(here, "bench0", nearAddress), device(there, "bench1", farAddress))
	defer b.close()
	b.become(link{rate: 1e8, delay: 60 * time.Millisecond})

	var listener net.Listener
	if err := there.run(func() (err error) { listener, err = net.Listen("tcp", farAddress.String()+":0"); return err }); err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go serve(listener, func() (net.Conn, error) { return echo(), nil })
	began := time.Now()
	var conn net.Conn
	if err := here.run(func() (err error) {
		conn, err = net.DialTimeout("tcp", listener.Addr().String(), 5*time.Second)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if took := time.Since(began); took < 60*time.Millisecond {
		t.Errorf("connected after %v, want a round trip of 60 ms at least", took)
	}
	hears(t, conn, "hello")
	if conn, err := net.DialTimeout("tcp", listener.Addr().String(), 300*time.Millisecond); err == nil {
		conn.Close()
		t.Error("this process's own network reaches the other one without the bridge")
	}
}
