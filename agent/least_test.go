package agent

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/user"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"

	"beside/consent/consenttest"
	"beside/protocol"
	"beside/protocol/wire"
)

// PROMISE C1, D5: to be helped nobody says who they are. What the program says to the relay
// before the handshake is the protocol's version, its own and the organisation, to the last
// byte; the request carries no cookie, no language and nothing of the machine.
func TestTheProgramSaysNothingOfItsUser(t *testing.T) {
	type said struct {
		header http.Header
		hello  []byte
	}
	heard := make(chan said, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ws, err := websocket.Accept(w, req, nil)
		if err != nil {
			return
		}
		defer ws.CloseNow()
		if _, data, err := ws.Read(req.Context()); err == nil {
			select {
			case heard <- said{req.Header, data}:
			default: // it tries again
			}
		}
	}))
	defer server.Close()
	s, err := newSignaller(Config{Relay: server.URL, Organisation: "acme", Version: "1.2.3", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	got := receive(t, "the hello", heard)
	cancel()
	if err := receive(t, "the end", done); err != nil {
		t.Error(err)
	}
	want, err := proto.Marshal(&wire.AgentFrame{Kind: &wire.AgentFrame_Hello{Hello: &wire.AgentHello{
		Protocol: protocol.Version, AgentVersion: "1.2.3", Organisation: "acme", Audit: true,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.hello, want) {
		t.Errorf("the hello is %q, want %q", got.hello, want)
	}
	usual := []string{"Accept-Encoding", "Connection", "Upgrade", "Sec-Websocket-Key", "Sec-Websocket-Version", "User-Agent"}
	names := []string{}
	if host, err := os.Hostname(); err == nil {
		names = append(names, host)
	}
	if me, err := user.Current(); err == nil {
		names = append(names, me.Username, me.HomeDir)
	}
	for name, values := range got.header {
		if !slices.Contains(usual, name) {
			t.Errorf("the request says %s: %q", name, values)
		}
		for _, secret := range names {
			if len(secret) > 3 && strings.Contains(strings.Join(values, " "), secret) {
				t.Errorf("the request says %q in %s", secret, name)
			}
		}
	}
	if agent := got.header.Get("User-Agent"); agent != "" && agent != "Go-http-client/1.1" {
		t.Errorf("the program calls itself %q", agent)
	}
}

// PROMISE C1: of the way to the technician nobody is asked but the servers that the relay
// names: none where it names none.
func TestNobodyElseIsAskedForTheWay(t *testing.T) {
	named := &wire.IceServers{Servers: []*wire.IceServer{{Urls: []string{"stun:127.0.0.1:9"}}}}
	for name, c := range map[string]struct {
		servers *wire.IceServers
		want    []string
	}{"none": {nil, nil}, "one": {named, []string{"stun:127.0.0.1:9"}}} {
		_, viewer, offer := viewerOffer(t)
		own, err := newIdentity()
		if err != nil {
			t.Fatal(err)
		}
		grant, _ := consenttest.NewView(t)
		p, _, err := newPeer(peerConfig{
			grant: grant, identity: own, remote: viewer.fingerprint, loopback: true, servers: c.servers, events: quietEvents(),
		}, offer)
		if err != nil {
			t.Fatal(err)
		}
		asked := func(cfg webrtc.Configuration) (urls []string) {
			for _, s := range cfg.ICEServers {
				urls = append(urls, s.URLs...)
			}
			return urls
		}
		if got := asked(p.pc.GetConfiguration()); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q are asked, want %q", name, got, c.want)
		}
		<-webrtc.GatheringCompletePromise(p.pc) // the library reads its servers meanwhile, without a lock
		p.setServers(c.servers)
		if got := asked(p.pc.GetConfiguration()); !slices.Equal(got, c.want) {
			t.Errorf("%s: afterwards %q are asked, want %q", name, got, c.want)
		}
		if err := p.close(); err != nil {
			t.Error(err)
		}
	}
}
