package agent

import (
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol"
	"beside/protocol/wire"
)

// agreed is what the lobby hands to the session: who is there, and the key.
type agreed struct {
	joined       *wire.TechnicianJoined
	organisation *wire.Organisation
	identity     *identity
	sealer       *protocol.Sealer
	viewerPrint  [32]byte
	// joinedAt is when the technician redeemed the code.
	joinedAt time.Time
}

// handshakeTime bounds a handshake: both ends are programs.
const handshakeTime = 30 * time.Second

// sentence is something to say to the user, in the language of the moment.
type sentence func(*catalogue.Texts) string

// about is a text with the technician's name in it.
func about(technician string, text sentence) sentence {
	return func(t *catalogue.Texts) string { return catalogue.Fill(text(t), "technician", technician) }
}

func offline(t *catalogue.Texts) string   { return t.Lobby.Offline }
func leftEarly(t *catalogue.Texts) string { return t.Lobby.Left }
func ranOut(t *catalogue.Texts) string    { return t.Lobby.RanOut }

// lobby is the time before a session: it shows a code, and runs the handshake with
// whoever redeems it. One wrong secret burns the code, and the user is told.
//
//	connecting ──locator──► showing ──joined──► handshake ──confirmed──► session
//	    ▲                      ▲                    │
//	    └──── relay lost ──────┴── burnt, left ─────┘
type lobby struct {
	*Agent
	windows      startWindow
	view         ui.StartView
	problem      sentence // why there is a new number, or none; nil is none
	organisation *wire.Organisation
	code         protocol.Code
	run          *handshakeRun // nil while nobody has joined
	last         outcome       // of the session before, which never began

	// The sentence on the screen is about the relay, and goes when a number comes;
	// refused: the relay gave the reason itself, which losing it must not hide.
	trouble, refused bool
}

// startWindow is what the lobby needs of the user interface.
type startWindow interface {
	ShowStart(ui.StartView)
	HideStart()
	Texts() *catalogue.Texts
	Actions() <-chan ui.Action
}

// handshakeRun is one technician's attempt.
type handshakeRun struct {
	joined   *wire.TechnicianJoined
	identity *identity
	shake    *protocol.Handshake
	at       time.Time
}

func newLobby(a *Agent) *lobby { return &lobby{Agent: a, windows: a.windows} }

// again returns to the code after a session that never began, and says why.
func (l *lobby) again(o outcome) {
	l.last, l.problem = o, o.why()
	l.renew(wire.NewCode_WHY_USER)
}

// wait shows codes until a technician proved to know one.
func (l *lobby) wait(ctx context.Context) (*agreed, error) {
	l.show()
	for {
		expiry := l.expiry()
		select {
		case <-ctx.Done():
			return nil, errClosed
		case action := <-l.windows.Actions():
			switch action {
			case ui.Quit:
				return nil, errClosed
			case ui.LanguageChanged:
				l.show()
			case ui.ForgetPeople:
				if err := ForgetPeople(l.cfg.StateDir); err != nil {
					l.log.Error("those who helped were not forgotten", "err", err)
				}
				l.show()
			case ui.NewCode:
				l.problem = nil
				l.renew(wire.NewCode_WHY_USER)
			}
		case <-expiry:
			l.expire()
		case e := <-l.link.events:
			done, err := l.handle(e)
			if done != nil || err != nil {
				l.windows.HideStart()
				return done, err
			}
		}
	}
}

// expiry fires when the code, or a handshake that makes no progress, has run out.
func (l *lobby) expiry() <-chan time.Time {
	switch {
	case l.run != nil:
		return time.After(time.Until(l.run.at.Add(handshakeTime)))
	case l.view.Code != "":
		return time.After(time.Until(l.view.Expires))
	default:
		return nil
	}
}

func (l *lobby) expire() {
	if l.run != nil {
		l.problem = leftEarly
		l.renew(wire.NewCode_WHY_USER)
		return
	}
	l.problem = ranOut
	l.renew(wire.NewCode_WHY_EXPIRED)
}

// renew takes the code off the screen and asks the relay for another.
func (l *lobby) renew(why wire.NewCode_Why) {
	l.run = nil
	l.code = protocol.Code{}
	l.view.Code = ""
	l.link.send(&wire.AgentFrame{Kind: &wire.AgentFrame_NewCode{NewCode: &wire.NewCode{Why: why}}})
	l.show()
}

func (l *lobby) show() {
	l.view.Problem = ""
	if l.problem != nil {
		l.view.Problem = l.problem(l.windows.Texts())
	}
	l.view.Known = l.known.count()
	l.windows.ShowStart(l.view)
}

// handle takes one event of the relay's connection.
func (l *lobby) handle(e linkEvent) (*agreed, error) {
	switch {
	case e.lost != nil:
		l.run = nil
		l.code = protocol.Code{}
		l.view.Code = ""
		if !l.refused {
			l.problem = offline
		}
		l.trouble = true
		l.link.forget()
		l.show()
		return nil, nil
	case e.up:
		l.refused = false
		return nil, nil
	}
	switch kind := e.frame.GetKind().(type) {
	case *wire.RelayToAgent_Welcome:
		l.welcome(kind.Welcome.GetOrganisation())
	case *wire.RelayToAgent_Locator:
		return nil, l.locator(kind.Locator)
	case *wire.RelayToAgent_Joined:
		return nil, l.join(kind.Joined)
	case *wire.RelayToAgent_Forward:
		return l.forwarded(kind.Forward)
	case *wire.RelayToAgent_Audit:
		l.last.relayEnded(kind.Audit, consent.Afterwards{}, l.log)
	case *wire.RelayToAgent_Left:
		if l.run != nil {
			l.problem = leftEarly
			l.renew(wire.NewCode_WHY_USER)
		}
	case *wire.RelayToAgent_Error:
		if kind.Error.GetCode() == wire.RelayError_CODE_RESUME {
			break // the next connection starts afresh, see signaller
		}
		l.problem = relayProblem(kind.Error.GetCode())
		l.trouble, l.refused = true, true
		l.show()
	}
	return nil, nil
}

// relayProblem puts a relay's refusal into words.
func relayProblem(code wire.RelayError_Code) sentence {
	return func(t *catalogue.Texts) string {
		switch code {
		case wire.RelayError_CODE_VERSION:
			return t.Lobby.Version
		case wire.RelayError_CODE_ORGANISATION:
			return t.Lobby.Organisation
		case wire.RelayError_CODE_TOO_MANY:
			return t.Lobby.TooMany
		case wire.RelayError_CODE_UNAVAILABLE:
			return t.Lobby.Unavailable
		default:
			return t.Lobby.Refused
		}
	}
}

func (l *lobby) welcome(o *wire.Organisation) {
	l.organisation = o
	l.view.Organisation = o.GetName()
	l.view.Verified = o.GetVerified()
	l.view.PrivacyURL = o.GetPrivacyUrl()
	l.view.Controller = o.GetController()
	l.view.Processor = o.GetProcessor()
	l.view.Region = o.GetRegion()
	l.show()
}

// locator makes the secret for a new locator and shows the whole code.
func (l *lobby) locator(m *wire.Locator) error {
	code, err := protocol.NewCode(m.GetDigits())
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	l.code = code
	l.view.Code = strings.ReplaceAll(code.Display(), " ", "")
	// By our own clock, not by the relay's time of day: the clock of a machine that
	// needs help is often wrong. THREAT 25.
	l.view.Expires = time.Now().Add(codeLife)
	if l.trouble {
		l.problem, l.trouble, l.refused = nil, false, false
	}
	if l.cfg.CodeTo != nil {
		fmt.Fprintln(l.cfg.CodeTo, catalogue.Fill(l.windows.Texts().Lobby.TerminalCode, "code", code.Display()))
	}
	l.show()
	return nil
}

// join prepares the handshake with a technician who redeemed the locator.
func (l *lobby) join(m *wire.TechnicianJoined) error {
	if l.view.Code == "" {
		return nil // crossed with a renewal: that code is gone
	}
	if l.run != nil { // a locator is redeemed once: an honest relay knows that
		return l.burn(wire.HandshakeFailed_WHY_MALFORMED)
	}
	id, err := newIdentity()
	if err != nil {
		return err
	}
	bound := &wire.HandshakeData{
		Protocol:         protocol.Version,
		Role:             wire.Role_ROLE_AGENT,
		DtlsFingerprint:  id.fingerprint[:],
		SessionId:        m.GetSessionId(),
		TechnicianName:   m.GetTechnician().GetName(),
		OrganisationName: l.organisation.GetName(),
	}
	expect := proto.Clone(bound).(*wire.HandshakeData)
	expect.Role = wire.Role_ROLE_VIEWER
	expect.DtlsFingerprint = nil
	shake, err := protocol.NewHandshake(l.code, bound, expect)
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	l.run = &handshakeRun{joined: m, identity: id, shake: shake, at: time.Now()}
	return nil
}

// forwarded takes a frame of the viewer. Anything wrong with it burns the code.
func (l *lobby) forwarded(data []byte) (*agreed, error) {
	if l.run == nil {
		return nil, nil
	}
	frame, err := protocol.DecodePeerFrame(data)
	if err != nil {
		return nil, l.burn(wire.HandshakeFailed_WHY_MALFORMED)
	}
	switch kind := frame.GetKind().(type) {
	case *wire.PeerFrame_Share:
		share, err := l.run.shake.Respond(kind.Share)
		if err != nil {
			return nil, l.burn(protocol.FailureOf(err).GetWhy())
		}
		l.reply(&wire.PeerFrame{Kind: &wire.PeerFrame_Share{Share: share}})
		return nil, nil
	case *wire.PeerFrame_Confirm:
		return l.confirmed(kind.Confirm)
	case *wire.PeerFrame_Failed:
		return nil, l.burn(wire.HandshakeFailed_WHY_UNSPECIFIED)
	default:
		return nil, l.burn(wire.HandshakeFailed_WHY_MALFORMED)
	}
}

// reply answers the viewer. A relay that takes nothing any more ends the attempt and not the
// program: the connection to it is about to be lost, and another number comes with the next.
func (l *lobby) reply(f *wire.PeerFrame) bool {
	err := l.link.forward(f)
	if err != nil {
		l.log.Warn("the viewer was not answered", "err", err)
		l.problem, l.trouble = offline, true
		l.renew(wire.NewCode_WHY_USER)
	}
	return err == nil
}

// confirmed checks the viewer's proof and answers with our own.
func (l *lobby) confirmed(m *wire.Confirm) (*agreed, error) {
	own, err := l.run.shake.Verify(m)
	if err != nil {
		return nil, l.burn(protocol.FailureOf(err).GetWhy())
	}
	if !l.reply(&wire.PeerFrame{Kind: &wire.PeerFrame_Confirm{Confirm: own}}) {
		return nil, nil
	}
	sealer, err := l.run.shake.Sealer()
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	done := &agreed{
		joined:       l.run.joined,
		organisation: l.organisation,
		identity:     l.run.identity,
		sealer:       sealer,
		viewerPrint:  l.run.shake.PeerFingerprint(),
		joinedAt:     l.run.at,
	}
	l.run, l.code, l.view.Code, l.problem = nil, protocol.Code{}, "", nil
	return done, nil
}

// burn makes the code useless, tells the other end and the user, and asks for another.
func (l *lobby) burn(why wire.HandshakeFailed_Why) error {
	name := l.run.joined.GetTechnician().GetName()
	failed := &wire.PeerFrame{Kind: &wire.PeerFrame_Failed{Failed: &wire.HandshakeFailed{Why: why}}}
	if err := l.link.forward(failed); err != nil {
		l.log.Info("the viewer could not be told", "err", err)
	}
	l.problem = about(name, func(t *catalogue.Texts) string { return t.Lobby.WrongNumber })
	if why != wire.HandshakeFailed_WHY_WRONG_SECRET {
		l.problem = about(name, func(t *catalogue.Texts) string { return t.Lobby.Unsafe })
	}
	l.log.Warn("code burnt", "why", why.String())
	l.renew(wire.NewCode_WHY_BURNT)
	return nil
}
