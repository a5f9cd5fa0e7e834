package ui

import (
	"time"
)

// How often the order of the windows is looked at: soon while something is odd,
// less often while other windows merely move about. A window is put back on top at
// most twenty times a second: two programs that both want the top must not keep the
// server busy.
const (
	lookOdd    = 10 * time.Millisecond
	lookQuiet  = 100 * time.Millisecond
	raiseAgain = 50 * time.Millisecond
)

// opacity is the property by which compositing managers show a window through; solid is that
// they do not.
const (
	opacity = "_NET_WM_WINDOW_OPACITY"
	solid   = 1<<32 - 1
)

// topmost keeps a free window above all others and knows whether it is in full
// view. It answers events, and looks by itself only while something is odd.
type topmost struct {
	win    *window
	dirty  bool // something changed since the last look
	urgent bool // and it concerns this window
	struck bool // something happened to this window since the last look
	looked time.Time
	raised time.Time
	seen   bool
	gone   bool // another program took the window away

	witness witness
}

// touch says that windows changed somewhere.
func (t *topmost) touch() { t.dirty = true }

// placed says that this window was moved by its own program.
func (t *topmost) placed() { t.dirty, t.urgent = true, true }

// alarm says that something happened to this window.
func (t *topmost) alarm() { t.dirty, t.urgent, t.struck = true, true, true }

// note puts right what others did to the window. It reports whether the window may have been
// covered or moved under the user's finger by it, and whether it is gone.
func (t *topmost) note(n notice) (disturbed, gone bool) {
	if n.kind == noticeStack {
		t.touch()
	}
	if n.window != t.win.id {
		return false, false
	}
	switch n.kind {
	case noticeMapped:
		t.alarm()
		return false, false
	case noticeHidden:
	case noticeUnmapped:
		t.win.show()
	case noticeMoved:
		if n.rect == t.win.rect {
			return false, false
		}
		t.win.place(t.win.rect)
	case noticeShaped:
		t.win.unshape()
	case noticeIntruded:
		t.win.empty()
	case noticeProperty:
		if n.atom != t.win.c.atom(opacity) || t.win.opaque() {
			return false, false
		}
		t.win.beOpaque()
	case noticeDestroyed, noticeReparented:
		return false, true
	default:
		return false, false
	}
	t.alarm()
	return true, false
}

// keep looks when it is due, puts the window back on top, and returns when to look
// again; zero is when an event says so.
func (t *topmost) keep(now time.Time) (time.Time, error) {
	if !t.dirty || t.gone {
		return time.Time{}, nil
	}
	wait := lookQuiet
	if t.urgent {
		wait = lookOdd
	}
	if due := t.looked.Add(wait); now.Before(due) {
		// Not looked again yet: until then an alarm counts as out of sight.
		t.seen = t.seen && !t.urgent
		return due, nil
	}
	t.looked = now
	return t.look(now)
}

// look believes what it sees only when nothing happened to the window since the look
// before: one that is taken away and put back all the time is not seen.
func (t *topmost) look(now time.Time) (time.Time, error) {
	struck := t.struck
	t.struck = false
	s, err := t.win.c.look(t.win)
	if err != nil {
		t.seen = false
		return time.Time{}, err
	}
	if s == gone {
		t.seen, t.gone = false, true
		return time.Time{}, nil
	}
	if s == covered {
		// Uncovered again in a moment, perhaps; but it was not seen until now.
		struck = true
	}
	if s == covered && now.Sub(t.raised) >= raiseAgain {
		t.raised = now
		t.win.raise()
		if s, err = t.win.c.look(t.win); err != nil {
			t.seen = false
			return time.Time{}, err
		}
	}
	t.seen = s == uncovered && t.win.mapped && !struck
	t.dirty = !t.seen
	t.urgent = t.dirty
	if t.dirty {
		return now.Add(lookOdd), nil
	}
	return time.Time{}, nil
}
