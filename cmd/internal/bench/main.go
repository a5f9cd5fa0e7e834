// Command bench measures Beside the way a person meets it: the real agent on a real X
// desktop, the real relay, and a real Chromium, all on this machine.
//
// Each scene (scene_*.go) is one idea and reports figures; the table and a JSON file
// hold them all. Processes are judged by the CPU time the kernel charged them, never by
// the wall clock, so that a busy machine blurs latencies but not costs. See
// docs/performance.md for how to read the figures.
//
// Exit codes: 0 measured, 1 a scene failed, 2 wrong use.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"github.com/jezek/xgb"
)

// sceneTime bounds one scene on a slow and busy machine.
const sceneTime = 5 * time.Minute

// options are the command line.
type options struct {
	bin      string
	out      string
	only     *regexp.Regexp
	sessions int
	clicks   int
	window   time.Duration
	verbose  bool
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == printerArgument {
		printLines(os.Stdout, os.Args[2])
		return
	}
	opts, err := parse(os.Args[1:])
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(2)
	}
	xgb.Logger = log.New(io.Discard, "", 0) // it reports that the desktop asks for no authority
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, opts); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.StringVar(&o.bin, "bin", "", "folder with the programs; empty means bin/ of the checkout")
	set.StringVar(&o.out, "out", filepath.Join("build", "bench.json"), "file for the figures as JSON")
	scenes := set.String("scenes", ".", "regular expression for the names of the scenes to play")
	set.IntVar(&o.sessions, "sessions", 10, "sessions of which each wait is the median")
	set.IntVar(&o.clicks, "clicks", 40, "clicks of which the latency is the median")
	set.DurationVar(&o.window, "window", 20*time.Second, "how long costs are counted for in each scene")
	set.BoolVar(&o.verbose, "verbose", false, "print what every program prints")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	if set.NArg() > 0 || o.sessions < 1 || o.clicks < 1 || o.window < time.Second {
		return o, errors.New("bench: wrong use; see -help")
	}
	var err error
	o.only, err = regexp.Compile(*scenes)
	return o, err
}

// run plays the chosen scenes, each on a stage of its own, and writes what came of them.
func run(ctx context.Context, opts options) error {
	report := newReport()
	var failed error
	for _, s := range scenes() {
		if !opts.only.MatchString(s.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s: %s\n", s.name, s.about)
		figures, err := play(ctx, s, opts)
		report.add(s.name, figures)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", s.name, err))
		}
	}
	report.print(os.Stdout)
	return errors.Join(failed, report.write(opts.out))
}

func play(ctx context.Context, s scene, opts options) ([]figure, error) {
	ctx, cancel := context.WithTimeout(ctx, sceneTime)
	defer cancel()
	output := io.Discard
	if opts.verbose {
		output = os.Stderr
	}
	r, err := newRig(ctx, opts, output)
	if err != nil {
		return nil, err
	}
	defer r.close()
	err = s.play(ctx, r)
	return r.figures, err
}
