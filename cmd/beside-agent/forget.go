package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"beside/agent"
)

// forgetCommand erases the list of technicians who have helped the user.
func forgetCommand() *cli.Command {
	return &cli.Command{
		Name:  "forget",
		Usage: "erase the list of those who have helped on this computer",
		Action: func(c *cli.Context) error {
			if err := agent.ForgetPeople(c.String("state")); err != nil {
				return err
			}
			fmt.Fprintln(c.App.Writer, agent.SayCheck(c.String("language"), func(t agent.CheckWords) string { return t.Forgotten }))
			return nil
		},
	}
}
