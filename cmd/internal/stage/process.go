package stage

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// killAfter is how long a process may take to end by itself.
const killAfter = 5 * time.Second

// Process is one program of the stage, in a process group of its own. What it prints
// is kept, so that a test can wait for a line and search all of it afterwards.
type Process struct {
	cmd  *exec.Cmd
	name string
	done chan struct{}

	mu    sync.Mutex
	lines []string
	more  chan struct{} // closed and renewed with each line
	err   error         // of Wait; valid when done is closed
}

func startProcess(path string, args, env []string, log io.Writer) (*Process, error) {
	p := &Process{cmd: exec.Command(path, args...), name: filepath.Base(path), done: make(chan struct{}), more: make(chan struct{})}
	p.cmd.Env = env
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out, in := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = in, in
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("stage: start %s: %w", p.name, err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.read(out, log)
	}()
	go func() {
		defer close(p.done)
		err := p.cmd.Wait()
		in.Close()
		<-read
		p.mu.Lock()
		p.err = err
		p.mu.Unlock()
	}()
	return p, nil
}

func (p *Process) read(out io.Reader, log io.Writer) {
	scanner := bufio.NewScanner(out)
	for scanner.Scan() {
		fmt.Fprintf(log, "%s: %s\n", p.name, scanner.Text())
		p.mu.Lock()
		p.lines = append(p.lines, scanner.Text())
		close(p.more)
		p.more = make(chan struct{})
		p.mu.Unlock()
	}
	io.Copy(io.Discard, out) //nolint:errcheck // a line over the scanner's limit
}

// Await returns the first match of pattern in what the process has printed or will.
func (p *Process) Await(ctx context.Context, pattern *regexp.Regexp) (string, error) {
	next := 0
	for {
		p.mu.Lock()
		lines, more := p.lines[next:], p.more
		p.mu.Unlock()
		for _, line := range lines {
			if found := pattern.FindString(line); found != "" {
				return found, nil
			}
		}
		next += len(lines)
		select {
		case <-more:
		case <-p.done:
			return "", fmt.Errorf("stage: %s ended before it printed %s; it printed %q", p.name, pattern, p.Output())
		case <-ctx.Done():
			return "", fmt.Errorf("stage: %s did not print %s: %w", p.name, pattern, ctx.Err())
		}
	}
}

// Output returns every line printed so far.
func (p *Process) Output() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.lines...)
}

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// ExitCode is the process's exit code; valid when Done is closed.
func (p *Process) ExitCode() int { return p.cmd.ProcessState.ExitCode() }

// Signal sends a signal to the process and its children.
func (p *Process) Signal(s syscall.Signal) error { return syscall.Kill(-p.PID(), s) }

// Stop ends the process: politely, then for good.
func (p *Process) Stop() {
	_ = p.Signal(syscall.SIGCONT)
	_ = p.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return
	case <-time.After(killAfter):
	}
	_ = p.Signal(syscall.SIGKILL)
	<-p.done
}
