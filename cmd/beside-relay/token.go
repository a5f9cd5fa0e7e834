package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"beside/relay"
)

// day is the unit of --days.
const day = 24 * time.Hour

func tokenCommand() *cli.Command {
	return &cli.Command{
		Name:  "token",
		Usage: "prints an API token (bst_…) that acts for a person; it is shown once",
		Flags: append(personFlags(),
			&cli.StringFlag{Name: "label", Usage: "what it is for"},
			&cli.UintFlag{Name: "days", Value: 90, Usage: "how long it is valid"},
		),
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return usageError{err} },
		Action: func(c *cli.Context) (err error) {
			days := c.Uint("days")
			if days < 1 || days > 3650 {
				return usageError{errors.New("--days must be from 1 to 3650")}
			}
			m, err := relay.OpenManager(c.Context, c.String("data"))
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, m.Close()) }()
			token, err := m.Token(c.Context, relay.Person{
				Organisation: c.String("organisation"), Email: c.String("email"),
			}, c.String("label"), time.Duration(days)*day)
			if err != nil {
				return err
			}
			fmt.Fprintln(c.App.Writer, token.Reveal())
			return nil
		},
	}
}
