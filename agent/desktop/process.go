package desktop

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// grace is how long a program may take to end itself before it is killed.
const grace = 2 * time.Second

// Process is one running program.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // of Wait; read after done
}

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for the program to end and returns how it ended.
func (p *Process) Wait(ctx context.Context) error {
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stop ends the program and its children: politely, then for sure.
func (p *Process) Stop() {
	p.signal(syscall.SIGTERM)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
	}
	// The children of a program that has ended are still in its group.
	p.signal(syscall.SIGKILL)
	<-p.done
}

// signal goes to the process group that start made for this program alone. That it
// may be gone already is the wanted outcome.
func (p *Process) signal(s syscall.Signal) { _ = syscall.Kill(-p.cmd.Process.Pid, s) }

// launcher starts processes that cannot outlive this one. The kernel kills them when the
// thread that started them ends; Go ends a thread only with a goroutine that is locked to
// it, and nothing here locks one. A lock would take others' children along as well:
// whatever that thread had started before, a browser for instance.
type launcher struct {
	once sync.Once

	mu    sync.Mutex
	procs []*Process // in the order of their start
}

func (l *launcher) start(path string, args, env []string, dir string, log io.Writer, files ...*os.File) (*Process, error) {
	cmd := exec.Command(path, args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = env, dir, log, log, files
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	// A grandchild that keeps the log open must not keep us waiting.
	cmd.WaitDelay = grace
	if err := cmd.Start(); err != nil {
		return nil, missing(path, err)
	}
	p := &Process{cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		if err := cmd.Wait(); err != nil {
			p.err = fmt.Errorf("%s: %w", path, err)
		}
	}()
	l.mu.Lock()
	l.procs = append(l.procs, p)
	l.mu.Unlock()
	return p, nil
}

// stop ends the programs, the last one first, so that the server goes last.
func (l *launcher) stop() {
	l.once.Do(func() {
		l.mu.Lock()
		procs := l.procs
		l.mu.Unlock()
		for i := len(procs) - 1; i >= 0; i-- {
			procs[i].Stop()
		}
	})
}
