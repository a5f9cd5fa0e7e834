package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"beside/viewer"
)

func connectCommand() *cli.Command {
	return &cli.Command{
		Name:  "connect",
		Usage: "serves the web application from this machine, so that its code does not come from the relay",
		Flags: []cli.Flag{
			relayFlag(true),
			&cli.UintFlag{Name: "port", Usage: "port on 127.0.0.1; 0 takes a free one"},
		},
		OnUsageError: onUsageError,
		Action:       runConnect,
	}
}

func runConnect(c *cli.Context) error {
	relay, err := relayOrigin(c.String("relay"))
	if err != nil {
		return usageError{err}
	}
	if c.Args().Present() || c.Uint("port") > 65535 {
		return usageError{errors.New("connect takes --relay and --port, and nothing else")}
	}
	if !viewer.Built() {
		return errors.New("this program was built without the web application; build it with make build")
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", c.Uint("port")))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	address := "http://" + listener.Addr().String()
	fmt.Fprintf(c.App.Writer, "%s\nThe application comes from this program (%s), the data from %s.\nOpen the address in a browser on this machine. Ctrl+C ends it.\n",
		address, viewer.BundleHash()[:16], relay)
	return serveUntil(c.Context, listener, newLocal(address, relay, viewer.Handler(), http.DefaultTransport))
}

func serveUntil(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("connect: %w", err)
	case <-ctx.Done():
		err := server.Close() // WebSockets would keep a gentle end waiting
		<-served
		return err
	}
}

// relayOrigin reads the relay's address: https, or http on this machine.
func relayOrigin(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is no address of the form https://relay.example", address)
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !local) {
		return nil, fmt.Errorf("%s is not encrypted; use https", address)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

// local serves the application, and passes /api/ on to the relay as if the relay's own
// page had asked. Because it lends the page the relay's Origin, it checks first that
// it was its own page that asked (THREAT 10): by Host, against names that were made to
// point here, and by Origin, against other pages.
type local struct {
	address string // http://127.0.0.1:port
	web     http.Handler
	api     *httputil.ReverseProxy
}

func newLocal(address string, relay *url.URL, web http.Handler, transport http.RoundTripper) *local {
	l := &local{address: address, web: web}
	l.api = &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(relay)
			r.Out.Host = relay.Host
			for _, name := range []string{"Referer", "Forwarded"} {
				r.Out.Header.Del(name)
			}
			if r.In.Header.Get("Origin") != "" {
				r.Out.Header.Set("Origin", relay.String())
			}
		},
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, "The relay cannot be reached. Check that you are online and try again.", http.StatusBadGateway)
		},
	}
	return l
}

// ServeHTTP refuses what did not come from our own page.
func (l *local) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if "http://"+r.Host != l.address {
		http.Error(w, "Open "+l.address+" instead.", http.StatusMisdirectedRequest)
		return
	}
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		l.web.ServeHTTP(w, r)
		return
	}
	if !l.own(r) {
		http.Error(w, "This request did not come from "+l.address+".", http.StatusForbidden)
		return
	}
	l.api.ServeHTTP(w, r)
}

// own reports whether our own page asked: it says so itself by Origin, or the browser
// does for a plain GET, which has none.
func (l *local) own(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Site") == "same-origin"
	}
	return len(origins) == 1 && origins[0] == l.address
}
