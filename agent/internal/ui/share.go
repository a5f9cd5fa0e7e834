package ui

import (
	"image"
	"slices"
	"strconv"

	"beside/agent/internal/catalogue"
	"beside/consent"
)

// Choice is what the user chose to show. The zero Choice is everything.
type Choice struct {
	// Screen is the only monitor that is shown, counted from one; 0 is all of them.
	Screen int
	// Bounds is where that monitor was when the user chose it, in the screen's pixels.
	Bounds image.Rectangle
	// Window is the only window that is shown; 0 is all of them.
	Window uint32
	// Hidden are windows that are not shown.
	Hidden []uint32
}

// Chosen is what the user chose in the question about the screen that they last answered
// with yes.
func (u *UI) Chosen() Choice {
	if c := u.chosen.Load(); c != nil {
		return *c
	}
	return Choice{}
}

// Extent says it for the consent record: how much, never of what.
func (u *UI) Extent() consent.Extent { return u.Chosen().extent() }

func (c Choice) extent() consent.Extent {
	e := consent.Extent{Shared: consent.Everything, Hidden: len(c.Hidden)}
	switch {
	case c.Window != 0:
		e.Shared = consent.OneWindow
	case c.Screen != 0:
		e.Shared = consent.OneScreen
	}
	return e
}

// sharing is the choice as it is made, in the question about the screen.
type sharing struct {
	monitors []image.Rectangle
	windows  []userWindow // the user's, the highest first
	one      bool         // one window is to be shown
	screen   int
	window   uint32
	hidden   []uint32
	hiding   bool // the list of windows to hide is unfolded
	from     int  // the first window of the list that is seen
}

// userWindow is a window of the user's. Its title stays in this question.
type userWindow struct {
	id    uint32
	title string
}

// The targets of the choice, behind those of the question.
const (
	shareAll targetID = iota + 40
	shareWindow
	shareHide
	shareMore
	shareScreen targetID = 60 // and one for each monitor
	shareList   targetID = 80 // and one for each window of the list
)

// shareRows is how many windows are listed at once; manyScreens bounds the monitors.
const (
	shareRows   = 5
	manyScreens = 8
)

// openSharing looks what there is to choose from.
func (u *UI) openSharing() *sharing {
	s := &sharing{windows: u.conn.userWindows()}
	if monitors, err := u.conn.monitors(); err == nil {
		s.monitors = monitors[:min(len(monitors), manyScreens)]
	}
	return s
}

// choice is what was chosen; ok is false while the one window is not.
func (s *sharing) choice() (c Choice, ok bool) {
	if s.one {
		return Choice{Window: s.window}, s.window != 0
	}
	c = Choice{Screen: s.screen, Hidden: slices.Clone(s.hidden)}
	if s.screen > 0 {
		c.Bounds = s.monitors[s.screen-1]
	}
	return c, true
}

// extent is how much would be shown, also while the one window is yet to be chosen.
func (s *sharing) extent() consent.Extent {
	if s.one {
		return consent.Extent{Shared: consent.OneWindow}
	}
	c, _ := s.choice()
	return c.extent()
}

// press takes what the user chose. It reports false for other targets.
func (s *sharing) press(id targetID) bool {
	switch {
	case id == shareAll:
		s.one, s.screen = false, 0
	case id == shareWindow:
		s.one, s.from = true, 0
	case id == shareHide:
		s.hiding, s.from = !s.hiding, 0
	case id == shareMore:
		if s.from += shareRows; s.from >= len(s.windows) {
			s.from = 0
		}
	case id >= shareScreen && int(id-shareScreen) < len(s.monitors):
		s.one, s.screen = false, int(id-shareScreen)+1
	case id >= shareList && int(id-shareList) < len(s.windows):
		s.pick(s.windows[id-shareList].id)
	default:
		return false
	}
	return true
}

// pick chooses a window of the list, or hides it, or shows it again.
func (s *sharing) pick(id uint32) {
	if s.one {
		s.window = id
		return
	}
	if i := slices.Index(s.hidden, id); i >= 0 {
		s.hidden = slices.Delete(s.hidden, i, i+1)
	} else {
		s.hidden = append(s.hidden, id)
	}
}

// pressShare takes a press on the choice. Whoever presses for the user, or moves the
// pointer under their finger, does not choose; and what was chosen is to be read before an
// answer counts.
func (w *questionWindow) pressShare(id targetID, by trigger) bool {
	if w.share == nil || by == byStray || by == byEnter || !w.share.press(id) {
		return false
	}
	w.q = w.q.Showing(w.share.extent())
	w.renew()
	w.a.disturbed()
	_ = w.arrange() // a window that cannot be laid out shows itself by not being seen
	return true
}

// any reports whether there is anything to choose.
func (s *sharing) any() bool { return s != nil && (len(s.monitors) > 1 || len(s.windows) > 0) }

// shared shows the choice and returns where it ends.
func (w *questionWindow) shared(p *page, left, y, inner float64) float64 {
	s, t := w.share, w.u.words.Show
	if !s.any() {
		return y
	}
	const rowH, inset = 34, 14
	top := y
	measuring := p.c.w == 0
	if !measuring {
		p.c.round(box{left, top, inner, w.shareH}, 12, card)
	}
	x, width := left+inset, inner-2*inset
	y += 10
	y += p.label(t.Title, smallBold, x, y, width, secondary) + 2
	options := s.options(t)
	for i, o := range options {
		column := width / 2
		b := box{x + float64(i%2)*column, y + float64(i/2)*rowH, column, rowH}
		p.choice(o.id, b, o.text, o.on, true)
	}
	y += float64((len(options)+1)/2) * rowH
	switch {
	case s.one:
		y += p.label(t.Choose, small, x, y+2, width, secondary) + 4
		y = w.list(p, x, y, width)
	case len(s.windows) > 0:
		sign := icon(iconRight)
		if s.hiding {
			sign = iconDown
		}
		text := t.Hide
		if n := len(s.hidden); n > 0 {
			text += " (" + strconv.Itoa(n) + ")"
		}
		p.link(shareHide, text, sign, x, y)
		y += 30
		if s.hiding {
			y += p.label(t.HideText, small, x, y, width, secondary) + 4
			y = w.list(p, x, y, width)
		}
	}
	y += 8
	w.shareH = y - top
	return y
}

// shareOption is one of the ways to share.
type shareOption struct {
	id   targetID
	text string
	on   bool
}

func (s *sharing) options(t catalogue.Show) []shareOption {
	list := []shareOption{{shareAll, t.Everything, !s.one && s.screen == 0}}
	for n := 1; n <= len(s.monitors) && len(s.monitors) > 1; n++ {
		text := catalogue.Fill(t.Screen, "number", strconv.Itoa(n))
		list = append(list, shareOption{shareScreen + targetID(n-1), text, !s.one && s.screen == n})
	}
	if len(s.windows) > 0 {
		list = append(list, shareOption{shareWindow, t.Window, s.one})
	}
	return list
}

// list shows some of the windows, to be chosen or hidden.
func (w *questionWindow) list(p *page, x, y, width float64) float64 {
	const rowH = 34
	s, t := w.share, w.u.words.Show
	for i := s.from; i < min(s.from+shareRows, len(s.windows)); i++ {
		win := s.windows[i]
		name := win.title
		if name == "" {
			name = t.Untitled
		}
		b := box{x, y, width, rowH}
		if s.one {
			p.choice(shareList+targetID(i), b, name, s.window == win.id, true)
		} else {
			hidden := slices.Contains(s.hidden, win.id)
			state, col := t.Shown, secondary
			if hidden {
				state, col = t.Hidden, warning
			}
			sw := p.width(state, smallBold)
			b.w -= sw + 12
			p.choice(shareList+targetID(i), b, name, hidden, false)
			p.label(state, oneLine(smallBold), x+width-sw, y+(rowH-lineHeight(13))/2, sw+2, col)
		}
		y += rowH
	}
	if len(s.windows) > shareRows {
		p.link(shareMore, t.More, iconRefresh, x, y)
		y += 30
	}
	return y
}

// choosable reports whether yes means anything now.
func (w *questionWindow) choosable() bool {
	if w.share == nil {
		return true
	}
	_, ok := w.share.choice()
	return ok
}

// settleShare keeps what was chosen with a yes.
func (w *questionWindow) settleShare(answer consent.Answer) {
	if w.q.Scope != consent.View || answer != consent.Yes || w.share == nil {
		return
	}
	c, _ := w.share.choice()
	w.u.chosen.Store(&c)
}
