package ui

import (
	"encoding/binary"
	"image"
	"math/rand/v2"
	"time"

	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
)

// Bookkeeping of windows can be deceived: another program may paint into a window of ours,
// put a window of its own into it, have the server draw it nowhere with words of its own
// below, or freeze the server. So the picture of the bar, and of whatever asks something, is
// looked for on the screen, at moments that nobody can foresee. THREAT 1, THREAT 3.
const (
	witnessEvery = 200 * time.Millisecond
	witnessAgain = 20 * time.Millisecond // after one that saw something else
	// answerWithin is how long the server may take. Together with witnessEvery that is a
	// second, twice as long as the bar may be out of sight: a busy machine is no attack, and
	// while the server is frozen no picture can be taken and no key pressed through it.
	answerWithin = 800 * time.Millisecond
)

// soon is when to look again: witnessEvery at most, and every half of it on average.
func soon(now time.Time) time.Time {
	return now.Add(witnessEvery/4 + rand.N(3*witnessEvery/4))
}

// witness keeps the account of one window.
type witness struct {
	next  time.Time
	good  time.Time // when the window was last seen as it is
	blind bool      // the screen shows something else where it is
	// calm says that the screen showed it as it is at least once. With a compositing manager
	// that shows it otherwise from the beginning, larger perhaps or inverted, the window's own
	// picture and the windows' order have to do.
	calm bool
	// shaded says that there is a compositing manager now: one that came after the session
	// began may cast shadows, and nothing more.
	shaded bool
}

// sees compares a panel, as it was last drawn, with what its window holds and with what the
// screen shows there.
func (w *witness) sees(p *panel) bool {
	if !p.drawn {
		p.refresh()
	}
	c := p.win.c
	whole, err := c.bounds()
	if err != nil {
		return false
	}
	r := p.win.rect.Intersect(whole)
	if r.Empty() || !p.shownBy(xproto.Drawable(p.win.id), r, r.Min.Sub(p.win.rect.Min), exactly) {
		return false
	}
	shown := p.shownBy(xproto.Drawable(c.root), r, r.Min, c.fidelity())
	w.calm = w.calm || shown || !c.composited
	return (shown || !w.calm) && c.pointsAt(r)
}

// glances compares one row of a panel with what the screen shows there.
func (w *witness) glances(p *panel) bool {
	if !p.drawn {
		p.refresh()
	}
	c, r := p.win.c, p.win.rect
	r.Min.Y += rand.IntN(r.Dy())
	r.Max.Y = r.Min.Y + 1
	how := c.fidelity()
	if w.shaded {
		how = roughly
	}
	shown := p.shownBy(xproto.Drawable(c.root), r, r.Min, how)
	w.calm = w.calm || shown || !c.composited
	return shown || !w.calm
}

// fidelity is how much of what the screen shows may differ from what we drew.
func (c *xconn) fidelity() likeness {
	if c.composited {
		return roughly // shadows, fading
	}
	return exactly
}

// likeness is how much of a picture may differ.
type likeness struct {
	near  int // of a colour, up to 255
	share int // of the pixels, in hundredths
}

var (
	exactly = likeness{}
	roughly = likeness{near: 24, share: 10}
)

// shownBy compares the part r of the screen, as the panel drew it, with what a drawable has
// at a place.
func (p *panel) shownBy(d xproto.Drawable, r image.Rectangle, at image.Point, how likeness) bool {
	c, f := p.win.c, p.win.c.format
	shown, err := c.pixelsOf(d, image.Rectangle{Min: at, Max: at.Add(r.Size())})
	if err != nil {
		return false
	}
	over := c.ownOver(p.win, r)
	drawn := make([]byte, r.Dx()*f.bytes)
	differ, compared, stride := 0, 0, f.stride(r.Dx())
	from := r.Min.Sub(p.win.rect.Min)
	for y := range r.Dy() {
		f.row(drawn, p.cv.pix[((from.Y+y)*p.cv.w+from.X)*4:], r.Dx())
		row := shown[y*stride:]
		if f.direct() && alike(drawn, row) {
			compared += r.Dx() // hardly ever is it anything else
			continue
		}
		for x := range r.Dx() {
			if hides(over, r.Min.X+x, r.Min.Y+y) {
				continue
			}
			compared++
			if f.differs(drawn[x*f.bytes:], row[x*f.bytes:], how.near) {
				differ++
			}
		}
	}
	return differ*100 <= compared*how.share
}

// alike reports whether two rows of pixels of four bytes, the last without a meaning, are the
// same.
func alike(a, b []byte) bool {
	const colours = 0x00ffffff00ffffff
	differ, n := uint64(0), len(a)&^7
	for i := 0; i < n; i += 8 {
		differ |= (binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:])) & colours
	}
	for i := n; i < len(a); i++ {
		if i&3 != 3 {
			differ |= uint64(a[i] ^ b[i])
		}
	}
	return differ == 0
}

// differs compares one pixel, colour by colour, as many bits as each has.
func (f pixelFormat) differs(a, b []byte, near int) bool {
	v, w := f.value(a), f.value(b)
	for _, mask := range [3]uint32{f.red, f.green, f.blue} {
		low := max(mask&-mask, 1)
		d := int(v&mask/low) - int(w&mask/low)
		if max(d, -d)*255 > near*int(mask/low) {
			return true
		}
	}
	return false
}

// value is a pixel as a number.
func (f pixelFormat) value(b []byte) (v uint32) {
	for i := range f.bytes {
		v |= uint32(b[i]) << (8 * i)
	}
	return v
}

// ownOver lists where other windows of ours may lie over a part of the screen.
func (c *xconn) ownOver(w *window, r image.Rectangle) (over []image.Rectangle) {
	for _, other := range c.free {
		if other != w && !other.guest && other.rect.Overlaps(r) {
			over = append(over, other.rect)
		}
	}
	return over
}

func hides(over []image.Rectangle, x, y int) bool {
	for _, r := range over {
		if image.Pt(x, y).In(r) {
			return true
		}
	}
	return false
}

// pixelsOf reads a part of the screen or of a window.
func (c *xconn) pixelsOf(d xproto.Drawable, r image.Rectangle) ([]byte, error) {
	defer c.expect()()
	got, err := xproto.GetImage(c.x, xproto.ImageFormatZPixmap, d,
		int16(r.Min.X), int16(r.Min.Y), uint16(r.Dx()), uint16(r.Dy()), ^uint32(0)).Reply()
	if err != nil {
		return nil, err
	}
	if len(got.Data) < r.Dy()*c.format.stride(r.Dx()) {
		return nil, errShort
	}
	return got.Data, nil
}

// What the picture of the pointer may be like. In our windows it is our own arrow, of 16
// pixels; the largest that desktops offer have less than 200.
const (
	pointerReach = 32
	pointerMost  = 256
	faint        = 32 // of 255: what is less is not seen
)

// agreeFixes agrees on the version of XFIXES that tells of the pointer's picture.
func (c *xconn) agreeFixes() bool {
	_, err := xfixes.QueryVersion(c.x, 2, 0).Reply()
	return err == nil
}

// pointer is where the pointer points, and where it is drawn: nowhere where there is none, as
// on a screen for fingers, or where the server does not tell.
func (c *xconn) pointer() (hot image.Point, ink image.Rectangle) {
	if !c.fixes {
		return hot, ink
	}
	got, err := xfixes.GetCursorImage(c.x).Reply()
	if err != nil {
		return hot, ink
	}
	for i, pixel := range got.CursorImage {
		if pixel>>24 > faint {
			at := image.Pt(i%int(got.Width), i/int(got.Width))
			ink = ink.Union(image.Rectangle{Min: at, Max: at.Add(image.Pt(1, 1))})
		}
	}
	hot = image.Pt(int(got.X), int(got.Y))
	return hot, ink.Add(hot.Sub(image.Pt(int(got.Xhot), int(got.Yhot))))
}

// pointsAt reports whether the pointer looks as if it pointed where it does. Another program
// may give our window a pointer that is drawn beside itself, so that who means No presses
// Yes, or one as large as the bar, with words on it.
func (c *xconn) pointsAt(r image.Rectangle) bool {
	hot, ink := c.pointer()
	if hot.In(r) {
		return ink.In(image.Rectangle{Min: hot, Max: hot}.Inset(-pointerReach))
	}
	return modest(ink, r)
}

// pointsOver reports whether the pointer lets the bar be seen, on which nothing gives. What
// drags something over it has brought a pointer of its own, as large as the user likes.
func (c *xconn) pointsOver(r image.Rectangle) bool {
	_, ink := c.pointer()
	return modest(ink, r)
}

// modest reports whether a pointer is none that hides a window.
func modest(ink, r image.Rectangle) bool {
	return max(ink.Dx(), ink.Dy()) <= pointerMost || !ink.Overlaps(r)
}

// attest looks for the bar on the screen when it is due, and returns when it is next. While
// something is known to lie over it that account is kept already.
func (b *Bar) attest(now time.Time) time.Time {
	w := &b.witness
	known := !b.top.seen && !w.blind
	if known {
		w.good = now
	}
	if b.guarded.away {
		w.next = now.Add(heartbeat) // nothing is drawn meanwhile
	}
	if now.Before(w.next) || !b.p.win.mapped {
		return w.next
	}
	w.next = now.Add(witnessAgain)
	switch {
	case known:
	case !b.witnessed():
		if !w.blind {
			b.presence.debt += now.Sub(w.good) // nobody knows for how long already
		}
		w.blind = true
		b.top.struck = true
		b.p.win.point()
		b.p.refresh() // whatever was painted over it
	default:
		if w.blind {
			b.top.touch() // one more look, and what happened to it is over
		}
		w.blind, w.good, w.next = false, now, soon(now)
		if !b.shows() {
			w.next = now.Add(witnessEvery)
		}
	}
	return w.next
}

// witnessed looks at all of a bar on which something gives. Else, which is nearly always, one
// row that nobody can foresee will do: whatever is painted there, it only takes away.
func (b *Bar) witnessed() bool {
	if b.shows() {
		return b.witness.sees(b.p)
	}
	return b.witness.glances(b.p)
}

// attest looks for a window that asks something on the screen when it is due, and returns
// when it is next. One that was not as it is counts as touched.
func (t *topmost) attest(p *panel, now time.Time) time.Time {
	w := &t.witness
	if !p.drawn || !p.win.mapped || !t.seen {
		return time.Time{}
	}
	if now.Before(w.next) {
		return w.next
	}
	w.next = soon(now)
	unwatched := !w.good.IsZero() && !w.fresh(now)
	if t.truthful(p) && unwatched {
		// Nobody knows what stood there meanwhile: we were stopped, or kept waiting.
		t.seen = false
		t.alarm()
	}
	return w.next
}

// freshFor is how long a look at a window is worth something: in less nobody reads other words
// and goes by them.
const freshFor = time.Second

// fresh reports whether the window was seen as it is before the user pressed. A program that
// puts everything back at the press has not deceived the look of that moment alone.
func (w *witness) fresh(now time.Time) bool { return now.Sub(w.good) <= freshFor }

// believed reports whether a press on a window that gives something is the user's word: it
// shows what it drew, and did so a moment ago.
func (t *topmost) believed(p *panel, now time.Time) bool {
	fresh := t.witness.fresh(now)
	return t.truthful(p) && fresh
}

// truthful reports whether a window shows what it drew, now.
func (t *topmost) truthful(p *panel) bool {
	if t.witness.sees(p) {
		t.witness.good = time.Now()
		return true
	}
	t.seen = false
	t.alarm()
	p.win.point()
	p.stale = true
	return false
}
