package agent

import (
	"errors"
	"os"
	"time"

	"beside/agent/internal/files"
	"beside/consent"
	"beside/protocol/wire"
)

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
