package ui

import (
	"context"
	"encoding/binary"
	"errors"
	"image"
	"time"

	"github.com/jezek/xgb/xproto"
)

// loop is what Run's goroutine owns.
type loop struct {
	ts      *typesetter
	panels  map[xproto.Window]*panel
	pending []Action

	look     appearance
	start    *startWindow
	question *questionWindow
	here     *hereWindow
	chooser  *chooserWindow
	side     *sideWindow
	bar      *Bar
	tray     *tray // as long as the bar
	over     *overWindow
	hotkeys  []hotkey // none without a bar
	hands    hands
	reader   reader
	offer    offer
	listens  uint32 // raw events
	moved    uint32 // when one of the user's devices last made a motion, server's time
	pressing pressing
}

func (l *loop) init(c *xconn) {
	l.ts = newTypesetter(c.scale())
	l.panels = map[xproto.Window]*panel{}
}

// part is a window as the loop sees it.
type part interface {
	// tick does what is due and says when it is due next; zero is never.
	tick(now time.Time) (time.Time, error)
	// note is told what the server reports about one of its windows.
	note(n notice)
	// arrange lays the window out again after the screen or its scale changed.
	arrange() error
}

// parts lists the windows that are there, the lowest first.
func (l *loop) parts() []part {
	var list []part
	if l.start != nil {
		list = append(list, l.start)
	}
	if l.over != nil {
		list = append(list, l.over)
	}
	if l.side.p != nil {
		list = append(list, l.side)
	}
	if l.tray != nil {
		list = append(list, l.tray)
	}
	if l.bar != nil {
		list = append(list, l.bar)
	}
	if l.here != nil {
		list = append(list, l.here)
	}
	if l.chooser != nil {
		list = append(list, l.chooser)
	}
	if l.question != nil {
		list = append(list, l.question)
	}
	return list
}

// Run draws and handles events until ctx ends or Close. It returns an error when
// the connection to the screen was lost. It may be called once.
func (u *UI) Run(ctx context.Context) error {
	if !u.started.CompareAndSwap(false, true) {
		return errors.New("ui: Run called twice or after Close")
	}
	err := u.run(ctx)
	u.teardown()
	return err
}

func (u *UI) run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next, err := u.step(time.Now())
		if err != nil {
			return err
		}
		rest := time.Hour
		if !next.IsZero() {
			rest = time.Until(next)
		}
		timer.Reset(max(rest, 0))
		actions, action := u.nextAction()
		select {
		case <-ctx.Done():
			return nil
		case <-u.closing:
			return nil
		case <-u.conn.events.gone:
			return errClosed
		case f := <-u.calls:
			f()
		case actions <- action:
			u.loop.pending = u.loop.pending[1:]
		case <-u.conn.events.ready:
			for _, b := range u.conn.events.take(mostTaken) {
				u.dispatch(b)
			}
		case <-timer.C:
		}
	}
}

// listen asks for the raw events that are needed now.
func (u *UI) listen() {
	l := &u.loop
	gives := l.question != nil || l.here != nil || l.chooser != nil || l.start != nil || l.side.p != nil || l.bar != nil && l.bar.shows()
	reads := l.over != nil && u.follow != nil // what a page says of the session takes the user's hand
	if mask := rawMask(l.hotkeys != nil || reads, gives); mask != l.listens {
		u.conn.selectXI(u.conn.root, xiAllMasterDevices, mask)
		l.listens = mask
	}
}

// step does everything that is due and returns when something is next.
func (u *UI) step(now time.Time) (next time.Time, err error) {
	u.listen()
	for _, p := range u.loop.parts() {
		due, err := p.tick(now)
		if err != nil {
			return next, err
		}
		if !due.IsZero() && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	for _, p := range u.loop.panels {
		if p.stale && p.win.mapped {
			p.refresh()
		}
	}
	u.tellPage()
	return next, nil
}

// teardown leaves nothing behind and tells everyone who waits.
func (u *UI) teardown() {
	if b := u.loop.bar; b != nil {
		b.lose("the connection to the screen has ended")
	}
	close(u.dead)
	u.conn.close()
}

func (u *UI) nextAction() (chan<- Action, Action) {
	if len(u.loop.pending) == 0 {
		return nil, 0
	}
	return u.actions, u.loop.pending[0]
}

// emit queues an action; none is ever dropped.
func (u *UI) emit(a Action) { u.loop.pending = append(u.loop.pending, a) }

// noticeKind is what the server reports about a window.
type noticeKind uint8

const (
	noticeMapped noticeKind = iota + 1
	noticeUnmapped
	noticeDestroyed
	noticeReparented
	noticeMoved
	noticeHidden // some of it is out of sight
	noticeStack  // other windows came, went or moved
	noticeShaped
	noticeProperty
	noticeIntruded // another program put a window into it
	noticeClose    // the window manager asks to close
	noticeTray     // there is a notification area now
)

// notice is one report.
type notice struct {
	kind   noticeKind
	window xproto.Window
	rect   image.Rectangle // noticeMoved
	atom   xproto.Atom     // noticeProperty
}

// sentByProgram marks events that a program made up with SendEvent.
const sentByProgram = 0x80

// dispatch hands one raw event to where it belongs.
func (u *UI) dispatch(b []byte) {
	kind := b[0]
	if kind&sentByProgram != 0 {
		// Only the window manager's request to close is made so; nothing that a
		// program makes up counts as the user's or the server's word.
		if kind&^sentByProgram == xproto.ClientMessage {
			u.clientMessage(b)
		}
		return
	}
	le := binary.LittleEndian
	switch {
	case kind == xproto.GeGeneric && b[1] == u.conn.xinput:
		u.dispatchInput(b)
	case kind == xproto.Expose:
		r := image.Rect(0, 0, int(le.Uint16(b[12:])), int(le.Uint16(b[14:]))).
			Add(image.Pt(int(le.Uint16(b[8:])), int(le.Uint16(b[10:]))))
		if p := u.loop.panels[xproto.Window(le.Uint32(b[4:]))]; p != nil {
			p.expose(r)
		}
	case kind == xproto.SelectionRequest || kind == xproto.SelectionClear:
		u.dispatchOffer(b)
	case kind == xproto.MappingNotify:
		if b[4] == xproto.MappingPointer {
			u.bent(time.Now())
		}
		u.remap()
	case u.conn.randrEvent != 0 && kind == u.conn.randrEvent:
		u.rearrange()
	default:
		u.dispatchWindow(b)
	}
}

// dispatchWindow handles the events of windows' structure.
func (u *UI) dispatchWindow(b []byte) {
	le := binary.LittleEndian
	event, window := xproto.Window(le.Uint32(b[4:])), xproto.Window(le.Uint32(b[8:]))
	n := notice{window: event}
	if b[0] >= xproto.CreateNotify && b[0] <= xproto.CirculateNotify && event != window && event != u.conn.root {
		n.kind = noticeIntruded
		u.deliver(n, event, window)
		return
	}
	switch b[0] {
	case xproto.MapNotify:
		n.kind = noticeMapped
	case xproto.UnmapNotify:
		n.kind = noticeUnmapped
	case xproto.DestroyNotify:
		n.kind = noticeDestroyed
	case xproto.ReparentNotify:
		n.kind = noticeReparented
	case xproto.ConfigureNotify:
		n.kind = noticeMoved
		at := image.Pt(int(int16(le.Uint16(b[16:]))), int(int16(le.Uint16(b[18:]))))
		n.rect = image.Rect(0, 0, int(le.Uint16(b[20:])), int(le.Uint16(b[22:]))).Add(at)
	case xproto.VisibilityNotify:
		if b[8] == xproto.VisibilityUnobscured {
			return
		}
		n.kind = noticeHidden
	case xproto.PropertyNotify:
		n.kind, n.atom = noticeProperty, xproto.Atom(window)
	case xproto.CreateNotify, xproto.CirculateNotify, xproto.GravityNotify:
		n.kind = noticeStack
	default:
		if u.conn.shapeEvent == 0 || b[0] != u.conn.shapeEvent {
			return
		}
		n.kind = noticeShaped
	}
	u.deliver(n, event, window)
}

// deliver tells the window's part, or all of them what happened on the root.
func (u *UI) deliver(n notice, event, window xproto.Window) {
	if event == u.conn.root {
		switch {
		case n.kind == noticeProperty:
			switch n.atom {
			case xproto.AtomResourceManager:
				u.rearrange()
			case u.conn.atom(hasTerminal):
				if u.loop.bar != nil {
					u.loop.bar.guarded.next = time.Time{}
				}
			}
			return
		case window == u.conn.root:
			u.rearrange()
			return
		}
		n = notice{kind: noticeStack}
	}
	if p := u.loop.panels[n.window]; p != nil {
		switch n.kind {
		case noticeMapped:
			p.win.mapped, p.stale = true, true
		case noticeUnmapped, noticeDestroyed:
			p.win.mapped, p.drawn = false, false
		case noticeReparented:
			u.findFrames()
		}
	}
	for _, p := range u.loop.parts() {
		p.note(n)
	}
}

// clientMessage understands WM_DELETE_WINDOW, and that a notification area has come
// (MANAGER, ICCCM 2.8), and nothing else.
func (u *UI) clientMessage(b []byte) {
	le := binary.LittleEndian
	window := xproto.Window(le.Uint32(b[4:]))
	kind, what := xproto.Atom(le.Uint32(b[8:])), xproto.Atom(le.Uint32(b[12:]))
	if kind == u.conn.atom("MANAGER") && xproto.Atom(le.Uint32(b[16:])) == u.conn.atom("_NET_SYSTEM_TRAY_S0") && u.loop.tray != nil {
		u.loop.tray.note(notice{kind: noticeTray})
		return
	}
	if kind != u.conn.atom("WM_PROTOCOLS") || what != u.conn.atom("WM_DELETE_WINDOW") {
		return
	}
	for _, p := range u.loop.parts() {
		p.note(notice{kind: noticeClose, window: window})
	}
}

// dispatchInput passes on what a person did; what a program injected ends here.
func (u *UI) dispatchInput(b []byte) {
	switch binary.LittleEndian.Uint16(b[8:]) {
	case xiHierarchyChanged:
		u.conn.devices.forget()
		u.conn.greet()
		u.loop.hands = hands{}
		return
	case xiPropertyChanged:
		u.deviceChanged(b)
		return
	case xiRawKeyPress, xiRawKeyRelease:
		u.rawKey(b)
		return
	case xiRawButton:
		u.rawButton(b)
		return
	case xiRawMotion, xiRawTouchBegin, xiRawTouchBegin + 1, xiRawTouchEnd:
		if ev, ok := parseRaw(b); ok && u.conn.real(ev.source) {
			u.loop.moved = ev.time
		}
		return
	}
	ev, ok := parseXI(b)
	if ok && ev.kind == xiLeave && u.loop.panels[ev.window] != nil {
		// Whoever led it away, or if the window itself moved: what is explained where the pointer
		// no longer is would stand over the buttons.
		u.loop.panels[ev.window].set(func(s *pointerState) { s.hover = 0 })
	}
	if !ok || !u.conn.own(ev.source) {
		return
	}
	if ev.kind == xiKeyPress && !u.held(&ev) {
		return
	}
	now := time.Now()
	ev.moved = ev.time == u.loop.moved || !u.conn.real(ev.source)
	if ev.kind == xiButtonPress {
		now = u.confirm(&ev, now)
	}
	if ev.kind == xiButtonPress && ev.detail == 1 && u.loop.bar != nil {
		u.loop.bar.robbed.arrived(ev.time)
	}
	if p := u.loop.panels[ev.window]; p != nil {
		p.input(ev, u.conn.keys, now)
	}
}

// remap reads the keyboard again after its layout changed, but for a session's time: a
// program that makes the letter under the user's finger mean Tab and the next one Space
// would have them answer while they write. THREAT 1.
func (u *UI) remap() {
	if u.loop.bar != nil {
		return
	}
	if keys, err := u.conn.readKeys(xproto.Setup(u.conn.x)); err == nil {
		u.conn.keys = keys
	}
}

// rearrange lays all windows out again: the screen or its scale has changed.
func (u *UI) rearrange() {
	if s := u.scale(); s != u.loop.ts.scale {
		u.loop.ts.rescale(s)
	}
	for _, p := range u.loop.parts() {
		// A window that cannot be laid out shows itself by not being seen.
		_ = p.arrange()
	}
}

// findFrames remembers the window managers' frames around our windows.
func (u *UI) findFrames() {
	frames := map[uint32]struct{}{}
	for _, p := range u.loop.panels {
		if p.win.free {
			continue
		}
		for _, id := range p.win.frames() {
			frames[id] = struct{}{}
		}
	}
	u.framing.Store(&frames)
}

// adopt adds a panel to the loop.
func (u *UI) adopt(p *panel) {
	u.loop.panels[p.win.id] = p
	p.resize()
}

// drop takes a panel and its window away.
func (u *UI) drop(p *panel) {
	delete(u.loop.panels, p.win.id)
	p.win.destroy()
	u.findFrames()
}
