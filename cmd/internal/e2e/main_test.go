// Package e2e plays whole attended sessions with everything real but the people: relay,
// agent, an X desktop with a person at it, and Chromium with a technician. Each test
// holds Beside to what it promises its users, measured where it counts: at the wire,
// on the user's screen, at the windows that events arrive at.
//
//	enterWorld ── a desktop, a relay and a browser, which tests use one after the other
//	newScene   ── one run of the agent and one tab of the technician for each test
//	newTown    ── all of it anew, for a test that uses it up
//
// What measures time, besieges windows or listens to sound runs alone. The rest is
// t.Parallel: two at a time, each in a world of its own, because a session mostly waits, for
// a hand, a window or a packet.
// Begin with fixture_test.go. The programs are those in bin/: run make build first.
package e2e

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jezek/xgb"

	"beside/agent/desktop"
	"beside/cmd/internal/stage"
)

// Bounds on a slow and busy machine.
const (
	openTime  = 90 * time.Second
	closeTime = 15 * time.Second
)

// world is what one test after the other uses.
type world struct {
	stage      *stage.Stage
	technician *stage.Technician // of the first tab
	log        *logbook
}

// worlds are all that were made: one, and one more for each test that runs beside.
var worlds struct {
	mu        sync.Mutex
	all, free []*world // guarded by mu
}

// sideBySide is how many tests run at the same time, where the command does not say.
const sideBySide = "2"

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	xgb.Logger.SetOutput(&logbook{}) // it complains about a missing .Xauthority
	if err := flag.Set("test.parallel", sideBySide); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL:", err)
		return 1
	}
	code := m.Run()
	if err := closeWorlds(); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL:", err)
		return 1
	}
	return code
}

// enterWorld takes a world that no other test is in, until this one ends.
func enterWorld(t *testing.T) *world {
	t.Helper()
	worlds.mu.Lock()
	var w *world
	if last := len(worlds.free) - 1; last >= 0 {
		w, worlds.free = worlds.free[last], worlds.free[:last]
	}
	worlds.mu.Unlock()
	if w == nil {
		w = openWorld(t)
	}
	t.Cleanup(func() {
		worlds.mu.Lock()
		defer worlds.mu.Unlock()
		worlds.free = append(worlds.free, w)
	})
	return w
}

// leaveWorlds has nobody enter again a world that is free now.
func leaveWorlds() {
	worlds.mu.Lock()
	defer worlds.mu.Unlock()
	worlds.free = nil
}

// openWorld makes one more.
func openWorld(t *testing.T) *world {
	t.Helper()
	w := &world{log: &logbook{}}
	ctx, cancel := context.WithTimeout(context.Background(), openTime)
	defer cancel()
	var err error
	w.stage, err = stage.New(ctx, stage.Options{Bin: os.Getenv("BESIDE_BIN"), Log: w.log, Desktop: desktop.Options{Log: w.log}})
	if err == nil {
		if w.technician, err = w.stage.SignUp(ctx); err == nil {
			err = w.technician.SetUpRecording(ctx)
		}
		if err != nil {
			w.stage.Close()
		}
	}
	if err != nil {
		t.Fatalf("The end-to-end tests cannot begin: %v\n%s", err, w.log.since(0))
	}
	worlds.mu.Lock()
	defer worlds.mu.Unlock()
	worlds.all = append(worlds.all, w)
	return w
}

// closeWorlds ends everything and makes sure that no process is left.
func closeWorlds() error {
	if len(worlds.all) == 0 {
		return nil // no test was in one
	}
	before, err := stage.Processes(os.Getpid())
	if err != nil {
		return err
	}
	if len(before) < 4 {
		return fmt.Errorf("a relay, an X server, a window manager and a browser should run, found %v", before)
	}
	for _, w := range worlds.all {
		w.stage.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	err = until(ctx, func() bool { return len(alive(before[1:])) == 0 })
	if err != nil {
		return errors.Join(fmt.Errorf("processes are left behind: %v", alive(before[1:])), err)
	}
	return nil
}

// alive returns those of the processes that still run.
func alive(pids []int) (left []string) {
	for _, pid := range pids {
		if !running(pid) {
			continue
		}
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if err == nil {
			left = append(left, fmt.Sprintf("%d %s", pid, bytes.TrimSpace(name)))
		}
	}
	return left
}

// running tells a process that runs from one that has ended and was not waited for.
func running(pid int) bool {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := bytes.Cut(content[bytes.LastIndexByte(content, ')'):], []byte(" "))
	return len(state) > 0 && state[0] != 'Z' && state[0] != 'X'
}

// until looks at short intervals whether done says so, as long as ctx lives.
func until(ctx context.Context, done func() bool) error {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
	return nil
}

// logbook keeps what the programs print.
type logbook struct {
	mu   sync.Mutex
	text []byte
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b...)
	return len(b), nil
}

// length is where the next line will begin.
func (l *logbook) length() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.text)
}

// since returns what was printed after that, at most the last of it.
func (l *logbook) since(from int) string {
	const most = 8 << 10
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text[max(from, len(l.text)-most):])
}
