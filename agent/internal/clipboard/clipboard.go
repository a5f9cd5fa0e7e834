// Package clipboard reads what the user copied, and puts something there for the user to
// paste, once the user has said yes.
//
// Begin with Open, which takes the user's consent. It promises:
//
//   - Every step that reads or offers goes in inside the grant. After a revocation
//     nothing is read and nothing handed out.
//   - What we put there is taken off again when the grant ends, unless the user has
//     copied something else since.
//   - Nothing happens by itself: reading and putting are single acts, and nothing is
//     ever pasted.
//   - What was copied while the user typed a secret is never read (vigil_x11.go).
//   - What comes out is text without control characters, or pixels: a picture is decoded
//     and encoded again, within limits that are checked before.
//
// One goroutine owns the connection to the X server (selection_x11.go): it asks the
// program that holds the selection (fetch_x11.go), and answers those that ask for what we
// hold (offer_x11.go), in parts where it is large (INCR, ICCCM 2.7.2).
package clipboard

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"beside/consent"
	"beside/protocol"
)

// Content is what a clipboard holds: a text or a picture.
type Content struct {
	Text string
	PNG  []byte // nil for a text
}

// Errors of Read and Put, beside those of the grant.
var (
	// ErrEmpty means that nothing was copied.
	ErrEmpty = errors.New("clipboard: empty")
	// ErrUnsupported means that what was copied is neither a text nor a picture.
	ErrUnsupported = errors.New("clipboard: neither text nor picture")
	// ErrTooLarge means that it is over the limits of package protocol.
	ErrTooLarge = errors.New("clipboard: too large")
	// ErrNoAnswer means that the program that holds it does not hand it out.
	ErrNoAnswer = errors.New("clipboard: no answer from the program that holds it")
	// ErrSecret means that it was copied while the user typed a secret.
	ErrSecret = errors.New("clipboard: copied while a secret was typed")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("clipboard: closed")
)

// Options make a Board.
type Options struct {
	// Display is the X display; empty means $DISPLAY.
	Display string
	// Vigil knows what is secret; nil is one that has not seen a secret typed.
	Vigil *Vigil
}

// Board is the user's clipboard. Its methods are safe for use by several goroutines;
// they take their turn.
type Board struct {
	grant *consent.ClipboardGrant
	vigil *Vigil
	sys   *system
	once  sync.Once
}

// Open connects to the clipboard. Nothing is read yet.
func Open(grant *consent.ClipboardGrant, opts Options) (*Board, error) {
	var sys *system
	err := grant.Use(func() (err error) {
		sys, err = openSystem(opts.Display, grant)
		return err
	})
	if err != nil {
		return nil, err
	}
	vigil := opts.Vigil
	if vigil == nil {
		vigil = new(Vigil)
	}
	return &Board{grant: grant, vigil: vigil, sys: sys}, nil
}

// longest bounds one reading, however slowly a program hands out its parts.
const longest = 15 * time.Second

// Read returns what the user copied last. A program that holds it and does not answer is
// given a few seconds.
func (b *Board) Read(ctx context.Context) (Content, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, longest, ErrNoAnswer)
	defer cancel()
	if b.vigil.Secret() {
		return Content{}, ErrSecret
	}
	raw, err := b.sys.read(ctx)
	if err != nil && context.Cause(ctx) == ErrNoAnswer {
		err = ErrNoAnswer
	}
	switch {
	case err != nil:
		return Content{}, err
	case b.vigil.Secret(): // since we asked
		return Content{}, ErrSecret
	}
	return raw.clean()
}

// Put makes c what the user pastes next. What was copied before is gone, as when the user
// copies something.
func (b *Board) Put(ctx context.Context, c Content) error {
	clean, err := c.clean()
	if err != nil {
		return err
	}
	return b.sys.put(ctx, clean)
}

// Close takes off what we put there and ends the connection. It does not need the grant.
func (b *Board) Close() {
	b.once.Do(b.sys.close)
}

// clean makes a content fit for the other machine, whichever that is. It is pure work on
// what was read: nothing leaves by it. THREATS 19, 20.
func (c Content) clean() (Content, error) {
	if c.PNG == nil {
		text := protocol.PlainText(c.Text)
		switch {
		case text == "":
			return Content{}, ErrEmpty
		case len(text) > protocol.MaxClipboardText:
			return Content{}, ErrTooLarge
		}
		return Content{Text: text}, nil
	}
	data, err := redraw(c.PNG)
	if err != nil {
		return Content{}, fmt.Errorf("clipboard: picture: %w", err)
	}
	return Content{PNG: data}, nil
}
