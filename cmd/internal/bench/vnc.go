package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"beside/agent/desktop"
	"beside/cmd/internal/stage"
)

// vncPage is the page around noVNC: its picture alone, as large as the window.
//
//go:embed vnc.html
var vncPage []byte

// novncFiles is where Debian's package novnc has the client.
const novncFiles = "/usr/share/novnc"

// vnc is a peer: a VNC server on the same desktop, websockify, and noVNC in the browser.
// Programs and client are Debian's packages with their own settings.
type vnc struct {
	title   string
	program string // of the server
	pack    string // Debian's package that brings it
	args    func(port string) []string

	stage           *stage.Stage
	browser         *stage.Browser
	server, gateway *desktop.Process
	url             string
}

// peers are the systems to be compared with.
func peers(s *stage.Stage) []system {
	return []system{
		&vnc{stage: s, title: "x0vncserver + noVNC", program: "X0tigervnc", pack: "tigervnc-scraping-server",
			args: func(port string) []string {
				return []string{"-display", s.Desktop.Display(), "-rfbport", port, "-localhost=1", "-SecurityTypes", "None"}
			}},
		&vnc{stage: s, title: "x11vnc + noVNC", program: "x11vnc", pack: "x11vnc",
			args: func(port string) []string {
				return []string{"-display", s.Desktop.Display(), "-rfbport", port, "-localhost", "-no6", "-noipv6", "-nopw", "-forever", "-quiet"}
			}},
	}
}

func (v *vnc) name() string   { return v.title }
func (v *vnc) browsing() bool { return v.browser != nil }

// furnish has nothing to do: a viewer of VNC has mouse and keyboard at once.
func (v *vnc) furnish(context.Context) error { return nil }

func (v *vnc) missing() string {
	if _, err := exec.LookPath(v.program); err != nil {
		return v.program + " is not installed (package " + v.pack + ")"
	}
	if _, err := exec.LookPath("websockify"); err != nil {
		return "websockify is not installed (package websockify)"
	}
	if _, err := os.Stat(filepath.Join(novncFiles, "core", "rfb.js")); err != nil {
		return "noVNC is not installed (package novnc)"
	}
	return ""
}

func (v *vnc) browse(ctx context.Context) (err error) {
	if v.server == nil {
		if err := v.serve(ctx); err != nil {
			return err
		}
	}
	if v.browser != nil {
		v.browser.Close()
	}
	if v.browser, err = v.stage.OpenBrowser(ctx, 1920, 1080); err != nil {
		return err
	}
	if err := v.browser.Open(ctx, v.url); err != nil {
		return err
	}
	return v.browser.WaitFor(ctx, "window.besideConnect !== undefined", "noVNC does not load")
}

// serve starts the server and the gateway, which also serves the page.
func (v *vnc) serve(ctx context.Context) error {
	web := filepath.Join(v.stage.Dir, "novnc")
	if err := os.MkdirAll(web, 0o755); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	for _, folder := range []string{"core", "vendor"} {
		if err := os.Symlink(filepath.Join(novncFiles, folder), filepath.Join(web, folder)); err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("bench: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(web, "index.html"), vncPage, 0o644); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	if v.server, err = v.stage.Desktop.Run(desktop.Program{Path: v.program, Args: v.args(ports[0])}); err != nil {
		return err
	}
	if err := listens(ctx, ports[0], v.server); err != nil {
		return err
	}
	v.gateway, err = v.stage.Desktop.Run(desktop.Program{Path: "websockify", Args: []string{"--web", web, "127.0.0.1:" + ports[1], "127.0.0.1:" + ports[0]}})
	if err != nil {
		return err
	}
	v.url = "http://127.0.0.1:" + ports[1] + "/"
	return listens(ctx, ports[1], v.gateway)
}

// freePorts are ports of the loopback address that were free a moment ago.
func freePorts(n int) ([]string, error) {
	var ports []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
		defer l.Close()
		ports = append(ports, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return ports, nil
}

// listens waits until a program takes connections.
func listens(ctx context.Context, port string, p *desktop.Process) error {
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:"+port)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-p.Done():
			return fmt.Errorf("bench: a peer's program ended at once: %w", p.Wait(ctx))
		case <-ctx.Done():
			return fmt.Errorf("bench: a peer's program takes no connection: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (v *vnc) connect(ctx context.Context, seen []landmark) (f first, err error) {
	if err := v.page().install(ctx); err != nil {
		return f, err
	}
	if err := v.page().call(ctx, nil, "watchFirst", seen, landmarkTolerance); err != nil {
		return f, err
	}
	var at float64
	if err := v.browser.Evaluate(ctx, "window.besideConnect()", &at); err != nil {
		return f, err
	}
	f.allowed = fromEpoch(at)
	f.shown, err = v.page().awaitFirst(ctx)
	return f, err
}

func (v *vnc) disconnect(ctx context.Context) error {
	if v.browser == nil {
		return nil
	}
	return v.browser.Evaluate(ctx, "window.besideDisconnect()", nil)
}

func (v *vnc) families() []family {
	return []family{{partServer, v.server.PID()}, {partGateway, v.gateway.PID()}, {partBrowser, v.browser.Pid()}}
}

func (v *vnc) page() page {
	width, height := v.stage.Desktop.Size()
	return page{v.browser, layout{Width: width, Height: height, Box: "#screen canvas", Video: "#screen video", Canvas: "#screen canvas"}}
}

func (v *vnc) hands() hands { return keys{v.browser} }

func (v *vnc) received(ctx context.Context) (got received, err error) {
	err = v.browser.Evaluate(ctx, "({Bytes: window.besideBytes, Frames: 0})", &got)
	return got, err
}

func (v *vnc) close() {
	for _, p := range []*desktop.Process{v.gateway, v.server} {
		if p != nil {
			p.Stop()
		}
	}
	v.gateway, v.server = nil, nil
	if v.browser != nil {
		v.browser.Close()
		v.browser = nil
	}
}
