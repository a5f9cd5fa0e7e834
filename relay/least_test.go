package relay

import (
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beside/protocol"
	"beside/protocol/wire"
	"beside/relay/internal/auth"
)

// PROMISE B2, C1, D5: of whoever was helped the relay keeps that there was a session, when,
// and with whom of its own people: not the address they came from, nor what their program
// and their computer said of themselves. There is no account of theirs.
func TestNothingIsKeptOfTheUser(t *testing.T) {
	tr := startRelay(t, nil)
	const userAddress, technicianAddress = "127.77.3.1", "127.77.3.2"
	from := func(client *http.Client, address string) *http.Client {
		transport := &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}).DialContext}
		t.Cleanup(transport.CloseIdleConnections)
		return &http.Client{Jar: client.Jar, Transport: &ownOrigin{client.Transport.(*ownOrigin).origin, transport}}
	}
	said := http.Header{"User-Agent": {"canary-program"}, "Accept-Language": {"canary-language"}}
	nobody := from(&http.Client{Transport: &ownOrigin{}}, userAddress)
	a := &testAgent{t, tr.dial("/agent/v1/connect", said, nobody)}
	a.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Hello{Hello: &wire.AgentHello{AgentVersion: "canary-version", Protocol: protocol.Version}}})
	if welcome := a.read().GetWelcome(); welcome == nil {
		t.Fatal("no welcome")
	}
	locator := a.read().GetLocator()
	browser, _ := tr.user(tr.org, "tech@example.com", auth.Technician)
	v := tr.viewer(from(browser, technicianAddress), &wire.ViewerJoin{Locator: locator.GetDigits()})
	joined := a.read().GetJoined()
	if v.read().GetWelcome() == nil || joined == nil {
		t.Fatal("no session")
	}
	a.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Over{Over: &wire.SessionOver{}}})
	closeCode(t, v.ws)
	tr.stop()

	kept := tr.everythingKept()
	if !strings.Contains(kept, "tech@example.com") || !strings.Contains(kept, joined.SessionId) {
		t.Fatal("the search would find nothing at all")
	}
	for _, canary := range []string{userAddress, technicianAddress, "canary-program", "canary-language", "canary-version"} {
		if strings.Contains(kept, canary) {
			t.Errorf("%q is kept", canary)
		}
	}
}

// everythingKept is every file of the relay's folder, and its log.
func (tr *testRelay) everythingKept() string {
	tr.t.Helper()
	kept := tr.logs.String()
	err := filepath.WalkDir(tr.cfg.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		kept += string(data)
		return err
	})
	if err != nil {
		tr.t.Fatal(err)
	}
	return kept
}
