package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"beside/relay"
)

func auditCommand() *cli.Command {
	return &cli.Command{
		Name:  "audit",
		Usage: "makes every hash of the audit logs anew and compares it with the one that was stored",
		Flags: []cli.Flag{
			dataFlag(),
			&cli.StringFlag{Name: "organisation", Usage: "short `NAME` of one organisation; without it all are checked"},
			&cli.BoolFlag{Name: "list", Usage: "also prints every entry, one a line, as it is hashed"},
		},
		OnUsageError: func(_ *cli.Context, err error, _ bool) error { return usageError{err} },
		Action: func(c *cli.Context) error {
			var list func(int64, []byte)
			if c.Bool("list") {
				list = func(_ int64, data []byte) { fmt.Fprintf(c.App.Writer, "%s\n", data) }
			}
			return manage(c, func(ctx context.Context, m *relay.Manager) error {
				return m.Audit(ctx, c.String("organisation"), list, func(l relay.AuditLog) {
					fmt.Fprintf(c.App.Writer, "audit log of %s is whole: %d entries, log %s, root %s\n", l.Organisation, l.Size, l.Log(), l.Root)
				})
			})
		},
	}
}
