package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"beside/relay"
)

// personFlags say whom a link or token is for.
func personFlags() []cli.Flag {
	return []cli.Flag{
		dataFlag(),
		&cli.StringFlag{Name: "organisation", Usage: "short name of the organisation (default: the first)"},
		&cli.StringFlag{Name: "email", Usage: "the person's e-mail address (default: the oldest admin)"},
	}
}

func linkCommand() *cli.Command {
	return &cli.Command{
		Name:  "link",
		Usage: "prints a one-time link: an invitation, or for someone who has an account a sign-in",
		Flags: append(personFlags(),
			&cli.StringFlag{Name: "name", Usage: "a new person's name"},
			&cli.StringFlag{Name: "role", Value: "technician", Usage: "a new person's roles: technician,reviewer,admin"},
			&cli.StringFlag{Name: "public-url", Value: "http://127.0.0.1:8080", Usage: "the relay's address, to print in front"},
		),
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return usageError{err} },
		Action: func(c *cli.Context) (err error) {
			roles, err := relay.ParseRoles(c.String("role"))
			if err != nil {
				return err
			}
			m, err := relay.OpenManager(c.Context, c.String("data"))
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, m.Close()) }()
			link, expires, err := m.Link(c.Context, relay.Person{
				Organisation: c.String("organisation"), Email: c.String("email"), Name: c.String("name"), Roles: roles,
			})
			if err != nil {
				return err
			}
			fmt.Fprintf(c.App.Writer, "%s%s\n", strings.TrimSuffix(c.String("public-url"), "/"), link)
			fmt.Fprintf(c.App.ErrWriter, "It works once, until %s.\n", expires.Local().Format(time.RFC1123))
			return nil
		},
	}
}
