package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"beside/consent"
)

// proven is what a receipt that verifies shows, and what it cannot.
const proven = `
What this shows: whoever holds the session's key wrote all of this, in this order, and
nothing was changed, taken out or added since: no question, answer, text, file, key or
rating. The key was made by the user's program for this one session.
What it does not show by itself: that the key is that program's. The recording of the
session, where there is one, is signed with the same key: verify --receipt FILE FOLDER.
`

// tellReceipt says in words what a receipt states, after it was verified.
func tellReceipt(c *cli.Context, receipt consent.Receipt) error {
	statements, err := receipt.Verify()
	if err != nil {
		return err
	}
	files, err := receipt.FileList()
	if err != nil {
		return err
	}
	chat, err := receipt.Transcript()
	if err != nil {
		return err
	}
	testimony, err := receipt.Testimony()
	if err != nil {
		return err
	}
	closing, err := receipt.Closing()
	if err != nil {
		return err
	}
	w := c.App.Writer
	fmt.Fprintf(w, "receipt of session %s is whole: %d records\n", receipt.SessionID, len(statements))
	if len(statements) > 0 {
		for _, p := range statements[0].Parties {
			if p.Name != "" {
				fmt.Fprintf(w, "  %-18s %s\n", strings.ReplaceAll(strings.TrimPrefix(p.Role, "pii_"), "_", " "), strconv.Quote(p.Name))
			}
		}
	}
	for _, s := range statements {
		fmt.Fprintf(w, "%s  %s\n", moment(s.Event.Time), happened(s))
	}
	for _, f := range files {
		fmt.Fprintf(w, "%s  file %s, %d bytes, %s, %s\n", moment(f.Time), strconv.Quote(f.Name), f.Size, direction(f), state(f))
	}
	for _, m := range chat {
		who := "technician"
		if m.FromUser {
			who = "user"
		}
		fmt.Fprintf(w, "%s  %s wrote %s\n", moment(m.Time), who, strconv.Quote(m.Text))
	}
	for _, k := range receipt.Recordings {
		fmt.Fprintf(w, "it holds the user's key to recording %s\n", k.ID)
	}
	if !closing.Erased.IsZero() {
		fmt.Fprintf(w, "%s  the user erased what was recorded\n", moment(closing.Erased))
	}
	tellFeedback(w, closing.Feedback)
	tellTestimony(w, testimony)
	fmt.Fprint(w, proven)
	if relay := c.String("relay"); relay != "" {
		return compareLog(c.Context, w, relay, testimony)
	}
	return nil
}

func moment(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05") }

// happened puts one record into words.
func happened(s consent.Statement) string {
	line := fmt.Sprintf("%-10s %-9s by %s", s.Event.Type, s.Event.Scope, s.Event.Actor)
	if s.Notice != nil && s.Event.Type == consent.Granted.String() {
		line += fmt.Sprintf("; text %s in %q, hash %.12s…", s.Notice.Version, s.Notice.Language, s.Notice.Hash)
		if s.Notice.Text.Caution != nil {
			line += ", after a caution"
		}
	}
	if strings.HasSuffix(s.Event.Method, consent.SyntheticMethod) {
		line += consent.SyntheticMethod
	}
	if p := s.Processing; p != nil && p.RetentionPeriod != "not stored" && s.Event.Type == consent.Granted.String() {
		line += "; kept " + p.RetentionPeriod
	}
	return strings.TrimSpace(line)
}

func tellFeedback(w io.Writer, said *consent.Feedback) {
	if said == nil {
		return
	}
	if said.Reported {
		fmt.Fprintf(w, "%s  the user reported this session as suspicious\n", moment(said.Time))
	}
	if said.Rating > 0 {
		fmt.Fprintf(w, "%s  the user's rating: %d of 5\n", moment(said.Time), said.Rating)
	}
	if said.Comment != "" {
		fmt.Fprintf(w, "%s  the user's comment: %s\n", moment(said.Time), strconv.Quote(said.Comment))
	}
}

func direction(f consent.File) string {
	if f.FromUser {
		return "from the user to the technician"
	}
	return "from the technician to the user"
}

func state(f consent.File) string {
	if f.Complete {
		return "sha256 " + f.SHA256
	}
	return "not completed"
}
