package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/urfave/cli/v2"

	"beside/consent"
	"beside/recording"
)

func verifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "checks a recording's folder, a receipt, or one against the other",
		ArgsUsage: "[FOLDER]",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "receipt", Usage: "the user's receipt `FILE`"},
			&cli.StringFlag{Name: "recording", Usage: "id that the recording must have"},
			&cli.StringFlag{Name: "identity", Usage: "`FILE` with an age identity: also decrypts and checks what is inside"},
		},
		OnUsageError: onUsageError,
		Action:       runVerify,
	}
}

func runVerify(c *cli.Context) error {
	if c.Args().Len() > 1 || c.Args().Len() == 0 && c.String("receipt") == "" {
		return usageError{errors.New("name one folder, or --receipt, or both; flags come before the folder")}
	}
	expect, receipt, err := expected(c)
	if err != nil {
		return err
	}
	if receipt != nil {
		if err := tellReceipt(c, *receipt); err != nil {
			return err
		}
	}
	if !c.Args().Present() {
		return nil
	}
	src, err := recording.OpenDir(c.Args().First())
	if err != nil {
		return err
	}
	defer src.Close()
	report, err := recording.Verify(src, expect)
	if err != nil {
		return err
	}
	m := report.Manifest
	if receipt != nil && (m.Session != receipt.SessionID || !named(*receipt, m.Recording) || !m.Consent.Fits(receipt.Records)) {
		return fmt.Errorf("%w: it was not made with the consent in this receipt", recording.ErrTampered)
	}
	if c.String("identity") != "" {
		if err := verifyInside(c.String("identity"), src, expect); err != nil {
			return err
		}
	}
	fmt.Fprintf(c.App.Writer, "recording %s is whole: %d objects, %d bytes, %.1f s, ended %s, signer %x\n",
		m.Recording, report.Objects, report.Bytes, float64(m.DurationMS)/1000, m.End, []byte(report.Signer))
	return nil
}

// expected reads what is known beforehand from the flags.
func expected(c *cli.Context) (recording.Expect, *consent.Receipt, error) {
	expect := recording.Expect{Recording: c.String("recording")}
	if c.String("receipt") == "" {
		return expect, nil, nil
	}
	receipt, err := consent.ReadReceipt(c.String("receipt"))
	if err != nil {
		return expect, nil, err
	}
	if _, err := receipt.Verify(); err != nil {
		return expect, nil, err
	}
	key, err := base64.RawURLEncoding.DecodeString(receipt.PublicKey)
	if err != nil {
		return expect, nil, fmt.Errorf("%w: key", consent.ErrReceipt)
	}
	expect.Signer = ed25519.PublicKey(key)
	if keys := receipt.Keys(); expect.Recording == "" && len(keys) == 1 {
		expect.Recording = keys[0].ID
	}
	return expect, &receipt, nil
}

// named reports whether the receipt holds the key to a recording.
func named(receipt consent.Receipt, recordingID string) bool {
	return slices.ContainsFunc(receipt.Keys(), func(k consent.RecordingKey) bool { return k.ID == recordingID })
}

func tellReceipt(c *cli.Context, receipt consent.Receipt) error {
	statements, err := receipt.Verify()
	if err != nil {
		return err
	}
	for _, k := range receipt.Keys() {
		fmt.Fprintf(c.App.Writer, "it holds the user's key to recording %s\n", k.ID)
	}
	for _, s := range statements {
		fmt.Fprintf(c.App.Writer, "%s  %-10s %-9s %s\n",
			s.Event.Time.UTC().Format("2006-01-02 15:04:05"), s.Event.Type, s.Event.Scope, s.Event.Actor)
	}
	files, err := receipt.FileList()
	if err != nil {
		return err
	}
	for _, f := range files {
		fmt.Fprintf(c.App.Writer, "%s  file %s, %d bytes, %s, %s\n",
			f.Time.UTC().Format("2006-01-02 15:04:05"), strconv.Quote(f.Name), f.Size, direction(f), state(f))
	}
	fmt.Fprintf(c.App.Writer, "receipt of session %s is whole: %d records\n", receipt.SessionID, len(statements))
	return nil
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

// verifyInside decrypts everything and checks the consent records in the track.
func verifyInside(identity string, src recording.Source, expect recording.Expect) error {
	id, err := readIdentity(identity)
	if err != nil {
		return err
	}
	r, err := recording.Open(src, id, expect)
	if err != nil {
		return err
	}
	for n := range r.Segments() {
		if _, err := r.Segment(n + 1); err != nil {
			return err
		}
	}
	events, err := r.Events()
	if err != nil {
		return err
	}
	var records []string
	for _, e := range events {
		if e.Kind == recording.KindConsent {
			records = append(records, e.Record)
		}
	}
	statements, err := consent.VerifyRecords(r.Manifest().Session, records, r.Signer())
	if err != nil {
		return err
	}
	// THREAT 30: the yes itself is inside.
	allowed := func(s consent.Statement) bool { return s.Event.Type == "granted" && s.Event.Scope == "record" }
	if !slices.ContainsFunc(statements, allowed) {
		return fmt.Errorf("%w: nobody allowed it to be made", recording.ErrTampered)
	}
	return nil
}
