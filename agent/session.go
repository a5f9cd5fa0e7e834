package agent

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"

	"beside/agent/internal/capture"
	"beside/agent/internal/input"
	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol"
	"beside/protocol/wire"
	"beside/recording"
)

// session is one technician's session, from the first question to the end.
//
// One goroutine, run, owns every field. Others (the WebRTC stack, questions, the gate)
// post to its mailbox. What must not wait for it — End, Pause, taking back — goes
// straight to the gate (watchActions): when the gate's method returns, the effect has
// stopped, whatever this goroutine is doing.
type session struct {
	*Agent
	*agreed
	gate    *consent.Gate
	bar     *ui.Bar
	mail    *mailbox
	started time.Time // of the first yes
	key     ed25519.PrivateKey

	// The user's own key to a recording of this session, kept in the receipt.
	receiptIdentity, receiptRecipient string

	displays []capture.Display
	display  int

	offer      string // the viewer's, until view is granted
	candidates []*wire.Candidate
	peer       *peer
	picture    *picture
	inputs     *inputs
	recorder   *recorder // nil while not recording
	recordings []recorded

	history    []consent.Event // everything so far, for a recording that begins later
	ending     bool            // the session is being cut: nothing starts any more
	userActive bool
	repairBy   time.Time // when a lost connection ends the session; zero while it is fine
}

func newSession(a *Agent, with *agreed) (*session, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	secret, recipient, err := recording.NewIdentity()
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	displays, err := capture.Displays()
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	return &session{
		Agent: a, agreed: with, mail: newMailbox(), key: key, displays: displays,
		receiptIdentity: secret, receiptRecipient: recipient,
		inputs: &inputs{log: a.log},
	}, nil
}

// run attends the session to its end: cut first, then the goodbye, then the receipt.
func (s *session) run(ctx context.Context) (outcome, error) {
	bar, err := s.windows.ShowBar(ctx, s.barView())
	if err != nil {
		s.goodbye(consent.ByBarLost)
		return outcome{}, fmt.Errorf("agent: %w", err)
	}
	s.bar = bar
	s.gate, err = consent.NewGate(consent.Config{
		SessionID: s.joined.GetSessionId(),
		Party:     s.party(),
		Prompter:  s.windows,
		Indicator: bar,
		Key:       s.key,
		OnEvent:   func(e consent.Event) { s.mail.post(func() { s.happened(e) }) },
	})
	if err != nil {
		bar.Hide()
		return outcome{}, err
	}
	actions, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		s.watchActions(actions)
	}()
	s.serve(ctx)
	s.gate.End(consent.ByAgent) // already ended unless ctx was
	s.cut()
	stop()
	<-watched
	return s.finish(), nil
}

// watchActions hands the user's presses to the gate at once.
func (s *session) watchActions(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case action := <-s.windows.Actions():
			switch action {
			case ui.EndSession, ui.Quit:
				s.gate.End(consent.ByUser)
			case ui.PauseSession:
				s.gate.Pause()
			case ui.ResumeSession:
				s.gate.Resume()
			case ui.StopControl:
				s.gate.Withdraw(consent.Control, consent.ByUser)
			case ui.StopRecording:
				s.gate.Withdraw(consent.Record, consent.ByUser)
			}
		}
	}
}

// serve handles everything that happens until the session is over.
func (s *session) serve(ctx context.Context) {
	for {
		var repair <-chan time.Time
		if !s.repairBy.IsZero() {
			repair = time.After(time.Until(s.repairBy))
		}
		select {
		case <-ctx.Done():
			return
		case <-s.gate.Over():
			return
		case <-s.mail.signal:
			for _, task := range s.mail.take() {
				task()
			}
		case e := <-s.link.events:
			s.linked(ctx, e)
		case <-repair:
			s.gate.End(consent.ByConnection)
		}
	}
}

// linked takes one event of the relay's connection. Losing the relay ends nothing
// while the viewer is reached directly.
func (s *session) linked(ctx context.Context, e linkEvent) {
	switch {
	case e.lost != nil:
		if s.peer == nil {
			s.lostConnection()
		}
		return
	case e.up:
		return
	}
	switch kind := e.frame.GetKind().(type) {
	case *wire.RelayToAgent_Welcome:
		switch {
		case kind.Welcome.GetResumed():
			s.repaired()
		case s.peer == nil:
			s.gate.End(consent.ByConnection)
		}
	case *wire.RelayToAgent_Forward:
		s.forwarded(ctx, kind.Forward)
	case *wire.RelayToAgent_Left:
		switch {
		case s.peer != nil && s.repairBy.IsZero(): // reached directly: only the relay lost them
		case kind.Left.GetWhy() == wire.PeerLeft_WHY_GONE:
			s.gate.End(consent.ByTechnician)
		default:
			s.lostConnection()
		}
	case *wire.RelayToAgent_Ice:
		s.joined.Ice = kind.Ice
		if s.peer != nil {
			s.peer.setServers(kind.Ice)
		}
	}
}

func (s *session) lostConnection() {
	if s.repairBy.IsZero() {
		s.repairBy = time.Now().Add(repairTime)
	}
}

func (s *session) repaired() { s.repairBy = time.Time{} }

// forwarded opens a sealed message that came over the relay. One that does not open
// is dropped: whoever made it does not have the key.
func (s *session) forwarded(ctx context.Context, data []byte) {
	frame, err := protocol.DecodePeerFrame(data)
	if err != nil || frame.GetSealed() == nil {
		s.log.Warn("frame refused", "err", err)
		return
	}
	plain, err := s.sealer.Open(frame.GetSealed())
	if err != nil {
		s.log.Warn("sealed message refused", "err", err)
		return
	}
	s.message(ctx, plain)
}

// message takes one message of the viewer, whichever way it came.
func (s *session) message(ctx context.Context, data []byte) {
	m, err := protocol.DecodeFromViewer(data)
	if err != nil {
		s.log.Warn("message refused", "err", err)
		return
	}
	switch kind := m.GetKind().(type) {
	case *wire.FromViewer_Ask:
		s.ask(ctx, kind.Ask)
	case *wire.FromViewer_Offer:
		s.offered(kind.Offer.GetSdp())
	case *wire.FromViewer_Candidate:
		s.candidate(kind.Candidate)
	case *wire.FromViewer_Release:
		s.release(kind.Release.GetScope())
	case *wire.FromViewer_SelectDisplay:
		s.selectDisplay(int(kind.SelectDisplay.GetIndex()))
	case *wire.FromViewer_Goodbye:
		s.gate.End(consent.ByTechnician)
	}
}

// release gives a scope back for the technician. Releasing the picture ends nothing:
// only Goodbye does.
func (s *session) release(scope wire.Scope) {
	switch scope {
	case wire.Scope_SCOPE_CONTROL:
		s.gate.Withdraw(consent.Control, consent.ByTechnician)
	case wire.Scope_SCOPE_RECORD:
		s.gate.Withdraw(consent.Record, consent.ByTechnician)
	}
}

func (s *session) selectDisplay(index int) {
	if s.picture == nil || index < 0 || index >= len(s.displays) {
		return
	}
	s.display = index
	s.picture.show(index)
	s.inputs.move(s.displays[index].Bounds)
	s.sendDisplays()
}

// offered takes the viewer's offer: kept until view is granted, or an ICE restart.
func (s *session) offered(sdp string) {
	if s.peer == nil {
		s.offer = sdp
		return
	}
	answer, err := s.peer.restart(sdp, s.viewerPrint)
	if err != nil {
		s.log.Warn("connection not restarted", "err", err)
		return
	}
	s.sendOverRelay(&wire.FromAgent{Kind: &wire.FromAgent_Answer{Answer: &wire.Description{Sdp: answer}}})
}

// maxEarlyCandidates bounds what is kept of a viewer before the user's yes.
const maxEarlyCandidates = 64

func (s *session) candidate(c *wire.Candidate) {
	if s.peer == nil {
		if len(s.candidates) < maxEarlyCandidates {
			s.candidates = append(s.candidates, c)
		}
		return
	}
	if err := s.peer.addCandidate(c); err != nil {
		s.log.Warn("candidate refused", "err", err)
	}
}

// connect answers the viewer's offer. It is called once, after the yes.
func (s *session) connect(grant *consent.ViewGrant) error {
	if s.offer == "" {
		return errors.New("agent: the viewer offered no connection")
	}
	post := func(task func()) { s.mail.post(task) }
	p, answer, err := newPeer(peerConfig{
		grant: grant, identity: s.identity, remote: s.viewerPrint,
		servers: s.joined.GetIce(), loopback: s.loopback,
		events: peerEvents{
			candidate: func(c *wire.Candidate) {
				post(func() { s.sendOverRelay(&wire.FromAgent{Kind: &wire.FromAgent_Candidate{Candidate: c}}) })
			},
			message:  func(data []byte) { post(func() { s.message(context.Background(), data) }) },
			input:    func(data []byte) { s.inputs.handle(data, s.picture.pointerMoved) },
			state:    func(state webrtc.PeerConnectionState) { post(func() { s.connection(state) }) },
			opened:   func(label string) { post(func() { s.opened(label) }) },
			keyFrame: func() { post(func() { s.picture.wantKey() }) },
			rate:     func(bits int) { post(func() { s.picture.setRate(bits) }) },
		},
	}, s.offer)
	if err != nil {
		return err
	}
	s.peer = p
	s.sendOverRelay(&wire.FromAgent{Kind: &wire.FromAgent_Answer{Answer: &wire.Description{Sdp: answer}}})
	for _, c := range s.candidates {
		s.candidate(c)
	}
	s.candidates = nil
	return nil
}

// connection follows the state of the WebRTC connection.
func (s *session) connection(state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		s.repaired()
		s.picture.connected()
	case webrtc.PeerConnectionStateDisconnected, webrtc.PeerConnectionStateFailed:
		s.lostConnection()
		s.link.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Ice{Ice: &wire.IceRequest{}}})
	case webrtc.PeerConnectionStateClosed:
		s.gate.End(consent.ByConnection)
	}
}

// opened hears that a data channel can be written to.
func (s *session) opened(label string) {
	switch label {
	case "session":
		s.sendState()
		s.sendDisplays()
	case "cursor":
		s.picture.resendCursor()
	}
}

// sendOverRelay sends what mends the direct connection, which may be broken just now.
func (s *session) sendOverRelay(m *wire.FromAgent) {
	data, err := proto.Marshal(m)
	if err != nil {
		s.log.Error("message not sent", "err", err)
		return
	}
	s.sendSealed(data)
}

// send sends a message to the viewer, on the data channel when it is open and sealed
// over the relay otherwise.
func (s *session) send(m *wire.FromAgent) {
	data, err := proto.Marshal(m)
	if err != nil {
		s.log.Error("message not sent", "err", err)
		return
	}
	if s.peer != nil && s.peer.sendSession(data) {
		return
	}
	s.sendSealed(data)
}

func (s *session) sendSealed(data []byte) {
	sealed, err := s.sealer.Seal(data)
	if err == nil {
		err = s.link.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Sealed{Sealed: sealed}})
	}
	if err != nil {
		s.log.Warn("message not sent", "err", err)
	}
}

func (s *session) sendDisplays() {
	list := &wire.Displays{Selected: uint32(s.display)}
	for _, d := range s.displays {
		list.Displays = append(list.Displays, &wire.Display{
			Index: uint32(d.Index), X: int32(d.Bounds.Min.X), Y: int32(d.Bounds.Min.Y),
			Width: uint32(d.Bounds.Dx()), Height: uint32(d.Bounds.Dy()),
		})
	}
	s.send(&wire.FromAgent{Kind: &wire.FromAgent_Displays{Displays: list}})
}

// cut ends everything that was running, in the order of ARCHITECTURE: the gate is
// closed already; input, recorder, picture, peer.
func (s *session) cut() {
	s.inputs.stop()
	s.goodbye(s.gate.Snapshot().EndedBy)
	s.ending = true
	for _, task := range s.mail.take() {
		task() // the last events, for the recording
	}
	s.stopRecording()
	if s.picture != nil {
		s.picture.stop()
	}
	if s.peer != nil {
		if err := s.peer.close(); err != nil {
			s.log.Warn("connection not closed", "err", err)
		}
	}
	s.bar.Hide()
}

// goodbye tells the viewer and the relay. Nothing waits for either.
func (s *session) goodbye(by consent.Actor) {
	ended := &wire.Ended{By: endedBy(by)}
	if by == consent.ByUser && s.started.IsZero() {
		ended.By = wire.Ended_BY_REFUSAL
	}
	if !s.started.IsZero() {
		ended.Seconds = uint64(time.Since(s.started).Seconds())
	}
	data, err := proto.Marshal(&wire.FromAgent{Kind: &wire.FromAgent_Ended{Ended: ended}})
	if err != nil {
		s.log.Error("goodbye not sent", "err", err)
		return
	}
	if s.peer != nil {
		s.peer.sendSession(data)
	}
	s.sendSealed(data)
	s.link.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Over{Over: &wire.SessionOver{}}})
}

func endedBy(by consent.Actor) wire.Ended_By {
	switch by {
	case consent.ByUser:
		return wire.Ended_BY_USER
	case consent.ByTechnician:
		return wire.Ended_BY_TECHNICIAN
	case consent.ByBarLost:
		return wire.Ended_BY_BAR_LOST
	case consent.ByConnection:
		return wire.Ended_BY_CONNECTION
	default:
		return wire.Ended_BY_AGENT_CLOSED
	}
}

// inputOptions are where and past what events may be put.
func (s *session) inputOptions() input.Options {
	return input.Options{Bounds: s.displays[s.display].Bounds, Guard: s.windows}
}
