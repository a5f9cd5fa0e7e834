package relay

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"beside/protocol"
	"beside/protocol/wire"
	"beside/relay/internal/audit"
	"beside/relay/internal/auth"
)

// patience bounds every wait of the tests; nothing is expected to take long.
const patience = 10 * time.Second

// testAgent is an agent's end of the wire.
type testAgent struct {
	t  *testing.T
	ws *websocket.Conn
}

func (tr *testRelay) dialAgent(hello *wire.AgentHello) *testAgent {
	tr.t.Helper()
	ws := tr.dial("/agent/v1/connect", nil, http.DefaultClient)
	a := &testAgent{tr.t, ws}
	hello.Protocol = protocol.Version
	a.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Hello{Hello: hello}})
	return a
}

// agent connects an agent and returns it with its welcome and first code.
func (tr *testRelay) agent() (*testAgent, *wire.AgentWelcome, *wire.Locator) {
	tr.t.Helper()
	a := tr.dialAgent(&wire.AgentHello{AgentVersion: "test"})
	welcome := a.read().GetWelcome()
	locator := a.read().GetLocator()
	if welcome == nil || locator == nil {
		tr.t.Fatalf("got welcome %v, locator %v", welcome, locator)
	}
	return a, welcome, locator
}

func (tr *testRelay) dial(path string, h http.Header, client *http.Client) *websocket.Conn {
	tr.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, strings.Replace(tr.URL(), "http", "ws", 1)+path, &websocket.DialOptions{HTTPClient: client, HTTPHeader: h})
	if err != nil {
		tr.t.Fatal(err)
	}
	tr.t.Cleanup(func() { _ = ws.CloseNow() })
	return ws
}

func sendFrame(t *testing.T, ws *websocket.Conn, m proto.Message) {
	t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := ws.Write(ctx, websocket.MessageBinary, data); err != nil {
		t.Fatal(err)
	}
}

func readFrame(t *testing.T, ws *websocket.Conn) ([]byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, data, err := ws.Read(ctx)
	return data, err
}

func (a *testAgent) send(f *wire.AgentFrame) { a.t.Helper(); sendFrame(a.t, a.ws, f) }

func (a *testAgent) forward(text string) {
	a.t.Helper()
	a.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Forward{Forward: []byte(text)}})
}

func (a *testAgent) newCode(why wire.NewCode_Why) {
	a.t.Helper()
	a.send(&wire.AgentFrame{Kind: &wire.AgentFrame_NewCode{NewCode: &wire.NewCode{Why: why}}})
}

func (a *testAgent) read() *wire.RelayToAgent {
	a.t.Helper()
	data, err := readFrame(a.t, a.ws)
	if err != nil {
		a.t.Fatal(err)
	}
	m, err := protocol.DecodeRelayToAgent(data)
	if err != nil {
		a.t.Fatal(err)
	}
	return m
}

// closed reads until the connection is closed and returns the code.
func closeCode(t *testing.T, ws *websocket.Conn) websocket.StatusCode {
	t.Helper()
	for {
		if _, err := readFrame(t, ws); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

// testViewer is a viewer's end of the wire.
type testViewer struct {
	t  *testing.T
	ws *websocket.Conn
}

func (tr *testRelay) viewer(client *http.Client, join *wire.ViewerJoin) *testViewer {
	tr.t.Helper()
	v := &testViewer{tr.t, tr.dial("/api/v1/session", nil, client)}
	join.Protocol = protocol.Version
	v.send(&wire.ViewerFrame{Kind: &wire.ViewerFrame_Join{Join: join}})
	return v
}

func (v *testViewer) send(f *wire.ViewerFrame) { v.t.Helper(); sendFrame(v.t, v.ws, f) }

func (v *testViewer) forward(text string) {
	v.t.Helper()
	v.send(&wire.ViewerFrame{Kind: &wire.ViewerFrame_Forward{Forward: []byte(text)}})
}

func (v *testViewer) read() *wire.RelayToViewer {
	v.t.Helper()
	data, err := readFrame(v.t, v.ws)
	if err != nil {
		v.t.Fatal(err)
	}
	m, err := protocol.DecodeRelayToViewer(data)
	if err != nil {
		v.t.Fatal(err)
	}
	return m
}

// meeting is a session that has begun.
type meeting struct {
	agent   *testAgent
	viewer  *testViewer
	agentAt *wire.AgentWelcome
	joined  *wire.TechnicianJoined
	welcome *wire.ViewerWelcome
	client  *http.Client
}

func (tr *testRelay) meet() *meeting {
	tr.t.Helper()
	client, _ := tr.user(tr.org, "tech"+auth.NewID()+"@example.com", auth.Technician)
	a, aw, locator := tr.agent()
	v := tr.viewer(client, &wire.ViewerJoin{Locator: locator.Digits})
	welcome := v.read().GetWelcome()
	joined := a.read().GetJoined()
	if welcome == nil || joined == nil {
		tr.t.Fatalf("got welcome %v, joined %v", welcome, joined)
	}
	return &meeting{a, v, aw, joined, welcome, client}
}

// PROMISE D5: who is helped needs no account: the agent's connection has no cookie and no
// name, and is let in.
func TestTechnicianMeetsAgent(t *testing.T) {
	tr := startRelay(t, func(c *Config) { c.Processor, c.Region = "Beside Hosting Ltd", "Frankfurt, Germany" })
	m := tr.meet()
	if m.welcome.SessionId != m.joined.SessionId || len(m.welcome.SessionId) != 32 {
		t.Errorf("session ids %q and %q", m.welcome.SessionId, m.joined.SessionId)
	}
	if !proto.Equal(m.welcome.Technician, m.joined.Technician) || m.welcome.Technician.Name == "" {
		t.Errorf("technician %v and %v", m.welcome.Technician, m.joined.Technician)
	}
	if !proto.Equal(m.welcome.Organisation, m.agentAt.Organisation) {
		t.Errorf("organisation %v and %v", m.welcome.Organisation, m.agentAt.Organisation)
	}
	// PROMISE A10, A13: who is answerable, who runs the relay, and where.
	org := m.agentAt.Organisation
	if org.Name != "Acme IT Support" || org.Controller == "" || org.Processor != "Beside Hosting Ltd" || org.Region != "Frankfurt, Germany" {
		t.Errorf("users are told %v", org)
	}
	for _, ice := range []*wire.IceServers{m.welcome.Ice, m.joined.Ice} {
		if len(ice.Servers) != 2 || ice.Servers[1].Credential == "" {
			t.Errorf("ICE servers %v", ice)
		}
	}
	m.viewer.forward("share")
	if got := m.agent.read().GetForward(); string(got) != "share" {
		t.Errorf("agent got %q", got)
	}
	m.agent.forward("share back")
	if got := m.viewer.read().GetForward(); string(got) != "share back" {
		t.Errorf("viewer got %q", got)
	}
	m.agent.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Ice{Ice: &wire.IceRequest{}}})
	if got := m.agent.read().GetIce(); len(got.GetServers()) != 2 {
		t.Errorf("fresh ICE servers %v", got)
	}
	m.agent.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Over{Over: &wire.SessionOver{}}})
	if left := m.viewer.read().GetLeft(); left.GetWhy() != wire.PeerLeft_WHY_GONE {
		t.Errorf("viewer got %v, want gone", left)
	}
	if code := closeCode(t, m.viewer.ws); code != protocol.CloseSessionOver {
		t.Errorf("viewer closed with %d", code)
	}
}

// THREAT 7: unknown, used, burnt and another organisation's codes get one answer.
func TestOneAnswerForEveryWrongCode(t *testing.T) {
	tr := startRelay(t, nil)
	client, _ := tr.user(tr.org, "tech@example.com", auth.Technician)
	other, err := tr.store.AddOrganisation(context.Background(), audit.Operator, "other", "Other")
	if err != nil {
		t.Fatal(err)
	}
	stranger, _ := tr.user(other, "tech@other.example", auth.Technician)
	a, _, first := tr.agent()
	a.newCode(wire.NewCode_WHY_BURNT)
	second := a.read().GetLocator()
	b, _, third := tr.agent()
	tr.viewer(client, &wire.ViewerJoin{Locator: third.Digits}).read()
	b.read()
	c, _, fourth := tr.agent()
	brief := tr.viewer(client, &wire.ViewerJoin{Locator: fourth.Digits})
	brief.read()
	c.read()
	brief.send(&wire.ViewerFrame{Kind: &wire.ViewerFrame_Leave{Leave: &wire.ViewerLeave{}}})
	c.read() // the session is over
	unknown := "00000"
	for unknown == first.Digits || unknown == second.Digits || unknown == third.Digits || unknown == fourth.Digits {
		unknown = "11111"
	}
	for _, c := range []struct {
		name   string
		client *http.Client
		digits string
	}{
		{"unknown", client, unknown},
		{"burnt", client, first.Digits},
		{"used", client, third.Digits},
		{"used, and its session over", client, fourth.Digits},
		{"another organisation's", stranger, second.Digits},
	} {
		v := tr.viewer(c.client, &wire.ViewerJoin{Locator: c.digits})
		got := v.read()
		want := viewerError(wire.RelayError_CODE_CODE_UNKNOWN, "", 0)
		if !proto.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", c.name, got, want)
		}
		if code := closeCode(t, v.ws); code != protocol.CloseCodeUnknown {
			t.Errorf("%s: closed with %d", c.name, code)
		}
	}
	if w := tr.viewer(client, &wire.ViewerJoin{Locator: second.Digits}).read().GetWelcome(); w == nil {
		t.Error("the right code does not work any more")
	}
}

func TestResumeWithinThirtySeconds(t *testing.T) {
	tr := startRelay(t, nil)
	m := tr.meet()
	_ = m.viewer.ws.CloseNow()
	if left := m.agent.read().GetLeft(); left.GetWhy() != wire.PeerLeft_WHY_LOST {
		t.Fatalf("agent got %v, want lost", left)
	}
	m.agent.forward("while you were away")
	m.agent.forward("in order")
	back := tr.viewer(m.client, &wire.ViewerJoin{ResumeToken: m.welcome.ResumeToken})
	w := back.read().GetWelcome()
	if w == nil || !w.Resumed || w.SessionId != m.welcome.SessionId || w.ResumeToken == m.welcome.ResumeToken {
		t.Fatalf("resumed with %v", w)
	}
	for _, want := range []string{"while you were away", "in order"} {
		if got := back.read().GetForward(); string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	// THREAT 8: the token served once.
	replay := tr.viewer(m.client, &wire.ViewerJoin{ResumeToken: m.welcome.ResumeToken})
	if e := replay.read().GetError(); e.GetCode() != wire.RelayError_CODE_RESUME {
		t.Errorf("replayed token: got %v", e)
	}
	// It is the technician's own, too.
	stranger, _ := tr.user(tr.org, "stranger@example.com", auth.Technician)
	steal := tr.viewer(stranger, &wire.ViewerJoin{ResumeToken: w.ResumeToken})
	if e := steal.read().GetError(); e.GetCode() != wire.RelayError_CODE_RESUME {
		t.Errorf("another technician's token: got %v", e)
	}
	_ = m.agent.ws.CloseNow()
	if left := back.read().GetLeft(); left.GetWhy() != wire.PeerLeft_WHY_LOST {
		t.Fatalf("viewer got %v, want lost", left)
	}
	a := tr.dialAgent(&wire.AgentHello{ResumeToken: m.agentAt.ResumeToken})
	if aw := a.read().GetWelcome(); aw == nil || !aw.Resumed {
		t.Fatalf("agent resumed with %v", aw)
	}
	back.forward("hello again")
	if got := a.read().GetForward(); string(got) != "hello again" {
		t.Errorf("got %q", got)
	}
}

func TestLeavingEndsTheSession(t *testing.T) {
	tr := startRelay(t, nil)
	m := tr.meet()
	m.viewer.send(&wire.ViewerFrame{Kind: &wire.ViewerFrame_Leave{Leave: &wire.ViewerLeave{}}})
	if left := m.agent.read().GetLeft(); left.GetWhy() != wire.PeerLeft_WHY_GONE {
		t.Fatalf("agent got %v, want gone", left)
	}
	if e := tr.viewer(m.client, &wire.ViewerJoin{ResumeToken: m.welcome.ResumeToken}).read().GetError(); e.GetCode() != wire.RelayError_CODE_RESUME {
		t.Errorf("resume after leaving: got %v", e)
	}
	list, err := tr.store.Sessions(context.Background(), tr.org.ID, "", 10)
	if err != nil || len(list) != 1 || list[0].Ended.IsZero() {
		t.Errorf("sessions %v, %v", list, err)
	}
	m.agent.newCode(wire.NewCode_WHY_USER)
	if l := m.agent.read().GetLocator(); l == nil {
		t.Error("no new code")
	}
}

func TestBadFramesCloseTheConnection(t *testing.T) {
	tr := startRelay(t, nil)
	hello := &wire.AgentFrame{Kind: &wire.AgentFrame_Hello{Hello: &wire.AgentHello{Protocol: 99}}}
	for _, c := range []struct {
		name string
		data func() []byte
		code websocket.StatusCode
	}{
		{"not a frame", func() []byte { return []byte("GET / HTTP/1.1") }, protocol.CloseBadFrame},
		{"empty", func() []byte { return nil }, protocol.CloseBadFrame},
		{"another version", func() []byte { b, _ := proto.Marshal(hello); return b }, protocol.CloseVersion},
		{"too large", func() []byte { return make([]byte, protocol.MaxFrame+1) }, websocket.StatusMessageTooBig},
	} {
		ws := tr.dial("/agent/v1/connect", nil, http.DefaultClient)
		if err := ws.Write(context.Background(), websocket.MessageBinary, c.data()); err != nil {
			t.Fatal(err)
		}
		if code := closeCode(t, ws); code != c.code {
			t.Errorf("%s: closed with %d, want %d", c.name, code, c.code)
		}
	}
}

func TestStoppingTellsBothEnds(t *testing.T) {
	tr := startRelay(t, nil)
	m := tr.meet()
	tr.stop()
	if e := m.agent.read().GetError(); e.GetCode() != wire.RelayError_CODE_UNAVAILABLE {
		t.Errorf("agent got %v", e)
	}
	if code := closeCode(t, m.viewer.ws); code != protocol.CloseUnavailable {
		t.Errorf("viewer closed with %d", code)
	}
}
