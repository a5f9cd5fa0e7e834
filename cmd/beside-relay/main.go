// Command beside-relay is the relay: it brings agents and technicians together, keeps
// the accounts, and stores recordings that it cannot read.
//
// Begin with serve.go. Main is wiring: flags become a relay.Config, errors become exit
// codes (exit.go).
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"
)

// version is set by the linker.
var version = "development"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args))
}

// run does everything and returns the exit code.
func run(ctx context.Context, args []string) int {
	err := app().RunContext(ctx, args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "beside-relay:", err)
	}
	return exitCode(err)
}

func app() *cli.App {
	return &cli.App{
		Name:            "beside-relay",
		Usage:           "brings agents and technicians together and stores recordings it cannot read",
		Version:         version,
		HideHelpCommand: true,
		Commands:        []*cli.Command{serveCommand(), linkCommand(), tokenCommand(), organisationCommand(), auditCommand()},
		// The library would exit by itself; run maps errors to codes.
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   func(_ *cli.Context, err error, _ bool) error { return usageError{err} },
	}
}

// dataFlag is the one flag that every subcommand has.
func dataFlag() cli.Flag {
	return &cli.StringFlag{Name: "data", Usage: "folder of database, keys and recordings", EnvVars: []string{"BESIDE_DATA"}}
}
