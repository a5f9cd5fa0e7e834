package agent

import (
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol/wire"
)

// outcome is how a session ended, for the summary and the receipt.
type outcome struct {
	shown        bool // the user said yes to showing the screen
	asked        bool // the user was asked anything at all
	unanswered   bool // the first question ran out
	technician   string
	organisation string
	started      time.Time
	duration     time.Duration
	allowed      []consent.Scope
	recordings   []recorded
	keptUntil    time.Time // zero when there is no recording, or no limit is known
	endedBy      consent.Actor
	files        []consent.File
	chat         []consent.ChatMessage
	receiptPath  string // of the page to read; empty when it could not be written
	receiptError error
	keep         func(consent.Afterwards) error // writes it into the receipt; nil without one
	heard        func(*wire.AuditProof) bool    // takes the end of the relay's books, for keep to write
	uploadToken  string                         // with which the relay takes it
	party        consent.Party
	said         consent.Feedback // by reporting the session while it went on
}

// finish sums the session up and writes its receipt.
func (s *session) finish() outcome {
	o := outcome{
		shown:        !s.started.IsZero(),
		technician:   s.joined.GetTechnician().GetName(),
		organisation: s.organisation.GetName(),
		started:      s.started,
		recordings:   s.recordings,
		files:        s.files,
		endedBy:      s.gate.Snapshot().EndedBy,
	}
	if o.shown {
		o.duration = time.Since(s.started)
	} else {
		o.started = s.joinedAt
	}
	if n := len(o.recordings); n > 0 {
		o.keptUntil = s.keptUntil(o.recordings[n-1].started) // the last to go
	}
	o.party, o.uploadToken = s.party(), s.joined.GetUploadToken()
	o.chat = s.transcript()
	if s.reported.Load() {
		o.said = consent.Feedback{Time: time.Now().UTC(), Reported: true}
	}
	receipt := s.sealReceipt(&o)
	statements, err := receipt.Verify()
	if err != nil {
		s.log.Error("receipt does not verify", "err", err)
	}
	for _, st := range statements {
		o.note(st)
	}
	if o.shown {
		s.known.remember(o.party)
	}
	if o.said.Reported {
		s.known.report(o.party)
	}
	if o.asked || o.said.Reported { // else there is nothing to keep
		o.receiptPath, o.receiptError = s.writeReceipt(receipt, o, statements)
		if o.receiptPath != "" {
			o.keep = func(after consent.Afterwards) error { return s.rewriteReceipt(receipt, o, statements, after) }
			o.heard = func(m *wire.AuditProof) bool {
				if !s.testimony.ended(m) {
					return false
				}
				err := receipt.SignWitness(s.key, s.testimony.witness)
				return err == nil
			}
		}
	}
	return o
}

// sealReceipt puts everything into the receipt that belongs there, and seals it.
func (s *session) sealReceipt(o *outcome) consent.Receipt {
	receipt := s.gate.Receipt()
	for _, r := range s.recordings {
		receipt.Recordings = append(receipt.Recordings, consent.RecordingKey{
			ID: r.id, Identity: s.receiptIdentity, Relay: s.cfg.Relay,
		})
	}
	if err := receipt.SignFiles(s.key, s.files); err != nil {
		s.log.Error("files not in the receipt", "err", err)
	}
	if err := receipt.SignTranscript(s.key, o.chat); err != nil {
		s.log.Error("chat not in the receipt", "err", err)
	}
	if err := receipt.SignWitness(s.key, s.testimony.witness); err != nil {
		s.log.Error("the relay's audit log is not in the receipt", "err", err)
	}
	var after consent.Afterwards
	if o.said.Reported {
		after.Said = &o.said
	}
	if err := receipt.Seal(s.key, after); err != nil {
		s.log.Error("receipt not sealed", "err", err)
	}
	return receipt
}

// note adds what one consent record states to what was allowed.
func (o *outcome) note(s consent.Statement) {
	switch s.Event.Type {
	case consent.Asked.String():
		o.asked = true
		return
	case consent.Expired.String():
		o.unanswered = s.Event.Scope == consent.View.String() && s.Event.Actor == consent.ByAgent.String()
		return
	case consent.Granted.String():
	default:
		return
	}
	for _, scope := range []consent.Scope{consent.View, consent.Control, consent.Record, consent.Clipboard, consent.Files, consent.Voice} {
		if s.Event.Scope == scope.String() && !slices.Contains(o.allowed, scope) {
			o.allowed = append(o.allowed, scope)
		}
	}
}

// why says, in the start window, why there was no session.
func (o outcome) why() sentence {
	return about(o.technician, func(t *catalogue.Texts) string {
		switch {
		case o.endedBy == consent.ByUser && o.unanswered:
			return t.Lobby.Unanswered
		case o.endedBy == consent.ByUser:
			return t.Lobby.NotShown
		case o.endedBy == consent.ByTechnician:
			return t.Lobby.LeftEarly
		case o.endedBy == consent.ByBarLost:
			return t.Lobby.NoBar
		default:
			return t.Lobby.Lost
		}
	})
}

func (o outcome) view(t *catalogue.Texts) ui.OverView {
	v := ui.OverView{
		Technician: o.technician, Organisation: o.organisation, Started: o.started, Duration: o.duration,
		Allowed: o.allowed, Recorded: len(o.recordings) > 0, KeptUntil: o.keptUntil, EndedBy: o.endedBy,
		ReceiptPath: o.receiptPath, Reported: o.said.Reported,
	}
	for _, f := range o.files {
		switch {
		case f.Complete && f.FromUser:
			v.FilesGiven = append(v.FilesGiven, f.Name)
		case f.Complete:
			v.FilesGot = append(v.FilesGot, f.Name)
		}
	}
	switch {
	case errors.Is(o.receiptError, syscall.ENOSPC):
		v.ReceiptProblem = t.Over.DiskFull
	case errors.Is(o.receiptError, os.ErrPermission), errors.Is(o.receiptError, syscall.EROFS):
		v.ReceiptProblem = t.Over.NotAllowed
	case o.receiptError != nil:
		v.ReceiptProblem = t.Over.NoReceipt
	}
	return v
}

// openFile shows a file with the program the user has for it.
func openFile(path string, log *slog.Logger) {
	if path == "" {
		return
	}
	command := exec.Command("xdg-open", path)
	if err := command.Start(); err != nil {
		log.Warn("receipt not opened", "err", err)
		return
	}
	_ = command.Process.Release() // what the user reads it with is theirs
}
