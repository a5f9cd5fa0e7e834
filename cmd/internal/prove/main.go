// Command prove shows what keeps each promise and each defence: it reads the marks
// "PROMISE A1" and "THREAT 4" from the tests, runs every marked test, the long proofs
// with their full counts, and prints one table of row, test and result.
//
//	sources ──tags.go──► tests ──run.go──► results ──table.go──► one table, exit code
//	                     rows.go: what must be there ─────────┘
//
// A row without a test, or whose test failed, was skipped or did not run, is not kept, and
// prove fails. Begin with main; `make prove` runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

const usage = `Usage: make prove, or go run ./cmd/internal/prove [flags] from the top of the repository.

Runs every test that is marked with a promise or a threat, in its long form, and prints one
table of row, test and result. It takes about 40 minutes on two cores, builds what it tests
first (make build), and wants the machine to itself: some tests measure how soon a button acts.

`

func main() {
	skip := flag.String("skip", "", "packages to leave out, by a part of their path, with commas between them")
	only := flag.String("only", "", "packages to prove, by a part of their path, with commas between them; all when empty")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := prove(ctx, chosen(*only, *skip)); err != nil {
		fmt.Fprintln(os.Stderr, "prove:", err)
		os.Exit(1)
	}
}

// chosen says which packages take part.
func chosen(only, skip string) func(pkg string) bool {
	any := func(list, pkg string) bool {
		for part := range strings.SplitSeq(list, ",") {
			if part != "" && strings.Contains(pkg, part) {
				return true
			}
		}
		return false
	}
	return func(pkg string) bool { return (only == "" || any(only, pkg)) && !any(skip, pkg) }
}

// prove runs everything that takes part. What cannot be run at all is told, and the rest
// goes on: its tests have no result, which the table shows.
func prove(ctx context.Context, takesPart func(pkg string) bool) error {
	tests, err := readTags(".")
	if err != nil {
		return err
	}
	began, results := time.Now(), map[string]result{}
	var failed []error
	step := func(what string, err error) {
		fmt.Fprintf(os.Stderr, "%4.0f s  %s\n", time.Since(began).Seconds(), what)
		failed = append(failed, err)
	}
	pkgs := slices.DeleteFunc(packages(tests), func(pkg string) bool { return !takesPart(pkg) })
	if slices.Contains(pkgs, webPackage) {
		step("the web application's tests", runWeb(ctx, tests, results))
	}
	for _, p := range longProofs() {
		if takesPart(p.pkg) {
			step(p.test+" "+p.says, p.run(ctx, results))
		}
	}
	for _, b := range batches(slices.DeleteFunc(pkgs, func(pkg string) bool { return pkg == webPackage })) {
		step(strings.Join(b.names, " "), runBatch(ctx, b, tests, results))
	}
	return errors.Join(printTable(os.Stdout, rowList(), tests, results, takesPart), errors.Join(failed...), ctx.Err())
}
