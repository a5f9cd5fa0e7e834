package ui

import (
	"context"
	"image"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// BarView is what the bar shows.
type BarView struct {
	Technician, Organisation string
	Started                  time.Time
	View                     bool // the screen is shown; before it the bar says that a question is open
	Control, Recording       bool
	Clipboard, Files         bool
	Voice                    bool // both talk
	Muted                    bool // the user has closed their microphone
	Paused                   bool
	Secret                   bool // the user types a secret: nothing is sent
	Away                     bool // what the technician does waits for the user to be back
	UserActive               bool // remote input waits for the user
	// Chat offers the conversation; Unread is how many messages in it are new.
	Chat   bool
	Unread int
	// Notice is a sentence about something that went wrong, without its full stop; it
	// stands where the names would until it is empty again.
	Notice string
	// Shared is the part of the screen that is shown, in pixels; the frame goes
	// round it. Empty is the whole main monitor.
	Shared image.Rectangle
}

// Bar is the always-visible bar, the consent.Indicator. It keeps itself above all
// windows, full-screen ones too, puts itself back when it is unmapped, moved or
// destroyed, and says when it could not. THREAT 3, PROMISE A5.
type Bar struct {
	u       *UI
	visible atomic.Bool
	beat    atomic.Int64  // when the loop last looked after the bar, since born
	frozen  atomic.Bool   // the server did not answer in time
	halts   chan struct{} // holds one token: everything is to wait, and the loop cannot say so
	born    time.Time
	lost    chan struct{}
	loud    atomic.Int32 // of the microphone, as Level was told
	once    sync.Once
	watched sync.WaitGroup

	// The loop alone uses what follows.
	view     BarView
	level    int // of the microphone
	meter    box // where that is shown
	p        *panel
	ts       *typesetter // of the bar's own scale
	top      topmost
	presence presence
	witness  witness
	robbed   robbed
	frame    *frame
	shown    chan struct{} // closed when it was first seen
	hidden   chan struct{} // closed by Hide
	centre   float64       // of the bar along the top edge, 0 to 1
	grip     dragging
	clock    box
	minute   time.Time
	report   reporting

	guarded   guarded
	plight    plight
	plighted  atomic.Bool // everything waits, or is about to: for whoever watches
	truthful  func() bool // whether the screen shows the bar as it was drawn
	longClock bool        // with hours
	remade    time.Time
}

// stalled is how long the loop may be silent before the bar counts as dead; it looks
// after the bar four times a second.
const (
	stalled   = time.Second
	heartbeat = 250 * time.Millisecond
)

// ShowBar shows the bar and waits until it is on the screen. The Bar lives until
// Hide. There is one at a time.
func (u *UI) ShowBar(ctx context.Context, v BarView) (*Bar, error) {
	b := &Bar{
		u: u, born: time.Now(), lost: make(chan struct{}), view: v, centre: 0.5,
		shown: make(chan struct{}), hidden: make(chan struct{}), halts: make(chan struct{}, 1),
	}
	b.beat.Store(0)
	var failed error
	if err := u.do(ctx, func() {
		if old := u.loop.bar; old != nil {
			old.remove()
		}
		u.remap()
		if failed = u.conn.attested(); failed != nil {
			return
		}
		u.conn.composited = u.conn.hasCompositor()
		u.conn.learnButtons()
		u.conn.census()
		u.loop.reader.begin()
		u.holdHotkeys()
		if failed = b.open(); failed != nil {
			u.freeHotkeys()
			return
		}
		u.loop.bar = b
		u.conn.late = b.stuck
		u.loop.tray = &tray{u: u}
		u.loop.tray.dock()
	}); err != nil {
		return nil, err
	}
	if failed != nil {
		return nil, failed
	}
	b.watched.Add(1)
	go b.watch()
	select {
	case <-b.shown:
		return b, nil
	case <-ctx.Done():
		b.Hide()
		return nil, ctx.Err()
	case <-b.lost:
		b.Hide()
		return nil, errClosed
	}
}

// Update changes what the bar shows.
func (b *Bar) Update(v BarView) {
	_ = b.u.do(context.Background(), func() {
		if b.u.loop.bar == b && b.view != v {
			b.view = v
			_ = b.arrange()
			_ = b.u.loop.tray.arrange()
		}
	})
}

// VoiceLevels is the loudest that Level shows.
const VoiceLevels = 5

// Level shows how loud the user is, 0 to VoiceLevels. It does not wait.
func (b *Bar) Level(level int) {
	b.loud.Store(int32(level))
}

// showLevel draws the level anew where it has changed.
func (b *Bar) showLevel() {
	level := int(b.loud.Load())
	if level == b.level {
		return
	}
	b.level = level
	if b.view.Voice && b.p.drawn && !b.p.stale {
		b.p.repaint(b.meter.pixels(b.p.cv.scale))
	}
}

// Visible implements consent.Indicator.
func (b *Bar) Visible() bool {
	select {
	case <-b.lost:
		return false
	case <-b.hidden:
		return false
	default:
		return b.visible.Load() && b.alive()
	}
}

func (b *Bar) alive() bool {
	return time.Since(b.born)-time.Duration(b.beat.Load()) < stalled
}

// Lost implements consent.Indicator. It is also closed when the connection to the
// screen ends.
func (b *Bar) Lost() <-chan struct{} { return b.lost }

// Hide takes the bar away at the session's end.
func (b *Bar) Hide() {
	_ = b.u.do(context.Background(), func() {
		if b.u.loop.bar == b {
			b.remove()
		}
	})
	b.lose("the session is over")
	b.watched.Wait()
}

// lose says, for good, that the bar is not there; why is for the log.
func (b *Bar) lose(why string) {
	b.visible.Store(false)
	b.once.Do(func() {
		b.u.log.Info("the bar is gone", "why", why)
		close(b.lost)
	})
}

// silence counts looks at a loop between which it did not beat. Looks are counted, and not
// time: where the whole program stood still, as on a machine that is out of breath or was
// asleep, whoever looks stood still too, and so did whatever takes pictures.
type silence struct {
	beat  int64
	looks int
}

// hangs reports whether the loop was silent for too many looks.
func (s *silence) hangs(beat int64) bool {
	if beat != s.beat {
		*s = silence{beat: beat}
		return false
	}
	s.looks++
	return s.looks >= int(stalled/heartbeat)
}

// watch loses the bar when the loop, which should look after it, hangs. While it is the
// server that does not answer everything waits first.
func (b *Bar) watch() {
	defer b.watched.Done()
	t := time.NewTicker(heartbeat)
	defer t.Stop()
	var heard silence
	var actions chan<- Action
	for {
		select {
		case <-b.lost:
			return
		case <-b.u.dead:
			b.lose("the windows are closed")
			return
		case <-b.halts:
			actions = b.u.actions
		case actions <- HoldSession:
			actions = nil
		case <-t.C:
			hangs := heard.hangs(b.beat.Load())
			switch frozen := b.frozen.Load(); {
			case frozen && heard.looks >= int(frozenMost/heartbeat):
				b.lose("the screen does not answer")
				return
			case hangs && !frozen:
				b.lose("the program hangs")
				return
			}
		}
	}
}

// remove takes the windows away.
func (b *Bar) remove() {
	b.u.loop.bar, b.u.conn.late = nil, nil
	b.u.freeHotkeys()
	if t := b.u.loop.tray; t != nil {
		b.u.loop.tray = nil
		t.undock()
	}
	b.visible.Store(false)
	close(b.hidden)
	b.frame.close()
	b.u.drop(b.p)
	_ = b.u.conn.sync()
}

func (b *Bar) open() error {
	rect, err := b.placeOn()
	if err != nil {
		return err
	}
	win, err := b.u.conn.newWindow(rect, true, barGround)
	if err != nil {
		return err
	}
	win.name(windowTitle, "bar")
	b.p = &panel{win: win, ts: b.ts, paint: b.paint, press: b.press, drag: b.dragged}
	b.truthful = func() bool {
		fresh := b.witness.fresh(time.Now())
		return b.witness.sees(b.p) && fresh
	}
	b.witness.next = time.Now()
	if b.witness.good.IsZero() {
		b.witness.good = b.witness.next
	}
	b.top = topmost{win: win, dirty: true, urgent: true}
	b.u.adopt(b.p)
	win.show()
	if b.frame == nil {
		b.frame = &frame{u: b.u}
	}
	b.frame.show(b.shared(), b.frameColour())
	win.raise()
	return nil
}

// monitor is where the bar is: the one that is shown, else the main one.
func (b *Bar) monitor() (image.Rectangle, error) {
	monitors, err := b.u.conn.monitors()
	if err != nil {
		return image.Rectangle{}, err
	}
	for _, m := range monitors {
		if !b.view.Shared.Empty() && b.view.Shared.Min.In(m) {
			return m, nil
		}
	}
	return monitors[0], nil
}

// shared is what the frame goes round.
func (b *Bar) shared() image.Rectangle {
	if !b.view.Shared.Empty() {
		return b.view.Shared
	}
	m, _ := b.monitor()
	return m
}

func (b *Bar) frameColour() rgb {
	switch {
	case b.view.Recording:
		return recording
	case b.view.Paused || b.view.Secret || !b.view.View:
		return rgb{0x9c, 0xa3, 0xaf}
	}
	return blue
}

// placeOn is where the bar belongs now: as wide as it wants and the monitor allows.
func (b *Bar) placeOn() (image.Rectangle, error) {
	m, err := b.monitor()
	if err != nil {
		return image.Rectangle{}, err
	}
	b.fitIn(m.Dx())
	scale := b.ts.scale
	widest := float64(m.Dx()) / scale
	w := min(b.wish(), widest)
	size := pixelSize(w, barH, scale)
	size.X = min(size.X, m.Dx())
	free := m.Dx() - size.X
	x := int(math.Round(b.centre*float64(m.Dx()))) - size.X/2
	x = min(max(x, 0), free)
	at := m.Min.Add(image.Pt(x, 0))
	return image.Rectangle{Min: at, Max: at.Add(size)}, nil
}

func (b *Bar) arrange() error {
	rect, err := b.placeOn()
	if err != nil {
		return err
	}
	if rect != b.p.win.rect {
		b.p.win.place(rect)
		b.top.placed()
	}
	b.frame.show(b.shared(), b.frameColour())
	b.p.win.raise()
	b.p.ts = b.ts
	b.p.resize()
	return nil
}

// note puts right what others did to the bar.
func (b *Bar) note(n notice) {
	if _, gone := b.top.note(n); gone {
		b.top.gone = true
	}
}

// tick looks whether the bar is seen, keeps the account of it, and moves the clock.
func (b *Bar) tick(now time.Time) (time.Time, error) {
	b.beat.Store(int64(now.Sub(b.born)))
	look, err := b.top.keep(now)
	if err != nil {
		return look, err
	}
	if b.top.gone {
		look = b.remake(now)
	}
	b.guard(now)
	attest := b.attest(now)
	b.beset(now)
	seen := b.top.seen && b.p.drawn && !b.top.gone && !b.witness.blind && b.plight.why == ""
	b.presence.update(now, seen || b.excused(now))
	if b.presence.lost() {
		b.lose("out of sight")
	}
	b.visible.Store(seen)
	if seen {
		b.announce()
	}
	b.report.tick(b, now)
	if !now.Before(b.minute) {
		b.minute = b.nextMinute(now)
		if b.longClock != (now.Sub(b.view.Started) >= time.Hour) {
			b.longClock = !b.longClock
			if err := b.arrange(); err != nil {
				return look, err
			}
		}
		if b.p.drawn && !b.p.stale {
			b.p.repaint(b.clock.pixels(b.p.cv.scale))
		}
	}
	b.showLevel()
	return earliest(look, attest, b.nextLevel(now), b.recover(now), b.presence.due(), b.report.until, b.minute, now.Add(heartbeat)), nil
}

// announce tells ShowBar, once, that the bar is on the screen.
func (b *Bar) announce() {
	select {
	case <-b.shown:
	default:
		close(b.shown)
	}
}

// remake makes the bar anew after another program destroyed it, not too often.
func (b *Bar) remake(now time.Time) time.Time {
	if due := b.remade.Add(raiseAgain); now.Before(due) {
		return due
	}
	b.remade = now
	b.u.drop(b.p)
	if b.open() != nil {
		b.lose("it cannot be shown again")
	}
	return now.Add(lookOdd)
}

// nextLevel is when the level is looked at again, ten times a second while both talk.
func (b *Bar) nextLevel(now time.Time) time.Time {
	if b.view.Voice {
		return now.Add(100 * time.Millisecond)
	}
	return now.Add(heartbeat)
}

func (b *Bar) nextMinute(now time.Time) time.Time {
	passed := now.Sub(b.view.Started)
	next := now.Add(time.Minute - passed%time.Minute)
	if passed < 0 || !next.After(now) {
		next = now.Add(time.Minute)
	}
	return next
}

// dragging is the bar held by a place that is no button.
type dragging struct {
	on   bool
	hand float64 // where the pointer took hold, on the screen
	left int     // where the bar was then
}

// dragged moves the bar along the top edge.
func (b *Bar) dragged(ev xievent) bool {
	switch {
	case ev.kind == xiButtonPress && ev.detail == 1 && b.p.at(ev.x, ev.y) == 0:
		b.grip = dragging{true, ev.rootX, b.p.win.rect.Min.X}
		return true
	case ev.kind == xiButtonRelease && ev.detail == 1 && b.grip.on:
		b.grip.on = false
		return true
	case ev.kind == xiMotion && b.grip.on:
		b.slide(b.grip.left + int(math.Round(ev.rootX-b.grip.hand)))
		return true
	}
	return false
}

// slide puts the bar's left end at x, as far as the monitor goes.
func (b *Bar) slide(x int) {
	m, err := b.monitor()
	r := b.p.win.rect
	x = min(max(x, m.Min.X), m.Max.X-r.Dx())
	if err != nil || x == r.Min.X {
		return
	}
	b.centre = float64(x-m.Min.X+r.Dx()/2) / float64(m.Dx())
	b.p.win.place(image.Rect(x, r.Min.Y, x+r.Dx(), r.Max.Y))
	b.top.touch()
}
