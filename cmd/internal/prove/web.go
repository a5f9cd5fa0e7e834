package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// webPackage is what the web application's tests are listed under.
const webPackage = "viewer/web"

// runWeb runs the files of the web application's tests.
func runWeb(ctx context.Context, tests []marked, results map[string]result) error {
	args := []string{"vitest", "run", "--reporter=json"}
	var files []string
	for _, m := range tests {
		if m.pkg == webPackage {
			files = append(files, m.name)
			args = append(args, strings.TrimPrefix(filepath.ToSlash(m.name), webPackage+"/"))
		}
	}
	cmd := exec.CommandContext(ctx, "npx", args...)
	cmd.Dir = webPackage
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
			results[webPackage+" "+f] = result{
				outcome: outcome, seconds: (r.EndTime - r.StartTime) / 1000, counted: []string{fmt.Sprintf("%d tests", len(r.AssertionResults))},
			}
		}
	}
	return nil
}
