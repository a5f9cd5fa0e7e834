// Package desktop starts a real desktop with a person in it, for the tests
// and the demonstration. It stands here, and not in cmd, because the injector's own tests
// need it too.
//
// Start runs Xorg without a screen (the dummy video driver) with two input devices of
// its inputtest driver: the person's own pointer and keyboard. What the person presses
// arrives in the server as from real hardware, what the agent injects arrives by XTEST,
// so a test can prove who pressed. StartXvfb is the same desktop without a person.
//
//	Start ── Xorg ── openbox, wallpaper, programs
//	            ▲
//	  Person ───┘ two sockets, one event after the other, each waited for
//
// Begin with Start, act with Desktop.Person, look with Windows, Screenshot and Pixel,
// or open a Target, a window that writes down what arrives at it. Stop ends every
// process that was started, by its id, and removes every file that was made.
package desktop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// startTimeout bounds how long the server may take to be ready on a busy machine.
const startTimeout = 30 * time.Second

// Options make a Desktop. The zero value is a bare 1920×1080 screen, US keyboard.
type Options struct {
	// Width and Height of the screen in pixels; 0 means 1920×1080.
	Width, Height int
	// Layout of the person's keyboard as setxkbmap knows it ("de", "us,ru"); empty is "us".
	Layout string
	// WindowManager starts openbox with a plain look of its own.
	WindowManager bool
	// Wallpaper draws a picture on the root window.
	Wallpaper bool
	// Programs are started once the window manager runs.
	Programs []Program
	// Log receives what the server and the programs print; nil discards it.
	Log io.Writer
}

// Program is one program to start on the desktop.
type Program struct {
	Path string
	Args []string
	// Env is added to Desktop.Env.
	Env []string
}

// Xterm is a terminal that runs command (empty: a shell) at the position in pixels.
func Xterm(x, y int, command ...string) Program {
	args := []string{"-geometry", fmt.Sprintf("80x24+%d+%d", x, y), "-fa", "DejaVu Sans Mono", "-fs", "11", "-u8"}
	if len(command) > 0 {
		args = append(append(args, "-e"), command...)
	}
	return Program{Path: "xterm", Args: args}
}

// Mousepad is a text editor with file open. Where root is at work, as in a container,
// it runs as nobody, because it warns root in red all the time; file must be in Home.
func Mousepad(file string) Program {
	p := Program{Path: "mousepad", Args: []string{"--disable-server", file}}
	if os.Geteuid() == 0 {
		p.Args = append([]string{"--reuid=65534", "--regid=65534", "--clear-groups", p.Path}, p.Args...)
		p.Path = "setpriv"
	}
	return p
}

// Desktop is a running X server with programs. Its methods may be called from several
// goroutines, those of its Person from one.
type Desktop struct {
	width, height int
	display       string
	dir           string
	log           io.Writer
	procs         *launcher
	conn          *xgb.Conn
	screen        *xproto.ScreenInfo
	person        *Person
	stop          sync.Once
	drained       chan struct{}
}

// Start starts Xorg with the person's devices and whatever opts asks for. It returns
// when all of it is ready to be used, or an error that says what is missing.
func Start(ctx context.Context, opts Options) (*Desktop, error) {
	return start(ctx, opts, xorg{})
}

// StartXvfb starts the same desktop under Xvfb, where nobody has a keyboard: Person
// returns nil.
func StartXvfb(ctx context.Context, opts Options) (*Desktop, error) {
	return start(ctx, opts, xvfb{})
}

func start(ctx context.Context, opts Options, kind server) (_ *Desktop, err error) {
	if opts.Width == 0 && opts.Height == 0 {
		opts.Width, opts.Height = 1920, 1080
	}
	if opts.Width < 320 || opts.Height < 200 || opts.Width > 7680 || opts.Height > 4320 {
		return nil, fmt.Errorf("desktop: %d×%d is no size for a screen", opts.Width, opts.Height)
	}
	if opts.Layout == "" {
		opts.Layout = "us"
	}
	if opts.Log == nil {
		opts.Log = io.Discard
	}
	d := &Desktop{width: opts.Width, height: opts.Height, log: &lockedWriter{w: opts.Log}, procs: &launcher{}}
	defer func() {
		if err != nil {
			d.Stop()
		}
	}()
	// A short name: a socket's path may have no more than 107 bytes.
	if d.dir, err = os.MkdirTemp("", "desk"); err != nil {
		return nil, fmt.Errorf("desktop: %w", err)
	}
	if err = writeHome(d.home()); err != nil {
		return nil, fmt.Errorf("desktop: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if d.display, err = startServer(ctx, d, kind, opts); err != nil {
		return nil, err
	}
	if err = d.connect(); err != nil {
		return nil, err
	}
	if err = d.furnish(ctx, opts); err != nil {
		return nil, err
	}
	if d.person, err = kind.person(ctx, d); err != nil {
		return nil, err
	}
	return d, nil
}

// connect opens the desktop's own connection. It stays open for the wallpaper's sake
// and is read by one goroutine until Stop.
func (d *Desktop) connect() error {
	conn, err := xgb.NewConnDisplay(d.display)
	if err != nil {
		return fmt.Errorf("desktop: connect to %s: %w", d.display, err)
	}
	d.conn, d.screen = conn, xproto.Setup(conn).DefaultScreen(conn)
	d.drained = make(chan struct{})
	go func() {
		defer close(d.drained)
		for {
			if event, err := conn.WaitForEvent(); event == nil && err == nil {
				return
			}
		}
	}()
	return nil
}

// furnish sets the keyboard layout and starts the wallpaper, the window manager and
// the programs.
func (d *Desktop) furnish(ctx context.Context, opts Options) error {
	if err := d.SetLayout(ctx, opts.Layout); err != nil {
		return err
	}
	if opts.Wallpaper {
		if err := d.drawWallpaper(); err != nil {
			return fmt.Errorf("desktop: wallpaper: %w", err)
		}
	}
	if opts.WindowManager {
		if _, err := d.Run(Program{Path: "openbox", Args: []string{"--config-file", filepath.Join(d.home(), "rc.xml")}}); err != nil {
			return err
		}
		if err := d.waitWindowManager(ctx); err != nil {
			return err
		}
	}
	for _, p := range opts.Programs {
		if _, err := d.Run(p); err != nil {
			return err
		}
	}
	return nil
}

// Display is what programs find in DISPLAY, for example ":57".
func (d *Desktop) Display() string { return d.display }

// Size is the screen's size in pixels.
func (d *Desktop) Size() (width, height int) { return d.width, d.height }

// Person is the person with the pointer and the keyboard; nil under Xvfb.
func (d *Desktop) Person() *Person { return d.person }

// Home is the home folder of everything that runs here. It goes away with Stop.
func (d *Desktop) Home() string { return d.home() }

func (d *Desktop) home() string { return filepath.Join(d.dir, "home") }

// Env is a whole environment for programs on this desktop: the display, a home folder
// of its own, and nothing of the session that started it.
func (d *Desktop) Env() []string {
	env := []string{
		"DISPLAY=" + d.display,
		"HOME=" + d.home(),
		"XDG_CONFIG_HOME=" + filepath.Join(d.home(), ".config"),
		"XDG_DATA_HOME=" + filepath.Join(d.home(), ".local", "share"),
		"XDG_CACHE_HOME=" + filepath.Join(d.home(), ".cache"),
		"XDG_RUNTIME_DIR=" + filepath.Join(d.home(), "run"),
		"LANG=C.UTF-8", "LC_ALL=C.UTF-8",
		"GDK_BACKEND=x11", "GSETTINGS_BACKEND=memory", "GTK_USE_PORTAL=0", "NO_AT_BRIDGE=1",
	}
	own := func(name string) bool {
		return name == "DISPLAY" || name == "HOME" || name == "XAUTHORITY" || name == "WAYLAND_DISPLAY" ||
			name == "DBUS_SESSION_BUS_ADDRESS" || name == "LANG" || strings.HasPrefix(name, "XDG_") ||
			strings.HasPrefix(name, "LC_") || strings.HasPrefix(name, "GTK_") || strings.HasPrefix(name, "GDK_")
	}
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); !own(name) {
			env = append(env, kv)
		}
	}
	return env
}

// Run starts a program on the desktop. It is ended by Stop at the latest.
func (d *Desktop) Run(p Program) (*Process, error) {
	return d.procs.start(p.Path, p.Args, append(d.Env(), p.Env...), d.home(), d.log)
}

// SetLayout gives all keyboards the layout, as setxkbmap would.
func (d *Desktop) SetLayout(ctx context.Context, layout string) error {
	p, err := d.Run(Program{Path: "setxkbmap", Args: []string{"-rules", "evdev", "-model", "pc105", "-layout", layout}})
	if err != nil {
		return err
	}
	if err := p.Wait(ctx); err != nil {
		return fmt.Errorf("desktop: keyboard layout %q: %w", layout, err)
	}
	return nil
}

// Stop ends every process and removes every file. It may be called more than once.
func (d *Desktop) Stop() {
	d.stop.Do(func() {
		d.person.close()
		if d.conn != nil {
			d.conn.Close()
			<-d.drained
		}
		d.procs.stop()
		if d.dir != "" {
			// The programs are gone, so nothing can write here again; what cannot be
			// removed in a temporary folder harms nobody.
			_ = os.RemoveAll(d.dir)
		}
	})
}

// lockedWriter lets several programs write to one log.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// missing explains which Debian package brings a program that was not found.
func missing(program string, err error) error {
	packages := map[string]string{
		"Xorg": "xserver-xorg-core", "Xvfb": "xvfb", "openbox": "openbox", "xterm": "xterm",
		"mousepad": "mousepad", "setxkbmap": "x11-xkb-utils",
	}
	name := filepath.Base(program)
	if p, ok := packages[name]; ok && (errors.Is(err, os.ErrNotExist) || strings.Contains(err.Error(), "not found")) {
		return fmt.Errorf("desktop: %s is not installed; install the package %s", name, p)
	}
	return fmt.Errorf("desktop: start %s: %w", name, err)
}
