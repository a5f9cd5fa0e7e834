package stage

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// What the scripted people keep to themselves, for tests that look for it where it
// must not be.
const (
	Email      = email
	Password   = password
	Passphrase = passphrase
)

// Program is the path of one of the stage's programs.
func (s *Stage) Program(name string) string { return filepath.Join(s.bin, name) }

// RelayData is the relay's folder: database, keys, recordings.
func (s *Stage) RelayData() string { return filepath.Join(s.Dir, "relay") }

// Link is the one-time link that the relay printed for its first person.
func (s *Stage) Link() string { return s.link }

// Result is what a program that has ended left.
type Result struct {
	Output, Complaint string
	Code              int
}

// Run runs one of the programs to its end. env is added to the stage's own, and the
// display is not in it. A program that ends with an error is no error here.
func (s *Stage) Run(ctx context.Context, env []string, name string, args ...string) (Result, error) {
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, s.Program(name), args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &complaint, s.Dir
	cmd.Env = append([]string{"HOME=" + s.Dir, "PATH=/usr/bin:/bin"}, env...)
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	if cmd.ProcessState == nil || ctx.Err() != nil {
		return Result{}, fmt.Errorf("stage: %s: %w; it complained %q", name, err, complaint.String())
	}
	return Result{Output: out.String(), Complaint: complaint.String(), Code: cmd.ProcessState.ExitCode()}, nil
}

// Token makes an API token for the relay's first person.
func (s *Stage) Token(ctx context.Context) (string, error) {
	r, err := s.Run(ctx, nil, "beside-relay", "token", "--data", s.RelayData(), "--label", "a test")
	if err != nil {
		return "", err
	}
	if r.Code != 0 {
		return "", fmt.Errorf("stage: beside-relay token: %s", r.Complaint)
	}
	return strings.TrimSpace(r.Output), nil
}

// Through is the same stage reached at another address: what a program on this machine
// serves in the relay's place. Close the technicians that it opens with CloseTab.
func (s *Stage) Through(address string) *Stage {
	other := *s
	other.URL, other.browsers = address, nil
	return &other
}

// StartProgram starts one of the programs beside the session. Stop ends it.
func (s *Stage) StartProgram(name string, args ...string) (*Process, error) {
	return startProcess(s.Program(name), args, []string{"HOME=" + s.Dir, "PATH=/usr/bin:/bin"}, s.log)
}
