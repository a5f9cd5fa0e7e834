package e2e

import (
	"testing"
	"time"
)

// The user sees it is over when the technician goes, and nothing stays pressed.
func TestTechnicianLeaves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		leave func(*scene) error
	}{
		{"by the button", func(s *scene) error { return s.page.End(s.ctx) }},
		{"by closing the tab", func(s *scene) error { s.page.CloseTab(); return nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			s.view()
			s.control()
			target := s.target(deskTarget)
			s.hold(target)
			began := time.Now()
			s.must(c.leave(s))
			_, err := s.AwaitOver(s.ctx)
			s.must(err)
			t.Logf("the user knew after %v", time.Since(began).Round(time.Millisecond))
			s.letsGo(target)
			_, statements := s.receipt()
			if by := statements[len(statements)-1].Event.Actor; by != "technician" {
				t.Errorf("the receipt says that it was ended by %q", by)
			}
		})
	}
}

// A code is used once: whoever comes second learns nothing but that.
func TestSecondTechnicianIsRefused(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.join()
	s.refusesAnother()
	s.yes()
	_, err := s.page.AwaitPicture(s.ctx)
	s.must(err)
	s.refusesAnother()
	s.bustle()
	s.goesOn()
}

// refusesAnother tries the code in another tab, which is closed again: a tab behind
// another one shows no picture.
func (s *scene) refusesAnother() {
	s.t.Helper()
	second, err := s.page.Tab(s.ctx)
	s.must(err)
	defer second.CloseTab()
	_, err = second.Join(s.ctx, s.code, reason, ticket)
	s.must(err)
	s.must(second.WaitText(s.ctx, "That number is not valid any more"))
}

// A session that runs directly outlives its relay, and still ends by the user's End.
func TestSessionOutlivesItsRelay(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.view()
	s.bustle()
	s.Relay.Stop()
	s.goesOn()
	s.must(s.StartRelay(s.ctx))
	s.goesOn()
	s.control() // a question and its answer still find their way
	_, err := s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
}

// A lost connection is repaired within half a minute, without a new question. Nothing
// stays pressed meanwhile.
func TestLostConnectionIsRepaired(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.view()
	s.control()
	s.bustle()
	target := s.target(deskTarget)
	s.hold(target)
	thaw, lost := freeze(t, s.browserProcesses()...), time.Now()
	t.Logf("what was held came up %v after the technician was lost", s.letsGo(target).Sub(lost).Round(time.Millisecond))
	thaw()
	s.goesOn()
	_, err := s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
	_, statements := s.receipt()
	expectRecords(t, statements, "asked view", "granted view", "asked control", "granted control", "ended")
}
