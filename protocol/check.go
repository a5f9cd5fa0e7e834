package protocol

import (
	"net/url"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// What the checks of every message are made of. Each returns an error that names the
// field and never quotes it.

// first returns the first error of several checks.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func size(what string, got, most int) error {
	if got > most {
		return tooLarge(what, got, most)
	}
	return nil
}

// enum refuses the unspecified value and values that this version does not know.
func enum(what string, e protoreflect.Enum) error {
	n := e.Number()
	if n == 0 || e.Descriptor().Values().ByNumber(n) == nil {
		return bad(what)
	}
	return nil
}

// line is one line of text from the relay, shown to people as it is: it may be empty,
// and is refused rather than cleaned, because both ends must see the same.
func line(what, s string, most int) error {
	if n := utf8.RuneCountInString(s); n > most {
		return tooLarge(what, n, most)
	}
	if s != Clean(s, most) {
		return bad(what)
	}
	return nil
}

// name is a line that must say something.
func name(what, s string) error {
	if s == "" {
		return bad(what)
	}
	return line(what, s, MaxName)
}

// id is an identifier of ours.
func id(what, s string) error {
	if s == "" {
		return bad(what)
	}
	return optionalID(what, s)
}

func optionalID(what, s string) error {
	if len(s) > MaxID {
		return tooLarge(what, len(s), MaxID)
	}
	if !isToken(s) {
		return bad(what)
	}
	return nil
}

// token is an opaque credential; it may be empty.
func token(what, s string) error {
	if len(s) > MaxToken {
		return tooLarge(what, len(s), MaxToken)
	}
	if !isToken(s) {
		return bad(what)
	}
	return nil
}

// slug is an organisation's short name: lower case letters, digits, hyphens; may be empty.
func slug(what, s string) error {
	if len(s) > MaxID {
		return tooLarge(what, len(s), MaxID)
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return bad(what)
		}
	}
	return nil
}

// isToken reports whether s is visible ASCII without spaces.
func isToken(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// webAddress is empty or an absolute http(s) address: it becomes a link, and a link
// must not run anything.
func webAddress(what, s string) error {
	if s == "" {
		return nil
	}
	if len(s) > MaxURL {
		return tooLarge(what, len(s), MaxURL)
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || !isToken(s) {
		return bad(what)
	}
	return nil
}
