//go:build linux

package clipboard

import (
	"context"
	"errors"
	"strings"

	"github.com/jezek/xgb/xproto"

	"beside/protocol"
)

// The ways in which a text can be had, the best first.
var textTargets = []string{"UTF8_STRING", "text/plain;charset=utf-8", "STRING"}

// read asks for the content: first what there is, then the best of it.
func (s *system) read(ctx context.Context) (c Content, err error) {
	err = s.do(ctx, func() error {
		c, err = s.fetch(ctx)
		return err
	})
	return c, err
}

func (s *system) fetch(ctx context.Context) (Content, error) {
	if s.held != nil {
		var own Content
		err := s.grant.Use(func() error { own = s.held.content; return nil })
		return own, err
	}
	owned := false
	err := s.grant.Use(func() error {
		owner, err := xproto.GetSelectionOwner(s.conn, s.atoms["CLIPBOARD"]).Reply()
		owned = err == nil && owner.Owner != xproto.WindowNone
		return err
	})
	switch {
	case err != nil:
		return Content{}, err
	case !owned:
		return Content{}, ErrEmpty
	}
	targets, _, err := s.convert(ctx, "TARGETS", 64<<10)
	if err != nil {
		return Content{}, err
	}
	offered := map[xproto.Atom]bool{}
	for ; len(targets) >= 4; targets = targets[4:] {
		offered[xproto.Atom(word(targets, 0))] = true
	}
	return s.best(ctx, offered)
}

// best fetches the text if there is one, else the picture.
func (s *system) best(ctx context.Context, offered map[xproto.Atom]bool) (Content, error) {
	for _, name := range textTargets {
		if !offered[s.atoms[name]] {
			continue
		}
		data, kind, err := s.convert(ctx, name, protocol.MaxClipboardText)
		if err != nil {
			return Content{}, err
		}
		text := string(data)
		if kind == s.atoms["STRING"] {
			text = fromLatin1(data)
		}
		return Content{Text: strings.TrimRight(text, "\x00")}, nil
	}
	if offered[s.atoms["image/png"]] {
		data, _, err := s.convert(ctx, "image/png", protocol.MaxClipboardImage)
		if err == nil && len(data) == 0 {
			err = ErrEmpty
		}
		return Content{PNG: data}, err
	}
	return Content{}, ErrUnsupported
}

// convert asks the owner for one form of the content, at most so many bytes.
func (s *system) convert(ctx context.Context, target string, most int) ([]byte, xproto.Atom, error) {
	at, err := s.now(ctx)
	if err != nil {
		return nil, 0, err
	}
	clipboard, property := s.atoms["CLIPBOARD"], s.atoms["BESIDE_FETCH"]
	err = s.grant.Use(func() error {
		xproto.DeleteProperty(s.conn, s.win, property)
		return xproto.ConvertSelectionChecked(s.conn, s.win, clipboard, s.atoms[target], property, at).Check()
	})
	if err != nil {
		return nil, 0, err
	}
	refused := false
	err = s.await(ctx, func(e []byte) bool {
		if eventKind(e) != xproto.SelectionNotify || xproto.Atom(word(e, 12)) != clipboard || xproto.Atom(word(e, 16)) != s.atoms[target] {
			return false
		}
		refused = word(e, 20) == xproto.AtomNone
		return true
	})
	switch {
	case err != nil:
		return nil, 0, err
	case refused:
		return nil, 0, ErrNoAnswer
	}
	return s.receive(ctx, most)
}

// receive reads the property that the owner wrote, or its parts one after the other. The
// owner waits for each part to be taken away before it writes the next.
func (s *system) receive(ctx context.Context, most int) ([]byte, xproto.Atom, error) {
	data, kind, err := s.property(most)
	if err != nil || kind != s.atoms["INCR"] {
		return data, kind, err
	}
	var all []byte
	for {
		if err := s.await(ctx, s.written); err != nil {
			return nil, 0, err
		}
		part, kind, err := s.property(most - len(all))
		switch {
		case err != nil:
			return nil, 0, err
		case kind == xproto.AtomNone:
			return nil, 0, ErrNoAnswer // taken away by somebody else
		case len(part) == 0:
			return all, kind, nil
		}
		all = append(all, part...)
	}
}

// written recognises that the property has a new value.
func (s *system) written(e []byte) bool {
	const newValue = 0
	return eventKind(e) == xproto.PropertyNotify && xproto.Window(word(e, 4)) == s.win &&
		xproto.Atom(word(e, 8)) == s.atoms["BESIDE_FETCH"] && e[16] == newValue
}

// property takes the value away, inside the grant.
func (s *system) property(most int) (data []byte, kind xproto.Atom, err error) {
	err = s.grant.Use(func() error {
		reply, err := xproto.GetProperty(s.conn, true, s.win, s.atoms["BESIDE_FETCH"], xproto.GetPropertyTypeAny, 0, uint32(most)/4+1).Reply()
		switch {
		case err != nil:
			return err
		case reply == nil:
			return errors.New("clipboard: no property")
		case reply.BytesAfter > 0 || len(reply.Value) > most:
			xproto.DeleteProperty(s.conn, s.win, s.atoms["BESIDE_FETCH"])
			return ErrTooLarge
		}
		data, kind = reply.Value, reply.Type
		return nil
	})
	return data, kind, err
}

// fromLatin1 reads ISO 8859-1, which the type STRING stands for (ICCCM 2.6.2).
func fromLatin1(data []byte) string {
	text := make([]rune, len(data))
	for i, b := range data {
		text[i] = rune(b)
	}
	return string(text)
}
