package page

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"time"
)

// door lets one browser in: the link's token is exchanged, once and soon, for a cookie.
//
// The token stands behind the # of the address, which browsers send to nobody, and the
// script takes it off the address bar before it does anything else. The cookie is bound to
// a path that nobody can guess, because cookies know no ports: another server on this
// machine, or one that takes the port after us, is never sent it.
type door struct {
	token   [sha256.Size]byte // hash of the one that is out
	out     bool
	expires time.Time
	inside  bool // somebody came in
	cookie  [sha256.Size]byte
	path    string // of who came in last, /p/ and a secret and a slash
}

// LinkLife is how long a link can be used: the time in which a slow machine starts a
// browser.
const LinkLife = 5 * time.Minute

// newToken makes a token and forgets the one before.
func (d *door) newToken(now time.Time) string {
	token := secret()
	d.token, d.out, d.expires = sha256.Sum256([]byte(token)), true, now.Add(LinkLife)
	return token
}

// enter takes a token, once, and returns the cookie for it and the path that it is for.
// Whoever was inside before no longer is.
func (d *door) enter(token string, now time.Time) (cookie, path string, ok bool) {
	hash := sha256.Sum256([]byte(token))
	if !d.out || now.After(d.expires) || subtle.ConstantTimeCompare(hash[:], d.token[:]) != 1 {
		return "", "", false
	}
	cookie = secret()
	d.out, d.inside = false, true
	d.cookie, d.path = sha256.Sum256([]byte(cookie)), "/p/"+secret()+"/"
	return cookie, d.path, true
}

// knows reports whether a request for path with that cookie is of who came in last.
func (d *door) knows(path, cookie string) bool {
	hash := sha256.Sum256([]byte(cookie))
	return d.inside && path == d.path && subtle.ConstantTimeCompare(hash[:], d.cookie[:]) == 1
}

// secret is 256 random bits.
func secret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}
