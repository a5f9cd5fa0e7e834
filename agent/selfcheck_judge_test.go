package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"beside/protocol"
	"beside/protocol/wire"
)

// frameOf is what an agent sends to the technician over the relay.
func frameOf(t *testing.T, f *wire.PeerFrame) *wire.AgentFrame {
	t.Helper()
	data, err := proto.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return &wire.AgentFrame{Kind: &wire.AgentFrame_Forward{Forward: data}}
}

// PROMISE A1: the check takes the few frames that it knows for no leak, and each other one
// for one: of an unknown kind, unreadable, or too many bytes.
func TestSelfCheckJudges(t *testing.T) {
	share := frameOf(t, &wire.PeerFrame{Kind: &wire.PeerFrame_Share{Share: &wire.Share{Point: make([]byte, 32), AssociatedData: []byte{1}}}})
	sealed := frameOf(t, &wire.PeerFrame{Kind: &wire.PeerFrame_Sealed{Sealed: &wire.Sealed{Ciphertext: make([]byte, 40)}}})
	hello := &wire.AgentFrame{Kind: &wire.AgentFrame_Hello{Hello: &wire.AgentHello{}}}
	bad := errors.New("not readable")
	for name, c := range map[string]struct {
		frame *wire.AgentFrame
		size  int
		err   error
		want  error
	}{
		"hello":                          {hello, 40, nil, nil},
		"another number":                 {&wire.AgentFrame{Kind: &wire.AgentFrame_NewCode{NewCode: &wire.NewCode{}}}, 4, nil, nil},
		"a share":                        {share, 100, nil, nil},
		"sealed words":                   {sealed, 100, nil, nil},
		"over":                           {&wire.AgentFrame{Kind: &wire.AgentFrame_Over{Over: &wire.SessionOver{}}}, 4, nil, ErrInterrupted},
		"a wish for TURN":                {&wire.AgentFrame{Kind: &wire.AgentFrame_Ice{Ice: &wire.IceRequest{}}}, 4, nil, ErrLeak},
		"forwarded bytes that are none":  {&wire.AgentFrame{Kind: &wire.AgentFrame_Forward{Forward: []byte("a picture")}}, 9, nil, ErrLeak},
		"a frame without a kind":         {&wire.AgentFrame{}, 9, nil, ErrLeak},
		"what is no frame":               {nil, 9, bad, ErrLeak},
		"a hello that cannot be decoded": {hello, 9, bad, ErrLeak},
		"too many sealed words":          {sealed, 20 << 10, nil, ErrLeak},
	} {
		s := &selfCheck{report: CheckReport{Frames: map[string]int{}}}
		s.count(c.frame, c.size, c.err)
		if err := s.judge(); !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
		if s.report.Bytes != c.size {
			t.Errorf("%s: %d bytes were counted, want %d", name, s.report.Bytes, c.size)
		}
	}
	s := &selfCheck{report: CheckReport{Frames: map[string]int{}}}
	for range 200 { // each of them small
		s.count(sealed, 100, nil)
	}
	if err := s.judge(); !errors.Is(err, ErrLeak) {
		t.Errorf("many sealed words: got %v, want ErrLeak", err)
	}
}

// PROMISE A1: what the program says before the yes is that it asks and that nothing is
// granted. Whatever else it seals, or leaves unsealed, is a leak.
func TestSelfCheckListens(t *testing.T) {
	asking := &wire.FromAgent{Kind: &wire.FromAgent_Asking{Asking: &wire.Asking{Scope: view}}}
	for name, c := range map[string]struct {
		says     []*wire.FromAgent
		unsealed bool
		want     error
	}{
		"that it asks":             {says: []*wire.FromAgent{asking}},
		"that nothing is granted":  {says: []*wire.FromAgent{{Kind: &wire.FromAgent_State{State: &wire.State{}}}, asking}},
		"that the screen is shown": {says: []*wire.FromAgent{{Kind: &wire.FromAgent_State{State: &wire.State{Granted: []wire.Scope{view}}}}, asking}, want: ErrLeak},
		"an answer":                {says: []*wire.FromAgent{answerOf("v=0", 0), asking}, want: ErrLeak},
		"where it can be reached":  {says: []*wire.FromAgent{{Kind: &wire.FromAgent_Candidate{Candidate: &wire.Candidate{}}}, asking}, want: ErrLeak},
		"its monitors":             {says: []*wire.FromAgent{{Kind: &wire.FromAgent_Displays{Displays: &wire.Displays{}}}, asking}, want: ErrLeak},
		"something unsealed":       {says: []*wire.FromAgent{asking}, unsealed: true, want: ErrLeak},
	} {
		t.Run(name, func(t *testing.T) {
			s, agent := checkedAgent(t)
			theirs, ours := sealers(t)
			done := make(chan error, 1)
			go func() { done <- s.ask(t.Context(), theirs) }()
			if _, _, err := agent.Read(t.Context()); err != nil { // what it is asked
				t.Fatal(err)
			}
			for _, m := range c.says {
				plain, err := proto.Marshal(m)
				if err != nil {
					t.Fatal(err)
				}
				sealed, err := ours.Seal(plain)
				if err != nil {
					t.Fatal(err)
				}
				if c.unsealed {
					clear(sealed.Ciphertext)
				}
				data, err := proto.Marshal(frameOf(t, &wire.PeerFrame{Kind: &wire.PeerFrame_Sealed{Sealed: sealed}}))
				if err != nil {
					t.Fatal(err)
				}
				if err := agent.Write(t.Context(), websocket.MessageBinary, data); err != nil {
					t.Fatal(err)
				}
			}
			if err := receive(t, "the verdict", done); !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// checkedAgent is a check with a connection that the test speaks on as the agent.
func checkedAgent(t *testing.T) (*selfCheck, *websocket.Conn) {
	t.Helper()
	s := &selfCheck{report: CheckReport{Frames: map[string]int{}}, frames: make(chan *wire.AgentFrame, 64)}
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	conn, _, err := websocket.Dial(t.Context(), strings.Replace(server.URL, "http", "ws", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	hello, err := proto.Marshal(&wire.AgentFrame{Kind: &wire.AgentFrame_Hello{Hello: &wire.AgentHello{Protocol: protocol.Version}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Write(t.Context(), websocket.MessageBinary, hello); err != nil {
		t.Fatal(err)
	}
	if _, err := s.next(t.Context(), func(f *wire.AgentFrame) bool { return f.GetHello() != nil }); err != nil {
		t.Fatal(err)
	}
	return s, conn
}

// sealers are the two ends of a handshake that went well: the technician's and the agent's.
func sealers(t *testing.T) (technician, agent *protocol.Sealer) {
	t.Helper()
	code, err := protocol.NewCode("12345")
	if err != nil {
		t.Fatal(err)
	}
	data := func(role wire.Role, print byte) *wire.HandshakeData {
		return &wire.HandshakeData{
			Protocol: protocol.Version, Role: role, DtlsFingerprint: append(make([]byte, 31), print),
			SessionId: "session1", TechnicianName: "Ana Pérez", OrganisationName: "Acme IT Support",
		}
	}
	one, two := data(wire.Role_ROLE_VIEWER, 1), data(wire.Role_ROLE_AGENT, 2)
	viewer, err := protocol.NewHandshake(code, one, two)
	if err != nil {
		t.Fatal(err)
	}
	host, err := protocol.NewHandshake(code, two, one)
	if err != nil {
		t.Fatal(err)
	}
	share, err := viewer.Start()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := host.Respond(share)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := viewer.Finish(answer)
	if err != nil {
		t.Fatal(err)
	}
	back, err := host.Verify(proof)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := viewer.Verify(back); err != nil {
		t.Fatal(err)
	}
	if technician, err = viewer.Sealer(); err != nil {
		t.Fatal(err)
	}
	if agent, err = host.Sealer(); err != nil {
		t.Fatal(err)
	}
	return technician, agent
}

// PROMISE A1, C1: a socket of this process that leads anywhere but to the relay is seen,
// whatever it speaks; the relay's own is none.
func TestSelfCheckSeesEverySocket(t *testing.T) {
	relay, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = relay.Close() }()
	conn, err := net.Dial("tcp", relay.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	own := fmt.Sprintf("tcp 0100007F:%04X", relay.Addr().(*net.TCPAddr).Port)
	if list, err := connections(relay.Addr().String()); err != nil || slices.Contains(list, own) {
		t.Errorf("the relay's own is taken for another: %q, %v", list, err)
	}
	seen := func() map[string]int {
		t.Helper()
		list, err := connections(relay.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		count := map[string]int{}
		for _, each := range list {
			count[each]++ // another test's may be going still
		}
		return count
	}
	for network, open := range map[string]func(string) (func() error, error){
		"tcp4": dialled, "tcp6": dialled, "udp4": bound, "udp6": bound,
	} {
		before := seen()
		shut, err := open(network)
		if err != nil {
			if strings.HasSuffix(network, "6") {
				t.Logf("%s: %v", network, err) // a machine without IPv6
				continue
			}
			t.Fatal(err)
		}
		more := false
		for each, n := range seen() {
			more = more || n > before[each] && strings.HasPrefix(each, network[:3])
		}
		if !more {
			t.Errorf("%s: it is not seen", network)
		}
		if err := shut(); err != nil {
			t.Fatal(err)
		}
	}
}

// dialled connects to somebody else than the relay.
func dialled(network string) (func() error, error) {
	address := "127.0.0.1:0"
	if network == "tcp6" {
		address = "[::1]:0"
	}
	elsewhere, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	conn, err := (&net.Dialer{}).DialContext(context.Background(), network, elsewhere.Addr().String())
	if err != nil {
		return nil, errors.Join(err, elsewhere.Close())
	}
	return func() error { return errors.Join(conn.Close(), elsewhere.Close()) }, nil
}

func bound(network string) (func() error, error) {
	conn, err := net.ListenPacket(network, ":0")
	if err != nil {
		return nil, err
	}
	return conn.Close, nil
}
