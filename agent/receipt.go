package agent

import (
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"beside/consent"
)

// writeReceipt writes the receipt twice: signed JSON to verify, and a page to read. It
// returns the path of the page, or that of the JSON when only that could be written.
func (s *session) writeReceipt(r consent.Receipt, o outcome, statements []consent.Statement) (string, error) {
	page, path, err := s.newReceiptPage(o.started)
	if err == nil {
		err = errors.Join(receiptPage.Execute(page, s.receiptData(filepath.Base(path)+".json", o, statements)), page.Close())
	}
	if err != nil {
		s.log.Error("receipt page not written", "err", err)
	}
	if path == "" {
		return "", err
	}
	if writing := r.Write(path + ".json"); writing != nil {
		s.log.Error("receipt not written", "err", writing)
		return "", errors.Join(writing, os.Remove(path+".html"))
	}
	if err != nil {
		_ = os.Remove(path + ".html") // half a page; the JSON says all of it
		return path + ".json", nil
	}
	return path + ".html", nil
}

// newReceiptPage makes the page under a name that no receipt has yet. path is the name
// without its ending.
func (s *session) newReceiptPage(started time.Time) (page *os.File, path string, err error) {
	const tries = 100
	base := filepath.Join(s.cfg.ReceiptDir, "Beside "+started.Format("2006-01-02 15.04.05"))
	for n := 1; n <= tries; n++ {
		path = base
		if n > 1 {
			path = fmt.Sprintf("%s (%d)", base, n)
		}
		page, err = os.OpenFile(path+".html", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			return page, path, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return nil, "", err
}

func (s *session) receiptData(json string, o outcome, statements []consent.Statement) receiptData {
	data := receiptData{
		Session: s.joined.GetSessionId(), Technician: o.technician, Organisation: o.organisation,
		Controller: s.organisation.GetController(), Processor: s.organisation.GetProcessor(),
		Started: o.started.Format("2 January 2006, 15:04"), Duration: spoken(o.duration),
		Shown: o.shown, Recorded: len(o.recordings) > 0,
		Region: s.organisation.GetRegion(), JSON: json, Lines: receiptLines(statements),
	}
	for _, r := range o.recordings {
		data.Recordings = append(data.Recordings, r.id)
	}
	if !o.keptUntil.IsZero() {
		data.KeptUntil = o.keptUntil.Format("2 January 2006")
	}
	return data
}

//go:embed receipt.html
var receiptText string

var receiptPage = template.Must(template.New("receipt").Parse(receiptText))

type receiptData struct {
	Session, Technician, Organisation, Controller, Processor, Region string
	Started, Duration, KeptUntil, JSON                               string
	Shown, Recorded                                                  bool
	Recordings                                                       []string
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
	consent.Record.String(): "recording", consent.Clipboard.String(): "your clipboard", consent.Files.String(): "exchanging files",
}

func describeStatement(s consent.Statement) string {
	what := scopeWords[s.Event.Scope]
	switch s.Event.Type {
	case consent.Asked.String():
		return "Asked for " + what
	case consent.Granted.String():
		return "You said yes to " + what
	case consent.Refused.String():
		if s.Event.Actor != consent.ByUser.String() {
			return "The question about " + what + " could not be put to you, which means no"
		}
		return "You said no to " + what
	case consent.Expired.String():
		return "Nobody answered about " + what + ", which means no"
	case consent.Withdrawn.String():
		if s.Event.Actor == consent.ByAgent.String() {
			return "Beside took back " + what
		}
		return "You took back " + what
	case consent.Released.String():
		if s.Event.Actor == consent.ByAgent.String() {
			return "Beside stopped " + what + ", because it failed"
		}
		return "The technician gave back " + what
	case consent.Paused.String():
		return "You paused"
	case consent.Resumed.String():
		return "You went on"
	case consent.Ended.String():
		return endings[s.Event.Actor]
	default:
		return s.Event.Type
	}
}

// endings say who ended a session, or what.
var endings = map[string]string{
	consent.ByUser.String():       "You ended it",
	consent.ByTechnician.String(): "The technician ended it",
	consent.ByAgent.String():      "Beside was closed, which ended it",
	consent.ByBarLost.String():    "Beside ended it: its bar could not be seen",
	consent.ByConnection.String(): "The connection was lost, which ended it",
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
