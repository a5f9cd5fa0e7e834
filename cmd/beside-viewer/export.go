package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"beside/consent"
	"beside/recording"
)

func exportCommand() *cli.Command {
	return &cli.Command{
		Name:      "export",
		Usage:     "checks a recording, decrypts it and writes one plain MP4",
		ArgsUsage: "[FOLDER]",
		Description: "From a relay: --relay, --recording, --reason, and the token of a reviewer.\n" +
			"From a folder with the recording's objects: name the folder.",
		Flags: []cli.Flag{
			relayFlag(false), tokenFlag(),
			&cli.StringFlag{Name: "recording", Usage: "id of the recording, 32 hex digits"},
			&cli.StringFlag{Name: "reason", Usage: "why it is opened; the person recorded can see it"},
			&cli.StringFlag{Name: "ticket", Usage: "the help desk's ticket"},
			&cli.StringFlag{Name: "identity", Usage: "`FILE` with the age identity; a wrapped one asks BESIDE_PASSPHRASE; without it the receipt's own key is used"},
			&cli.StringFlag{Name: "receipt", Usage: "the user's receipt `FILE`: holds the user's key, and proves who signed the recording"},
			&cli.StringFlag{Name: "o", Usage: "the `FILE` to write", Required: true},
			&cli.BoolFlag{Name: "unfinished", Usage: "open a recording without a manifest, for which nothing vouches"},
		},
		OnUsageError: onUsageError,
		Action:       runExport,
	}
}

// source is a recording that can also be listed.
type source interface {
	recording.Source
	Names() ([]string, error)
}

func runExport(c *cli.Context) error {
	expect, receipt, err := expected(c.String("recording"), c.String("receipt"))
	if err != nil {
		return err
	}
	id, err := identityFor(c, receipt)
	if err != nil {
		return err
	}
	src, closeSource, err := openSource(c)
	if err != nil {
		return err
	}
	defer closeSource()
	reader, err := recording.Open(src, id, expect)
	if errors.Is(err, recording.ErrUnfinished) && c.Bool("unfinished") {
		reader, err = openUnfinished(src, id, c.String("recording"))
	}
	if err != nil {
		return err
	}
	if err := writeFile(c.String("o"), reader.Export); err != nil {
		return err
	}
	m := reader.Manifest()
	fmt.Fprintf(c.App.Writer, "%s: recording %s, %.1f s, %d segments, %s\n",
		c.String("o"), m.Recording, float64(m.DurationMS)/1000, reader.Segments(), vouching(reader, expect))
	return nil
}

func openUnfinished(src source, id recording.Identity, recordingID string) (*recording.Reader, error) {
	names, err := src.Names()
	if err != nil {
		return nil, err
	}
	return recording.OpenUnfinished(src, names, id, recordingID)
}

func vouching(r *recording.Reader, expect recording.Expect) string {
	switch {
	case r.Signer() == nil:
		return "unfinished: nothing vouches for it"
	case expect.Signer != nil:
		return "signed by the agent that the receipt names"
	}
	return fmt.Sprintf("signed by %x; compare it with the user's receipt", []byte(r.Signer()))
}

// openSource opens a folder or a recording on a relay, as the command line says.
func openSource(c *cli.Context) (source, func(), error) {
	switch {
	case c.Args().Len() == 1:
		dir, err := recording.OpenDir(c.Args().First())
		if err != nil {
			return nil, nil, err
		}
		return dir, func() { _ = dir.Close() }, nil
	case c.Args().Present():
		return nil, nil, usageError{errors.New("name one folder; flags come before it")}
	case c.String("relay") == "" || c.String("recording") == "":
		return nil, nil, usageError{errors.New("name a folder, or --relay and --recording")}
	case c.String("token") == "":
		return nil, nil, usageError{errors.New("no token: set BESIDE_TOKEN")}
	case strings.TrimSpace(c.String("reason")) == "":
		return nil, nil, usageError{errors.New("say with --reason why you open it; the person recorded can see it")}
	}
	r, err := openRemote(c.Context, c.String("relay"), c.String("token"), c.String("recording"), c.String("reason"), c.String("ticket"))
	return r, func() {}, err
}

// identityFor reads the identity that was named, or else takes the user's own from the
// receipt. One identity opens every recording of a session.
func identityFor(c *cli.Context, receipt *consent.Receipt) (recording.Identity, error) {
	switch {
	case c.String("identity") != "":
		return readIdentity(c.String("identity"))
	case receipt == nil:
		return recording.Identity{}, usageError{errors.New("name what opens it with --identity or --receipt")}
	case len(receipt.Recordings) == 0:
		return recording.Identity{}, usageError{errors.New("this receipt is of a session that was not recorded")}
	}
	return recording.ParseIdentity(receipt.Recordings[0].Identity)
}

// readIdentity reads an age identity file, or one under a passphrase.
func readIdentity(path string) (recording.Identity, error) {
	f, err := os.Open(path)
	if err != nil {
		return recording.Identity{}, usageError{err}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 64<<10))
	if err != nil {
		return recording.Identity{}, err
	}
	if !recording.IsArmored(data) {
		return recording.ParseIdentity(string(data))
	}
	passphrase := os.Getenv("BESIDE_PASSPHRASE")
	if passphrase == "" {
		return recording.Identity{}, usageError{errors.New("this identity is under a passphrase: set BESIDE_PASSPHRASE")}
	}
	return recording.UnwrapIdentity(data, passphrase)
}

// writeFile makes the file whole or not at all, for the user alone (0600).
func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".export-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	buffered := bufio.NewWriterSize(f, 1<<20)
	if err := write(buffered); err != nil {
		return err
	}
	if err := errors.Join(buffered.Flush(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
