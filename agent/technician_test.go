package agent

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"beside/agent/internal/ui"
	"beside/protocol"
	"beside/protocol/wire"
	"beside/recording"
)

const (
	uploadToken = "bsu_0123456789abcdef"
	sessionID   = "s0123456789abcdef"
)

var (
	acme = &wire.Organisation{
		Id: "o1", Name: "Acme IT", Verified: true, Controller: "Acme GmbH, Berlin", Processor: "Beside Hosting",
		Region: "Germany", RecordingDays: 30,
	}
	ana = &wire.Technician{Id: "t1", Name: "Ana Pérez", AccountCreated: timestamppb.Now()}
)

// attended is a session from the first handshake on: the agent under test between a
// relay, a technician and a person.
type attended struct {
	t      *testing.T
	agent  *Agent
	cfg    Config
	relay  *paperRelay
	person *person
	ended  chan error // of Agent.Run
	stop   func()     // ends Agent.Run, as closing the program does

	*technician
	bar *paperBar
}

// start runs an agent until a test ends or it ends by itself.
func start(t *testing.T, cfg Config) *attended {
	t.Helper()
	xscreen(t)
	a := &attended{t: t, relay: newPaperRelay(t), person: newPerson(), ended: make(chan error, 1)}
	if cfg.StateDir == "" {
		cfg.StateDir = t.TempDir()
	}
	cfg.Relay, cfg.ReceiptDir, cfg.Log = a.relay.server.URL, t.TempDir(), testLog(t)
	a.cfg = cfg
	return a
}

// testLog shows what the agent logs with the test's own output.
func testLog(t *testing.T) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }

func (a *attended) run() {
	a.t.Helper()
	link, err := newSignaller(a.cfg)
	if err != nil {
		a.t.Fatal(err)
	}
	a.agent = newAgent(a.cfg, link, a.person)
	ctx, cancel := context.WithCancel(context.Background())
	a.stop = cancel
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.ended <- a.agent.Run(ctx)
	}()
	a.t.Cleanup(func() {
		cancel()
		receive(a.t, "the agent's end", done)
	})
}

// begin brings an agent and a technician as far as a session without any grant. org
// changes what the relay says of the organisation.
func begin(t *testing.T, org ...func(*wire.Organisation)) *attended {
	t.Helper()
	a := start(t, Config{})
	a.run()
	a.join(org...)
	return a
}

// join plays relay and technician up to the agreed key.
func (a *attended) join(org ...func(*wire.Organisation)) {
	a.t.Helper()
	l := receive(a.t, "the agent", a.relay.lines)
	about := proto.CloneOf(acme)
	for _, change := range org {
		change(about)
	}
	l.send(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Welcome{Welcome: &wire.AgentWelcome{Organisation: about, ResumeToken: "room.token"}}})
	a.joinOn(l)
}

func (a *attended) joinOn(l *line) {
	a.t.Helper()
	l.locate()
	shown := a.person.awaitStart(a.t, "a code", func(v ui.StartView) bool { return v.Code != "" })
	code, err := protocol.ParseCode(shown.Code)
	if err != nil {
		a.t.Fatal(err)
	}
	l.send(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Joined{Joined: &wire.TechnicianJoined{
		SessionId: sessionID, Technician: ana, UploadToken: uploadToken, Audit: a.relay.audit,
	}}})
	a.technician = shake(a.t, l, code)
	a.bar = receive(a.t, "the bar", a.person.bars)
}

// technician is the other end: the handshake and the browser's part of WebRTC.
type technician struct {
	t      *testing.T
	line   *line
	sealer *protocol.Sealer
	bound  [32]byte // the agent's certificate
	got    chan *wire.FromAgent
	own    *identity
	pc     *webrtc.PeerConnection // nil until offer
	offer  webrtc.SessionDescription
	number uint32 // of the first offer; 0 is a viewer that numbers none

	session, input *webrtc.DataChannel
	voice          *voiceEnd        // nil unless "voice" was offered
	tools          map[string]*tool // further channels by their label
	open           chan string      // labels of channels that have opened
	closed         chan string      // labels of channels that have closed

	saying sync.Mutex // held from sealing a message until it is on its way: they must arrive in order

	mu    sync.Mutex
	early []webrtc.ICECandidateInit // guarded by mu; until the answer
	ready bool                      // guarded by mu
}

// shake runs the viewer's handshake.
func shake(t *testing.T, l *line, code protocol.Code) *technician {
	t.Helper()
	own, err := newIdentity()
	if err != nil {
		t.Fatal(err)
	}
	v := &technician{
		t: t, line: l, own: own, got: make(chan *wire.FromAgent, 4096),
		open: make(chan string, 16), closed: make(chan string, 16),
	}
	bound := &wire.HandshakeData{
		Protocol: protocol.Version, Role: wire.Role_ROLE_VIEWER, DtlsFingerprint: own.fingerprint[:],
		SessionId: sessionID, TechnicianName: ana.Name, OrganisationName: acme.Name,
	}
	expect := proto.CloneOf(bound)
	expect.Role, expect.DtlsFingerprint = wire.Role_ROLE_AGENT, nil
	h, err := protocol.NewHandshake(code, bound, expect)
	if err != nil {
		t.Fatal(err)
	}
	share, err := h.Start()
	if err != nil {
		t.Fatal(err)
	}
	l.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Share{Share: share}})
	confirm, err := h.Finish(v.peerFrame("a share").GetShare())
	if err != nil {
		t.Fatal(err)
	}
	l.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Confirm{Confirm: confirm}})
	if _, err := h.Verify(v.peerFrame("a confirmation").GetConfirm()); err != nil {
		t.Fatal(err)
	}
	v.bound = h.PeerFingerprint()
	if v.sealer, err = h.Sealer(); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *technician) peerFrame(what string) *wire.PeerFrame {
	v.t.Helper()
	f := v.line.await(what, func(f *wire.AgentFrame) bool { return f.GetForward() != nil })
	frame, err := protocol.DecodePeerFrame(f.GetForward())
	if err != nil {
		v.t.Fatal(err)
	}
	return frame
}

// say sends a message sealed over the relay. WebRTC says its own on other goroutines.
func (v *technician) say(m *wire.FromViewer) {
	v.t.Helper()
	v.saying.Lock()
	defer v.saying.Unlock()
	v.line.forward(v.seal(m))
}

func (v *technician) seal(m *wire.FromViewer) *wire.PeerFrame {
	v.t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		v.t.Fatal(err)
	}
	sealed, err := v.sealer.Seal(data)
	if err != nil {
		v.t.Fatal(err)
	}
	return &wire.PeerFrame{Kind: &wire.PeerFrame_Sealed{Sealed: sealed}}
}

func (v *technician) ask(scope wire.Scope) {
	v.t.Helper()
	v.say(&wire.FromViewer{Kind: &wire.FromViewer_Ask{Ask: &wire.Ask{Scope: scope, Reason: "your printer", Ticket: "HELP-1"}}})
}

// hear waits for a message of the agent that is as wanted, whichever way it comes, and
// drops those before it.
func (v *technician) hear(what string, as func(*wire.FromAgent) bool) *wire.FromAgent {
	v.t.Helper()
	for {
		select {
		case m := <-v.got:
			if as(m) {
				return m
			}
		case f := <-v.line.got:
			if m := v.unseal(f); m != nil && as(m) {
				return m
			}
		case <-v.t.Context().Done():
			v.t.Fatalf("waited in vain for %s", what)
		case <-after():
			v.t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (v *technician) unseal(f *wire.AgentFrame) *wire.FromAgent {
	v.t.Helper()
	if f.GetForward() == nil {
		return nil
	}
	frame, err := protocol.DecodePeerFrame(f.GetForward())
	if err != nil || frame.GetSealed() == nil {
		return nil
	}
	plain, err := v.sealer.Open(frame.GetSealed())
	if err != nil {
		v.t.Fatalf("what the agent sealed does not open: %v", err)
	}
	m, err := protocol.DecodeFromAgent(plain)
	if err != nil {
		v.t.Fatal(err)
	}
	if c := m.GetCandidate(); c != nil {
		v.add(c)
	}
	return m
}

// decision waits for a decision about the scope.
func (v *technician) decision(scope wire.Scope) *wire.Decision {
	v.t.Helper()
	return v.hear("a decision about "+scope.String(), func(m *wire.FromAgent) bool {
		return m.GetDecision() != nil && m.GetDecision().GetScope() == scope
	}).GetDecision()
}

// decided waits for a decision and complains about any other than the wanted.
func (v *technician) decided(scope wire.Scope, want wire.Decision_Outcome) *wire.Decision {
	v.t.Helper()
	d := v.decision(scope)
	if d.GetOutcome() != want {
		v.t.Fatalf("%s: got %v (%s), want %v", scope, d.GetOutcome(), d.GetDetail(), want)
	}
	return d
}

// prepareOffer makes the browser's side and its description; nothing is gathered and no
// socket opened before gather.
func (v *technician) prepareOffer(more ...string) string {
	v.t.Helper()
	settings := webrtc.SettingEngine{}
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled) // it opens sockets early
	media := &webrtc.MediaEngine{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		v.t.Fatal(err)
	}
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(media)).
		NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{v.own.certificate}})
	if err != nil {
		v.t.Fatal(err)
	}
	v.pc = pc
	v.t.Cleanup(func() { _ = pc.GracefulClose() })
	_, err = pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	if err != nil {
		v.t.Fatal(err)
	}
	for _, label := range append([]string{"session", "input", "cursor"}, more...) {
		if label == "voice" {
			v.voice = newVoiceEnd(v.t, pc)
			continue
		}
		d, err := pc.CreateDataChannel(label, nil)
		if err != nil {
			v.t.Fatal(err)
		}
		d.OnOpen(func() { v.open <- label })
		d.OnClose(func() { v.closed <- label })
		switch {
		case label == "session":
			v.session = d
			d.OnMessage(v.onSession)
		case label == "input" && v.input == nil:
			v.input = d
		case label == "clipboard" || label == "files":
			v.tool(d)
		}
	}
	pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c == nil {
			return
		}
		init := c.ToJSON()
		v.say(&wire.FromViewer{Kind: &wire.FromViewer_Candidate{Candidate: &wire.Candidate{Candidate: init.Candidate, SdpMid: *init.SDPMid}}})
	})
	if v.offer, err = pc.CreateOffer(nil); err != nil {
		v.t.Fatal(err)
	}
	return v.offer.SDP
}

func (v *technician) onSession(m webrtc.DataChannelMessage) {
	message, err := protocol.DecodeFromAgent(m.Data)
	if err != nil {
		v.t.Errorf("on the channel: %v", err)
		return
	}
	v.got <- message
}

func (v *technician) sendOffer(sdp string) {
	v.t.Helper()
	v.say(&wire.FromViewer{Kind: &wire.FromViewer_Offer{Offer: &wire.Description{Sdp: sdp, Number: v.number}}})
}

// answer waits for the agent's answer and applies both descriptions.
func (v *technician) answer() {
	v.t.Helper()
	m := v.hear("an answer", func(m *wire.FromAgent) bool { return m.GetAnswer() != nil })
	if err := checkAnswer(m.GetAnswer().GetSdp(), v.bound); err != nil {
		v.t.Fatal(err)
	}
	if err := v.pc.SetLocalDescription(v.offer); err != nil {
		v.t.Fatal(err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	err := v.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: m.GetAnswer().GetSdp()})
	if err != nil {
		v.t.Fatal(err)
	}
	v.ready = true
	for _, c := range v.early {
		if err := v.pc.AddICECandidate(c); err != nil {
			v.t.Fatal(err)
		}
	}
	v.early = nil
}

func (v *technician) add(c *wire.Candidate) {
	mid := c.GetSdpMid()
	init := webrtc.ICECandidateInit{Candidate: c.GetCandidate(), SDPMid: &mid}
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.ready {
		v.early = append(v.early, init)
		return
	}
	_ = v.pc.AddICECandidate(init) // of a connection that may be closing
}

// look asks for the screen, gets it, and waits until the channels are open.
func (a *attended) look(more ...string) {
	a.t.Helper()
	a.sendOffer(a.prepareOffer(more...))
	a.ask(wire.Scope_SCOPE_VIEW)
	a.person.answer(a.t, viewScope, yes)
	a.answer()
	missing := map[string]bool{"session": true, "input": true, "cursor": true}
	for _, label := range more {
		missing[label] = true
	}
	delete(missing, "voice") // a line, no channel
	for len(missing) > 0 {
		select {
		case label := <-a.open:
			delete(missing, label)
		case f := <-a.line.got:
			a.unseal(f) // candidates
		case <-after():
			a.t.Fatalf("channels that did not open: %v", missing)
		}
	}
	a.hear("the displays on the channel", func(m *wire.FromAgent) bool { return m.GetDisplays() != nil })
}

// tool is a data channel for contents.
type tool struct {
	*webrtc.DataChannel
	t   *testing.T
	got chan []byte
}

func (v *technician) tool(d *webrtc.DataChannel) {
	one := &tool{d, v.t, make(chan []byte, 4096)}
	d.OnMessage(func(m webrtc.DataChannelMessage) { one.got <- m.Data })
	if v.tools == nil {
		v.tools = map[string]*tool{}
	}
	v.tools[d.Label()] = one
}

// put sends a message of the tool's own kind.
func (c *tool) put(m proto.Message) {
	c.t.Helper()
	data, err := proto.Marshal(m)
	if err == nil {
		err = c.Send(data)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// tell sends a message on the data channel "session".
func (v *technician) tell(m *wire.FromViewer) {
	v.t.Helper()
	data, err := proto.Marshal(m)
	if err == nil {
		err = v.session.Send(data)
	}
	if err != nil {
		v.t.Fatal(err)
	}
}

// inject sends an input event with a number.
func (v *technician) inject(sequence uint64, in *wire.Input) {
	v.t.Helper()
	in.Sequence = sequence
	data, err := proto.Marshal(in)
	if err == nil {
		err = v.input.Send(data)
	}
	if err != nil {
		v.t.Fatal(err)
	}
}

// recordable gives the organisation the two recipients that a recording needs.
func recordable(t *testing.T) func(*wire.Organisation) {
	return func(o *wire.Organisation) {
		for range 2 {
			_, recipient, err := recording.NewIdentity()
			if err != nil {
				t.Fatal(err)
			}
			o.RecordingRecipients = append(o.RecordingRecipients, recipient)
		}
	}
}

func isLoopbackCandidate(c *wire.Candidate) bool {
	return c.GetCandidate() == "" || strings.Contains(c.GetCandidate(), " 127.0.0.1 ")
}
