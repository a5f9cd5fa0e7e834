package agent

import (
	"context"
	"errors"
	"time"

	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol/wire"
)

// questionTime is how long a question waits before silence means no. The user can
// stop the countdown.
const questionTime = 90 * time.Second

// questionLongest bounds a question whose countdown the user has stopped.
const questionLongest = 15 * time.Minute

// party is who asks, as the handshake bound it.
func (s *session) party() consent.Party {
	t, o := s.joined.GetTechnician(), s.organisation
	p := consent.Party{
		TechnicianID: t.GetId(), TechnicianName: t.GetName(),
		OrganisationID: o.GetId(), OrganisationName: o.GetName(), OrganisationVerified: o.GetVerified(),
		Controller: o.GetController(), Processor: o.GetProcessor(), Region: o.GetRegion(),
		PrivacyURL: o.GetPrivacyUrl(), RecordingDays: int(o.GetRecordingDays()),
	}
	if c := t.GetAccountCreated(); c.IsValid() {
		p.AccountCreated = c.AsTime()
	}
	return p
}

// ask puts one question to the user. Waiting for the answer happens beside the
// session, which goes on; the gate lets one question at a time through.
func (s *session) ask(ctx context.Context, m *wire.Ask) {
	scope, ok := scopeOf(m.GetScope())
	if !ok {
		s.decide(m.GetScope(), wire.Decision_OUTCOME_UNAVAILABLE, "This cannot be asked for yet.")
		return
	}
	if scope == consent.Record && len(s.organisation.GetRecordingRecipients()) < 2 {
		s.decide(m.GetScope(), wire.Decision_OUTCOME_UNAVAILABLE,
			"Recording is not set up. A reviewer of your organisation has to do that first, under Recordings.")
		return
	}
	q := consent.Question{
		Scope: scope, Party: s.party(), Reason: m.GetReason(), Ticket: m.GetTicket(), Language: "en",
		Timeout: questionTime, Longest: questionLongest,
	}
	q.Text = consent.NoticeFor(scope, q.Party, q.Language)
	go s.await(ctx, q)
}

// await waits for one answer and posts what follows from it.
func (s *session) await(ctx context.Context, q consent.Question) {
	var err error
	switch q.Scope {
	case consent.View:
		var grant *consent.ViewGrant
		if grant, err = s.gate.AskView(ctx, q); err == nil {
			s.mail.post(func() { s.startView(grant) })
		}
	case consent.Control:
		var grant *consent.ControlGrant
		if grant, err = s.gate.AskControl(ctx, q); err == nil {
			s.mail.post(func() { s.startControl(grant) })
		}
	case consent.Record:
		var grant *consent.RecordGrant
		if grant, err = s.gate.AskRecord(ctx, q); err == nil {
			s.mail.post(func() { s.startRecording(grant) })
		}
	}
	if errors.Is(err, consent.ErrNoBar) || errors.Is(err, consent.ErrNeedsView) {
		s.mail.post(func() {
			s.decide(scopeOnWire(q.Scope), wire.Decision_OUTCOME_UNAVAILABLE, "The user's screen cannot show who is connected.")
		})
	}
}

// startView opens the connection and starts the picture: the first moment at which
// anything of the screen is read.
func (s *session) startView(grant *consent.ViewGrant) {
	if s.ending {
		return
	}
	s.started = time.Now()
	s.picture = newPicture(grant, s.display, s.log)
	if err := s.connect(grant); err != nil {
		s.log.Error("no connection to the viewer", "err", err)
		s.gate.End(consent.ByConnection)
		return
	}
	s.picture.start(s.peer)
	s.lostConnection() // until connected
	s.bar.Update(s.barView())
}

func (s *session) startControl(grant *consent.ControlGrant) {
	if s.ending {
		return
	}
	changed := func(active bool) {
		s.mail.post(func() {
			s.userActive = active
			s.bar.Update(s.barView())
			s.sendState()
		})
	}
	if err := s.inputs.start(grant, s.inputOptions(), changed); err != nil {
		s.log.Error("no control", "err", err)
		s.gate.Withdraw(consent.Control, consent.ByAgent)
	}
}

// happened follows one event of the gate: both people are told, and what a withdrawn
// scope left running is ended.
func (s *session) happened(e consent.Event) {
	s.history = append(s.history, e)
	switch e.Kind {
	case consent.Asked:
		s.send(&wire.FromAgent{Kind: &wire.FromAgent_Asking{Asking: &wire.Asking{
			Scope: scopeOnWire(e.Scope), SecondsLeft: uint32(questionTime.Seconds()),
		}}})
	case consent.Withdrawn, consent.Released:
		switch e.Scope {
		case consent.Control:
			s.inputs.stop()
			s.userActive = false
		case consent.Record:
			s.stopRecording()
		}
	}
	if outcome, ok := outcomes[e.Kind]; ok {
		s.decide(scopeOnWire(e.Scope), outcome, "")
	}
	if e.Scope == consent.View && (e.Kind == consent.Refused || e.Kind == consent.Expired) {
		s.gate.End(consent.ByUser)
	}
	if s.recorder != nil {
		s.recorder.event(e)
	}
	s.bar.Update(s.barView())
	s.sendState()
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
	state := &wire.State{Paused: now.Paused, UserActive: s.userActive, InputLocked: s.windows.Locked()}
	for _, scope := range now.Granted {
		state.Granted = append(state.Granted, scopeOnWire(scope))
	}
	s.send(&wire.FromAgent{Kind: &wire.FromAgent_State{State: state}})
}

func (s *session) barView() ui.BarView {
	v := ui.BarView{
		Technician: s.joined.GetTechnician().GetName(), Organisation: s.organisation.GetName(),
		Started: s.joinedAt, UserActive: s.userActive,
	}
	if !s.started.IsZero() {
		v.Started = s.started
	}
	if s.gate == nil {
		return v
	}
	now := s.gate.Snapshot()
	v.Paused = now.Paused
	for _, scope := range now.Granted {
		switch scope {
		case consent.View:
			v.View = true
		case consent.Control:
			v.Control = true
		case consent.Record:
			v.Recording = true
		}
	}
	return v
}

// scopeOf maps the scopes that can be asked for.
func scopeOf(s wire.Scope) (consent.Scope, bool) {
	switch s {
	case wire.Scope_SCOPE_VIEW:
		return consent.View, true
	case wire.Scope_SCOPE_CONTROL:
		return consent.Control, true
	case wire.Scope_SCOPE_RECORD:
		return consent.Record, true
	default:
		return 0, false
	}
}

func scopeOnWire(s consent.Scope) wire.Scope {
	switch s {
	case consent.View:
		return wire.Scope_SCOPE_VIEW
	case consent.Control:
		return wire.Scope_SCOPE_CONTROL
	case consent.Record:
		return wire.Scope_SCOPE_RECORD
	case consent.Clipboard:
		return wire.Scope_SCOPE_CLIPBOARD
	case consent.Files:
		return wire.Scope_SCOPE_FILES
	case consent.Voice:
		return wire.Scope_SCOPE_VOICE
	default:
		return wire.Scope_SCOPE_UNSPECIFIED
	}
}
