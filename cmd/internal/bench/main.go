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
	links    links // over which Beside is played; none is the machine alone
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == printerArgument {
		printLines(os.Stdout, os.Args[2])
		return
	}
	inside := len(os.Args) > 1 && os.Args[1] == insideArgument
	args := os.Args[1:]
	if inside {
		args = args[1:]
	}
	opts, err := parse(args)
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(2)
	}
	xgb.Logger = log.New(io.Discard, "", 0) // it reports that the desktop asks for no authority
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(opts.links) > 0 && !inside {
		err = runInside(ctx, args)
	} else {
		err = run(ctx, opts, args)
	}
	if err != nil {
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

// everything is what matches every scene's name.
const everything = "."

func parse(args []string) (options, error) {
	var o options
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.StringVar(&o.bin, "bin", "", "folder with the programs; empty means bin/ of the checkout")
	set.StringVar(&o.out, "out", filepath.Join("build", "bench.json"), "file for the figures as JSON")
	set.StringVar(&o.keep, "keep", "", "folder for pictures of what was not identical; empty keeps none")
	scenes := set.String("scenes", everything, "regular expression for the names of the scenes to play")
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
	set.Var(&o.links, "link", "play Beside over a link such as 1mbit,100ms (rate each way, delay both ways together); may be given several times; needs root")
	if err := set.Parse(args); err != nil {
		return o, err
	}
	if len(o.links) > 0 && *scenes == everything {
		*scenes = "^(typing|terminal|video)$"
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
func run(ctx context.Context, opts options, args []string) error {
	ctx, cancel := context.WithTimeout(ctx, runTime)
	defer cancel()
	output := io.Discard
	if opts.verbose {
		output = os.Stderr
	}
	report := newReport(args)
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
	if len(opts.links) > 0 {
		return measureLinks(ctx, opts, report, output, say)
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
			failed = errors.Join(failed, s.turn(ctx, sys, opts.chosen(), report, say))
			if ctx.Err() != nil {
				return errors.Join(failed, ctx.Err())
			}
		}
		if opts.systems.MatchString(nobodyName) {
			failed = errors.Join(failed, s.alone(ctx, opts.chosen(), report, say))
		}
	}
	return failed
}

// chosen are the scenes of the command line.
func (o options) chosen() (chosen []scene) {
	for _, sc := range scenes() {
		if o.scenes.MatchString(sc.name) {
			chosen = append(chosen, sc)
		}
	}
	return chosen
}

// measureLinks plays Beside's scenes over each link in turn.
func measureLinks(ctx context.Context, opts options, report *report, output io.Writer, say func(string, ...any)) error {
	network, err := newNetwork(opts.bin)
	if err != nil {
		return err
	}
	defer network.close()
	opts.bin = network.folder
	s, err := newSet(ctx, opts, output)
	if err != nil {
		return err
	}
	defer s.close()
	if err := network.reach(s.stage.URL); err != nil {
		return err
	}
	s.bridge, s.ours.arguments = network.bridge, []string{"--relay", network.relay}
	var failed error
	for n := range opts.repeat {
		report.Repetitions = n + 1
		for _, l := range opts.links {
			say("over %s, repetition %d of %d", l.text, n+1, opts.repeat)
			network.bridge.become(l)
			chosen := opts.chosen()
			for i := range chosen {
				chosen[i].name += " over " + l.text
			}
			failed = errors.Join(failed, s.turn(ctx, s.ours, chosen, report, say))
			if ctx.Err() != nil {
				return errors.Join(failed, ctx.Err())
			}
		}
	}
	return failed
}
