package agent

import (
	"errors"
	"net"
	"os"
	"testing"
)

// PROMISE A1: the shipped check sees nothing but the handshake and sealed words leave the
// program while a question lies on the real screen; and it sees it when something does:
// a socket of this process that leads elsewhere.
func TestSelfCheck(t *testing.T) {
	xscreen(t)
	cfg := Config{Display: os.Getenv("DISPLAY"), Language: "en", Version: "test", Log: testLog(t)}
	report, err := SelfCheck(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if report.Stood < checkStands || report.Bytes == 0 || report.Frames["hello"] != 1 || report.Frames["handshake"] != 2 || report.Frames["sealed"] == 0 {
		t.Errorf("report %+v", report)
	}
	stray, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stray.Close() }()
	if _, err := SelfCheck(t.Context(), cfg); !errors.Is(err, ErrLeak) {
		t.Errorf("with a UDP socket: got %v, want ErrLeak", err)
	}
}
