package main

import (
	"net"
	"os"
	"slices"
	"testing"
	"time"
)

func TestTheTapSeesThePictureOnly(t *testing.T) {
	packet := func(protocol, first byte, size int) []byte {
		b := make([]byte, size)
		b[0], b[9], b[20], b[21], b[28] = 0x45, protocol, 0x12, 0x34, first
		return b
	}
	for name, c := range map[string]struct {
		packet []byte
		want   bool
	}{
		"RTP":                       {packet(17, 128, 1200), true},
		"a screen update over DTLS": {packet(17, 23, 1200), true},
		"RTCP or a short packet":    {packet(17, 128, 120), false},
		"a short message":           {packet(17, 23, 120), false},
		"a DTLS handshake":          {packet(17, 22, 1200), false},
		"STUN":                      {packet(17, 0, 1200), false},
		"TCP":                       {packet(6, 128, 1200), false},
		"cut off":                   {packet(17, 128, 1200)[:20], false},
	} {
		if port, got := pictureFrom(c.packet); got != c.want || got && port != 0x1234 {
			t.Errorf("%s: %v from port %#x, want %v", name, got, port, c.want)
		}
	}
}

func TestTheTapKnowsWhoseAPacketIs(t *testing.T) {
	now := time.Unix(500, 0)
	tap := &tap{newest: map[uint16]time.Time{1: now, 2: now.Add(time.Second), 3: now.Add(time.Hour)}}
	if got := tap.last([]uint16{1, 2, 9}); !got.Equal(now.Add(time.Second)) {
		t.Errorf("the last packet of two ports was at %v", got)
	}
	if got := tap.last([]uint16{9}); !got.IsZero() {
		t.Errorf("a port that sent nothing did so at %v", got)
	}
	table := `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  123: 0100007F:A1B2 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 0
  124: 00000000:14E9 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 0
`
	if got, err := portsIn(table, func(inode string) bool { return inode == "4711" }); err != nil || !slices.Equal(got, []uint16{0xa1b2}) {
		t.Errorf("ports %x, %v", got, err)
	}
	if got, err := portsIn("1: nothing b c d e f g h 4711 x", func(string) bool { return true }); err == nil {
		t.Errorf("a malformed address gives %v", got)
	}
}

func TestTheUDPPortsOfAProcess(t *testing.T) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	got, err := udpPorts(os.Getpid())
	if want := uint16(conn.LocalAddr().(*net.UDPAddr).Port); err != nil || !slices.Contains(got, want) {
		t.Errorf("ports %v, %v; want %d among them", got, err, want)
	}
}
