package agent

import (
	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol/wire"
)

// happened follows one event of the gate: both people are told, and what a withdrawn
// scope left running is ended.
func (s *session) happened(e consent.Event) {
	s.history = append(s.history, e)
	// What failed here is told before the reason, which is the last word on the page:
	// nobody took it back.
	failed := e.Kind == consent.Released && e.By == consent.ByAgent
	if failed {
		s.decide(scopeOnWire(e.Scope), outcomes[e.Kind], "")
	}
	switch e.Kind {
	case consent.Asked:
		s.send(&wire.FromAgent{Kind: &wire.FromAgent_Asking{Asking: &wire.Asking{
			Scope: scopeOnWire(e.Scope), SecondsLeft: uint32(questionTime.Seconds()),
		}}})
	case consent.Withdrawn, consent.Released:
		s.stopped(e.Scope)
	case consent.Paused, consent.Resumed:
		s.talk.hold(s.waits())
		s.sendChatAround()
		if e.Kind == consent.Resumed && s.picture != nil {
			s.picture.resume()
		}
	}
	if outcome, ok := outcomes[e.Kind]; ok && !failed && !toldWhenReady(e) {
		s.decide(scopeOnWire(e.Scope), outcome, "")
	}
	if e.Scope == consent.View && (e.Kind == consent.Refused || e.Kind == consent.Expired) {
		s.gate.End(endOfNo(e))
	}
	if s.recorder != nil {
		s.recorder.event(e)
	}
	s.keepChat()
	s.countHands()
	s.windows.UpdateActivity(s.activity())
	s.attendance.changed()
	s.bar.Update(s.barView())
	if !toldWhenReady(e) {
		s.sendState()
	}
}

// toldWhenReady reports whether the technician hears of e when it can be used: what is
// sent at once would come before there is anybody to take it.
func toldWhenReady(e consent.Event) bool {
	return e.Kind == consent.Granted && (e.Scope == consent.Clipboard || e.Scope == consent.Files || e.Scope == consent.Voice)
}

// ready tells the technician that a scope was granted and can be used.
func (s *session) ready(scope consent.Scope) {
	s.decide(scopeOnWire(scope), wire.Decision_OUTCOME_GRANTED, "")
	s.sendState()
}

// endOfNo says who ends a session that was not allowed to begin. Silence is the user's
// no.
func endOfNo(e consent.Event) consent.Actor {
	if e.By == consent.ByBarLost {
		return consent.ByBarLost
	}
	return consent.ByUser
}

// stopped ends what a scope that was taken back left running.
func (s *session) stopped(scope consent.Scope) {
	switch scope {
	case consent.Control:
		s.inputs.stop()
		s.userActive = false
	case consent.Record:
		s.stopRecording()
	case consent.Clipboard:
		s.clips.stop()
	case consent.Files:
		s.exchange.stop()
	case consent.Voice:
		s.talked()
	}
}

var outcomes = map[consent.EventKind]wire.Decision_Outcome{
	consent.Granted:   wire.Decision_OUTCOME_GRANTED,
	consent.Refused:   wire.Decision_OUTCOME_REFUSED,
	consent.Expired:   wire.Decision_OUTCOME_EXPIRED,
	consent.Withdrawn: wire.Decision_OUTCOME_WITHDRAWN,
	consent.Released:  wire.Decision_OUTCOME_RELEASED,
}

func (s *session) decide(scope wire.Scope, outcome wire.Decision_Outcome, detail string) {
	s.send(&wire.FromAgent{Kind: &wire.FromAgent_Decision{Decision: &wire.Decision{
		Scope: scope, Outcome: outcome, Detail: detail,
	}}})
}

// sendState tells the viewer what is granted now.
func (s *session) sendState() {
	now := s.gate.Snapshot()
	state := &wire.State{
		Paused: now.Paused || now.Secret, Secret: now.Secret, Away: now.Away, UserActive: s.userActive, InputLocked: s.windows.Locked(), Muted: s.talk.isMuted(),
	}
	for _, scope := range now.Granted {
		state.Granted = append(state.Granted, scopeOnWire(scope))
	}
	s.send(&wire.FromAgent{Kind: &wire.FromAgent_State{State: state}})
}

func (s *session) barView() ui.BarView {
	v := ui.BarView{
		Technician: s.joined.GetTechnician().GetName(), Organisation: s.organisation.GetName(),
		Started: s.joinedAt, UserActive: s.userActive, Notice: s.notice,
	}
	v.Shared = s.sharedBounds()
	if !s.started.IsZero() {
		v.Started = s.started
	}
	if s.gate == nil {
		return v
	}
	v.Chat, v.Unread = !s.started.IsZero(), s.chat.View().Unread
	now := s.gate.Snapshot()
	v.Paused, v.Secret, v.Away = now.Paused, now.Secret, now.Away
	for _, scope := range now.Granted {
		switch scope {
		case consent.View:
			v.View = true
		case consent.Control:
			v.Control = true
		case consent.Record:
			v.Recording = true
		case consent.Clipboard:
			v.Clipboard = true
		case consent.Files:
			v.Files = true
		case consent.Voice:
			v.Voice, v.Muted = true, s.talk.isMuted()
		}
	}
	return v
}
