package agent

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	"beside/agent/internal/capture"
	"beside/consent"
	"beside/protocol"
	"beside/protocol/wire"
)

// This file is what a session says and hears: sealed over the relay until the data
// channel "session" is open, and on that channel after.

// linked takes one event of the relay's connection. Losing the relay ends nothing
// while the viewer is reached directly.
func (s *session) linked(ctx context.Context, e linkEvent) {
	switch {
	case e.lost != nil:
		if s.view == nil {
			s.lostConnection()
		}
		return
	case e.up:
		return
	}
	switch kind := e.frame.GetKind().(type) {
	case *wire.RelayToAgent_Welcome:
		if s.view == nil {
			s.welcomedBack(kind.Welcome.GetResumed())
		}
	case *wire.RelayToAgent_Forward:
		s.forwarded(ctx, kind.Forward)
	case *wire.RelayToAgent_Left:
		s.left(kind.Left.GetWhy())
	case *wire.RelayToAgent_Audit:
		s.testimony.ended(kind.Audit)
	case *wire.RelayToAgent_Ice:
		s.joined.Ice = kind.Ice
		if s.peer != nil {
			s.peer.setServers(kind.Ice)
		}
	}
}

// welcomedBack hears that the relay is reached again, before there is a direct
// connection. A relay that forgot the session has lost the viewer for good.
func (s *session) welcomedBack(resumed bool) {
	if resumed {
		s.repaired()
		return
	}
	s.gate.End(consent.ByConnection)
}

// left hears that the relay lost the viewer. One who may come back has as long as a
// lost connection; one who is reached directly has not left.
func (s *session) left(why wire.PeerLeft_Why) {
	switch {
	case s.peer != nil && s.repairBy.IsZero():
	case why == wire.PeerLeft_WHY_GONE:
		s.gate.End(consent.ByTechnician)
	default:
		s.lostConnection()
	}
}

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
	if s.view == nil {
		s.repaired() // the viewer is there; from the grant on only a connection counts
	}
	s.message(ctx, plain, s.sendOverRelay)
}

// message takes one message of the viewer, whichever way it came; reply answers that way.
func (s *session) message(ctx context.Context, data []byte, reply func(*wire.FromAgent)) {
	m, err := protocol.DecodeFromViewer(data)
	if err != nil {
		s.log.Warn("message refused", "err", err)
		return
	}
	switch kind := m.GetKind().(type) {
	case *wire.FromViewer_Ask:
		s.ask(ctx, kind.Ask)
	case *wire.FromViewer_Offer:
		s.offered(kind.Offer, reply)
	case *wire.FromViewer_Candidate:
		s.candidate(kind.Candidate)
	case *wire.FromViewer_Release:
		s.release(kind.Release.GetScope())
	case *wire.FromViewer_SelectDisplay:
		s.selectDisplay(int(kind.SelectDisplay.GetIndex()))
	case *wire.FromViewer_Goodbye:
		s.gate.End(consent.ByTechnician)
	case *wire.FromViewer_Chat:
		s.heard(kind.Chat)
	case *wire.FromViewer_Applied:
		s.applied(kind.Applied.GetNumber())
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
	case wire.Scope_SCOPE_CLIPBOARD:
		s.gate.Withdraw(consent.Clipboard, consent.ByTechnician)
	case wire.Scope_SCOPE_FILES:
		s.gate.Withdraw(consent.Files, consent.ByTechnician)
	case wire.Scope_SCOPE_VOICE:
		s.gate.Withdraw(consent.Voice, consent.ByTechnician)
	}
}

// selectDisplay shows another monitor. The frame on the user's screen goes with it.
func (s *session) selectDisplay(index int) {
	if s.picture == nil || index < 0 || index >= len(s.displays) || !s.share.area.Empty() || s.share.window {
		return
	}
	s.turnTo(index)
}

// screenChanged follows a change of resolution: events of the technician belong on the
// screen as it is now, and the frame round what is shown goes with it.
func (s *session) screenChanged() {
	displays, err := capture.Displays()
	if err != nil {
		s.log.Warn("displays not read again", "err", err)
		return
	}
	if slices.Equal(displays, s.displays) {
		s.share.missing.Store(false)
		return
	}
	if !s.share.area.Empty() {
		s.monitorsChanged(displays)
		return
	}
	s.displays = displays
	if s.display >= len(displays) {
		s.display = len(displays) - 1
		if s.picture != nil {
			s.picture.show(s.display)
		}
	}
	s.inputs.move(s.displays[s.display].Bounds)
	s.bar.Update(s.barView())
	s.sendDisplays()
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
	if s.peer != nil && (s.peer.sendSession(data) || s.peer.deaf()) {
		return // who takes nothing is told nothing
	}
	s.sendSealed(data)
}

// sendDirect sends a message on the data channel alone; false when it is not open.
func (s *session) sendDirect(m *wire.FromAgent) bool {
	data, err := proto.Marshal(m)
	if err != nil {
		s.log.Error("message not sent", "err", err)
		return true // it never can be
	}
	return s.peer != nil && s.peer.sendSession(data)
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
		if (!s.share.area.Empty() || s.share.window) && d.Index != s.display {
			continue // it is not there to be chosen
		}
		list.Displays = append(list.Displays, &wire.Display{
			Index: uint32(d.Index), X: int32(d.Bounds.Min.X), Y: int32(d.Bounds.Min.Y),
			Width: uint32(d.Bounds.Dx()), Height: uint32(d.Bounds.Dy()),
		})
	}
	s.send(&wire.FromAgent{Kind: &wire.FromAgent_Displays{Displays: list}})
}
