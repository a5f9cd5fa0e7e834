package agent

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"beside/agent/internal/capture"
	"beside/agent/internal/chat"
	"beside/agent/internal/pace"
	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol/wire"
	"beside/recording"
)

// session is one technician's session, from the first question to the end.
//
// One goroutine, run, owns every field. Others (the WebRTC stack, questions, the gate)
// post to its mailbox. What must not wait for it — End, Pause, taking back — goes
// straight to the gate (watchActions): when the gate's method returns, the effect has
// stopped, whatever this goroutine is doing.
//
// It is spread by what it does: messages.go talks with the viewer and the relay,
// questions.go asks the user, connection.go holds the WebRTC connection.
type session struct {
	*Agent
	*agreed
	gate       *consent.Gate
	attendance *attendance
	bar        sessionBar
	mail       *mailbox
	started    time.Time // of the first yes
	key        ed25519.PrivateKey

	// The user's own key to every recording of this session, kept in the receipt.
	receiptIdentity, receiptRecipient string

	displays []capture.Display
	display  int
	share    sharedScene

	view       *consent.ViewGrant // nil until granted
	offer      string             // the viewer's, until both it and the grant are there
	candidates []*wire.Candidate
	peer       *peer
	lines      lineUse
	picture    *picture
	inputs     *inputs
	clips      *clips
	exchange   *exchange
	talk       *talk
	files      []consent.File       // that were sent either way, in order
	deeds      []ui.Deed            // what the technician did, in order
	chat       *chat.Chat           // what both write to one another
	chatShown  int                  // how many messages the user was shown
	unsent     []*wire.FromAgent    // what the user wrote, until the data channel is open
	sent       []*wire.FromAgent    // what went on it since all of it had arrived
	reported   atomic.Bool          // the user ended it as suspicious
	direct     atomic.Pointer[peer] // for the goroutines of the tools: peer, once there is one
	recorder   *recorder            // nil while not recording
	recordings []recorded
	testimony  *testimony // what the relay shows of its audit log

	asks       sync.WaitGroup  // questions that wait for their answer
	questions  pace.Limit      // how many are put
	history    []consent.Event // everything so far, for a recording that begins later
	notice     string          // what went wrong, for the bar; empty when nothing did
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
	s := &session{
		Agent: a, agreed: with, mail: newMailbox(), key: key, displays: displays,
		receiptIdentity: secret, receiptRecipient: recipient,
		inputs: &inputs{log: a.log}, questions: pace.Limit{Burst: askBurst, Every: askPace},
		lines: lineUse{offers: pace.Limit{Burst: offerBurst, Every: offerPace}},
	}
	s.chat = s.newChat()
	s.testimony = newTestimony(with.joined, a.log)
	s.talk = &talk{log: a.log, say: s.say, level: func(level int) { s.bar.Level(level) }}
	s.inputs.counted = func() { s.mail.offer(s.countHands) }
	s.clips = &clips{log: a.log, did: s.did, pipe: func() *pipe { return s.pipe("clipboard") }}
	s.exchange = &exchange{
		log: a.log, pipe: func() *pipe { return s.pipe("files") }, choose: s.chooseFile, done: s.exchanged,
	}
	return s, nil
}

// run attends the session to its end: cut first, then the goodbye, then the receipt.
// Without a bar there is no session, and the user goes back to the code.
func (s *session) run(ctx context.Context) (outcome, error) {
	bar, err := s.windows.ShowBar(ctx, s.barView())
	if ctx.Err() != nil {
		return outcome{}, errClosed
	}
	if err != nil {
		s.log.Error("no bar", "err", err)
		s.goodbye(consent.ByBarLost)
		return outcome{technician: s.joined.GetTechnician().GetName(), endedBy: consent.ByBarLost}, nil
	}
	s.bar = bar
	defer s.clips.keepVigil(s.cfg.Display)()
	s.gate, err = consent.NewGate(consent.Config{
		SessionID: s.joined.GetSessionId(),
		Party:     s.party(),
		Prompter:  s.windows,
		Indicator: bar,
		Key:       s.key,
		Synthetic: s.cfg.AccessibleInput,
		OnEvent:   func(e consent.Event) { s.mail.post(func() { s.happened(e) }) },
	})
	if err != nil {
		bar.Hide()
		return outcome{}, err
	}
	s.attendance = newAttendance(s.gate, s.windows, s.joined.GetTechnician().GetName(), s.cfg.AwayAfter)
	actions, stop := context.WithCancel(ctx)
	var watched sync.WaitGroup
	watched.Go(func() { s.watchActions(actions) })
	watched.Go(func() {
		if err := s.attendance.run(actions); err != nil {
			s.log.Error("control waits", "err", err)
		}
	})
	watched.Go(func() { s.followChat(actions) })
	s.serve(ctx)
	s.gate.Close() // already over unless ctx ended it
	s.cut()
	stop()
	watched.Wait()
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
			case ui.ReportSession:
				s.reported.Store(true)
				s.gate.End(consent.ByUser)
			case ui.PauseSession:
				s.gate.Pause()
			case ui.HoldSession:
				s.gate.Hold(consent.HoldPause, consent.ByAgent)
			case ui.ResumeSession:
				s.gate.Resume()
			case ui.BeginSecret:
				s.clips.vigil.Began()
				s.gate.Hold(consent.HoldSecret, consent.ByUser)
			case ui.EndSecret:
				s.gate.Free(consent.HoldSecret, consent.ByUser)
				s.clips.vigil.Ended()
			case ui.ImHere:
				s.attendance.here()
			case ui.StopControl:
				s.gate.Withdraw(consent.Control, consent.ByUser)
			case ui.StopRecording:
				s.gate.Withdraw(consent.Record, consent.ByUser)
			case ui.StopClipboard:
				s.gate.Withdraw(consent.Clipboard, consent.ByUser)
			case ui.OpenActivity:
				s.mail.post(func() { s.windows.ShowActivity(s.activity()) })
			case ui.OpenChat:
				s.mail.post(s.openChat)
			case ui.StopFiles:
				s.gate.Withdraw(consent.Files, consent.ByUser)
			case ui.StopVoice:
				s.gate.Withdraw(consent.Voice, consent.ByUser)
			case ui.MuteVoice, ui.UnmuteVoice:
				s.talk.mute(action == ui.MuteVoice)
				s.mail.post(s.muted)
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

// cut ends what the closed gate has already stopped: held keys first, then a goodbye
// that waits for nobody, then picture, connection and recording. The bar stays until
// the recording is closed, because until then REC is the truth.
func (s *session) cut() {
	s.inputs.stop()
	s.leaveLines()
	s.clips.stop()
	s.exchange.stop()
	s.talked()
	s.closing.Go(s.talk.wait)
	s.closing.Go(s.inputs.wait)
	s.closing.Go(s.clips.wait)
	s.chat.Close()
	s.goodbye(s.gate.Snapshot().EndedBy)
	if s.picture != nil {
		s.picture.stop()
	}
	if s.peer != nil {
		s.closePeer(s.peer)
	}
	s.endShare()
	s.asks.Wait()
	s.exchange.wait() // for what it says of files that were under way
	for _, task := range s.mail.take() {
		task() // the last events, for the recording
	}
	s.stopRecording()
	s.uploads.seal()
	s.windows.HideSide()
	s.bar.Hide()
}

// closePeer closes the connection beside everything else: the WebRTC stack says
// goodbye on a network that may be dead, and nobody waits for that at the button.
// Run waits, for a bounded time.
func (s *session) closePeer(p *peer) {
	s.closing.Go(func() {
		if err := p.close(); err != nil {
			s.log.Warn("connection not closed", "err", err)
		}
	})
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
