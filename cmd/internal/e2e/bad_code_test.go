package e2e

import (
	"strings"
	"testing"

	"beside/cmd/internal/stage"
	"beside/protocol"
)

// countSockets runs in every page before its own code: it counts the WebSockets that
// the page opens.
const countSockets = `(() => {
  window.besideSockets = 0;
  const Real = window.WebSocket;
  window.WebSocket = class extends Real { constructor(...a) { super(...a); window.besideSockets++; } };
})()`

// The words that a technician reads.
const (
	textMistyped = "One of the digits is wrong. Ask them to read it again, slowly."
	textUnknown  = "That number is not valid any more"
	textWrong    = "That number was not quite right"
)

// mistyped is a code with one digit changed.
func mistyped(code string) string {
	last := code[len(code)-1]
	return code[:len(code)-1] + string('0'+(last-'0'+1)%10)
}

// wrongSecret is a code for the same locator with another secret, its check digit right.
func wrongSecret(s *scene, code string) string {
	s.t.Helper()
	right, err := protocol.ParseCode(code)
	s.must(err)
	for {
		wrong, err := protocol.NewCode(right.Locator)
		s.must(err)
		if !wrong.Equal(right) {
			return wrong.Display()
		}
	}
}

// expectNoQuestion makes sure that nobody was asked anything.
func (s *scene) expectNoQuestion() {
	s.t.Helper()
	windows, err := s.Desktop.Windows()
	s.must(err)
	for _, w := range windows {
		if w.Class == "beside-agent" && w.Role != "start" {
			s.t.Errorf("the user's screen shows the agent's window %q", w.Role)
		}
	}
}

// joinInVain types a code and waits for what the page says about it.
func (s *scene) joinInVain(tab *stage.Technician, code, says string) {
	s.t.Helper()
	_, err := tab.Join(s.ctx, code, reason, ticket)
	s.must(err)
	s.must(tab.WaitText(s.ctx, says))
}

// THREAT 5, THREAT 7: whatever is wrong with a code, there is a text, and no session.
func TestBadCodes(t *testing.T) {
	t.Parallel()
	s, log := newTown(t, stage.Options{})
	scriptFirst(s, s.page, countSockets)
	s.startAgent()

	// Mistyped: the check digit tells in the page, and nothing is used up.
	s.must(s.page.TypeCode(s.ctx, mistyped(s.code), reason, ticket))
	s.must(s.page.WaitText(s.ctx, textMistyped))
	s.must(s.page.Key(s.ctx, "\r"))
	s.must(s.page.WaitFor(s.ctx, `[...document.querySelectorAll('button')].some(b => b.innerText === 'Ask to see their screen' && b.disabled)`,
		"the button can be pressed with a mistyped code"))
	var sockets int
	s.must(s.page.Evaluate(s.ctx, "window.besideSockets", &sockets))
	if sockets != 0 {
		t.Errorf("a mistyped code left the page: %d WebSockets", sockets)
	}

	// Wrong secret: the code is burnt, and a new one is on the user's screen.
	burnt := s.code
	s.joinInVain(s.page, wrongSecret(s, burnt), textWrong)
	s.must(s.page.WaitText(s.ctx, "For safety it is used up now. A new one is on their screen"))
	s.awaitNewCode()
	s.expectNoQuestion()
	if !strings.Contains(string(log.all()), "code burnt") {
		t.Error("the agent did not note the burnt code")
	}
	if burnt == s.code {
		t.Fatal("the burnt code is shown again")
	}

	// The right secret of a burnt code comes too late.
	s.joinInVain(s.page, burnt, textUnknown)
	s.must(s.page.WaitText(s.ctx, "Numbers work once, for 15 minutes. Ask them to read the one on their screen now."))
	s.expectNoQuestion()

	// A second technician on the same code: the first goes on undisturbed.
	s.join()
	second, err := s.SignIn(s.ctx)
	s.must(err)
	s.joinInVain(second, s.code, textUnknown)
	s.yes()
	_, err = s.page.AwaitPicture(s.ctx)
	s.must(err)
	s.joinInVain(second, s.code, textUnknown)

	// Used: also when its session is over.
	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
	s.joinInVain(second, s.code, textUnknown)
}

// THREAT 7: a technician may guess ten times, then has to wait.
func TestGuessingCodesIsSlowedDown(t *testing.T) {
	t.Parallel()
	s, _ := newTown(t, stage.Options{})
	for range 10 {
		s.joinInVain(s.page, unknownCode(s), textUnknown)
	}
	s.joinInVain(s.page, unknownCode(s), "Too many tries")
	s.must(s.page.WaitText(s.ctx, "then try again with the number on their screen"))
}

// unknownCode is well formed, and nobody shows it: no agent runs.
func unknownCode(s *scene) string {
	s.t.Helper()
	code, err := protocol.NewCode("12345")
	s.must(err)
	return code.Display()
}
