package agent

import (
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"

	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol/wire"
)

// A broken connection is mended with the same people, without a question.
func TestConnectionIsRestarted(t *testing.T) {
	a := begin(t)
	a.look()
	offer, err := a.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		t.Fatal(err)
	}
	a.offer = offer
	a.sendOffer(offer.SDP)
	a.answer()
	a.tell(&wire.FromViewer{Kind: &wire.FromViewer_SelectDisplay{SelectDisplay: &wire.SelectDisplay{}}})
	a.hear("displays on the channel", func(m *wire.FromAgent) bool { return m.GetDisplays() != nil })

	// Another certificate is another person: THREAT 5.
	a.sendOffer(strings.Replace(offer.SDP, "a=fingerprint:sha-256 ", "a=fingerprint:sha-256 00:", 1))
	a.tell(&wire.FromViewer{Kind: &wire.FromViewer_SelectDisplay{SelectDisplay: &wire.SelectDisplay{}}})
	m := a.hear("displays on the channel", func(m *wire.FromAgent) bool { return m.GetDisplays() != nil || m.GetAnswer() != nil })
	if m.GetAnswer() != nil {
		t.Error("an offer with another certificate was answered")
	}
}

// PROMISE A1, THREAT 5: what does not open was not sealed by the technician, and changes
// nothing: neither what was changed on its way nor the plain words of whoever has no key.
func TestWhatDoesNotOpenIsDropped(t *testing.T) {
	a := begin(t)
	goodbye := a.seal(&wire.FromViewer{Kind: &wire.FromViewer_Goodbye{Goodbye: &wire.Goodbye{}}})
	goodbye.GetSealed().Ciphertext[0] ^= 1
	a.line.forward(goodbye)
	plain, err := proto.Marshal(&wire.FromViewer{Kind: &wire.FromViewer_Ask{Ask: &wire.Ask{Scope: view, Reason: "words that nobody sealed"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, counter := range []uint64{1, 1 << 40} {
		a.line.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Sealed{Sealed: &wire.Sealed{Counter: counter, Ciphertext: plain}}})
	}
	for _, unsealed := range [][]byte{plain, []byte("garbage")} {
		a.line.send(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Forward{Forward: unsealed}})
	}
	a.line.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Failed{Failed: &wire.HandshakeFailed{}}})
	said := a.seal(&wire.FromViewer{Kind: &wire.FromViewer_Ask{Ask: &wire.Ask{Scope: view, Reason: "x"}}})
	a.line.forward(said)
	a.line.forward(said) // THREAT 8: a replay
	q := receive(t, "the question", a.person.questions)
	if q.Reason != "x" {
		t.Errorf("the user is asked %q", q.Reason)
	}
	q.reply <- yes
	a.decided(view, granted)
	a.ask(voiceScope) // decided at once, after all that came before
	if d := a.hear("a decision", func(m *wire.FromAgent) bool { return m.GetDecision() != nil }).GetDecision(); d.GetScope() == view {
		t.Errorf("a replay was decided: %v", d)
	}
}

// THREAT 8: there is one channel by each name, and none by another.
func TestStrangeChannelsAreClosed(t *testing.T) {
	a := begin(t)
	a.look("input", "shell")
	gone := []string{receive(t, "a channel to close", a.closed), receive(t, "a channel to close", a.closed)}
	if (gone[0] != "input" || gone[1] != "shell") && (gone[0] != "shell" || gone[1] != "input") {
		t.Errorf("closed %v", gone)
	}
}

// The relay may go and come back: before the yes for as long as a repair takes, and
// after it without any harm to a direct connection.
func TestRelayIsLostAndFound(t *testing.T) {
	a := begin(t)
	a.line.cut()
	a.line = receive(t, "the agent again", a.relay.lines)
	if got := a.line.hello.GetResumeToken(); got != "room.token" {
		t.Fatalf("resume token %q", got)
	}
	a.line.welcome(true)
	a.look()
	a.line.cut()
	a.tell(&wire.FromViewer{Kind: &wire.FromViewer_SelectDisplay{SelectDisplay: &wire.SelectDisplay{}}})
	a.hear("displays on the channel", func(m *wire.FromAgent) bool { return m.GetDisplays() != nil })
	a.line = receive(t, "the agent again", a.relay.lines)
	a.line.welcome(false) // it forgot us; the technician is there all the same
	a.tell(&wire.FromViewer{Kind: &wire.FromViewer_SelectDisplay{SelectDisplay: &wire.SelectDisplay{}}})
	a.hear("displays on the channel", func(m *wire.FromAgent) bool { return m.GetDisplays() != nil })
}

// A relay that forgot a session before the yes has lost the technician.
func TestForgetfulRelayEndsAWaitingSession(t *testing.T) {
	a := begin(t)
	a.line.cut()
	a.line = receive(t, "the agent again", a.relay.lines)
	a.line.welcome(false)
	a.person.awaitStart(t, "the reason", func(v ui.StartView) bool { return strings.Contains(v.Problem, "was lost before you answered") })
}

// Finding the relay again is no sign that the technician is connected.
func TestRelayBackDoesNotHideALostViewer(t *testing.T) {
	s := &session{view: &consent.ViewGrant{}}
	s.lostConnection()
	s.linked(t.Context(), linkEvent{frame: &wire.RelayToAgent{Kind: &wire.RelayToAgent_Welcome{
		Welcome: &wire.AgentWelcome{Resumed: true},
	}}})
	if s.repairBy.IsZero() {
		t.Error("the clock of a lost connection was stopped by the relay")
	}
}

// A relay that says of a technician who is reached directly that they left, for a while or for
// good, ends nothing, and starts no clock that would.
func TestWhoIsReachedDirectlyHasNotLeft(t *testing.T) {
	left := func(why wire.PeerLeft_Why) *wire.RelayToAgent {
		return &wire.RelayToAgent{Kind: &wire.RelayToAgent_Left{Left: &wire.PeerLeft{Why: why}}}
	}
	both := []wire.PeerLeft_Why{wire.PeerLeft_WHY_LOST, wire.PeerLeft_WHY_GONE}
	a := begin(t)
	a.look()
	for _, why := range both {
		a.line.send(left(why))
	}
	a.ask(view) // by the same relay, and so after it
	a.decided(view, granted)

	for _, why := range both {
		s := &session{peer: &peer{}}
		s.linked(t.Context(), linkEvent{frame: left(why)})
		if !s.repairBy.IsZero() {
			t.Errorf("%v: the clock of a lost connection runs", why)
		}
	}
}
