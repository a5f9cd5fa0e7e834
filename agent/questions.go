package agent

import (
	"context"
	"errors"
	"time"

	"beside/consent"
	"beside/protocol/wire"
)

// questionTime is how long a question waits before silence means no. The user can
// stop the countdown.
const questionTime = 90 * time.Second

// questionLongest bounds a question whose countdown the user has stopped.
const questionLongest = 15 * time.Minute

// askBurst is how many questions are taken at once, and askPace how soon another: each that
// is called off and asked again is a window on the user's screen and a record in the receipt.
// THREAT 18.
const (
	askBurst = 30
	askPace  = 2 * time.Second
)

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
	switch {
	case !s.questions.Allow(time.Now()):
		s.decide(m.GetScope(), wire.Decision_OUTCOME_UNAVAILABLE, "You have asked very often. Wait a moment, then ask again.")
		return
	case !ok:
		s.decide(m.GetScope(), wire.Decision_OUTCOME_UNAVAILABLE, "This cannot be asked for yet.")
		return
	case scope == consent.Record && len(s.organisation.GetRecordingRecipients()) < 2:
		s.decide(m.GetScope(), wire.Decision_OUTCOME_UNAVAILABLE, recordingNotSetUp)
		return
	case scope == consent.Voice && s.peer == nil: // nobody to talk to yet
		s.notAsked(scope, consent.ErrNeedsView)
		return
	case scope == consent.Voice && !s.canTalk():
		s.decide(m.GetScope(), wire.Decision_OUTCOME_UNAVAILABLE, "This browser cannot talk.")
		return
	}
	q := consent.Question{
		Scope: scope, Party: s.party(), Reason: m.GetReason(), Ticket: m.GetTicket(), Language: s.windows.Texts().Tag,
		Timeout: questionTime, Longest: questionLongest,
	}
	q.Text = consent.NoticeFor(scope, q.Party, q.Language)
	if scope == consent.View {
		q.Text.Caution = consent.CautionFor(q.Party, s.known.as(q.Party), q.Language, time.Now())
	}
	s.asks.Go(func() { s.await(ctx, q) })
}

// recordingNotSetUp is the longest reason that a technician is given.
const recordingNotSetUp = "Recording is not set up. A reviewer of your organisation has to do that first, under Recordings."

// barPatience is how long a question waits for the bar. It is looked at anew when it
// changes, as after every answer; one out of sight for longer has ended the session.
const (
	barPatience = time.Second
	barLook     = 50 * time.Millisecond
)

// await waits for one answer and posts what follows from it.
func (s *session) await(ctx context.Context, q consent.Question) {
	for asked := time.Now(); !s.bar.Visible() && !s.over() && time.Since(asked) < barPatience; {
		select {
		case <-ctx.Done():
			return
		case <-s.gate.Over():
		case <-time.After(barLook):
		}
	}
	if err := s.put(ctx, q); err != nil {
		s.mail.post(func() { s.notAsked(q.Scope, err) })
	}
}

// put asks the gate once, and posts what follows from a yes.
func (s *session) put(ctx context.Context, q consent.Question) error {
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
	case consent.Files:
		var grant *consent.FilesGrant
		if grant, err = s.gate.AskFiles(ctx, q); err == nil {
			s.mail.post(func() { s.startFiles(grant) })
		}
	case consent.Voice:
		var grant *consent.VoiceGrant
		if grant, err = s.gate.AskVoice(ctx, q); err == nil {
			s.mail.post(func() { s.startVoice(grant) })
		}
	case consent.Clipboard:
		var grant *consent.ClipboardGrant
		if grant, err = s.gate.AskClipboard(ctx, q); err == nil {
			s.mail.post(func() { s.startClipboard(grant) })
		}
	}
	return err
}

// notAsked answers a question that the gate did not put to the user, so that the
// technician's page does not wait for ever. What the user said is told by happened.
func (s *session) notAsked(scope consent.Scope, err error) {
	detail := ""
	switch {
	case errors.Is(err, consent.ErrAlready):
		s.decide(scopeOnWire(scope), wire.Decision_OUTCOME_GRANTED, "")
		s.sendState()
		return
	case errors.Is(err, consent.ErrBusy) && s.gate.Snapshot().Asking == scope:
		return // the question that is open brings the answer
	case errors.Is(err, consent.ErrBusy):
		detail = "Another question is on the user's screen. Ask again when it is answered."
	case errors.Is(err, consent.ErrNeedsView):
		detail = "The user has to show you the screen first."
	case errors.Is(err, consent.ErrNoBar):
		detail = "The user's screen cannot show who is connected."
	case errors.Is(err, consent.ErrEnded):
		detail = "The session is over."
	default:
		return
	}
	s.decide(scopeOnWire(scope), wire.Decision_OUTCOME_UNAVAILABLE, detail)
}
