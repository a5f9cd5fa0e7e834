//go:build linux

package clipboard

import (
	"context"
	"encoding/binary"

	"github.com/jezek/xgb/xproto"
)

// secretHint asks clipboard managers not to keep what we put there: what is taken off at
// the end of the grant must not live on in somebody's history.
const secretHint = "x-kde-passwordManagerHint"

// held is what we offer to the programs of the user.
type held struct {
	content Content
	since   xproto.Timestamp
}

// request is a program's wish for the selection.
type request struct {
	requestor                   xproto.Window
	selection, target, property xproto.Atom
	time                        xproto.Timestamp
}

// handover is one property that gets a large content part by part.
type handover struct {
	window   xproto.Window
	property xproto.Atom
}

// parts is what is left to hand over.
type parts struct {
	kind xproto.Atom
	rest []byte
	done bool // the empty part, which ends it, is written
}

// partSize is the most that goes into one request; the X server takes 256 KiB.
const partSize = 128 << 10

// maxHanding bounds how many large handovers run at a time.
const maxHanding = 16

// put makes us the owner of the selection.
func (s *system) put(ctx context.Context, c Content) error {
	return s.do(ctx, func() error {
		at, err := s.now(ctx)
		if err != nil {
			return err
		}
		return s.grant.Use(func() error {
			s.held = &held{c, at}
			xproto.SetSelectionOwner(s.conn, s.win, s.atoms["CLIPBOARD"], at)
			owner, err := xproto.GetSelectionOwner(s.conn, s.atoms["CLIPBOARD"]).Reply()
			if err != nil || owner.Owner != s.win {
				s.held = nil
				return ErrNoAnswer
			}
			return nil
		})
	})
}

// takeOff gives the selection up, unless somebody else has it by now, or gets it before
// the server hears of this: it compares the times. What was being handed over stops.
func (s *system) takeOff() {
	owner, err := xproto.GetSelectionOwner(s.conn, s.atoms["CLIPBOARD"]).Reply()
	if s.held != nil && err == nil && owner.Owner == s.win {
		_ = xproto.SetSelectionOwnerChecked(s.conn, xproto.WindowNone, s.atoms["CLIPBOARD"], s.held.since).Check()
	}
	s.lost()
}

// lost forgets what we held.
func (s *system) lost() {
	s.held = nil
	for to := range s.handing {
		s.finish(to)
	}
}

// asked answers a program that wants what we hold, inside the grant.
func (s *system) asked(r request) {
	if r.property == xproto.AtomNone {
		r.property = r.target // programs from before ICCCM
	}
	err := s.grant.Use(func() error {
		if s.held == nil || r.selection != s.atoms["CLIPBOARD"] || !s.hand(r) {
			return ErrUnsupported
		}
		return nil
	})
	if err != nil {
		r.property = xproto.AtomNone
	}
	answer := xproto.SelectionNotifyEvent{
		Time: r.time, Requestor: r.requestor, Selection: r.selection, Target: r.target, Property: r.property,
	}
	xproto.SendEvent(s.conn, false, r.requestor, xproto.EventMaskNoEvent, string(answer.Bytes()))
}

// hand writes the content in the form that was asked for; false when there is none.
func (s *system) hand(r request) bool {
	set := func(kind xproto.Atom, format byte, data []byte) bool {
		count := uint32(len(data) / int(format/8))
		return xproto.ChangePropertyChecked(s.conn, xproto.PropModeReplace, r.requestor, r.property, kind, format, count, data).Check() == nil
	}
	switch name := s.names[r.target]; name {
	case "TARGETS":
		return set(xproto.AtomAtom, 32, s.forms())
	case "TIMESTAMP":
		return set(xproto.AtomInteger, 32, binary.LittleEndian.AppendUint32(nil, uint32(s.held.since)))
	case secretHint:
		return set(r.target, 8, []byte("secret"))
	default:
		kind, data := s.form(name)
		switch {
		case data == nil:
			return false
		case len(data) <= partSize:
			return set(kind, 8, data)
		}
		return s.begin(r, kind, data) && set(s.atoms["INCR"], 32, binary.LittleEndian.AppendUint32(nil, uint32(len(data))))
	}
}

// forms lists what can be had, as atoms.
func (s *system) forms() []byte {
	var list []byte
	names := []string{"TARGETS", "TIMESTAMP", secretHint, "image/png"}
	if s.held.content.PNG == nil {
		names = append(names[:3:3], "UTF8_STRING", "text/plain;charset=utf-8", "text/plain", "TEXT", "STRING")
	}
	for _, name := range names {
		if _, data := s.form(name); data == nil && name == "STRING" {
			continue
		}
		list = binary.LittleEndian.AppendUint32(list, uint32(s.atoms[name]))
	}
	return list
}

// form is the content in one form; nil when it has none.
func (s *system) form(name string) (kind xproto.Atom, data []byte) {
	c := s.held.content
	switch {
	case name == "image/png" && c.PNG != nil:
		return s.atoms[name], c.PNG
	case c.PNG != nil:
		return 0, nil
	}
	switch name {
	case "UTF8_STRING", "text/plain;charset=utf-8", "text/plain":
		return s.atoms[name], []byte(c.Text)
	case "TEXT":
		return s.atoms["UTF8_STRING"], []byte(c.Text)
	case "STRING":
		return s.atoms[name], toLatin1(c.Text)
	}
	return 0, nil
}

// toLatin1 writes ISO 8859-1; nil when the text has other characters.
func toLatin1(text string) []byte {
	out := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			return nil
		}
		out = append(out, byte(r))
	}
	return out
}

// begin remembers a large handover. We hear of the requestor's property from now on.
func (s *system) begin(r request, kind xproto.Atom, data []byte) bool {
	if len(s.handing) >= maxHanding || r.requestor == s.win {
		return false
	}
	xproto.ChangeWindowAttributes(s.conn, r.requestor, xproto.CwEventMask,
		[]uint32{xproto.EventMaskPropertyChange | xproto.EventMaskStructureNotify})
	s.handing[handover{r.requestor, r.property}] = &parts{kind: kind, rest: data}
	return true
}

// nextPart writes the next part when the one before was taken, inside the grant.
func (s *system) nextPart(to handover) {
	p := s.handing[to]
	if p == nil {
		return
	}
	if p.done {
		s.finish(to)
		return
	}
	err := s.grant.Use(func() error {
		part := p.rest[:min(partSize, len(p.rest))]
		p.rest, p.done = p.rest[len(part):], len(part) == 0
		return xproto.ChangePropertyChecked(s.conn, xproto.PropModeReplace, to.window, to.property, p.kind, 8, uint32(len(part)), part).Check()
	})
	if err != nil {
		s.finish(to)
	}
}

func (s *system) finish(to handover) {
	delete(s.handing, to)
	for other := range s.handing {
		if other.window == to.window {
			return
		}
	}
	xproto.ChangeWindowAttributes(s.conn, to.window, xproto.CwEventMask, []uint32{xproto.EventMaskNoEvent})
}

// gone forgets a window that is no more.
func (s *system) gone(window xproto.Window) {
	for to := range s.handing {
		if to.window == window {
			delete(s.handing, to)
		}
	}
}
