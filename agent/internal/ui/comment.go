package ui

import (
	"time"

	"github.com/jezek/xgb/xproto"
)

// A comment on a session may have so many characters and lines; the relay keeps as many.
const (
	CommentMost = 1000
	CommentRows = 20
)

// comment is what the user writes about the session, in the last window (PROMISES D1). It
// is theirs until they press something or close the window: then it is handed on, and
// the agent keeps it in the receipt.
type comment struct {
	field field
	lines []fieldLine
	down  int
	given string // as it was handed on last
}

// Comment is what the user wrote in the last window, as of the last CommentSession.
func (u *UI) Comment() string {
	if c := u.comment.Load(); c != nil {
		return *c
	}
	return ""
}

// paintComment draws the field.
func (o *overWindow) paintComment(p *page, y, inner float64) float64 {
	c := &o.comment
	c.lines = p.field(overComment, box{padding, y, inner, fieldHigh()}, &c.field, &c.down, o.u.words.Over.CommentHint, false)
	return y + fieldHigh() + 10
}

// hand hands on what was written since it was last.
func (o *overWindow) hand() {
	text := string(o.comment.field.text)
	if text == o.comment.given {
		return
	}
	o.comment.given = text
	o.u.comment.Store(&text)
	o.u.emit(CommentSession)
}

// typed takes the keys that belong to the field; Tab leaves it.
func (o *overWindow) typed(ev xievent, keys keyTable, _ time.Time) bool {
	c := &o.comment
	if o.p.state.focus != overComment || len(c.lines) == 0 {
		return false
	}
	k := keys.meaning[byte(ev.detail)]
	was := len(c.field.text) == 0
	switch text, ok := c.field.typist.text(&keys.layout, ev); {
	case k == keyEnter:
		c.field.insert("\n")
	case ok:
		c.field.insert(text)
	case c.field.edit(k, ev.mods&xproto.ModMaskControl != 0, c.lines, o.p.ts.scale):
	default:
		return false
	}
	o.p.stale = true
	c.lines = c.field.lay(o.p.ts, body, o.column()-2*fieldIn)
	if was != (len(c.field.text) == 0) {
		_ = o.arrange() // there is something to send now, or nothing any more
	}
	return true
}

// keyed keeps what is typed in the field from pressing buttons.
func (o *overWindow) keyed(k key, _ time.Time) bool {
	return o.p.state.focus == overComment && (k == keyEnter || k == keySpace || k == keyLeft || k == keyRight)
}
