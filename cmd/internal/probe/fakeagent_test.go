package probe

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/coder/websocket"
	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"
	"google.golang.org/protobuf/proto"

	"beside/protocol"
	"beside/protocol/wire"
	"beside/protocol/wire/wireconnect"
	"beside/relay"
)

// console collects what the relay prints.
type console struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(p)
}

func (c *console) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// startRelay runs a real relay and returns its address and a technician's API token.
func startRelay(t *testing.T) (address, token string) {
	t.Helper()
	printed := &console{}
	dir := t.TempDir()
	r, err := relay.New(relay.Config{Dir: dir, Listen: "127.0.0.1:0", Organisation: "Acme IT", TurnListen: "off", Console: printed})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("relay: %v", err)
		}
	})
	_, rest, found := strings.Cut(printed.String(), "/link#")
	if !found {
		t.Fatalf("no link was printed: %s", printed)
	}
	client := wireconnect.NewAccountServiceClient(http.DefaultClient, r.URL()+"/api/rpc")
	req := connect.NewRequest(&wire.RedeemLinkRequest{
		Token: strings.Fields(rest)[0], Name: "Ana", Email: "ana@acme.example", Password: "correct horse battery staple",
	})
	req.Header().Set("Origin", r.URL())
	if _, err := client.RedeemLink(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	m, err := relay.OpenManager(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	secret, err := m.Token(t.Context(), relay.Person{Email: "ana@acme.example"}, "test", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return r.URL(), secret.Reveal()
}

// fakeAgent is an agent whose user is the function answer. It shows synthetic VP9.
type fakeAgent struct {
	t      *testing.T
	ws     *websocket.Conn
	code   protocol.Code
	org    string
	answer func(wire.Scope) wire.Decision_Outcome

	mu     sync.Mutex // guards what follows and writing
	sealer *protocol.Sealer
	inputs [][]byte

	cert    *webrtc.Certificate
	print   [32]byte
	viewer  [32]byte
	offer   string
	pc      *webrtc.PeerConnection
	early   []*wire.Candidate
	frames  sync.WaitGroup
	stop    chan struct{}
	granted []wire.Scope
}

// startAgent connects an agent and returns the code that its user would read out.
func startAgent(t *testing.T, address string, answer func(wire.Scope) wire.Decision_Outcome) (*fakeAgent, protocol.Code) {
	t.Helper()
	p, err := newPeer(peerConfig{relay: address}) // for its certificate
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	ws, _, err := websocket.Dial(t.Context(), "ws://"+u.Host+"/agent/v1/connect", nil)
	if err != nil {
		t.Fatal(err)
	}
	cert := p.pc.GetConfiguration().Certificates[0]
	a := &fakeAgent{t: t, ws: ws, answer: answer, cert: &cert, print: p.fingerprint, stop: make(chan struct{})}
	p.close()
	a.write(&wire.AgentFrame{Kind: &wire.AgentFrame_Hello{Hello: &wire.AgentHello{Protocol: protocol.Version}}})
	for a.code == (protocol.Code{}) {
		f := a.next(t.Context())
		if f == nil {
			t.Fatal("the relay hung up")
		}
		if w := f.GetWelcome(); w != nil {
			a.org = w.GetOrganisation().GetName()
		}
		if l := f.GetLocator(); l != nil {
			if a.code, err = protocol.NewCode(l.GetDigits()); err != nil {
				t.Fatal(err)
			}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); a.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		_ = ws.CloseNow()
		<-done
		close(a.stop)
		if a.pc != nil {
			_ = a.pc.GracefulClose()
		}
		a.frames.Wait()
	})
	return a, a.code
}

func (a *fakeAgent) next(ctx context.Context) *wire.RelayToAgent {
	_, data, err := a.ws.Read(ctx)
	if err != nil {
		return nil
	}
	f, err := protocol.DecodeRelayToAgent(data)
	if err != nil {
		a.t.Errorf("relay's frame: %v", err)
	}
	return f
}

func (a *fakeAgent) write(f *wire.AgentFrame) {
	data, err := proto.Marshal(f)
	if err != nil {
		a.t.Error(err)
	}
	_ = a.ws.Write(context.Background(), websocket.MessageBinary, data) // the test may be over
}

func (a *fakeAgent) forward(f *wire.PeerFrame) {
	data, err := proto.Marshal(f)
	if err != nil {
		a.t.Error(err)
	}
	a.write(&wire.AgentFrame{Kind: &wire.AgentFrame_Forward{Forward: data}})
}

func (a *fakeAgent) tell(m *wire.FromAgent) {
	data, err := proto.Marshal(m)
	if err != nil {
		a.t.Error(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	sealed, err := a.sealer.Seal(data)
	if err != nil {
		a.t.Error(err)
	}
	a.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Sealed{Sealed: sealed}})
}

func (a *fakeAgent) run(ctx context.Context) {
	var shake *protocol.Handshake
	for {
		f := a.next(ctx)
		if f == nil {
			return
		}
		if j := f.GetJoined(); j != nil {
			own := &wire.HandshakeData{
				Protocol: protocol.Version, Role: wire.Role_ROLE_AGENT, DtlsFingerprint: a.print[:],
				SessionId: j.GetSessionId(), TechnicianName: j.GetTechnician().GetName(), OrganisationName: a.org,
			}
			expect := proto.CloneOf(own)
			expect.Role, expect.DtlsFingerprint = wire.Role_ROLE_VIEWER, nil
			var err error
			if shake, err = protocol.NewHandshake(a.code, own, expect); err != nil {
				a.t.Error(err)
			}
		}
		if f.GetForward() == nil {
			continue
		}
		p, err := protocol.DecodePeerFrame(f.GetForward())
		if err != nil {
			a.t.Errorf("viewer's frame: %v", err)
			return
		}
		a.peerFrame(shake, p)
	}
}

func (a *fakeAgent) peerFrame(shake *protocol.Handshake, p *wire.PeerFrame) {
	switch kind := p.GetKind().(type) {
	case *wire.PeerFrame_Share:
		share, err := shake.Respond(kind.Share)
		if err != nil {
			a.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Failed{Failed: protocol.FailureOf(err)}})
			return
		}
		a.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Share{Share: share}})
	case *wire.PeerFrame_Confirm:
		confirm, err := shake.Verify(kind.Confirm)
		if err != nil {
			a.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Failed{Failed: protocol.FailureOf(err)}})
			return
		}
		if a.sealer, err = shake.Sealer(); err != nil {
			a.t.Error(err)
		}
		a.viewer = shake.PeerFingerprint()
		a.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Confirm{Confirm: confirm}})
	case *wire.PeerFrame_Sealed:
		plain, err := a.sealer.Open(kind.Sealed)
		if err != nil {
			a.t.Error(err)
			return
		}
		a.message(plain)
	}
}

func (a *fakeAgent) message(data []byte) {
	m, err := protocol.DecodeFromViewer(data)
	if err != nil {
		a.t.Error(err)
		return
	}
	switch kind := m.GetKind().(type) {
	case *wire.FromViewer_Offer:
		a.offer = kind.Offer.GetSdp()
	case *wire.FromViewer_Candidate:
		if a.pc == nil {
			a.early = append(a.early, kind.Candidate)
		} else {
			_ = a.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: kind.Candidate.GetCandidate()})
		}
	case *wire.FromViewer_Ask:
		a.asked(kind.Ask.GetScope())
	case *wire.FromViewer_Goodbye:
		a.end(wire.Ended_BY_TECHNICIAN)
	}
}

func (a *fakeAgent) asked(scope wire.Scope) {
	a.tell(&wire.FromAgent{Kind: &wire.FromAgent_Asking{Asking: &wire.Asking{Scope: scope, SecondsLeft: 30}}})
	outcome := a.answer(scope)
	a.tell(&wire.FromAgent{Kind: &wire.FromAgent_Decision{Decision: &wire.Decision{Scope: scope, Outcome: outcome}}})
	if outcome != wire.Decision_OUTCOME_GRANTED {
		if scope == wire.Scope_SCOPE_VIEW {
			a.end(wire.Ended_BY_REFUSAL)
		}
		return
	}
	a.granted = append(a.granted, scope)
	a.tell(&wire.FromAgent{Kind: &wire.FromAgent_State{State: &wire.State{Granted: a.granted}}})
	if scope == wire.Scope_SCOPE_VIEW {
		a.show()
	}
}

func (a *fakeAgent) end(by wire.Ended_By) {
	a.tell(&wire.FromAgent{Kind: &wire.FromAgent_Ended{Ended: &wire.Ended{By: by}}})
}

// show answers the offer and sends ten pictures a second, a key frame first.
func (a *fakeAgent) show() {
	api, err := newAPI(peerConfig{relay: "http://127.0.0.1"})
	if err != nil {
		a.t.Error(err)
		return
	}
	pc, err := api.NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{*a.cert}})
	if err != nil {
		a.t.Error(err)
		return
	}
	a.pc = pc
	pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c != nil {
			m := &wire.Candidate{Candidate: c.ToJSON().Candidate, SdpMid: "0"}
			a.tell(&wire.FromAgent{Kind: &wire.FromAgent_Candidate{Candidate: m}})
		}
	})
	pc.OnDataChannel(func(d *webrtc.DataChannel) {
		d.OnMessage(func(m webrtc.DataChannelMessage) {
			if d.Label() == "session" {
				a.message(m.Data)
			}
			if d.Label() == "input" {
				a.mu.Lock()
				a.inputs = append(a.inputs, m.Data)
				a.mu.Unlock()
			}
		})
	})
	track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP9}, "screen", "beside")
	if err != nil {
		a.t.Error(err)
		return
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: a.offer}); err != nil {
		a.t.Error(err)
		return
	}
	if _, err := pc.AddTrack(track); err != nil {
		a.t.Error(err)
	}
	sdp, err := pc.CreateAnswer(nil)
	if err != nil {
		a.t.Error(err)
		return
	}
	a.tell(&wire.FromAgent{Kind: &wire.FromAgent_Answer{Answer: &wire.Description{Sdp: sdp.SDP}}})
	if err := pc.SetLocalDescription(sdp); err != nil {
		a.t.Error(err)
	}
	for _, c := range a.early {
		_ = pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: c.GetCandidate()})
	}
	a.frames.Go(func() { a.film(track) })
}

func (a *fakeAgent) film(track *webrtc.TrackLocalStaticSample) {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for n := 0; ; n++ {
		frame := append([]byte{0x86, 0, 0}, make([]byte, 3000)...) // an inter frame
		if n%10 == 0 {                                             // a key frame of 64 by 64
			frame = append([]byte{0x82, 0x49, 0x83, 0x42, 0x00, 0x03, 0xf0, 0x03, 0xf0}, make([]byte, 9000)...)
		}
		_ = track.WriteSample(media.Sample{Data: frame, Duration: 20 * time.Millisecond}) // not connected yet
		select {
		case <-ticker.C:
		case <-a.stop:
			return
		}
	}
}
