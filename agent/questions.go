package agent

import (
	"context"
	"errors"
	"os"
	"time"

	"beside/agent/internal/files"
	"beside/agent/internal/ui"
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

// startView opens the connection and starts the picture: the first moment at which
// anything of the screen is read, or a socket for the viewer opened.
func (s *session) startView(grant *consent.ViewGrant) {
	if s.late(grant.Done()) {
		return
	}
	s.view = grant
	s.started = time.Now()
	s.chat.Open()
	if err := s.showLess(); err != nil {
		s.log.Error("what was chosen cannot be shown alone", "err", err)
		s.gate.End(consent.ByAgent) // rather nothing than too much
		return
	}
	s.picture = newPicture(grant, s.display, s.log)
	s.picture.scene, s.picture.area = s.share.scene, s.share.area
	s.picture.resized = func() { s.mail.post(s.screenChanged) }
	s.repairBy = s.started.Add(repairTime) // until connected
	if s.offer != "" {
		s.connect()
	}
	s.bar.Update(s.barView())
}

func (s *session) startControl(grant *consent.ControlGrant) {
	if s.late(grant.Done()) {
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
		s.giveBack(consent.Control, "Mouse and keyboard cannot be used from outside on the user's system.")
	}
}

// giveBack gives a scope back that was granted and cannot be used, and says why. It comes
// after what the gate says of it: the reason is the last word.
func (s *session) giveBack(scope consent.Scope, why string) {
	s.gate.Withdraw(scope, consent.ByAgent)
	s.mail.post(func() { s.decide(scopeOnWire(scope), wire.Decision_OUTCOME_UNAVAILABLE, why) })
}

func (s *session) startClipboard(grant *consent.ClipboardGrant) {
	if s.late(grant.Done()) {
		return
	}
	err := s.clips.start(grant, s.cfg.Display)
	switch {
	case err == nil:
		s.ready(consent.Clipboard)
	case errors.Is(err, consent.ErrRevoked): // taken back meanwhile
	default:
		s.log.Error("no clipboard", "err", err)
		s.giveBack(consent.Clipboard, "The clipboard cannot be reached on the user's system.")
	}
}

func (s *session) startFiles(grant *consent.FilesGrant) {
	if s.late(grant.Done()) {
		return
	}
	folder, err := files.Downloads(os.Getenv)
	if err == nil {
		err = s.exchange.start(grant, folder)
	}
	switch {
	case err == nil:
		s.ready(consent.Files)
	case errors.Is(err, consent.ErrRevoked): // taken back meanwhile
	default:
		s.log.Error("no files", "err", err)
		s.giveBack(consent.Files, "The user's folder for downloads cannot be used.")
	}
}

// over reports whether the gate is closed for good: then nothing starts any more.
func (s *session) over() bool { return s.gate.Snapshot().Over }

// late reports whether a yes comes too late to begin anything: the session is over, or the
// user took it back at once, and what follows from that has been done already.
func (s *session) late(taken <-chan struct{}) bool {
	select {
	case <-taken:
		return true
	default:
		return s.over()
	}
}

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

// scopeOf maps the scopes that can be asked for.
func scopeOf(s wire.Scope) (consent.Scope, bool) {
	switch s {
	case wire.Scope_SCOPE_VIEW:
		return consent.View, true
	case wire.Scope_SCOPE_CONTROL:
		return consent.Control, true
	case wire.Scope_SCOPE_RECORD:
		return consent.Record, true
	case wire.Scope_SCOPE_CLIPBOARD:
		return consent.Clipboard, true
	case wire.Scope_SCOPE_FILES:
		return consent.Files, true
	case wire.Scope_SCOPE_VOICE:
		return consent.Voice, true
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
