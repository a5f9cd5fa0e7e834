// Command prove shows what keeps each promise and each defence: it reads the marks
// "PROMISE A1" and "THREAT 4" from the tests, runs every marked test, the long proofs
// with their full counts, and prints one table of row, test and result.
//
//	sources ──tags.go──► rows ──run.go──► results ──table.go──► one table, exit code
//
// A row whose test failed, was skipped or did not run is not kept, and prove fails. Begin
// with main; `make prove` runs it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
)

func main() {
	skip := flag.String("skip", "", "packages to leave out, by a part of their path, with commas between them")
	only := flag.String("only", "", "packages to prove, by a part of their path, with commas between them; all when empty")
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

func prove(ctx context.Context, takesPart func(pkg string) bool) error {
	tests, err := readTags(".")
	if err != nil {
		return err
	}
	results := map[string]result{}
	for _, pkg := range packages(tests) {
		if !takesPart(pkg) {
			continue
		}
		fmt.Fprintln(os.Stderr, "running", pkg)
		if err := runPackage(ctx, pkg, tests, results); err != nil {
			return err
		}
	}
	for _, p := range longProofs() {
		if !takesPart(p.pkg) {
			continue
		}
		fmt.Fprintln(os.Stderr, "running", p.test, p.says)
		if err := p.run(ctx, results); err != nil {
			return err
		}
	}
	return printTable(os.Stdout, tests, results, takesPart)
}
