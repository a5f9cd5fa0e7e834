package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/urfave/cli/v2"

	"beside/agent"
)

// selfCheckCommand shows that nothing leaves the program before a yes.
func selfCheckCommand() *cli.Command {
	return &cli.Command{
		Name:  "self-check",
		Usage: "show that nothing leaves this computer before your yes (a question appears for some seconds; leave it alone)",
		Action: func(c *cli.Context) error {
			w := c.App.Writer
			tell := func(text func(agent.CheckWords) string, pairs ...string) {
				fmt.Fprintln(w, agent.SayCheck(c.String("language"), text, pairs...))
			}
			tell(func(t agent.CheckWords) string { return t.Begin })
			report, err := agent.SelfCheck(c.Context, config(c))
			if errors.Is(err, agent.ErrLeak) {
				tell(func(t agent.CheckWords) string { return t.Leak })
			}
			if err != nil {
				return err
			}
			tell(func(t agent.CheckWords) string { return t.Clean },
				"seconds", strconv.Itoa(int(report.Stood.Seconds())), "bytes", strconv.Itoa(report.Bytes))
			for _, frame := range []struct {
				kind string
				text func(agent.CheckWords) string
			}{
				{"hello", func(t agent.CheckWords) string { return t.Greeting }},
				{"new number", func(t agent.CheckWords) string { return t.NewNumber }},
				{"handshake", func(t agent.CheckWords) string { return t.Proof }},
				{"sealed", func(t agent.CheckWords) string { return t.Sealed }},
			} {
				fmt.Fprintf(w, "  %d × ", report.Frames[frame.kind])
				tell(frame.text)
			}
			return nil
		},
	}
}
