// Command beside-agent is the end user's program: it shows a code, asks every question,
// and ends when its last window is closed. Nothing is installed and nothing stays but
// the receipt.
//
// Exit codes: 0 closed by the user, 1 failed, 2 wrong use, 3 no display it can use.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/jezek/xgb"
	"github.com/urfave/cli/v2"

	"beside/agent"
)

// version is set when the program is built for release.
var version = "development"

const (
	exitFailed    = 1
	exitUse       = 2
	exitNoDisplay = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// Memory before time: this runs on somebody else's machine, and pictures make no garbage.
	debug.SetGCPercent(12)
	xgb.Logger = log.New(io.Discard, "", 0) // it reports every lost connection, which we do in words
	var language string                     // empty is the system's
	app := &cli.App{
		Name:            "beside-agent",
		Usage:           "let somebody you trust help you on this computer",
		Version:         version,
		HideHelpCommand: true,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "relay", Usage: "address of the help desk's relay", EnvVars: []string{"BESIDE_RELAY"}},
			&cli.StringFlag{Name: "organisation", Usage: "short name of the help desk, when the relay serves several"},
			&cli.StringFlag{Name: "receipts", Usage: "folder for the receipts of sessions", Value: defaultReceipts()},
			&cli.StringFlag{Name: "state", Usage: "folder for recordings on their way to the relay", Value: defaultState()},
			&cli.StringFlag{Name: "language", Usage: "language of everything you read  (en, fr, de, es, ko, zh, ja); the system's if not given", Destination: &language},
			&cli.BoolFlag{Name: "big-text", Usage: "larger text in every window"},
			&cli.BoolFlag{Name: "high-contrast", Usage: "stronger contrast in every window"},
			&cli.BoolFlag{Name: "accessible-input", Usage: "let programs that press for you (on-screen keyboard, switch or voice control) answer too; the receipt says so"},
			&cli.BoolFlag{Name: "accessible", Usage: "open a page for a screen reader in your browser, and let it answer too", EnvVars: []string{"BESIDE_ACCESSIBLE"}},
			&cli.DurationFlag{Name: "away-after", Usage: "how long you may leave mouse and keyboard alone before the technician's wait for you", Value: 5 * time.Minute},
			&cli.BoolFlag{Name: "terminal-code", Usage: "also write the code to standard output, for use in a terminal"},
			&cli.BoolFlag{Name: "verbose", Usage: "write down more of what happens (never what is seen or typed)"},
		},
		Action:         run,
		Commands:       []*cli.Command{forgetCommand(), selfCheckCommand()},
		ExitErrHandler: func(*cli.Context, error) {},
	}
	if err := app.RunContext(ctx, os.Args); err != nil {
		fmt.Fprintln(os.Stderr, describe(err, language))
		os.Exit(exitCode(err))
	}
}

func run(c *cli.Context) error {
	a, err := agent.New(config(c))
	if err != nil {
		return err
	}
	return a.Run(c.Context)
}

// config is what the flags say.
func config(c *cli.Context) agent.Config {
	level := slog.LevelWarn
	if c.Bool("verbose") {
		level = slog.LevelInfo
	}
	cfg := agent.Config{
		Relay:        c.String("relay"),
		Organisation: c.String("organisation"),
		StateDir:     c.String("state"),
		ReceiptDir:   c.String("receipts"),
		Language:     c.String("language"),
		BigText:      c.Bool("big-text"),
		HighContrast: c.Bool("high-contrast"),
		Version:      version,
		SpareCores:   true,

		AccessibleInput: c.Bool("accessible-input"),
		Accessible:      c.Bool("accessible"),
		Console:         terminal(os.Stdout),
		AwayAfter:       c.Duration("away-after"),

		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})),
	}
	if c.Bool("terminal-code") {
		cfg.CodeTo = os.Stdout
	}
	return cfg
}

// terminal is f if a person reads it, and nobody if it is a file or another program.
func terminal(f *os.File) io.Writer {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return f
}

// describe adds the next step where the person at the terminal can take one.
func describe(err error, language string) string {
	if text := agent.Describe(err, language); text != "" {
		return text
	}
	return err.Error()
}

func exitCode(err error) int {
	switch {
	case errors.Is(err, agent.ErrNoDisplay):
		return exitNoDisplay
	case errors.Is(err, agent.ErrConfig):
		return exitUse
	default:
		return exitFailed
	}
}

// defaultReceipts is the user's documents folder: a receipt is theirs to find.
func defaultReceipts() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return filepath.Join(os.TempDir(), "beside-receipts")
	}
	if documents := filepath.Join(home, "Documents"); isDir(documents) {
		return filepath.Join(documents, "Beside receipts")
	}
	return filepath.Join(home, "Beside receipts")
}

func defaultState() string {
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "beside-agent")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return filepath.Join(os.TempDir(), "beside-agent")
	}
	return filepath.Join(home, ".local", "state", "beside-agent")
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
