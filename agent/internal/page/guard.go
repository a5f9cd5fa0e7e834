package page

import (
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
)

// ownListener lets in only connections that a program of the user's own account made:
// loopback belongs to everybody on the machine, and the link stands in the list of
// processes for a moment when it is handed to the browser.
type ownListener struct {
	net.Listener
	places chan struct{} // one for each connection
	log    *slog.Logger
}

// Accept implements net.Listener.
func (l *ownListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		mine, err := ownConnection(conn.RemoteAddr(), conn.LocalAddr())
		if err != nil || !mine {
			l.log.Warn("a connection to the accessible page was refused: it is not of this account", "err", err)
			_ = conn.Close()
			continue
		}
		select {
		case l.places <- struct{}{}:
			return &placed{Conn: conn, leave: l.places}, nil
		default:
			_ = conn.Close()
		}
	}
}

// placed is a connection that gives its place back.
type placed struct {
	net.Conn
	leave chan struct{}
	once  sync.Once
}

// Close implements net.Conn.
func (c *placed) Close() error {
	c.once.Do(func() { <-c.leave })
	return c.Conn.Close()
}

// The policy of every answer: our own script and style, and nothing else from anywhere;
// nobody frames the page, reads it from elsewhere or learns its address.
var headers = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), microphone=(), geolocation=(), display-capture=()",
	"Cache-Control":                "no-store",
}

// guard refuses what did not come from our own page in the user's browser:
//
//   - another Host is another name for this address (DNS rebinding);
//   - what changes anything, and every request of the script, is a POST with our own
//     Origin: a page from elsewhere has another one, and a missing one is refused too;
//   - where the browser says that another site made it ask, it is refused whatever it asks.
func (p *Page) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		origin := "http://" + p.host
		site := r.Header.Get("Sec-Fetch-Site")
		switch {
		case r.Host != p.host:
			http.Error(w, "wrong host", http.StatusMisdirectedRequest)
		case r.Method != http.MethodGet && r.Method != http.MethodPost:
			http.Error(w, "not allowed", http.StatusMethodNotAllowed)
		case r.Method == http.MethodPost && !slices.Equal(r.Header.Values("Origin"), []string{origin}),
			r.Method == http.MethodPost && site != "" && site != "same-origin",
			r.Method == http.MethodPost && r.Header.Get("Content-Type") != "application/json":
			http.Error(w, "not from our page", http.StatusForbidden)
		case r.Method == http.MethodGet && site != "" && site != "same-origin" && site != "none":
			http.Error(w, "not from our page", http.StatusForbidden)
		default:
			r.Body = http.MaxBytesReader(w, r.Body, mostBody)
			next.ServeHTTP(w, r)
		}
	})
}

// inside reports whether a request carries the cookie of who came in last.
func (p *Page) inside(r *http.Request) bool {
	cookies := r.CookiesNamed(cookieName)
	if len(cookies) != 1 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.door.knows("/p/"+r.PathValue("key")+"/", cookies[0].Value)
}

const cookieName = "beside-page"
