package agent

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"beside/agent/internal/catalogue"
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

// rewriteReceipt adds what the user did after the session to the receipt that is there.
func (s *session) rewriteReceipt(r consent.Receipt, o outcome, statements []consent.Statement, after consent.Afterwards) error {
	if err := r.Seal(s.key, after); err != nil {
		return err
	}
	base := strings.TrimSuffix(strings.TrimSuffix(o.receiptPath, ".html"), ".json")
	if err := r.Write(base + ".json"); err != nil {
		return err
	}
	if !strings.HasSuffix(o.receiptPath, ".html") {
		return nil
	}
	data := s.receiptData(filepath.Base(base)+".json", o, statements)
	data.Said = after.Said
	data.erased(after.Erased)
	var page bytes.Buffer
	if err := receiptPage.Execute(&page, data); err != nil {
		return fmt.Errorf("agent: receipt page: %w", err)
	}
	return replaceFile(o.receiptPath, page.Bytes())
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
	t := s.windows.Texts()
	data := receiptData{
		T:       t,
		Session: s.joined.GetSessionId(), Technician: o.technician, Organisation: o.organisation,
		Controller: s.organisation.GetController(), Processor: s.organisation.GetProcessor(),
		Started: t.DayTime(o.started), Duration: t.Spoken(o.duration),
		Shown: o.shown, Recorded: len(o.recordings) > 0,
		Region: s.organisation.GetRegion(), PrivacyURL: s.organisation.GetPrivacyUrl(), JSON: json, Lines: receiptLines(t, statements),
	}
	told, err := s.testimony.witness.Verify(s.testimony.session)
	if err != nil {
		s.log.Error("what was taken of the relay's audit log does not verify", "err", err)
	}
	data.Witness = witnessText(&t.Receipt, told, strconv.FormatInt(told.Head.Size, 10))
	data.Synthetic = s.cfg.AccessibleInput
	if o.said.Reported {
		data.Said = &o.said
	}
	for _, f := range o.files {
		data.Files = append(data.Files, receiptFileOf(t, f))
	}
	for _, m := range o.chat {
		line := chatLine{Time: m.Time.Local().Format("15:04:05"), Who: o.technician, Lines: strings.Split(m.Text, "\n")}
		if m.FromUser {
			line.Who = t.Chat.You
		}
		data.Chat = append(data.Chat, line)
	}
	for _, r := range o.recordings {
		data.Recordings = append(data.Recordings, r.id)
	}
	if !o.keptUntil.IsZero() {
		data.KeptUntil = t.Day(o.keptUntil)
	}
	return data
}

// erased says when the user erased what was recorded, if they did: once beside the
// recording, and once in the list of what happened.
func (d *receiptData) erased(at time.Time) {
	if at.IsZero() {
		return
	}
	at = at.Local()
	d.Erased = d.T.DayTime(at)
	d.Lines = append(d.Lines, receiptLine{
		Time: at.Format("15:04:05"), What: catalogue.Fill(d.T.Receipt.Erased, "what", d.T.Scopes.Record),
	})
}

//go:embed receipt.html
var receiptText string

var receiptPage = template.Must(template.New("receipt").Funcs(template.FuncMap{"fill": catalogue.Fill}).Parse(receiptText))

type receiptData struct {
	T                                                                *catalogue.Texts
	Session, Technician, Organisation, Controller, Processor, Region string
	Started, Duration, KeptUntil, Erased, JSON, Witness              string
	Shown, Recorded                                                  bool
	Recordings                                                       []string
	Files                                                            []receiptFile
	Chat                                                             []chatLine
	Lines                                                            []receiptLine
	Synthetic                                                        bool
	Said                                                             *consent.Feedback
	PrivacyURL                                                       string
}

// chatLine is one message of the chat.
type chatLine struct {
	Time, Who string
	Lines     []string
}

// receiptFile is one file that was sent, and its hash or that it was not completed.
type receiptFile struct{ Time, What, State string }

func receiptFileOf(t *catalogue.Texts, f consent.File) receiptFile {
	what, state := t.Receipt.FileTo, t.Receipt.FileBroken
	if f.FromUser {
		what = t.Receipt.FileFrom
	}
	if f.Complete {
		state = catalogue.Fill(t.Receipt.FileHash, "hash", f.SHA256)
	}
	return receiptFile{
		Time:  f.Time.Local().Format("15:04:05"),
		What:  catalogue.Fill(what, "name", f.Name, "size", t.Bytes(f.Size)),
		State: state,
	}
}

// receiptLine is one thing that was asked, answered or taken back.
type receiptLine struct{ Time, What, Reason string }

func receiptLines(t *catalogue.Texts, statements []consent.Statement) []receiptLine {
	var lines []receiptLine
	var talk talkTime
	for _, s := range statements {
		what := describeStatement(t, s)
		if took := talk.follow(s.Event); took > 0 {
			what += ". " + catalogue.Fill(t.Activity.Talked, "time", t.Spoken(took))
		}
		lines = append(lines, receiptLine{Time: s.Event.Time.Local().Format("15:04:05"), What: what, Reason: s.Event.Reason})
	}
	return lines
}

// talkTime follows how long voice was granted; zero while it is not.
type talkTime struct{ since time.Time }

// follow returns how long it was, with the event that ends it.
func (k *talkTime) follow(e consent.EventSection) (took time.Duration) {
	voice := e.Scope == consent.Voice.String()
	switch e.Type {
	case consent.Granted.String():
		if voice {
			k.since = e.Time
		}
		return 0
	case consent.Withdrawn.String(), consent.Released.String():
		if !voice {
			return 0
		}
	case consent.Ended.String():
	default:
		return 0
	}
	if !k.since.IsZero() {
		took = e.Time.Sub(k.since)
	}
	k.since = time.Time{}
	return took
}

// describeStatement says what one record states.
func describeStatement(t *catalogue.Texts, s consent.Statement) string {
	text := catalogue.Fill(statementText(&t.Receipt, s.Event), "what", t.Scope(s.Event.Scope))
	for _, more := range extentText(&t.Receipt, s.Event) {
		text += ". " + more
	}
	return text
}

// extentText says how much of the screen was shown, where it was not all of it.
func extentText(r *catalogue.Receipt, e consent.EventSection) (lines []string) {
	switch e.Shared {
	case consent.OneScreen:
		lines = append(lines, r.SharedScreen)
	case consent.OneWindow:
		lines = append(lines, r.SharedWindow)
	}
	if e.Hidden > 0 {
		lines = append(lines, catalogue.Fill(r.HiddenWindows, "number", strconv.Itoa(e.Hidden)))
	}
	return lines
}

func statementText(r *catalogue.Receipt, e consent.EventSection) string {
	byUs := e.Actor == consent.ByAgent.String()
	switch e.Type {
	case consent.Asked.String():
		return r.Asked
	case consent.Granted.String():
		return r.Granted
	case consent.Refused.String():
		if e.Actor != consent.ByUser.String() {
			return r.NotPut
		}
		return r.Refused
	case consent.Expired.String():
		return r.Expired
	case consent.Withdrawn.String():
		if byUs {
			return r.WithdrawnByUs
		}
		return r.Withdrawn
	case consent.Released.String():
		if byUs {
			return r.ReleasedByUs
		}
		return r.Released
	case consent.Paused.String(), consent.Resumed.String():
		return holdText(r, e)
	case consent.Ended.String():
		return endingText(r, e.Actor)
	default:
		return e.Type
	}
}

// holdText says what waited, and why.
func holdText(r *catalogue.Receipt, e consent.EventSection) string {
	began, byUs := e.Type == consent.Paused.String(), e.Actor == consent.ByAgent.String()
	switch {
	case e.Hold == consent.HoldSecret.String() && began:
		return r.SecretBegan
	case e.Hold == consent.HoldSecret.String():
		return r.SecretDone
	case e.Hold == consent.HoldAway.String() && began:
		return r.Away
	case e.Hold == consent.HoldAway.String() && byUs:
		return r.BackByUs
	case e.Hold == consent.HoldAway.String():
		return r.Back
	case began && byUs:
		return r.PausedByUs
	case began:
		return r.Paused
	}
	return r.Resumed
}

// endingText says who ended a session, or what.
func endingText(r *catalogue.Receipt, actor string) string {
	switch actor {
	case consent.ByUser.String():
		return r.EndedByUser
	case consent.ByTechnician.String():
		return r.EndedByTechnician
	case consent.ByBarLost.String():
		return r.EndedByBar
	case consent.ByConnection.String():
		return r.EndedByNet
	default:
		return r.EndedByUs
	}
}
