// Command demo plays one whole attended session with everything real but the people:
// relay, agent, desktop, browser. It prints what happens with the times it took, and
// leaves pictures of every stage on both sides, the decrypted recording and the receipt.
//
// Exit codes: 0 every stage happened, 1 one did not, 2 wrong use.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jezek/xgb"
)

// Bounds of one scene and of the whole, on a slow and busy machine.
const (
	sceneTime = 45 * time.Second
	wholeTime = 5 * time.Minute
)

func main() {
	out := flag.String("out", "demo-out", "folder for pictures, recording and receipt")
	verbose := flag.Bool("verbose", false, "print what every program prints")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "demo takes no arguments but its flags; see -help")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, wholeTime)
	defer cancel()
	if err := run(ctx, *out, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "\nThe session did not go through:", err)
		os.Exit(1)
	}
}

// play runs one scene within its time.
func play(ctx context.Context, scene func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, sceneTime)
	defer cancel()
	return scene(ctx)
}

func run(ctx context.Context, out string, verbose bool) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	logs, err := os.Create(filepath.Join(out, "programs.log"))
	if err != nil {
		return err
	}
	defer logs.Close()
	var printed io.Writer = logs
	if verbose {
		printed = io.MultiWriter(logs, os.Stderr)
	}
	xgb.Logger = log.New(printed, "", 0) // the storyline stays clean
	story, err := open(ctx, out, printed)
	if err != nil {
		return err
	}
	defer story.stage.Close()
	for _, scene := range []func(context.Context) error{
		story.account, story.code, story.question, story.picture,
		story.control, story.record, story.end, story.review, story.export,
	} {
		if err := play(ctx, scene); err != nil {
			story.capture(ctx, "failed")
			return err
		}
	}
	fmt.Printf("\nEverything happened. Pictures, recording.mp4 and the receipt are in %s/.\n", out)
	return nil
}
