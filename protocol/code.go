package protocol

import (
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// How a code is made up: 12 digits, grouped by three when a person reads them.
const (
	LocatorDigits = 5 // given by the relay, public
	SecretDigits  = 6 // made on the user's machine, never sent
	CodeDigits    = LocatorDigits + SecretDigits + 1

	codeGroup = 3
	// maxTyped is far more than 12 digits with any separators between them; it bounds
	// the work that a pasted novel can cause.
	maxTyped = 96
)

// What can be wrong with a typed code. Callers choose the words for the person who
// typed; the code itself is in none of these errors.
var (
	ErrCodeTooShort   = errors.New("protocol: the code has fewer than 12 digits")
	ErrCodeTooLong    = errors.New("protocol: the code has more than 12 digits")
	ErrCodeNotDigits  = errors.New("protocol: the code has something other than digits in it")
	ErrCodeCheckDigit = errors.New("protocol: the check digit does not fit, a digit is wrong")
	// ErrLocator means that the relay sent something other than five digits.
	ErrLocator = errors.New("protocol: a locator is five digits")
)

// Code is a session code: five digits of locator, six of secret, one check digit.
type Code struct {
	Locator string
	Secret  Secret
}

// NewCode makes the secret for a locator from crypto/rand.
func NewCode(locator string) (Code, error) {
	if !isDigits(locator, LocatorDigits) {
		return Code{}, ErrLocator
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return Code{}, fmt.Errorf("protocol: making a code: %w", err)
	}
	return Code{Locator: locator, Secret: NewSecret(fmt.Sprintf("%06d", n))}, nil
}

// ParseCode reads what a person typed or pasted: with or without spaces, hyphens and
// dots, in ASCII, full-width or Arabic digits. It checks the check digit.
func ParseCode(typed string) (Code, error) {
	digits, err := typedDigits(typed)
	if err != nil {
		return Code{}, err
	}
	switch {
	case len(digits) < CodeDigits:
		return Code{}, ErrCodeTooShort
	case len(digits) > CodeDigits:
		return Code{}, ErrCodeTooLong
	case damm(digits) != 0:
		return Code{}, ErrCodeCheckDigit
	}
	return Code{
		Locator: digits[:LocatorDigits],
		Secret:  NewSecret(digits[LocatorDigits : LocatorDigits+SecretDigits]),
	}, nil
}

// Display returns the code as the user reads it out, grouped by three:
// "123 456 789 012". It is empty for a Code that NewCode or ParseCode did not make.
func (c Code) Display() string {
	if !c.valid() {
		return ""
	}
	payload := c.Locator + c.Secret.Reveal()
	digits := payload + string(rune('0'+damm(payload)))
	groups := make([]string, 0, CodeDigits/codeGroup)
	for len(digits) > 0 {
		groups = append(groups, digits[:codeGroup])
		digits = digits[codeGroup:]
	}
	return strings.Join(groups, " ")
}

// Equal reports whether both are the same code.
func (c Code) Equal(other Code) bool {
	return c.Locator == other.Locator && c.Secret.Equal(other.Secret)
}

func (c Code) valid() bool {
	return isDigits(c.Locator, LocatorDigits) && isDigits(c.Secret.Reveal(), SecretDigits)
}

// typedDigits drops separators and turns every digit into an ASCII one.
func typedDigits(typed string) (string, error) {
	if len(typed) > maxTyped {
		return "", ErrCodeTooLong
	}
	var out strings.Builder
	for _, r := range typed {
		if isSeparator(r) {
			continue
		}
		d, ok := digitOf(r)
		if !ok {
			return "", ErrCodeNotDigits
		}
		out.WriteByte(d)
	}
	return out.String(), nil
}

// isSeparator reports whether r may stand between the digits of a code: what keyboards,
// chat programs and word processors put there.
func isSeparator(r rune) bool {
	switch r {
	case ' ', '\t', '\r', '\n', '-', '.', '_', '/',
		'\u00a0', '\u2007', '\u2009', '\u202f', '\u3000', // spaces that do not break, thin, ideographic
		'\u00ad', '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2212', '\uff0d', // hyphens, dashes, minus
		'\u200b', '\u200e', '\u200f', '\u2060', '\ufeff': // invisible ones that come with a paste
		return true
	}
	return false
}

// digitOf gives the ASCII digit for r: ASCII, full-width, Arabic-Indic or Persian.
func digitOf(r rune) (byte, bool) {
	for _, zero := range [...]rune{'0', '\uff10', '\u0660', '\u06f0'} {
		if r >= zero && r <= zero+9 {
			return '0' + byte(r-zero), true
		}
	}
	return 0, false
}

func isDigits(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// damm runs the digits through a totally anti-symmetric quasigroup of order 10 (H. M.
// Damm, 2004). Of a payload it gives the check digit; of a whole code it gives 0 when
// the check digit fits. Every single wrong digit and every swap of neighbours shows.
func damm(digits string) int {
	table := [10][10]uint8{
		{0, 3, 1, 7, 5, 9, 8, 6, 4, 2},
		{7, 0, 9, 2, 1, 5, 4, 8, 6, 3},
		{4, 2, 0, 6, 8, 7, 1, 3, 5, 9},
		{1, 7, 5, 0, 9, 8, 3, 4, 2, 6},
		{6, 1, 2, 3, 0, 4, 5, 9, 7, 8},
		{3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
		{5, 8, 6, 9, 7, 2, 0, 1, 3, 4},
		{8, 9, 4, 5, 3, 6, 2, 0, 1, 7},
		{9, 4, 3, 8, 6, 1, 7, 2, 0, 5},
		{2, 5, 8, 1, 4, 3, 6, 7, 9, 0},
	}
	state := 0
	for i := range len(digits) {
		state = int(table[state][digits[i]-'0'])
	}
	return state
}
