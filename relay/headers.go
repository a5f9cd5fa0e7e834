package relay

import (
	"bufio"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// headers sets what every answer carries. The web application sets its own policy over
// these.
func (r *Relay) headers(next http.Handler) http.Handler {
	tls := strings.HasPrefix(r.url, "https://")
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if tls {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if p := req.URL.Path; strings.HasPrefix(p, "/api/") || strings.HasPrefix(p, "/agent/") {
			h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
			h.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, req)
	})
}

// count counts answers by class, and knows which requests are at work.
func (r *Relay) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.open.Add(1)
		defer r.open.Done()
		sw := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(sw, req)
		r.met.answers.WithLabelValues(strconv.Itoa(sw.status/100) + "xx").Inc()
	})
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap gives http.ResponseController the writer below.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack hands the connection to the WebSocket library.
func (w *statusWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.status = http.StatusSwitchingProtocols
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// loopbackAlias reports whether host is another name of this machine than the one in
// the relay's address ("localhost" for 127.0.0.1).
func (r *Relay) loopbackAlias(host string) bool {
	u, err := url.Parse(r.url)
	if err != nil || host == u.Host {
		return false
	}
	return loopbackHost(u.Hostname()) && loopbackHost((&url.URL{Host: host}).Hostname())
}

// silentLog drops what net/http would print about single clients: it holds addresses.
func silentLog() *log.Logger { return log.New(io.Discard, "", 0) }
