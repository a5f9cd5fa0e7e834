package relay

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"path"
	"strings"
	"sync"

	"beside/relay/internal/auth"
	"beside/relay/internal/store"
)

// cookieName is the browser's sign-in. The prefix makes browsers refuse it from other
// hosts, without TLS (loopback apart), or for a part of the paths.
const cookieName = "__Host-beside"

type (
	callerKey  struct{}
	addressKey struct{}
)

// addressOf returns what limits by address go by.
func addressOf(ctx context.Context) string {
	a, ok := ctx.Value(addressKey{}).(string)
	if !ok {
		return "unknown"
	}
	return a
}

// callerOf returns the user that the guard found.
func callerOf(ctx context.Context) (auth.Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(auth.Caller)
	return c, ok
}

// guard lets a request through to a route when it may use it. Every request to the API
// passes here, and nowhere else is a role or an origin looked at.
func (r *Relay) guard(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !r.checkOrigin(w, req, rt) {
			return
		}
		req = req.WithContext(context.WithValue(req.Context(), addressKey{}, r.clientAddress(req)))
		if rt.roles == 0 {
			rt.serve.ServeHTTP(w, req)
			return
		}
		caller, err := r.identify(req)
		switch {
		case errors.Is(err, store.ErrNotFound):
			writeError(w, http.StatusUnauthorized, "unauthenticated", "sign in first")
		case err != nil:
			r.fail(w, "identify caller", err)
		case !caller.Roles.Has(rt.roles):
			writeError(w, http.StatusForbidden, "permission_denied", "your account may not do this; ask an admin of your organisation")
		default:
			rt.serve.ServeHTTP(w, req.WithContext(context.WithValue(req.Context(), callerKey{}, caller)))
		}
	})
}

// checkOrigin holds the rule of the route. A request with an API token needs no
// origin: no browser adds the token by itself.
func (r *Relay) checkOrigin(w http.ResponseWriter, req *http.Request, rt route) bool {
	var err error
	switch rt.origin {
	case originOwn, originFetched:
		if bearer(req).Empty() || rt.roles == 0 {
			err = auth.CheckOrigin(req, r.url, rt.origin == originFetched)
		}
	case originNone:
		err = auth.RefuseOrigin(req)
	case originAny:
	}
	if err != nil {
		writeError(w, http.StatusForbidden, "permission_denied", "this request did not come from "+r.url+"; open that address and try again")
		return false
	}
	return true
}

// identify finds the user by API token or cookie.
func (r *Relay) identify(req *http.Request) (auth.Caller, error) {
	if token := bearer(req); !token.Empty() {
		return r.store.CallerByToken(req.Context(), store.API, token)
	}
	token := cookieOf(req.Header)
	if token.Empty() {
		return auth.Caller{}, store.ErrNotFound
	}
	return r.store.CallerByToken(req.Context(), store.Browser, token)
}

func cookieOf(h http.Header) auth.Secret {
	cookies := (&http.Request{Header: h}).CookiesNamed(cookieName)
	if len(cookies) != 1 {
		return auth.Secret{}
	}
	return auth.SecretOf(cookies[0].Value)
}

// bearer returns the token of an Authorization header.
func bearer(req *http.Request) auth.Secret {
	scheme, token, ok := strings.Cut(req.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return auth.Secret{}
	}
	return auth.SecretOf(token)
}

func sameSecret(a, b auth.Secret) bool {
	return subtle.ConstantTimeCompare([]byte(a.Hash()), []byte(b.Hash())) == 1
}

// plainPath refuses a path that is not in its one normal form, before anything looks
// at it: no "..", no double slash, nothing hidden behind an escape.
func plainPath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		p := req.URL.Path
		clean := path.Clean(p)
		if strings.HasSuffix(p, "/") && clean != "/" {
			clean += "/"
		}
		if p != clean || req.URL.EscapedPath() != p || strings.ContainsAny(p, "\\\x00") {
			writeError(w, http.StatusBadRequest, "invalid_argument", "the address is not written in its plain form")
			return
		}
		next.ServeHTTP(w, req)
	})
}

// clientAddress is what limits go by: the IPv4 address, or the IPv6 network of 64 bits.
func (r *Relay) clientAddress(req *http.Request) string {
	host, _, err := net.SplitHostPort(req.RemoteAddr)
	if err != nil {
		return "unknown"
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	if r.cfg.BehindProxy && addr.Unmap().IsLoopback() {
		if via, ok := lastForwarded(req.Header); ok {
			addr = via
		}
	}
	return limitAddress(addr)
}

// limitAddress is the IPv4 address, or the IPv6 network of 64 bits.
func limitAddress(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		if net64, err := addr.Prefix(64); err == nil {
			return net64.String()
		}
	}
	return addr.String()
}

// lastForwarded is the entry that our own proxy wrote; those before it are the
// client's word.
func lastForwarded(h http.Header) (netip.Addr, bool) {
	values := h.Values("X-Forwarded-For")
	if len(values) == 0 {
		return netip.Addr{}, false
	}
	list := strings.Split(values[len(values)-1], ",")
	addr, err := netip.ParseAddr(strings.TrimSpace(list[len(list)-1]))
	return addr, err == nil
}

// gate bounds the connections that are open at a time, in all and by address.
type gate struct {
	total, each int

	mu   sync.Mutex
	open map[string]int
	n    int
}

func newGate(total, each int) *gate {
	return &gate{total: total, each: each, open: map[string]int{}}
}

// enter counts a connection; release must be called when it ends.
func (g *gate) enter(address string) (release func(), ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n >= g.total || g.open[address] >= g.each {
		return nil, false
	}
	g.n++
	g.open[address]++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.n--
		if g.open[address]--; g.open[address] == 0 {
			delete(g.open, address)
		}
	}, true
}

// problem is an error as the API writes it: the form of the Connect protocol, for
// every path. The message says what to do next.
type problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func writeError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(problem{code, message}) // the client may be gone
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the client may be gone
}

// fail logs what went wrong and tells the client that it is not their fault.
func (r *Relay) fail(w http.ResponseWriter, what string, err error) {
	if !errors.Is(err, context.Canceled) {
		r.cfg.Log.Error(what, "err", err)
	}
	writeError(w, http.StatusInternalServerError, "internal", "the relay could not do this; try again in a moment")
}
