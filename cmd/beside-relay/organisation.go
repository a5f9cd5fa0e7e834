package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"beside/relay"
)

func organisationCommand() *cli.Command {
	return &cli.Command{
		Name:  "organisation",
		Usage: "adds another organisation and prints its short name; use it with link --organisation",
		Flags: []cli.Flag{
			dataFlag(),
			&cli.StringFlag{Name: "name", Usage: "the organisation's name, as users are told"},
		},
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return usageError{err} },
		Subcommands: []*cli.Command{
			verifyCommand("verify", "says to users that you made sure who this organisation is", true),
			verifyCommand("unverify", "takes that back", false),
		},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return usageError{fmt.Errorf("there is no command organisation %q", c.Args().First())}
			}
			return manage(c, func(ctx context.Context, m *relay.Manager) error {
				short, err := m.AddOrganisation(ctx, c.String("name"))
				if err == nil {
					fmt.Fprintln(c.App.Writer, short)
				}
				return err
			})
		},
	}
}

func verifyCommand(name, usage string, verified bool) *cli.Command {
	return &cli.Command{
		Name: name, Usage: usage, ArgsUsage: "SHORT-NAME",
		Flags:        []cli.Flag{dataFlag()},
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return usageError{err} },
		Action: func(c *cli.Context) error {
			if c.NArg() > 1 {
				return usageError{errors.New("name one organisation; flags come before its name")}
			}
			return manage(c, func(ctx context.Context, m *relay.Manager) error {
				org, controller, err := m.Verify(ctx, c.Args().First(), verified)
				if err != nil {
					return err
				}
				says := "is not verified"
				if verified {
					says = "is verified"
				}
				fmt.Fprintf(c.App.Writer, "%q, controller %q, %s. Agents that start from now on show it.\n", org, controller, says)
				return nil
			})
		},
	}
}

// manage runs f on the data folder.
func manage(c *cli.Context, f func(context.Context, *relay.Manager) error) (err error) {
	m, err := relay.OpenManager(c.Context, c.String("data"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	return f(c.Context, m)
}
