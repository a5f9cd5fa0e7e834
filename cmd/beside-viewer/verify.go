package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"beside/consent"
	"beside/recording"
)

func verifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "checks a recording's folder, a receipt, or one against the other",
		ArgsUsage: "[RECEIPT.json | FOLDER]",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "receipt", Usage: "the user's receipt `FILE`"},
			&cli.StringFlag{Name: "recording", Usage: "id that the recording must have"},
			// Not by a variable: without the flag nothing goes to any relay.
			&cli.StringFlag{Name: "relay", Usage: "`ADDRESS` of the relay: also compares its audit log of today with the receipt"},
			&cli.StringFlag{Name: "identity", Usage: "`FILE` with an age identity: also decrypts and checks what is inside"},
		},
		OnUsageError: onUsageError,
		Action:       runVerify,
	}
}

func runVerify(c *cli.Context) error {
	if c.Args().Len() > 1 || c.Args().Len() == 0 && c.String("receipt") == "" {
		return usageError{errors.New("name a receipt, a recording's folder, or --receipt and a folder; flags come before it")}
	}
	path, folder := c.String("receipt"), c.Args().First()
	if info, err := os.Stat(folder); err == nil && info.Mode().IsRegular() && path == "" {
		path, folder = folder, ""
	}
	expect, receipt, err := expected(c.String("recording"), path)
	if err != nil {
		return err
	}
	if receipt != nil {
		if err := tellReceipt(c, *receipt); err != nil {
			return err
		}
	} else if c.String("relay") != "" {
		return usageError{errors.New("--relay compares the relay's audit log with a receipt; name the receipt")}
	}
	if folder == "" {
		return nil
	}
	src, err := recording.OpenDir(folder)
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

// expected is what is known beforehand: the recording's id, and the receipt at path.
func expected(id, path string) (recording.Expect, *consent.Receipt, error) {
	expect := recording.Expect{Recording: id}
	if path == "" {
		return expect, nil, nil
	}
	receipt, err := consent.ReadReceipt(path)
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
	if keys := receipt.Recordings; expect.Recording == "" && len(keys) == 1 {
		expect.Recording = keys[0].ID
	}
	return expect, &receipt, nil
}

// named reports whether the receipt holds the key to a recording.
func named(receipt consent.Receipt, recordingID string) bool {
	return slices.ContainsFunc(receipt.Recordings, func(k consent.RecordingKey) bool { return k.ID == recordingID })
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
