package desktop

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Display numbers are tried from here: low ones belong to real sessions.
const (
	firstDisplay = 50
	lastDisplay  = 250
)

// server is what differs between Xorg and Xvfb.
type server interface {
	// command returns the program and its arguments, without the display.
	command(d *Desktop, opts Options) (path string, args []string, err error)
	// explain turns the server's own words into what to do about them; nil if unknown.
	explain(output string) error
	// person connects to the person's devices, if there are any.
	person(ctx context.Context, d *Desktop) (*Person, error)
}

type xvfb struct{}

func (xvfb) command(_ *Desktop, opts Options) (string, []string, error) {
	return "Xvfb", []string{"-screen", "0", fmt.Sprintf("%dx%dx24", opts.Width, opts.Height),
		"-noreset", "-nolisten", "tcp", "-dpi", "96"}, nil
}
func (xvfb) explain(string) error                              { return nil }
func (xvfb) person(context.Context, *Desktop) (*Person, error) { return nil, nil }

type xorg struct{}

func (xorg) command(d *Desktop, opts Options) (string, []string, error) {
	// The binary itself, not the wrapper in the PATH: the wrapper may insist on a
	// console, and a screen that does not exist needs no right of root.
	path := "Xorg"
	for _, p := range []string{"/usr/lib/xorg/Xorg", "/usr/libexec/Xorg"} {
		if _, err := os.Stat(p); err == nil {
			path = p
			break
		}
	}
	config := filepath.Join(d.dir, "xorg.conf")
	if err := os.WriteFile(config, []byte(xorgConfig(opts, d.dir)), 0o600); err != nil {
		return "", nil, fmt.Errorf("desktop: %w", err)
	}
	return path, []string{"-config", config, "-configdir", d.dir, "-logfile", filepath.Join(d.dir, "Xorg.log"),
		"-novtswitch", "-sharevts", "-noreset", "-nolisten", "tcp", "-dpi", "96"}, nil
}

func (xorg) explain(output string) error {
	for module, pkg := range map[string]string{
		"dummy": "xserver-xorg-video-dummy", "inputtest": "xserver-xorg-core (21.1 or newer)",
	} {
		if strings.Contains(output, fmt.Sprintf("Failed to load module %q", module)) {
			return fmt.Errorf("desktop: Xorg lacks its driver %q; install the package %s", module, pkg)
		}
	}
	return nil
}

func (xorg) person(ctx context.Context, d *Desktop) (*Person, error) { return newPerson(ctx, d) }

// xorgConfig describes a screen that does not exist and a person's two devices. The
// video memory holds two such screens side by side at 32 bits.
func xorgConfig(o Options, dir string) string {
	return fmt.Sprintf(`Section "ServerFlags"
  Option "AutoAddDevices" "false"
  Option "AutoEnableDevices" "true"
  Option "DontVTSwitch" "true"
  Option "DontZap" "true"
  Option "AllowMouseOpenFail" "true"
  Option "BlankTime" "0"
  Option "StandbyTime" "0"
  Option "SuspendTime" "0"
  Option "OffTime" "0"
EndSection
Section "InputDevice"
  Identifier "human-pointer"
  Driver "inputtest"
  Option "SocketPath" "%[3]s/pointer"
  Option "DeviceType" "PointerAbsolute"
  Option "PointerButtonCount" "11"
EndSection
Section "InputDevice"
  Identifier "human-keyboard"
  Driver "inputtest"
  Option "SocketPath" "%[3]s/keyboard"
  Option "DeviceType" "Keyboard"
  Option "xkb_rules" "evdev"
  Option "xkb_model" "pc105"
  Option "xkb_layout" "us"
EndSection
Section "Device"
  Identifier "dummy"
  Driver "dummy"
  VideoRam %[4]d
EndSection
Section "Monitor"
  Identifier "monitor"
  HorizSync 5.0-1000.0
  VertRefresh 5.0-200.0
  Modeline %[5]s
EndSection
Section "Screen"
  Identifier "screen"
  Device "dummy"
  Monitor "monitor"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Modes "%[1]dx%[2]d"
    Virtual %[6]d %[2]d
  EndSubSection
EndSection
Section "ServerLayout"
  Identifier "layout"
  Screen "screen"
  InputDevice "human-pointer" "CorePointer"
  InputDevice "human-keyboard" "CoreKeyboard"
EndSection
`, o.Width, o.Height, dir, 2*o.Width*o.Height*4/1024+8192, modeline(o.Width, o.Height), 2*o.Width)
}

// modeline makes up timings for 60 Hz with blanking of a tenth; no monitor has to
// follow them, the server only wants them to be consistent.
func modeline(w, h int) string {
	htotal, vtotal := w+w/10&^7+64, h+h/20+10
	clock := float64(htotal*vtotal) * 60 / 1e6
	return fmt.Sprintf(`"%dx%d" %.2f %d %d %d %d %d %d %d %d`, w, h, clock,
		w, w+16, w+48, htotal, h, h+3, h+8, vtotal)
}

// startServer runs the server on a free display and returns its name. Two servers may
// race for one number; the loser says so and tries the next.
func startServer(ctx context.Context, d *Desktop, kind server, opts Options) (string, error) {
	path, args, err := kind.command(d, opts)
	if err != nil {
		return "", err
	}
	for n := firstDisplay; n <= lastDisplay; n++ {
		if taken(n) {
			continue
		}
		display := fmt.Sprintf(":%d", n)
		output, err := runServer(ctx, d, path, append([]string{display}, args...))
		if err == nil {
			return display, nil
		}
		if strings.Contains(output, "already active") || strings.Contains(output, "Cannot establish any listening sockets") {
			continue
		}
		if told := kind.explain(output); told != nil {
			return "", told
		}
		return "", fmt.Errorf("%w\n%s", err, output)
	}
	return "", errors.New("desktop: no free display number")
}

// taken reports whether a display number is in use. A server that was killed leaves its
// socket behind, at which nobody answers, and its lock, with the id of a process that is
// gone: the next server takes them over.
func taken(n int) bool {
	if text, err := os.ReadFile(fmt.Sprintf("/tmp/.X%d-lock", n)); err == nil {
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return true
		}
	}
	conn, err := net.Dial("unix", fmt.Sprintf("/tmp/.X11-unix/X%d", n))
	if err == nil {
		conn.Close()
		return true
	}
	return !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ECONNREFUSED)
}

// runServer starts the server and waits until it writes its display number, which it
// does when it is ready for clients. The output is returned to explain a failure.
func runServer(ctx context.Context, d *Desktop, path string, args []string) (string, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", fmt.Errorf("desktop: %w", err)
	}
	defer r.Close()
	var output bytes.Buffer
	log := &lockedWriter{w: io.MultiWriter(d.log, &output)}
	p, err := d.procs.start(path, append(args, "-displayfd", "3"), os.Environ(), d.dir, log, w)
	w.Close()
	if err != nil {
		return "", err
	}
	ready := make(chan error, 1)
	go func() {
		_, err := bufio.NewReader(r).ReadString('\n')
		ready <- err
	}()
	select {
	case err = <-ready:
		if err == nil {
			return "", nil
		}
	case <-ctx.Done():
		err = ctx.Err()
	}
	p.Stop()
	return output.String(), fmt.Errorf("desktop: %s did not start: %w", filepath.Base(path), err)
}
