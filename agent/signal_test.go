package agent

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"beside/protocol"
	"beside/protocol/wire"
)

// fakeRelay is a relay in this process that the test plays connection by connection.
type fakeRelay struct {
	t      *testing.T
	server *httptest.Server
	conns  chan *fakeConn
}

// fakeConn is one agent's connection, seen from the relay.
type fakeConn struct {
	t    *testing.T
	ws   *websocket.Conn
	ctx  context.Context
	over chan struct{} // lets the handler return
}

func newFakeRelay(t *testing.T) *fakeRelay {
	r := &fakeRelay{t: t, conns: make(chan *fakeConn)}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/agent/v1/connect" || req.Header.Get("Origin") != "" {
			http.Error(w, "not an agent", http.StatusForbidden)
			return
		}
		ws, err := websocket.Accept(w, req, nil)
		if err != nil {
			return
		}
		defer ws.CloseNow()
		c := &fakeConn{t: t, ws: ws, ctx: ctx, over: make(chan struct{})}
		select {
		case r.conns <- c:
		case <-ctx.Done():
			return
		}
		select {
		case <-c.over:
		case <-ctx.Done():
		}
	}))
	t.Cleanup(func() { cancel(); r.server.Close() })
	return r
}

// next is the agent's next connection.
func (r *fakeRelay) next() *fakeConn {
	r.t.Helper()
	select {
	case c := <-r.conns:
		return c
	case <-time.After(30 * time.Second):
		r.t.Fatal("the agent did not connect")
		return nil
	}
}

func (c *fakeConn) frame() *wire.AgentFrame {
	c.t.Helper()
	_, data, err := c.ws.Read(c.ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	f, err := protocol.DecodeAgentFrame(data)
	if err != nil {
		c.t.Fatal(err)
	}
	return f
}

func (c *fakeConn) send(f *wire.RelayToAgent) {
	c.t.Helper()
	data, err := proto.Marshal(f)
	if err != nil {
		c.t.Fatal(err)
	}
	c.raw(websocket.MessageBinary, data)
}

func (c *fakeConn) raw(kind websocket.MessageType, data []byte) {
	c.t.Helper()
	if err := c.ws.Write(c.ctx, kind, data); err != nil {
		c.t.Fatal(err)
	}
}

func (c *fakeConn) welcome(token string) {
	c.send(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Welcome{Welcome: &wire.AgentWelcome{
		Organisation: &wire.Organisation{Id: "o1", Name: "Acme IT Support"}, ResumeToken: token,
	}}})
}

// cut breaks the connection without a word.
func (c *fakeConn) cut() { c.ws.CloseNow(); close(c.over) }

// connectTo runs a signaller against an address until the test ends.
func connectTo(t *testing.T, address string) *signaller {
	t.Helper()
	s, err := newSignaller(Config{
		Relay: address, Organisation: "acme", Version: "1.2.3", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return s
}

// nextEvent is what the signaller tells next.
func nextEvent(t *testing.T, s *signaller) linkEvent {
	t.Helper()
	select {
	case e := <-s.events:
		return e
	case <-time.After(30 * time.Second):
		t.Fatal("the signaller told nothing")
		return linkEvent{}
	}
}

func wantUp(t *testing.T, s *signaller) {
	t.Helper()
	if e := nextEvent(t, s); !e.up {
		t.Fatalf("told %+v, want up", e)
	}
}

func wantLost(t *testing.T, s *signaller) error {
	t.Helper()
	e := nextEvent(t, s)
	if e.lost == nil {
		t.Fatalf("told %+v, want lost", e)
	}
	return e.lost
}

func wantWelcome(t *testing.T, s *signaller) {
	t.Helper()
	if e := nextEvent(t, s); e.frame.GetWelcome() == nil {
		t.Fatalf("told %+v, want a welcome", e)
	}
}

func TestTheSignallerSaysHelloAndPassesFrames(t *testing.T) {
	relay := newFakeRelay(t)
	s := connectTo(t, relay.server.URL)
	conn := relay.next()
	hello := conn.frame().GetHello()
	if hello.GetProtocol() != protocol.Version || hello.GetOrganisation() != "acme" || hello.GetAgentVersion() != "1.2.3" || hello.GetResumeToken() != "" {
		t.Errorf("hello is %v", hello)
	}
	wantUp(t, s)
	conn.welcome("room.secret")
	wantWelcome(t, s)
	if !s.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Over{Over: &wire.SessionOver{}}}) {
		t.Error("the frame was dropped")
	}
	if f := conn.frame(); f.GetOver() == nil {
		t.Errorf("the relay got %v", f)
	}
}

// THREAT 8: a token serves the connection after the one it came with, and never when
// it was forgotten.
func TestALostConnectionIsResumedWithTheLastToken(t *testing.T) {
	relay := newFakeRelay(t)
	s := connectTo(t, relay.server.URL)
	for _, want := range []string{"", "token.1", "token.2"} {
		conn := relay.next()
		if got := conn.frame().GetHello().GetResumeToken(); got != want {
			t.Errorf("hello carries %q, want %q", got, want)
		}
		wantUp(t, s)
		conn.welcome(map[string]string{"": "token.1", "token.1": "token.2", "token.2": "token.3"}[want])
		wantWelcome(t, s)
		conn.cut()
		wantLost(t, s)
	}
	s.forget()
	if got := relay.next().frame().GetHello().GetResumeToken(); got != "" {
		t.Errorf("after it was forgotten, hello carries %q", got)
	}
}

func TestATokenThatTheRelayRefusesIsForgotten(t *testing.T) {
	relay := newFakeRelay(t)
	s := connectTo(t, relay.server.URL)
	conn := relay.next()
	conn.frame()
	wantUp(t, s)
	conn.welcome("token.1")
	wantWelcome(t, s)
	conn.cut()
	wantLost(t, s)
	conn = relay.next()
	conn.frame()
	wantUp(t, s)
	conn.send(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Error{Error: &wire.RelayError{Code: wire.RelayError_CODE_RESUME}}})
	if e := nextEvent(t, s); e.frame.GetError().GetCode() != wire.RelayError_CODE_RESUME {
		t.Fatalf("told %+v", e)
	}
	conn.cut()
	wantLost(t, s)
	if got := relay.next().frame().GetHello().GetResumeToken(); got != "" {
		t.Errorf("hello still carries %q", got)
	}
}

// THREAT 18: what cannot be read ends the connection, not the program.
func TestWhatCannotBeReadEndsTheConnection(t *testing.T) {
	for name, spoil := range map[string]func(*fakeConn){
		"not a message": func(c *fakeConn) { c.raw(websocket.MessageBinary, []byte{0xff, 0xff, 0xff}) },
		"empty":         func(c *fakeConn) { c.raw(websocket.MessageBinary, nil) },
		"text":          func(c *fakeConn) { c.raw(websocket.MessageText, []byte("hello")) },
		"too large":     func(c *fakeConn) { c.raw(websocket.MessageBinary, make([]byte, protocol.MaxFrame+1)) },
		"a locator of letters": func(c *fakeConn) {
			c.send(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Locator{Locator: &wire.Locator{Digits: "abcde"}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			relay := newFakeRelay(t)
			s := connectTo(t, relay.server.URL)
			conn := relay.next()
			conn.frame()
			wantUp(t, s)
			spoil(conn)
			wantLost(t, s)
			close(conn.over)
			again := relay.next() // and it goes on
			again.frame()
			wantUp(t, s)
			close(again.over)
		})
	}
}

func TestARelayThatIsNotThereIsLookedForAgain(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	s := connectTo(t, gone.URL)
	wantLost(t, s) // reached, and not a relay
	gone.Close()
	if err := wantLost(t, s); !strings.Contains(err.Error(), "reach the relay") {
		t.Errorf("the log is told %v", err)
	}
	wantLost(t, s)
}

// THREAT 18: a relay that does not read holds up nothing here.
func TestAFullQueueDropsInsteadOfWaiting(t *testing.T) {
	s, err := newSignaller(Config{Relay: "https://relay.example", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	frame := &wire.AgentFrame{Kind: &wire.AgentFrame_Over{Over: &wire.SessionOver{}}}
	for i := range outgoingQueue {
		if !s.send(frame) {
			t.Fatalf("frame %d was dropped", i)
		}
	}
	if s.send(frame) {
		t.Error("a frame was taken that there is no room for")
	}
	if err := s.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Confirm{Confirm: &wire.Confirm{Tag: make([]byte, 64)}}}); err == nil {
		t.Error("a frame for the viewer was dropped without a word")
	}
}

// THREAT 26: an address that is not encrypted is refused, but on this machine.
func TestAddressesOfTheRelay(t *testing.T) {
	for address, want := range map[string]string{
		"https://relay.example":        "wss://relay.example/agent/v1/connect",
		"https://relay.example:8443/":  "wss://relay.example:8443/agent/v1/connect",
		"http://127.0.0.1:8080":        "ws://127.0.0.1:8080/agent/v1/connect",
		"http://localhost:8080":        "ws://localhost:8080/agent/v1/connect",
		"http://[::1]:8080":            "ws://[::1]:8080/agent/v1/connect",
		"http://relay.example":         "",
		"http://192.168.1.1":           "",
		"http://127.0.0.1.example.com": "",
		"ws://relay.example":           "",
		"relay.example":                "",
		"":                             "",
	} {
		got, _, err := connectURL(address)
		if got != want || (want == "") != errors.Is(err, ErrConfig) {
			t.Errorf("%q: %q, %v; want %q", address, got, err, want)
		}
	}
}

// A whole meeting over a real WebSocket: wrong secret, then nothing more.
func TestABurntCodeOverTheWire(t *testing.T) {
	relay := newFakeRelay(t)
	s := connectTo(t, relay.server.URL)
	screen := &startScreen{}
	l := newLobby(&Agent{cfg: Config{Log: slog.New(slog.DiscardHandler)}, link: s, log: slog.New(slog.DiscardHandler)})
	l.windows = screen
	ctx, cancel := context.WithCancel(t.Context())
	waited := make(chan struct{})
	go func() {
		defer close(waited)
		if _, err := l.wait(ctx); !errors.Is(err, errClosed) {
			t.Errorf("the lobby ended with %v", err)
		}
	}()
	defer func() { cancel(); <-waited }()

	conn := relay.next()
	conn.frame()
	conn.welcome("room.secret")
	conn.send(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Locator{Locator: &wire.Locator{
		Digits: "12345", Expires: timestamppb.New(time.Now().Add(codeLife)),
	}}})
	conn.send(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Joined{Joined: &wire.TechnicianJoined{
		SessionId: "session1", Technician: &wire.Technician{Id: "t1", Name: "Ana Pérez"}, UploadToken: "bsu_x",
	}}})
	guess, err := protocol.NewCode("12345") // right once in a million
	if err != nil {
		t.Fatal(err)
	}
	shake := viewerShake(t, guess)
	share, err := shake.Start()
	if err != nil {
		t.Fatal(err)
	}
	conn.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Share{Share: share}})
	confirm, err := shake.Finish(conn.peerFrame().GetShare())
	if err != nil {
		t.Fatal(err)
	}
	conn.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Confirm{Confirm: confirm}})
	if why := conn.peerFrame().GetFailed().GetWhy(); why != wire.HandshakeFailed_WHY_WRONG_SECRET {
		t.Errorf("the technician is told %v", why)
	}
	if why := conn.frame().GetNewCode().GetWhy(); why != wire.NewCode_WHY_BURNT {
		t.Errorf("the relay is told %v", why)
	}
}

func (c *fakeConn) forward(f *wire.PeerFrame) {
	c.t.Helper()
	data, err := proto.Marshal(f)
	if err != nil {
		c.t.Fatal(err)
	}
	c.send(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Forward{Forward: data}})
}

func (c *fakeConn) peerFrame() *wire.PeerFrame {
	c.t.Helper()
	f, err := protocol.DecodePeerFrame(c.frame().GetForward())
	if err != nil {
		c.t.Fatal(err)
	}
	return f
}
