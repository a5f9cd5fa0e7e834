package auth

import (
	"errors"
	"net/http"
)

// ErrOrigin is returned for a request that does not show it comes from our own pages.
var ErrOrigin = errors.New("auth: not from our own pages")

// CheckOrigin decides whether a browser's request may use the cookie: it must carry
// own as its Origin, once. A missing Origin is refused, since programs that have none
// use tokens. GETs of our own pages carry no Origin; where fetched is true they may
// show Sec-Fetch-Site: same-origin instead, a header that pages cannot set.
func CheckOrigin(r *http.Request, own string, fetched bool) error {
	origins := r.Header.Values("Origin")
	if len(origins) == 1 && origins[0] == own {
		return nil
	}
	if fetched && len(origins) == 0 && r.Method == http.MethodGet {
		if site := r.Header.Values("Sec-Fetch-Site"); len(site) == 1 && site[0] == "same-origin" {
			return nil
		}
	}
	return ErrOrigin
}

// RefuseOrigin is for the agents' paths: an agent is no browser, so a request with any
// Origin comes from a page that has no business there.
func RefuseOrigin(r *http.Request) error {
	if len(r.Header.Values("Origin")) != 0 {
		return ErrOrigin
	}
	return nil
}
