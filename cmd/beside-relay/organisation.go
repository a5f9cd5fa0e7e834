package main

import (
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
			&cli.StringFlag{Name: "name", Required: true, Usage: "the organisation's name, as users are told"},
		},
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return usageError{err} },
		Action: func(c *cli.Context) (err error) {
			m, err := relay.OpenManager(c.Context, c.String("data"))
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, m.Close()) }()
			short, err := m.AddOrganisation(c.Context, c.String("name"))
			if err != nil {
				return err
			}
			fmt.Fprintln(c.App.Writer, short)
			return nil
		},
	}
}
