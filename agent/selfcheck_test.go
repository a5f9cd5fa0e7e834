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
	var report CheckReport
	err := ErrInterrupted
	for tries := 0; errors.Is(err, ErrInterrupted) && tries < 3; tries++ { // a busy machine may lose the bar
		report, err = SelfCheck(t.Context(), cfg)
	}
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

// A check whose question went away says so, and neither that all is well nor that anything
// left.
func TestSelfCheckThatIsInterrupted(t *testing.T) {
	c := &selfCheck{report: CheckReport{Frames: map[string]int{"hello": 1, "handshake": 2, "sealed": 3, frameOver: 1}}}
	if err := c.judge(); !errors.Is(err, ErrInterrupted) || errors.Is(err, ErrLeak) {
		t.Errorf("got %v, want ErrInterrupted", err)
	}
	c.report.Frames["unreadable"] = 1
	if err := c.judge(); !errors.Is(err, ErrLeak) {
		t.Errorf("with another frame: got %v, want ErrLeak", err)
	}
}
