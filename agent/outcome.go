package agent

import (
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"beside/agent/internal/ui"
	"beside/consent"
)

// outcome is how a session ended, for the summary and the receipt.
type outcome struct {
	shown        bool // the user said yes to showing the screen
	technician   string
	organisation string
	started      time.Time
	duration     time.Duration
	allowed      []consent.Scope
	recordings   []recorded
	keptUntil    time.Time
	endedBy      consent.Actor
	receiptPath  string // of the page to read; empty when it could not be written
}

// finish sums the session up and writes its receipt.
func (s *session) finish() outcome {
	o := outcome{
		shown:        !s.started.IsZero(),
		technician:   s.joined.GetTechnician().GetName(),
		organisation: s.organisation.GetName(),
		started:      s.started,
		recordings:   s.recordings,
		endedBy:      s.gate.Snapshot().EndedBy,
	}
	if o.shown {
		o.duration = time.Since(s.started)
	} else {
		o.started = s.joinedAt
	}
	if len(o.recordings) > 0 {
		o.keptUntil = time.Now().AddDate(0, 0, int(s.organisation.GetRecordingDays()))
	}
	receipt := s.gate.Receipt()
	if len(s.recordings) > 0 {
		receipt.Recording = &consent.RecordingKey{ID: s.recordings[0].id, Identity: s.receiptIdentity, Relay: s.cfg.Relay}
	}
	statements, err := receipt.Verify()
	if err != nil {
		s.log.Error("receipt does not verify", "err", err)
	}
	for _, st := range statements {
		o.note(st)
	}
	o.receiptPath = s.writeReceipt(receipt, o, statements)
	return o
}

// note adds what one consent record states to what was allowed.
func (o *outcome) note(s consent.Statement) {
	if s.Event.Type != consent.Granted.String() {
		return
	}
	for _, scope := range []consent.Scope{consent.View, consent.Control, consent.Record} {
		if s.Event.Scope == scope.String() && !slices.Contains(o.allowed, scope) {
			o.allowed = append(o.allowed, scope)
		}
	}
}

// sentence says, in the start window, why there was no session.
func (o outcome) sentence() string {
	switch o.endedBy {
	case consent.ByUser:
		return "You did not show your screen to " + o.technician + ". Nothing was shown."
	case consent.ByTechnician:
		return o.technician + " left before you answered. Nothing was shown."
	case consent.ByBarLost:
		return "The bar that shows who is connected could not be shown, so nothing else was."
	default:
		return "The connection to " + o.technician + " was lost before you answered. Nothing was shown."
	}
}

func (o outcome) view() ui.OverView {
	return ui.OverView{
		Technician: o.technician, Organisation: o.organisation, Started: o.started, Duration: o.duration,
		Allowed: o.allowed, Recorded: len(o.recordings) > 0, KeptUntil: o.keptUntil, EndedBy: o.endedBy,
		ReceiptPath: o.receiptPath,
	}
}

// writeReceipt writes the receipt twice: signed JSON to verify, and a page to read.
func (s *session) writeReceipt(r consent.Receipt, o outcome, statements []consent.Statement) string {
	name := "Beside " + o.started.Format("2006-01-02 15.04.05")
	path := filepath.Join(s.cfg.ReceiptDir, name)
	if err := r.Write(path + ".json"); err != nil {
		s.log.Error("receipt not written", "err", err)
		return ""
	}
	page, err := os.OpenFile(path+".html", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		s.log.Error("receipt page not written", "err", err)
		return path + ".json"
	}
	err = receiptPage.Execute(page, receiptData{
		Session: s.joined.GetSessionId(), Technician: o.technician, Organisation: o.organisation,
		Controller: s.organisation.GetController(), Processor: s.organisation.GetProcessor(),
		Started: o.started.Format("2 January 2006, 15:04"), Duration: spoken(o.duration),
		Recorded: len(o.recordings) > 0, KeptUntil: o.keptUntil.Format("2 January 2006"),
		Region: s.organisation.GetRegion(), JSON: name + ".json", Lines: receiptLines(statements),
	})
	if closing := page.Close(); err == nil {
		err = closing
	}
	if err != nil {
		s.log.Error("receipt page not written", "err", err)
		return path + ".json"
	}
	return path + ".html"
}

//go:embed receipt.html
var receiptText string

var receiptPage = template.Must(template.New("receipt").Parse(receiptText))

type receiptData struct {
	Session, Technician, Organisation, Controller, Processor, Region string
	Started, Duration, KeptUntil, JSON                               string
	Recorded                                                         bool
	Lines                                                            []receiptLine
}

// receiptLine is one thing that was asked, answered or taken back.
type receiptLine struct{ Time, What, Reason string }

func receiptLines(statements []consent.Statement) []receiptLine {
	var lines []receiptLine
	for _, s := range statements {
		lines = append(lines, receiptLine{
			Time: s.Event.Time.Local().Format("15:04:05"), What: describeStatement(s), Reason: s.Event.Reason,
		})
	}
	return lines
}

// scopeWords are the scopes as a receipt names them.
var scopeWords = map[string]string{
	consent.View.String(): "your screen", consent.Control.String(): "your mouse and keyboard",
	consent.Record.String(): "recording",
}

func describeStatement(s consent.Statement) string {
	what := scopeWords[s.Event.Scope]
	switch s.Event.Type {
	case consent.Asked.String():
		return "Asked for " + what
	case consent.Granted.String():
		return "You said yes to " + what
	case consent.Refused.String():
		return "You said no to " + what
	case consent.Expired.String():
		return "Nobody answered about " + what + ", which means no"
	case consent.Withdrawn.String():
		return "You took back " + what
	case consent.Released.String():
		return "The technician gave back " + what
	case consent.Paused.String():
		return "You paused"
	case consent.Resumed.String():
		return "You went on"
	case consent.Ended.String():
		return "The session ended"
	default:
		return s.Event.Type
	}
}

// spoken is a duration in words.
func spoken(d time.Duration) string {
	d = d.Round(time.Second)
	var parts []string
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}} {
		n := int(d / unit.size)
		d -= time.Duration(n) * unit.size
		switch {
		case n == 1:
			parts = append(parts, "1 "+unit.name)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", n, unit.name))
		}
	}
	if len(parts) == 0 {
		return "less than a second"
	}
	return strings.Join(parts, ", ")
}

// openFile shows a file with the program the user has for it.
func openFile(path string, log *slog.Logger) {
	if path == "" {
		return
	}
	command := exec.CommandContext(context.Background(), "xdg-open", path)
	if err := command.Start(); err != nil {
		log.Warn("receipt not opened", "err", err)
		return
	}
	go func() { _ = command.Wait() }()
}
