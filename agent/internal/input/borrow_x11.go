//go:build linux

package input

import (
	"errors"
	"fmt"
	"time"

	"github.com/jezek/xgb/xproto"
)

const (
	// settleTime is how late a program may read a key and still find its code bound to
	// what it was when it was pressed.
	settleTime = 400 * time.Millisecond
	// keepTime is how long a code stays bound after its last use.
	keepTime = 10 * time.Second
)

// errSettle means that all codes were used too recently to be bound anew.
var errSettle = errors.New("input: no key code is free yet")

// borrow is a code bound to a keysym, and to another with Shift.
func (k *keys) borrow(sym, shifted xproto.Keysym) (xproto.Keycode, error) {
	oldest := (*spare)(nil)
	for _, s := range k.spares {
		if s.sym == sym && k.bound(s, shifted) {
			return s.code, nil
		}
		if !s.held && (oldest == nil || s.used.Before(oldest.used)) {
			oldest = s
		}
	}
	switch {
	case oldest == nil:
		return 0, fmt.Errorf("%w: no key code to borrow", ErrNoKey)
	case time.Since(oldest.used) < settleTime:
		return 0, errSettle
	}
	if err := k.bind(oldest, sym, shifted); err != nil {
		return 0, err
	}
	oldest.used = time.Now()
	return oldest.code, nil
}

// bound reports whether a code that is bound has the wanted second meaning.
func (k *keys) bound(s *spare, shifted xproto.Keysym) bool {
	return k.layout.sym(s.code, 0, 1) == shifted
}

// bind gives a code its meaning. Everyone is told before the reply comes, so a key
// pressed afterwards is read by the new meaning.
func (k *keys) bind(s *spare, sym, shifted xproto.Keysym) error {
	// Two layouts with two levels each: more would be filled in by the server.
	syms := []xproto.Keysym{sym, shifted, sym, shifted}
	err := xproto.ChangeKeyboardMappingChecked(k.sys.conn, 1, s.code, byte(len(syms)), syms).Check()
	if err != nil {
		return fmt.Errorf("input: borrow a key code: %w", err)
	}
	s.sym = sym
	from := int(s.code-k.layout.first) * k.layout.perCode
	for i := range k.layout.perCode {
		k.layout.syms[from+i] = 0
		if i < len(syms) {
			k.layout.syms[from+i] = syms[i]
		}
	}
	return nil
}

// tidy gives codes back that have not been used for a while; done means that none is
// left.
func (k *keys) tidy(now time.Time) (done bool) {
	done = true
	for _, s := range k.spares {
		if s.sym == 0 {
			continue
		}
		if s.held || now.Sub(s.used) < keepTime || k.bind(s, 0, 0) != nil {
			done = false
		}
	}
	return done
}

// unsettled is how long programs may still be reading the last borrowed key.
func (k *keys) unsettled() time.Duration {
	left := time.Duration(0)
	for _, s := range k.spares {
		if s.sym != 0 {
			left = max(left, time.Until(s.used.Add(settleTime)))
		}
	}
	return left
}

// giveBack gives all codes back. Errors mean that the server is gone.
func (k *keys) giveBack() {
	for _, s := range k.spares {
		if s.sym != 0 {
			_ = k.bind(s, 0, 0)
		}
	}
}
