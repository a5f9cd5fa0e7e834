package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"beside/cmd/internal/probe"
	"beside/protocol"
	"beside/protocol/wire"
)

func probeCommand() *cli.Command {
	return &cli.Command{
		Name:  "probe",
		Usage: "goes through a whole session without a browser and reports on it",
		Flags: []cli.Flag{
			relayFlag(true), tokenFlag(),
			&cli.StringFlag{Name: "code", Usage: "the 12 digits that the user reads out", Required: true, EnvVars: []string{"BESIDE_CODE"}},
			&cli.StringFlag{Name: "ask", Usage: "what to ask for after view, as control,record"},
			&cli.StringFlag{Name: "reason", Value: "a test of the connection", Usage: "shown to the user with every question"},
			&cli.StringFlag{Name: "ticket", Usage: "the help desk's ticket"},
			&cli.DurationFlag{Name: "duration", Value: 5 * time.Second, Usage: "how long to stay after the last answer"},
			&cli.DurationFlag{Name: "patience", Value: 2 * time.Minute, Usage: "how long to wait for each answer of the user"},
			&cli.BoolFlag{Name: "json", Usage: "print the report as JSON"},
			&cli.BoolFlag{Name: "verbose", Usage: "tell causes on the error output"},
		},
		OnUsageError: onUsageError,
		Action:       runProbe,
	}
}

func runProbe(c *cli.Context) error {
	plan, err := probePlan(c)
	if err != nil {
		return err
	}
	report, err := probe.Run(c.Context, plan)
	if c.Bool("json") {
		enc := json.NewEncoder(c.App.Writer)
		enc.SetIndent("", "  ")
		return errors.Join(err, enc.Encode(report))
	}
	printReport(c.App.Writer, report)
	return err
}

func probePlan(c *cli.Context) (probe.Plan, error) {
	var plan probe.Plan
	if c.Args().Present() {
		return plan, usageError{fmt.Errorf("%q is not a flag", c.Args().First())}
	}
	code, err := protocol.ParseCode(c.String("code"))
	if err != nil {
		return plan, err
	}
	if c.String("token") == "" {
		return plan, usageError{errors.New("no token: set BESIDE_TOKEN")}
	}
	plan = probe.Plan{
		Config: probe.Config{Relay: c.String("relay"), Token: c.String("token"), Code: code},
		Reason: c.String("reason"), Ticket: c.String("ticket"),
		Watch: c.Duration("duration"), Answer: c.Duration("patience"),
	}
	if c.Bool("verbose") {
		plan.Log = slog.New(slog.NewTextHandler(c.App.ErrWriter, nil))
	}
	for name := range strings.SplitSeq(c.String("ask"), ",") {
		if strings.TrimSpace(name) == "" {
			continue
		}
		scope, err := probe.ParseScope(name)
		if err != nil {
			return plan, usageError{err}
		}
		if scope != wire.Scope_SCOPE_VIEW { // asked anyway
			plan.Ask = append(plan.Ask, scope)
		}
	}
	return plan, nil
}

func printReport(w io.Writer, r probe.Report) {
	if r.SessionID == "" {
		return // the error says it all
	}
	fmt.Fprintf(w, "session      %s, as %s of %s\n", r.SessionID, r.Technician, r.Organisation)
	for _, a := range r.Answers {
		fmt.Fprintf(w, "%-12s %s %s\n", a.Scope, a.Outcome, a.Detail)
	}
	for _, t := range []struct {
		name string
		ms   *float64
	}{
		{"to joined", r.Times.Join}, {"to question", r.Times.JoinToQuestion}, {"to answer", r.Times.QuestionToAnswer},
		{"to packet", r.Times.GrantedToPacket}, {"to picture", r.Times.GrantedToFullFrame},
	} {
		if t.ms != nil {
			fmt.Fprintf(w, "%-12s %.1f ms\n", t.name, *t.ms)
		}
	}
	fmt.Fprintf(w, "picture      %d frames (%d key, %d broken), %d packets, %d bytes\n", r.Frames, r.KeyFrames, r.Broken, r.Packets, r.Bytes)
	if r.RecordingID != "" {
		fmt.Fprintf(w, "recording    %s\n", r.RecordingID)
	}
	fmt.Fprintf(w, "ended by     %s\n", r.EndedBy)
}
