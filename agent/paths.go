package agent

import (
	"errors"
	"strings"
)

// mostPaths bounds the addresses that a viewer names between two ICE restarts. Each is tried
// from each of the user's network cards, several times: without end they would let a
// technician knock at every door of the user's network, and fill memory. A browser names
// fewer than ten, one with many network cards some sixty. THREAT 18.
const mostPaths = 128

var errPaths = errors.New("agent: too many candidates")

// paths counts the candidates that a viewer has named since it last began anew, in its
// descriptions and one by one. It belongs to the session's goroutine.
type paths struct {
	ufrag string // of the description that began it, RFC 8839, 5.4
	seen  map[string]bool
}

// offered counts what a description names. One with too many is to be refused.
func (p *paths) offered(o offered) error {
	if p.seen == nil || o.ufrag != p.ufrag {
		p.ufrag, p.seen = o.ufrag, map[string]bool{}
	}
	for _, c := range o.candidates {
		if !p.allow(c) {
			return errPaths
		}
	}
	return nil
}

// allow reports whether a candidate may be tried. One that was named before costs nothing.
func (p *paths) allow(candidate string) bool {
	candidate = strings.TrimPrefix(candidate, "candidate:")
	switch {
	case p.seen[candidate]:
		return true
	case len(p.seen) >= mostPaths:
		return false
	case p.seen == nil:
		p.seen = map[string]bool{}
	}
	p.seen[candidate] = true
	return true
}
