package relay

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"beside/protocol"
	"beside/protocol/wire"
	"beside/relay/internal/auth"
)

// tattler is a log that tells all that its loggers carry, said or not: what a logger holds
// comes out on the day on which something goes wrong.
type tattler struct{ told *lockedBuffer }

// Enabled takes every level.
func (tattler) Enabled(context.Context, slog.Level) bool { return true }

// Handle tells a record.
func (h tattler) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		_, err := fmt.Fprintf(h.told, "%s=%+v\n", a.Key, a.Value.Any())
		return err == nil
	})
	_, err := fmt.Fprintln(h.told, r.Message)
	return err
}

// WithAttrs tells what a logger will carry from now on.
func (h tattler) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		fmt.Fprintf(h.told, "%s=%+v\n", a.Key, a.Value.Any())
	}
	return h
}

// WithGroup changes nothing.
func (h tattler) WithGroup(string) slog.Handler { return h }

// PROMISE B2: no logger of the relay carries the address that somebody came from, of agents or
// of technicians: not when a connection is made, breaks, comes back or is refused, nor when too
// much is held for one that is gone.
func TestNoLoggerCarriesAnAddress(t *testing.T) {
	told := &lockedBuffer{}
	tr := startRelay(t, func(c *Config) { c.Log = slog.New(tattler{told}) })
	const userAddress, technicianAddress = "127.77.4.1", "127.77.4.2"
	from := func(client *http.Client, address string) *http.Client {
		transport := &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}).DialContext}
		t.Cleanup(transport.CloseIdleConnections)
		return &http.Client{Jar: client.Jar, Transport: &ownOrigin{client.Transport.(*ownOrigin).origin, transport}}
	}
	nobody := from(&http.Client{Transport: &ownOrigin{}}, userAddress)
	hello := func(token string) *wire.AgentFrame {
		return &wire.AgentFrame{Kind: &wire.AgentFrame_Hello{Hello: &wire.AgentHello{Protocol: protocol.Version, ResumeToken: token}}}
	}
	a := &testAgent{t, tr.dial("/agent/v1/connect", nil, nobody)}
	a.send(hello(""))
	token := a.read().GetWelcome().GetResumeToken()
	locator := a.read().GetLocator()
	browser, _ := tr.user(tr.org, "tech@example.com", auth.Technician)
	technician := from(browser, technicianAddress)
	wrong := tr.viewer(technician, &wire.ViewerJoin{Locator: "00000"})
	if locator.GetDigits() != "00000" {
		closeCode(t, wrong.ws)
	}
	v := tr.viewer(technician, &wire.ViewerJoin{Locator: locator.GetDigits()})
	if v.read().GetWelcome() == nil || a.read().GetJoined() == nil {
		t.Fatal("no session")
	}
	// The agent's connection breaks, and more is sent than is held for it.
	if err := a.ws.CloseNow(); err != nil {
		t.Fatal(err)
	}
	if left := v.read().GetLeft(); left.GetWhy() != wire.PeerLeft_WHY_LOST {
		t.Fatalf("the viewer is told %v", left)
	}
	for range maxHeld + 2 {
		v.forward("something")
	}
	closeCode(t, v.ws)
	back := &testAgent{t, tr.dial("/agent/v1/connect", nil, nobody)}
	back.send(hello(token)) // too late: it is refused
	closeCode(t, back.ws)
	tr.stop()

	all := told.String()
	if !strings.Contains(all, "too much held") || !strings.Contains(all, "session started") || !strings.Contains(all, "room=") {
		t.Fatalf("what was to be put to the test did not happen: %s", all)
	}
	for _, address := range []string{userAddress, technicianAddress} {
		if at := strings.Index(all, address); at >= 0 {
			t.Errorf("a logger carries %s: %s", address, all[max(0, at-60):at+len(address)])
		}
	}
}
