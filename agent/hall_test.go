package agent

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/ui"
	"beside/protocol"
	"beside/protocol/wire"
)

// startScreen is a start window that keeps what it was told to show.
type startScreen struct {
	actions chan ui.Action

	mu     sync.Mutex
	views  []ui.StartView
	hidden int
}

func (s *startScreen) ShowStart(v ui.StartView) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.views = append(s.views, v)
}

func (s *startScreen) Texts() *catalogue.Texts { return catalogue.For("en") }

func (s *startScreen) HideStart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hidden++
}

func (s *startScreen) Actions() <-chan ui.Action { return s.actions }

func (s *startScreen) last() ui.StartView {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.views[len(s.views)-1]
}

// hall is a lobby with a relay's connection that the test plays.
type hall struct {
	t      *testing.T
	lobby  *lobby
	screen *startScreen
	log    *bytes.Buffer
	code   *bytes.Buffer
	done   chan struct{}
	agreed *agreed
	err    error
}

// openHall starts a lobby inside a bubble of virtual time.
func openHall(t *testing.T) *hall {
	t.Helper()
	h := &hall{
		t: t, screen: &startScreen{actions: make(chan ui.Action)}, log: &bytes.Buffer{}, code: &bytes.Buffer{}, done: make(chan struct{}),
	}
	cfg := Config{Relay: "https://relay.example", CodeTo: h.code, Log: slog.New(slog.NewTextHandler(h.log, nil))}
	link, err := newSignaller(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h.lobby = newLobby(&Agent{cfg: cfg, link: link, log: cfg.Log})
	h.lobby.windows = h.screen
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(h.done)
		h.agreed, h.err = h.lobby.wait(ctx)
	}()
	t.Cleanup(func() { cancel(); <-h.done })
	return h
}

// hear lets the relay's connection tell something, and waits until it was dealt with.
func (h *hall) hear(e linkEvent) {
	h.t.Helper()
	h.lobby.link.events <- e
	synctest.Wait()
}

func (h *hall) receive(f *wire.RelayToAgent) { h.t.Helper(); h.hear(linkEvent{frame: f}) }

// sent returns the frames that the agent has sent since the last call.
func (h *hall) sent() (frames []*wire.AgentFrame) {
	for {
		select {
		case f := <-h.lobby.link.out:
			frames = append(frames, f)
		default:
			return frames
		}
	}
}

// sentWhy returns why a new code was asked for, which must have been the last thing.
func (h *hall) sentWhy() wire.NewCode_Why {
	h.t.Helper()
	frames := h.sent()
	if len(frames) == 0 || frames[len(frames)-1].GetNewCode() == nil {
		h.t.Fatalf("no new code was asked for; sent %v", frames)
	}
	return frames[len(frames)-1].GetNewCode().GetWhy()
}

func (h *hall) welcome() {
	h.receive(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Welcome{Welcome: &wire.AgentWelcome{
		Organisation: &wire.Organisation{Id: "o1", Name: "Acme IT Support", Verified: true, Controller: "Acme"}, ResumeToken: "r.s",
	}}})
}

// locator gives a number and returns the code that the user then sees.
func (h *hall) locator(digits string) protocol.Code {
	h.t.Helper()
	h.receive(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Locator{Locator: &wire.Locator{
		Digits: digits, Expires: timestamppb.New(time.Now().Add(codeLife)),
	}}})
	code, err := protocol.ParseCode(h.screen.last().Code)
	if err != nil {
		h.t.Fatalf("the screen shows %q: %v", h.screen.last().Code, err)
	}
	return code
}

func (h *hall) joined() {
	h.receive(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Joined{Joined: &wire.TechnicianJoined{
		SessionId: "session1", Technician: &wire.Technician{Id: "t1", Name: "Ana Pérez"}, UploadToken: "bsu_x",
	}}})
}

func (h *hall) forward(f *wire.PeerFrame) {
	h.t.Helper()
	data, err := proto.Marshal(f)
	if err != nil {
		h.t.Fatal(err)
	}
	h.receive(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Forward{Forward: data}})
}

// peerFrame is the last frame that was sent to the technician.
func (h *hall) peerFrame() *wire.PeerFrame {
	h.t.Helper()
	var last *wire.PeerFrame
	for _, f := range h.sent() {
		if f.GetForward() == nil {
			continue
		}
		frame, err := protocol.DecodePeerFrame(f.GetForward())
		if err != nil {
			h.t.Fatal(err)
		}
		last = frame
	}
	return last
}

// viewerShake is the other end of the handshake, with the code that they typed.
func viewerShake(t *testing.T, code protocol.Code) *protocol.Handshake {
	t.Helper()
	return viewerShakeOf(t, code, protocol.Version)
}

// viewerShakeOf is the technician's side in a version of the protocol.
func viewerShakeOf(t *testing.T, code protocol.Code, version uint32) *protocol.Handshake {
	t.Helper()
	data := &wire.HandshakeData{
		Protocol: version, Role: wire.Role_ROLE_VIEWER, DtlsFingerprint: make([]byte, 32),
		SessionId: "session1", TechnicianName: "Ana Pérez", OrganisationName: "Acme IT Support",
	}
	expect := proto.CloneOf(data)
	expect.Role, expect.DtlsFingerprint = wire.Role_ROLE_AGENT, nil
	shake, err := protocol.NewHandshake(code, data, expect)
	if err != nil {
		t.Fatal(err)
	}
	return shake
}

// prove runs the technician's side until its proof is sent.
func (h *hall) prove(code protocol.Code) *protocol.Handshake {
	h.t.Helper()
	shake := viewerShake(h.t, code)
	share, err := shake.Start()
	if err != nil {
		h.t.Fatal(err)
	}
	h.sent()
	h.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Share{Share: share}})
	answer := h.peerFrame().GetShare()
	if answer == nil {
		h.t.Fatal("the agent did not answer with its share")
	}
	confirm, err := shake.Finish(answer)
	if err != nil {
		h.t.Fatal(err)
	}
	h.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Confirm{Confirm: confirm}})
	return shake
}

// otherSecret is the same locator with another secret.
func otherSecret(t *testing.T, code protocol.Code) protocol.Code {
	t.Helper()
	for {
		other, err := protocol.NewCode(code.Locator)
		if err != nil {
			t.Fatal(err)
		}
		if !other.Equal(code) {
			return other
		}
	}
}

// inHall runs a story in virtual time.
func inHall(t *testing.T, story func(t *testing.T, h *hall)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := openHall(t)
		h.welcome()
		story(t, h)
	})
}

func (h *hall) wantProblem(want string) {
	h.t.Helper()
	if got := h.screen.last().Problem; !strings.Contains(got, want) || (want == "") != (got == "") {
		h.t.Errorf("the start window says %q, want %q", got, want)
	}
}
