package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// result is how one test went.
type result struct {
	outcome string   // "pass", "fail", "skip"; empty is that it did not run
	seconds float64  // how long it took
	counted []string // what it and its parts counted (testing.T.Attr), in order
	said    []string // its last words, for one that failed
}

// lastWords is how many lines of a failed test stand in the table.
const lastWords = 4

// event is one line of go test -json.
type event struct {
	Action, Package, Test, Output, Key, Value string
	Elapsed                                   float64
}

// countedKey is the attribute that a test reports its figures by.
const countedKey = "counted"

// batch are packages that are tested by one command.
type batch struct {
	names []string
	flags []string // further ones
}

// batches puts what has no screen into one command, which tests two packages at a time;
// what measures time has the machine to itself.
func batches(pkgs []string) []batch {
	var rest []string
	var list []batch
	for _, pkg := range pkgs {
		if alone(pkg) {
			list = append(list, batch{names: []string{pkg}})
		} else {
			rest = append(rest, pkg)
		}
	}
	if len(rest) > 0 {
		list = append([]batch{{names: rest, flags: []string{"-p=2"}}}, list...)
	}
	return list
}

// alone reports whether a package's tests measure how soon something happens.
func alone(pkg string) bool {
	return slices.Contains([]string{"./agent", "./agent/internal/ui", "./cmd/internal/e2e"}, pkg)
}

// runBatch runs the marked tests of some packages, but not those that have a longer proof.
func runBatch(ctx context.Context, b batch, tests []marked, results map[string]result) error {
	var names []string
	for _, m := range tests {
		if slices.Contains(b.names, m.pkg) && !hasLongProof(m) && !slices.Contains(names, m.name) {
			names = append(names, m.name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return goTest(ctx, b.names, names, results, append([]string{"-race"}, b.flags...), nil)
}

// goTest runs tests by name. A failure stands in the results; an error is that they could
// not be run at all.
func goTest(ctx context.Context, pkgs, names []string, results map[string]result, flags, ownFlags []string) error {
	args := append([]string{"test", "-json", "-count=1", "-timeout=45m", "-run", "^(" + strings.Join(names, "|") + ")$"}, flags...)
	args = append(args, pkgs...)
	if len(ownFlags) > 0 {
		args = append(append(args, "-args"), ownFlags...)
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "BESIDE_PROVE=1") // the long form, where a test has two
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("prove: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("prove: %w", err)
	}
	reading := readEvents(out, results)
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("prove: %v: %w", pkgs, err)
	}
	return reading
}

// module is what the names of our packages begin with.
const module = "beside/"

// readEvents takes the outcomes of whole tests, what they and their parts counted, and of
// a failed one its last words.
func readEvents(out io.Reader, results map[string]result) error {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue
		}
		whole, part, isPart := strings.Cut(e.Test, "/")
		key := "./" + strings.TrimPrefix(e.Package, module) + " " + whole
		r := results[key]
		switch {
		case e.Action == "output" && (e.Test == "" || strings.Contains(e.Output, "_test.go:")):
			if e.Test == "" {
				buildWords(e.Output)
				continue
			}
			r.heard(e.Output)
		case e.Action == "build-output":
			fmt.Fprint(os.Stderr, e.Output)
			continue
		case e.Action == "attr" && e.Key == countedKey:
			said := e.Value
			if isPart {
				said = strings.ReplaceAll(part, "_", " ") + ": " + said
			}
			r.counted = append(r.counted, said)
		case e.Test != "" && !isPart && (e.Action == "pass" || e.Action == "fail" || e.Action == "skip"):
			r.outcome, r.seconds = e.Action, e.Elapsed
			if e.Action != "pass" {
				fmt.Fprintf(os.Stderr, "  %s %s\n", strings.ToUpper(e.Action), key)
			}
		default:
			continue
		}
		results[key] = r
	}
	return lines.Err()
}

// buildWords passes on what a package says outside its tests when it ends badly: a panic,
// a race, a time that is over.
func buildWords(output string) {
	for _, sign := range []string{"panic:", "DATA RACE", "FAIL:", "leak", "build failed"} {
		if strings.Contains(output, sign) {
			fmt.Fprint(os.Stderr, "  ", output)
			return
		}
	}
}

// heard keeps the last words of a test.
func (r *result) heard(output string) {
	_, words, _ := strings.Cut(strings.TrimSpace(output), "_test.go:")
	_, words, _ = strings.Cut(words, ": ")
	if len(words) > 300 {
		words = words[:300] + "…"
	}
	r.said = append(r.said, words)
	r.said = r.said[max(0, len(r.said)-lastWords):]
}

// longProof is a test that make test runs with a smaller count.
type longProof struct {
	pkg, test, says string
	flags, args     []string
}

// longProofs are those that are worth their minutes before a release.
func longProofs() []longProof {
	return []longProof{
		{pkg: "./consent", test: "TestRandomHistories", says: "a million times", args: []string{"-histories=1000000"}},
		{pkg: "./consent", test: "TestUseAgainstRevoke", says: "100,000 rounds under the race detector", flags: []string{"-race"}, args: []string{"-races=100000"}},
	}
}

func hasLongProof(m marked) bool {
	return slices.ContainsFunc(longProofs(), func(p longProof) bool { return p.pkg == m.pkg && p.test == m.name })
}

func (p longProof) run(ctx context.Context, results map[string]result) error {
	return goTest(ctx, []string{p.pkg}, []string{p.test}, results, p.flags, p.args)
}
