package ui

import (
	"image"
	"math/rand/v2"
	"time"

	"github.com/jezek/xgb/xproto"
)

// Bookkeeping of windows can be deceived: another program may paint into the bar, have
// the server draw it nowhere, or freeze the server. So the bar's own picture is looked
// for on the screen, one row at a time, which nobody can foresee. THREAT 3.
const (
	witnessEvery = 200 * time.Millisecond
	witnessAgain = 20 * time.Millisecond // after one that saw something else
	// answerWithin is how long the server may take. Together with witnessEvery that is a
	// second, twice as long as the bar may be out of sight: a busy machine is no attack, and
	// while the server is frozen no picture can be taken and no key pressed through it.
	answerWithin = 800 * time.Millisecond
)

// witness keeps the account of one bar.
type witness struct {
	next  time.Time
	good  time.Time // when the bar was last seen
	blind bool      // the screen shows something else where the bar is
	// calm says that the bar was seen as it is at least once. With a compositing manager
	// that shows it otherwise from the beginning the windows' order has to do.
	calm bool
}

// attest looks for the bar on the screen when it is due, and returns when it is next.
func (b *Bar) attest(now time.Time) time.Time {
	w := &b.witness
	if now.Before(w.next) || !b.p.drawn || b.p.stale || !b.p.win.mapped {
		return w.next
	}
	same := b.rowShows(rand.IntN(b.p.cv.h))
	w.calm = w.calm || same
	if !same && w.calm {
		if !w.blind {
			b.presence.debt += now.Sub(w.good) // nobody knows for how long already
		}
		w.blind = true
		b.p.refresh() // whatever was painted over it
		w.next = now.Add(witnessAgain)
		return w.next
	}
	w.blind, w.good, w.next = false, now, now.Add(witnessEvery)
	return w.next
}

// rowShows compares a row of the bar with what the screen shows there. A tenth may
// differ: the time, a button under the pointer, are drawn at moments of their own.
func (b *Bar) rowShows(y int) bool {
	r := b.p.win.rect
	row := image.Rect(r.Min.X, r.Min.Y+y, r.Max.X, r.Min.Y+y+1)
	shown, err := b.u.conn.pixelsOf(row)
	if err != nil {
		return false
	}
	f, hidden := b.u.conn.format, b.ownAbove(row)
	drawn := make([]byte, r.Dx()*f.bytes)
	f.row(drawn, b.p.cv.pix[y*b.p.cv.w*4:], r.Dx())
	differ, compared := 0, 0
	for x := range r.Dx() {
		if hidden(r.Min.X + x) {
			continue
		}
		compared++
		at := x * f.bytes
		for i := range min(f.bytes, 3) {
			if d := int(drawn[at+i]) - int(shown[at+i]); d > 24 || d < -24 {
				differ++
				break
			}
		}
	}
	return differ*10 <= compared
}

// ownAbove reports which places of a row other windows of ours may lie over.
func (b *Bar) ownAbove(row image.Rectangle) func(x int) bool {
	var over []image.Rectangle
	for _, p := range b.u.loop.panels {
		if p != b.p && p.win.free && p.win.mapped && p.win.rect.Overlaps(row) {
			over = append(over, p.win.rect)
		}
	}
	return func(x int) bool {
		for _, r := range over {
			if x >= r.Min.X && x < r.Max.X {
				return true
			}
		}
		return false
	}
}

// pixelsOf reads a part of the screen, rows without padding.
func (c *xconn) pixelsOf(r image.Rectangle) ([]byte, error) {
	defer c.expect()()
	got, err := xproto.GetImage(c.x, xproto.ImageFormatZPixmap, xproto.Drawable(c.root),
		int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), ^uint32(0)).Reply()
	if err != nil {
		return nil, err
	}
	if len(got.Data) < r.Dx()*c.format.bytes {
		return nil, errShort
	}
	return got.Data, nil
}
