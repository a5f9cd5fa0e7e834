package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/agent/desktop"
)

// printerArgument has this program print lines instead: a scene's terminal runs it.
const printerArgument = "print-lines"

// linePace is the time between two lines of a terminal that scrolls.
const linePace = time.Second / 60

// printLines prints numbered lines at a pace until it is ended.
func printLines(to io.Writer, pace string) {
	between, err := time.ParseDuration(pace)
	if err != nil || between <= 0 {
		fmt.Fprintln(to, "bad pace", pace)
		return
	}
	for n := 1; ; n++ {
		if _, err := fmt.Fprintf(to, "%6d  printer log: page %d of job %x went to tray %d\n", n, n%12+1, n*2654435761, n%3+1); err != nil {
			return
		}
		time.Sleep(between)
	}
}

// terminal is an xterm of the user's in which a program prints. The program stands
// still unless the motion runs.
type terminal struct {
	xterm   *desktop.Process
	printer int // its process
}

// openTerminal shows a terminal whose program prints at a pace.
func openTerminal(ctx context.Context, d *desktop.Desktop, x, y int, pace time.Duration) (*terminal, error) {
	own, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("bench: terminal: %w", err)
	}
	xterm, err := d.Run(desktop.Xterm(x, y, own, printerArgument, pace.String()))
	if err != nil {
		return nil, err
	}
	t := &terminal{xterm: xterm}
	if t.printer, err = childOf(ctx, xterm.PID()); err != nil {
		xterm.Stop()
		return nil, fmt.Errorf("bench: terminal: %w", err)
	}
	// Let it fill the window, or the first seconds would not scroll.
	return t, pause(ctx, max(time.Second, 30*pace))
}

// childOf waits for the first child of a process.
func childOf(ctx context.Context, parent int) (int, error) {
	for {
		all, err := processes()
		if err != nil {
			return 0, err
		}
		for pid, s := range all {
			if s.parent == parent {
				return pid, nil
			}
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return 0, fmt.Errorf("process %d starts nothing: %w", parent, err)
		}
	}
}

func (t *terminal) run(ctx context.Context) error {
	if err := syscall.Kill(t.printer, syscall.SIGCONT); err != nil {
		return fmt.Errorf("bench: terminal: %w", err)
	}
	<-ctx.Done()
	return t.hold()
}

// hold stops the printing.
func (t *terminal) hold() error {
	if err := syscall.Kill(t.printer, syscall.SIGSTOP); err != nil {
		return fmt.Errorf("bench: terminal: %w", err)
	}
	return nil
}

func (t *terminal) close() { t.xterm.Stop() }

// dragged is a terminal full of text that is moved over another one in a circle, 60
// steps a second, by way of the window manager as a program's own request to move is.
type dragged struct {
	below, above *terminal
	x            *xclient
	window       xproto.Window
}

// The circle of the dragged window's corner; steps are about seven pixels long.
const (
	dragLeft, dragTop, dragRadius = 500, 380, 150
	dragTurn                      = 134 // steps for one round
)

func openDragged(ctx context.Context, d *desktop.Desktop) (_ *dragged, err error) {
	g := &dragged{}
	defer func() {
		if err != nil {
			g.close()
		}
	}()
	if g.below, err = openTerminal(ctx, d, 260, 200, 10*time.Millisecond); err != nil {
		return nil, err
	}
	if err = g.below.hold(); err != nil {
		return nil, err
	}
	first, err := d.WaitWindow(ctx, desktop.WithClass("XTerm"))
	if err != nil {
		return nil, err
	}
	if g.above, err = openTerminal(ctx, d, dragLeft+dragRadius, dragTop, 10*time.Millisecond); err != nil {
		return nil, err
	}
	if err = g.above.hold(); err != nil {
		return nil, err
	}
	second, err := d.WaitWindow(ctx, func(w desktop.Window) bool { return w.Class == "XTerm" && w.ID != first.ID })
	if err != nil {
		return nil, err
	}
	g.window = second.ID
	g.x, err = dialX(d.Display(), nil)
	return g, err
}

func (g *dragged) run(ctx context.Context) error {
	err := every(ctx, step, func(n int) error {
		at := circle(n)
		xproto.ConfigureWindow(g.x.conn, g.window, xproto.ConfigWindowX|xproto.ConfigWindowY, []uint32{uint32(at.X), uint32(at.Y)})
		return nil
	})
	if err != nil {
		return err
	}
	return g.x.sync()
}

func (g *dragged) close() {
	if g.x != nil {
		g.x.close()
	}
	for _, t := range []*terminal{g.above, g.below} {
		if t != nil {
			t.close()
		}
	}
}
