package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// result is how one test went.
type result struct {
	outcome string  // "pass", "fail", "skip"; empty is that it did not run
	seconds float64 // how long it took
	said    string  // the last line that counts something
}

// event is one line of go test -json.
type event struct {
	Action, Test, Output string
	Elapsed              float64
}

// runPackage runs the marked tests of a package.
func runPackage(ctx context.Context, pkg string, tests []marked, results map[string]result) error {
	var names []string
	for _, m := range tests {
		if m.pkg == pkg {
			names = append(names, m.name)
		}
	}
	if pkg == "viewer/web" {
		return runWeb(ctx, names, results)
	}
	return goTest(ctx, pkg, names, results, "-race")
}

// goTest runs tests of a Go package by name.
func goTest(ctx context.Context, pkg string, names []string, results map[string]result, flags ...string) error {
	args := append([]string{"test", "-json", "-count=1", "-timeout=40m", "-run", "^(" + strings.Join(names, "|") + ")$"}, pkg)
	for _, f := range flags {
		if f == "-race" {
			args = append(args[:1], append([]string{"-race"}, args[1:]...)...)
			continue
		}
		args = append(args, f)
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "BESIDE_PROVE=1") // the long form, where a test has two
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("prove: %w", err)
	}
	reading := readEvents(out, pkg, results)
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("prove: %s: %w", pkg, err)
	}
	return reading // a failure stands in the results
}

// readEvents takes the outcomes of whole tests, and of a failed one its last words.
func readEvents(out io.Reader, pkg string, results map[string]result) error {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Test == "" || strings.Contains(e.Test, "/") {
			continue
		}
		key := pkg + " " + e.Test
		r := results[key]
		switch e.Action {
		case "output":
			if line := strings.TrimSpace(e.Output); strings.Contains(line, "_test.go:") {
				_, r.said, _ = strings.Cut(line, ": ")
			}
		case "pass", "fail", "skip":
			r.outcome, r.seconds = e.Action, e.Elapsed
		}
		results[key] = r
	}
	return lines.Err()
}

// runWeb runs the files of the web application's tests.
func runWeb(ctx context.Context, files []string, results map[string]result) error {
	args := []string{"vitest", "run", "--reporter=json"}
	for _, f := range files {
		args = append(args, strings.TrimPrefix(filepath.ToSlash(f), "viewer/web/"))
	}
	cmd := exec.CommandContext(ctx, "npx", args...)
	cmd.Dir = "viewer/web"
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("prove: vitest: %w", err)
	}
	var report struct {
		TestResults []struct {
			Name, Status       string
			StartTime, EndTime float64
			AssertionResults   []struct{ Status string }
		}
	}
	if at := bytes.IndexByte(out, '{'); at < 0 || json.Unmarshal(out[at:], &report) != nil {
		return errors.New("prove: vitest made no report")
	}
	for _, r := range report.TestResults {
		for _, f := range files {
			if !strings.HasSuffix(filepath.ToSlash(r.Name), "/"+filepath.ToSlash(f)) {
				continue
			}
			outcome := "fail"
			if r.Status == "passed" && len(r.AssertionResults) > 0 {
				outcome = "pass"
			}
			results["viewer/web "+f] = result{outcome, (r.EndTime - r.StartTime) / 1000, fmt.Sprintf("%d tests", len(r.AssertionResults))}
		}
	}
	return nil
}

// longProof is a test that make test runs with a smaller count.
type longProof struct {
	pkg, test, says string
	flags           []string
}

// longProofs are those that are worth their minutes before a release.
func longProofs() []longProof {
	return []longProof{
		{"./consent", "TestRandomHistories", "a million times", []string{"-args", "-histories=1000000"}},
		{"./consent", "TestUseAgainstRevoke", "100,000 rounds under the race detector", []string{"-race", "-args", "-races=100000"}},
	}
}

func (p longProof) run(ctx context.Context, results map[string]result) error {
	return goTest(ctx, p.pkg, []string{p.test}, results, p.flags...)
}
