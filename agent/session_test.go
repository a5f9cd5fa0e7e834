package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol"
	"beside/protocol/wire"
)

const (
	viewScope = consent.View
	yes       = consent.Yes
	no        = consent.No

	view    = wire.Scope_SCOPE_VIEW
	control = wire.Scope_SCOPE_CONTROL
	record  = wire.Scope_SCOPE_RECORD

	granted     = wire.Decision_OUTCOME_GRANTED
	refused     = wire.Decision_OUTCOME_REFUSED
	expired     = wire.Decision_OUTCOME_EXPIRED
	withdrawn   = wire.Decision_OUTCOME_WITHDRAWN
	released    = wire.Decision_OUTCOME_RELEASED
	unavailable = wire.Decision_OUTCOME_UNAVAILABLE
)

func after() <-chan time.Time { return time.After(patience) }

// udpSockets lists this process's UDP sockets by inode.
func udpSockets(t *testing.T) map[string]bool {
	t.Helper()
	own := map[string]bool{}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		target, err := os.Readlink("/proc/self/fd/" + fd.Name())
		if inode, ok := strings.CutPrefix(target, "socket:["); err == nil && ok {
			own[strings.TrimSuffix(inode, "]")] = true
		}
	}
	found := map[string]bool{}
	for _, table := range []string{"/proc/self/net/udp", "/proc/self/net/udp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue // no IPv6 here
		}
		for line := range strings.Lines(string(text)) {
			if fields := strings.Fields(line); len(fields) > 9 && own[fields[9]] {
				found[fields[9]] = true
			}
		}
	}
	return found
}

// PROMISE A1: whatever a technician sends before the yes, nothing is connected: no
// socket, no candidate, no answer.
func TestNothingIsConnectedBeforeTheYes(t *testing.T) {
	a := begin(t)
	offer := a.prepareOffer()
	before := udpSockets(t)
	a.sendOffer(offer)
	for i := range 2 * maxEarlyCandidates {
		a.say(&wire.FromViewer{Kind: &wire.FromViewer_Candidate{Candidate: &wire.Candidate{
			Candidate: fmt.Sprintf("candidate:1 1 udp 2130706431 127.0.0.1 %d typ host", 20_000+i), SdpMid: "0",
		}}})
	}
	a.ask(view)
	q := receive(t, "the question", a.person.questions)
	a.say(&wire.FromViewer{Kind: &wire.FromViewer_SelectDisplay{SelectDisplay: &wire.SelectDisplay{}}})
	a.say(&wire.FromViewer{Kind: &wire.FromViewer_Release{Release: &wire.Release{Scope: control}}})
	a.sendOffer(a.offer.SDP)
	a.ask(control)
	var d *wire.Decision
	for d == nil { // the answer to the last message: all others were read
		m := a.hear("anything", func(*wire.FromAgent) bool { return true })
		if m.GetAnswer() != nil || m.GetCandidate() != nil || m.GetDisplays() != nil {
			t.Fatalf("before the yes the agent sent %v", m)
		}
		d = m.GetDecision()
	}
	if d.GetScope() != control || d.GetOutcome() != unavailable {
		t.Errorf("control while the first question is open: %v", d)
	}
	if now := udpSockets(t); len(now) != len(before) {
		t.Errorf("UDP sockets before the yes: %d, then %d", len(before), len(now))
	}
	if v := a.bar.shows(); v.View || v.Technician != ana.Name {
		t.Errorf("the bar shows %+v before the yes", v)
	}
	q.reply <- yes
	a.answer()
	if c := a.hear("a candidate", func(m *wire.FromAgent) bool { return m.GetCandidate() != nil }); !isLoopbackCandidate(c.GetCandidate()) {
		t.Errorf("with the relay on this machine: candidate %q", c.GetCandidate())
	}
	if now := udpSockets(t); len(now) <= len(before) {
		t.Error("no UDP socket after the yes either: this test counts nothing")
	}
}

// A no to the first question goes back to the code, with words, and is on record.
func TestRefusalGoesBackToTheCode(t *testing.T) {
	for _, c := range []struct {
		name     string
		answer   consent.Answer
		outcome  wire.Decision_Outcome
		sentence string
	}{
		{"no", no, refused, "You did not show your screen to Ana Pérez."},
		{"silence", consent.TimedOut, expired, "was not answered, which means no"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := begin(t)
			a.ask(view)
			a.person.answer(t, consent.View, c.answer)
			a.decided(view, c.outcome)
			end := a.hear("the end", func(m *wire.FromAgent) bool { return m.GetEnded() != nil })
			if end.GetEnded().GetBy() != wire.Ended_BY_REFUSAL {
				t.Errorf("ended by %v", end.GetEnded().GetBy())
			}
			a.line.await("the end for the relay", func(f *wire.AgentFrame) bool { return f.GetOver() != nil })
			a.line.await("a wish for a new code", func(f *wire.AgentFrame) bool { return f.GetNewCode() != nil })
			a.person.awaitStart(t, "the reason", func(v ui.StartView) bool { return strings.Contains(v.Problem, c.sentence) })
			receive(t, "the bar to go", a.bar.hidden)
			page, receipt := a.receipts(t)
			if !strings.Contains(page, "you did not show your screen") || len(receipt.Recordings) != 0 {
				t.Errorf("receipt of a refusal: %s", page)
			}
			a.joinOn(a.line) // and the next number works
		})
	}
}

// receipts reads the one receipt that was written, page and JSON.
func (a *attended) receipts(t *testing.T) (string, consent.Receipt) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(a.cfg.ReceiptDir, "*.html"))
	if err != nil || len(files) != 1 {
		t.Fatalf("receipts: %v, %v", files, err)
	}
	page, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := consent.ReadReceipt(strings.TrimSuffix(files[0], ".html") + ".json")
	if err != nil {
		t.Fatal(err)
	}
	statements, err := receipt.Verify()
	if err != nil || len(statements) == 0 {
		t.Fatalf("receipt: %d statements, %v", len(statements), err)
	}
	for _, path := range []string{files[0], strings.TrimSuffix(files[0], ".html") + ".json"} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; a receipt is for its user alone", path, info.Mode(), err)
		}
	}
	return string(page), receipt
}

// Without anything asked there is nothing to keep.
func TestNoReceiptWithoutAQuestion(t *testing.T) {
	a := begin(t)
	a.say(&wire.FromViewer{Kind: &wire.FromViewer_Goodbye{Goodbye: &wire.Goodbye{}}})
	a.person.awaitStart(t, "the reason", func(v ui.StartView) bool {
		return strings.Contains(v.Problem, "left before you answered")
	})
	if files, err := os.ReadDir(a.cfg.ReceiptDir); err != nil || len(files) != 0 {
		t.Errorf("receipts: %v, %v", files, err)
	}
}

// THREAT 3: no bar, no session; the user is told and gets another number.
func TestNoBarNoSession(t *testing.T) {
	a := start(t, Config{})
	a.person.noBar.Store(true)
	a.run()
	l := receive(t, "the agent", a.relay.lines)
	l.welcome(false)
	l.locate()
	shown := a.person.awaitStart(t, "a code", func(v ui.StartView) bool { return v.Code != "" })
	l.send(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Joined{Joined: &wire.TechnicianJoined{
		SessionId: sessionID, Technician: ana, UploadToken: uploadToken,
	}}})
	code, err := protocol.ParseCode(shown.Code)
	if err != nil {
		t.Fatal(err)
	}
	v := shake(t, l, code)
	end := v.hear("the end", func(m *wire.FromAgent) bool { return m.GetEnded() != nil })
	if end.GetEnded().GetBy() != wire.Ended_BY_BAR_LOST {
		t.Errorf("ended by %v", end.GetEnded().GetBy())
	}
	a.person.awaitStart(t, "the reason", func(v ui.StartView) bool { return strings.Contains(v.Problem, "bar") })
}

// A bar that is laid out again, as after every answer, does not cost the next question.
func TestAQuestionWaitsForTheBar(t *testing.T) {
	a := begin(t)
	a.look()
	a.bar.blinks.Store(3)
	a.ask(control)
	a.person.answer(t, consent.Control, yes)
	a.decided(control, granted)
}

// THREAT 3: a bar that is lost while the screen is shown ends the session.
func TestLosingTheBarEndsTheSession(t *testing.T) {
	a := begin(t)
	a.look()
	close(a.bar.lost)
	end := a.hear("the end", func(m *wire.FromAgent) bool { return m.GetEnded() != nil })
	if end.GetEnded().GetBy() != wire.Ended_BY_BAR_LOST {
		t.Errorf("ended by %v", end.GetEnded().GetBy())
	}
	a.person.awaitOver(t, "the summary", func(v ui.OverView) bool { return v.EndedBy == consent.ByBarLost })
}

// Every question gets an answer on the technician's page, also one that is not put.
func TestEveryQuestionIsAnswered(t *testing.T) {
	a := begin(t)
	a.ask(control)
	a.decided(control, unavailable) // view first
	a.ask(wire.Scope_SCOPE_FILES)
	a.decided(wire.Scope_SCOPE_FILES, unavailable) // view first
	a.ask(wire.Scope_SCOPE_VOICE)
	a.decided(wire.Scope_SCOPE_VOICE, unavailable) // nobody can be asked
	a.ask(record)                                  // nobody could ever open it
	a.decided(record, unavailable)
	a.look()

	a.ask(view) // shown already
	a.decided(view, granted)

	a.ask(control)
	q := receive(t, "the question", a.person.questions)
	a.ask(control) // asked already: the open question brings the answer
	a.ask(view)    // granted already, whatever is asked
	m := a.hear("a decision", func(m *wire.FromAgent) bool { return m.GetDecision() != nil })
	if d := m.GetDecision(); d.GetScope() != view {
		t.Errorf("asking twice was decided: %v", d)
	}
	q.reply <- no
	a.decided(control, refused)
	a.ask(control) // the session goes on
	a.person.answer(t, consent.Control, yes)
	a.decided(control, granted)
}

// PROMISE A5, THREAT 4: End waits for nobody: not for a relay that reads nothing, not
// for a viewer that is gone without a word.
func TestEndWaitsForNobody(t *testing.T) {
	a := begin(t)
	a.look()
	a.line.reading.Lock()
	defer a.line.reading.Unlock()
	for range 2 * outgoingQueue { // its queue is full, too
		a.agent.link.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Ice{Ice: &wire.IceRequest{}}})
	}
	began := time.Now()
	a.person.press(t, ui.EndSession)
	o := a.person.awaitOver(t, "the summary", func(ui.OverView) bool { return true })
	if took := time.Since(began); took > time.Second {
		t.Errorf("the summary came after %v", took)
	}
	select {
	case <-a.bar.hidden:
	default:
		t.Error("the bar is still there with the summary")
	}
	if o.EndedBy != consent.ByUser || o.Technician != ana.Name || o.ReceiptPath == "" || len(o.Allowed) != 1 {
		t.Errorf("summary %+v", o)
	}
	page, _ := a.receipts(t)
	if !strings.Contains(page, "You ended it") || !strings.Contains(page, "Seeing your screen: you said yes") {
		t.Errorf("receipt: %s", page)
	}
	a.person.press(t, ui.CloseOver)
	if err := receive(t, "the agent's end", a.ended); err != nil {
		t.Error(err)
	}
	a.ended <- nil
}

// THREAT 4: the cut comes first. When the goodbye is on its way, nothing is granted.
func TestTheCutComesBeforeTheGoodbye(t *testing.T) {
	a := begin(t)
	a.look()
	a.person.press(t, ui.EndSession)
	var last *wire.State
	for {
		m := a.hear("the end", func(*wire.FromAgent) bool { return true })
		if m.GetState() != nil {
			last = m.GetState()
		}
		if e := m.GetEnded(); e != nil {
			if e.GetBy() != wire.Ended_BY_USER {
				t.Errorf("ended by %v", e.GetBy())
			}
			break
		}
	}
	if last != nil && len(last.GetGranted()) > 1 {
		t.Errorf("granted %v", last.GetGranted())
	}
	a.person.awaitOver(t, "the summary", func(ui.OverView) bool { return true })
}
