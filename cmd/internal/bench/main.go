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
	"slices"
	"syscall"
	"time"

	"github.com/jezek/xgb"
)

// sceneTime bounds one scene on a slow and busy machine, runTime everything.
const (
	sceneTime = 3 * time.Minute
	runTime   = 90 * time.Minute
)

// options are the command line.
type options struct {
	bin      string
	out      string
	keep     string
	scenes   *regexp.Regexp
	systems  *regexp.Regexp
	repeat   int
	quick    bool
	verbose  bool
	window   time.Duration
	pictures time.Duration
	samples  int
	checks   int
	cold     int
	warm     int
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

// effort is how much is sampled: in full, and by -quick.
type effort struct {
	window, pictures            time.Duration
	samples, checks, cold, warm int
	systems                     string
}

var (
	fullEffort  = effort{8 * time.Second, 4 * time.Second, 40, 8, 2, 3, "."}
	quickEffort = effort{2 * time.Second, 2 * time.Second, 12, 3, 1, 1, "^" + ownName + "$"}
)

func parse(args []string) (options, error) {
	var o options
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.StringVar(&o.bin, "bin", "", "folder with the programs; empty means bin/ of the checkout")
	set.StringVar(&o.out, "out", filepath.Join("build", "bench.json"), "file for the figures as JSON")
	set.StringVar(&o.keep, "keep", "", "folder for pictures of what was not identical; empty keeps none")
	scenes := set.String("scenes", ".", "regular expression for the names of the scenes to play")
	set.IntVar(&o.repeat, "repeat", 1, "repetitions of which each figure is the median")
	set.BoolVar(&o.quick, "quick", false, "Beside alone, with few samples: less than three minutes")
	set.BoolVar(&o.verbose, "verbose", false, "print what every program prints")
	e := fullEffort
	if slices.Contains(args, "-quick") || slices.Contains(args, "--quick") {
		e = quickEffort
	}
	systems := set.String("systems", e.systems, "regular expression for the names of the systems to measure")
	set.DurationVar(&o.window, "window", e.window, "how long costs are counted for in each scene")
	set.DurationVar(&o.pictures, "pictures", e.pictures, "how long pictures are counted for in each scene")
	set.IntVar(&o.samples, "samples", e.samples, "presses of which the latency is the median")
	set.IntVar(&o.checks, "checks", e.checks, "how often each scene is let settle and compared with the screen")
	set.IntVar(&o.cold, "cold", e.cold, "first pictures with a browser just started")
	set.IntVar(&o.warm, "warm", e.warm, "first pictures with a browser that has shown a session before")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	if set.NArg() > 0 || min(o.repeat, o.samples, o.cold+o.warm) < 1 || min(o.checks, o.cold, o.warm) < 0 ||
		min(o.window, o.pictures) < time.Second {
		return o, errors.New("bench: wrong use; see -help")
	}
	var err error
	if o.scenes, err = regexp.Compile(*scenes); err != nil {
		return o, fmt.Errorf("bench: -scenes: %w", err)
	}
	if o.systems, err = regexp.Compile(*systems); err != nil {
		return o, fmt.Errorf("bench: -systems: %w", err)
	}
	return o, nil
}

// run plays the chosen scenes with the chosen systems, and writes what came of them,
// also when something failed or the run was interrupted.
func run(ctx context.Context, opts options) error {
	ctx, cancel := context.WithTimeout(ctx, runTime)
	defer cancel()
	output := io.Discard
	if opts.verbose {
		output = os.Stderr
	}
	report := newReport(os.Args[1:])
	failed := measure(ctx, opts, report, output)
	report.LoadAfter = loadAverage()
	report.print(os.Stdout)
	return errors.Join(failed, report.write(opts.out))
}

func measure(ctx context.Context, opts options, report *report, output io.Writer) error {
	began := time.Now()
	say := func(format string, arguments ...any) {
		fmt.Fprintf(os.Stderr, "%6.0f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, arguments...))
	}
	s, err := newSet(ctx, opts, output)
	if err != nil {
		return err
	}
	defer s.close()
	var failed error
	for n := range opts.repeat {
		report.Repetitions = n + 1
		for _, sys := range s.systems() {
			if !opts.systems.MatchString(sys.name()) {
				continue
			}
			if why := sys.missing(); why != "" {
				report.absent(sys.name() + ": " + why)
				continue
			}
			say("%s, repetition %d of %d", sys.name(), n+1, opts.repeat)
			failed = errors.Join(failed, s.turn(ctx, sys, report, say))
			if ctx.Err() != nil {
				return errors.Join(failed, ctx.Err())
			}
		}
	}
	return failed
}
