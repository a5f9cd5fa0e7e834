//go:build linux

package clipboard

import (
	"errors"
	"fmt"
	"sync"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"beside/agent/internal/xwire"
)

// Vigil knows whether what lies on the clipboard was copied while the user typed a
// secret: from then on, and until they copy anew afterwards, it is secret. PROMISE A8.
//
// It reads nothing and asks no program: the server tells who takes the selection, and when.
// So it needs no grant, and it keeps watch through secrets that are typed before the
// clipboard is granted. The zero Vigil sees nothing: once a secret was typed, everything
// is secret to it.
type Vigil struct {
	conn      *xgb.Conn
	clipboard xproto.Atom
	event     byte // XFixesSelectionNotify

	ending  sync.WaitGroup
	drained chan struct{}

	mu     sync.Mutex
	sees   bool   // guarded by mu, like what follows: the server tells us
	typed  bool   // a secret was typed at all
	typing bool   // until the server told all that was done meanwhile
	round  int    // how often a secret was begun
	secret bool   // what lies there was copied then
	left   bool   // its program has gone, and left it to whoever keeps it
	at     uint32 // when, in the server's milliseconds
}

// heritage is for how long after a program went away another one that takes the clipboard
// may be keeping what it held, as clipboard managers do. Milliseconds.
const heritage = 5000

// KeepVigil begins to watch the clipboard of a display.
func KeepVigil(display string) (*Vigil, error) {
	conn, wire, err := xwire.Dial(display)
	if err != nil {
		return nil, fmt.Errorf("clipboard: %w", err)
	}
	v := &Vigil{conn: conn, drained: make(chan struct{}), sees: true}
	if err := v.listen(wire); err != nil {
		conn.Close()
		return nil, fmt.Errorf("clipboard: %w", err)
	}
	go v.drain()
	return v, nil
}

// listen asks the server to tell who takes the selection. The extension is entered by
// hand; see xwire for why.
func (v *Vigil) listen(wire *xwire.Wire) error {
	const name, selection = "XFIXES", "CLIPBOARD"
	found, err := xproto.QueryExtension(v.conn, uint16(len(name)), name).Reply()
	if err != nil {
		return err
	}
	if !found.Present {
		return errors.New("the server does not tell who takes the clipboard")
	}
	v.conn.ExtLock.Lock()
	v.conn.Extensions[name] = found.MajorOpcode
	v.conn.ExtLock.Unlock()
	if _, err := xfixes.QueryVersion(v.conn, 1, 0).Reply(); err != nil {
		return err
	}
	atom, err := xproto.InternAtom(v.conn, false, uint16(len(selection)), selection).Reply()
	if err != nil {
		return err
	}
	v.event, v.clipboard = found.FirstEvent+xfixes.SelectionNotify, atom.Atom
	wire.OnEvent(v.told)
	root := xproto.Setup(v.conn).DefaultScreen(v.conn).Root
	return xfixes.SelectSelectionInputChecked(v.conn, root, v.clipboard, xfixes.SelectionEventMaskSetSelectionOwner|
		xfixes.SelectionEventMaskSelectionWindowDestroy|xfixes.SelectionEventMaskSelectionClientClose).Check()
}

// drain ends with the connection; from then on nothing is seen.
func (v *Vigil) drain() {
	defer close(v.drained)
	for {
		if event, err := v.conn.WaitForEvent(); event == nil && err == nil {
			v.mu.Lock()
			defer v.mu.Unlock()
			v.sees = false
			return
		}
	}
}

// told takes an event of the server, in order.
func (v *Vigil) told(e []byte) {
	if e[0] != v.event || xproto.Atom(word(e, 12)) != v.clipboard {
		return // also what a program made up: it carries another number
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	owner, at := xproto.Window(word(e, 8)), word(e, 16)
	switch {
	case v.typing:
		v.secret, v.left = true, false
	case e[1] != xfixes.SelectionEventSetSelectionOwner || owner == xproto.WindowNone:
		v.left, v.at = true, at
	case v.left && at-v.at < heritage:
		v.left = false // whoever keeps what another program held keeps its secret
	default:
		v.secret, v.left = false, false // copied anew
	}
}

// Began says that the user types a secret. From now on what is copied is secret.
func (v *Vigil) Began() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.typed, v.typing = true, true
	v.round++
}

// Ended says that they are done. It returns at once; what was copied until now counts
// before anything can be read.
func (v *Vigil) Ended() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.typing || !v.sees {
		return
	}
	round := v.round
	v.ending.Go(func() {
		// What the server told before it answers was done before.
		_, err := xproto.GetInputFocus(v.conn).Reply()
		v.mu.Lock()
		defer v.mu.Unlock()
		if err == nil && v.round == round {
			v.typing = false
		}
	})
}

// Secret reports whether what lies on the clipboard is not to be read.
func (v *Vigil) Secret() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.typing || v.secret || v.typed && !v.sees
}

// Close ends the watch.
func (v *Vigil) Close() {
	if v.conn == nil {
		return
	}
	v.conn.Close()
	v.ending.Wait()
	<-v.drained
}
