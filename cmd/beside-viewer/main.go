// Command beside-viewer is the technician's and the reviewer's side without a hosted
// page: a headless viewer (probe), the same web application from this machine
// (connect), and recordings checked and turned into plain files (verify, export).
//
// Main is wiring: one file for each subcommand, and exit.go for the exit codes.
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
	os.Exit(run(ctx, app(), os.Args))
}

// run does everything and returns the exit code.
func run(ctx context.Context, a *cli.App, args []string) int {
	err := a.RunContext(ctx, args)
	if err != nil {
		fmt.Fprintln(a.ErrWriter, "beside-viewer:", words(err))
	}
	return exitCode(err)
}

func app() *cli.App {
	return &cli.App{
		Name:            "beside-viewer",
		Usage:           "joins sessions and opens recordings without a hosted page",
		Version:         version,
		Description:     exitHelp,
		HideHelpCommand: true,
		Writer:          os.Stdout,
		ErrWriter:       os.Stderr,
		Commands:        []*cli.Command{probeCommand(), connectCommand(), exportCommand(), verifyCommand()},
		// The library would exit by itself; run maps errors to codes.
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   onUsageError,
	}
}

func onUsageError(_ *cli.Context, err error, _ bool) error { return usageError{err} }

func relayFlag(required bool) cli.Flag {
	return &cli.StringFlag{
		Name: "relay", Usage: "address of the relay, as https://relay.example", Required: required,
		EnvVars: []string{"BESIDE_RELAY"},
	}
}

func tokenFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "token", Usage: "API token (bst_…); better given by the variable, which other users cannot see",
		EnvVars: []string{"BESIDE_TOKEN"},
	}
}
