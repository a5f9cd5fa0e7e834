package ui

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"
)

// xconn is one connection to an X server.
//
// xgb sends the requests and matches the replies, but it cannot read the long
// events of XInput 2 and hides which events another program made with SendEvent.
// So the bytes from the server pass through a tap: replies and errors go on to xgb,
// events stay here, whole and in their order.
type xconn struct {
	x      *xgb.Conn
	raw    net.Conn
	events *eventQueue
	done   sync.WaitGroup

	screen *xproto.ScreenInfo
	root   xproto.Window
	base   uint32 // ids of our own windows: id &^ mask == base
	mask   uint32
	gc     xproto.Gcontext
	free   map[xproto.Window]*window // ours that no window manager places
	cursor xproto.Cursor
	format pixelFormat

	atoms      map[string]xproto.Atom
	shapeEvent byte // number of ShapeNotify, 0 without the extension
	randrEvent byte // number of RRScreenChangeNotify, 0 without the extension
	randr      byte // major opcode of RANDR
	xinput     byte // major opcode of XInput
	devices    deviceTable
	keys       keyTable
	monitored  bool                // Xinerama tells of several monitors
	late       func()              // called when the server does not answer in time; nil is nobody
	synthetic  bool                // programs may press too: the user chose so for accessibility's sake
	ramped     map[randr.Crtc]bool // whether a monitor's table of colours told black from white when it was first seen
	composited bool                // a compositing manager paints what the screen shows
	fixes      bool                // XFIXES tells what the pointer looks like
	display    displayName
	testimony  *testimony // nil where the server has none
}

// dialX connects and prepares everything that all windows share.
func dialX(display string) (*xconn, error) {
	d, err := parseDisplay(display)
	if err != nil {
		return nil, err
	}
	raw, err := d.dial()
	if err != nil {
		return nil, err
	}
	c := &xconn{raw: raw, events: newEventQueue(), atoms: map[string]xproto.Atom{}, free: map[xproto.Window]*window{}, ramped: map[randr.Crtc]bool{}, display: d}
	if err := c.start(d); err != nil {
		c.close()
		return nil, err
	}
	if c.testimony, err = c.testify(d); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *xconn) start(d displayName) error {
	replies, feed := io.Pipe()
	c.done.Add(1)
	go func() {
		defer c.done.Done()
		err := tap(bufio.NewReaderSize(c.raw, 1<<14), feed, c.events)
		_ = feed.CloseWithError(err)
		c.events.close()
	}()
	tapped := &tappedConn{Conn: c.raw, replies: replies}
	x, err := connectX(tapped, d.cookie())
	if err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	c.x = x
	c.done.Add(1)
	go func() {
		defer c.done.Done()
		for {
			// Errors of unchecked requests: windows that went away meanwhile.
			if ev, xerr := x.WaitForEvent(); ev == nil && xerr == nil {
				return
			}
		}
	}()
	return c.prepare(d.screen)
}

func connectX(conn net.Conn, cookie string) (*xgb.Conn, error) {
	if cookie == "" {
		return xgb.NewConnNet(conn)
	}
	return xgb.NewConnNetWithCookieHex(conn, cookie)
}

func (c *xconn) prepare(screen int) error {
	setup := xproto.Setup(c.x)
	if screen >= len(setup.Roots) {
		return fmt.Errorf("no screen %d", screen)
	}
	c.screen = &setup.Roots[screen]
	c.root, c.base, c.mask = c.screen.Root, setup.ResourceIdBase, setup.ResourceIdMask
	format, err := formatOf(setup, c.screen)
	if err != nil {
		return err
	}
	c.format = format
	if err := c.extensions(); err != nil {
		return err
	}
	gc, err := xproto.NewGcontextId(c.x)
	if err != nil {
		return err
	}
	c.gc = gc
	xproto.CreateGC(c.x, gc, xproto.Drawable(c.root), 0, nil)
	c.cursor = c.arrow()
	c.keys, err = c.readKeys(setup)
	if err != nil {
		return err
	}
	c.watchRoot()
	return nil
}

// extensions finds what we use. XInput 2 is a must: without it nobody can tell the
// user's own mouse from an injected one.
func (c *xconn) extensions() error {
	if err := c.openXInput(); err != nil {
		return err
	}
	if r := c.enter("SHAPE"); r != nil {
		c.shapeEvent = r.FirstEvent
	}
	if r := c.enter("RANDR"); r != nil {
		c.randrEvent, c.randr = r.FirstEvent, r.MajorOpcode
		c.selectRandr(r.MajorOpcode)
	}
	c.monitored = c.enter("XINERAMA") != nil // else the whole screen is one monitor
	c.fixes = c.enter("XFIXES") != nil && c.agreeFixes()
	return nil
}

// enter makes an extension usable, and returns nil without it. Init of its package does
// more than is needed: it also writes to a map that all connections of the process read.
func (c *xconn) enter(name string) *xproto.QueryExtensionReply {
	r, err := xproto.QueryExtension(c.x, uint16(len(name)), name).Reply()
	if err != nil || !r.Present {
		return nil
	}
	c.x.ExtLock.Lock()
	defer c.x.ExtLock.Unlock()
	c.x.Extensions[name] = r.MajorOpcode
	return r
}

// selectRandr asks for RRScreenChangeNotify (minor 4, mask 1) after the version
// handshake (minor 0) that servers want first.
func (c *xconn) selectRandr(major byte) {
	version := newRequest(major, 0)
	version.u32(1).u32(5)
	if _, err := c.call(version); err != nil {
		return
	}
	c.send(newRequest(major, 4).u32(uint32(c.root)).u16(1 | 2).u16(0))
}

// watchRoot asks for changes of the windows' order, the screen's size and the
// settings.
func (c *xconn) watchRoot() {
	xproto.ChangeWindowAttributes(c.x, c.root, xproto.CwEventMask, []uint32{
		xproto.EventMaskSubstructureNotify | xproto.EventMaskStructureNotify | xproto.EventMaskPropertyChange,
	})
}

// arrow is the ordinary pointer; override-redirect windows inherit the root's
// cross otherwise.
func (c *xconn) arrow() xproto.Cursor {
	const leftPtr = 68 // in the standard cursor font
	font, err := xproto.NewFontId(c.x)
	if err != nil {
		return 0
	}
	cur, err := xproto.NewCursorId(c.x)
	if err != nil {
		return 0
	}
	if xproto.OpenFontChecked(c.x, font, 6, "cursor").Check() != nil {
		return 0
	}
	defer xproto.CloseFont(c.x, font)
	white := uint16(0xffff)
	if xproto.CreateGlyphCursorChecked(c.x, cur, font, font, leftPtr, leftPtr+1,
		0, 0, 0, white, white, white).Check() != nil {
		return 0
	}
	return cur
}

func (c *xconn) atom(name string) xproto.Atom {
	if a, ok := c.atoms[name]; ok {
		return a
	}
	r, err := xproto.InternAtom(c.x, false, uint16(len(name)), name).Reply()
	if err != nil {
		return 0
	}
	c.atoms[name] = r.Atom
	return r.Atom
}

// expect calls late unless the returned function is called in time: another program may
// have frozen the server to do something unseen.
func (c *xconn) expect() (answered func()) {
	late := c.late
	if late == nil {
		return func() {}
	}
	began := time.Now()
	var heard atomic.Bool
	timer := time.AfterFunc(answerWithin, func() { overdue(time.Since(began), &heard, late) })
	return func() {
		heard.Store(true)
		timer.Stop()
	}
}

// overdue tells of a server that was waited for in vain. Where this program stood still
// itself the answer may be there already, and has a moment to be read.
func overdue(waited time.Duration, heard *atomic.Bool, late func()) {
	if !stoodStill(waited) {
		late()
		return
	}
	time.AfterFunc(answerWithin/4, func() {
		if !heard.Load() {
			late()
		}
	})
}

// stoodStill reports whether it was this program that did nothing for a while, and not the
// server: a timer that fires long after its time. The answer may be there already, and
// nobody has looked.
func stoodStill(waited time.Duration) bool { return waited > answerWithin+answerWithin/4 }

// sync waits until the server has done everything sent so far.
func (c *xconn) sync() error {
	defer c.expect()()
	_, err := xproto.GetInputFocus(c.x).Reply()
	return err
}

// goodbye bounds the wait for a server that does not answer any more.
const goodbye = time.Second

// close disconnects and waits for the readers.
func (c *xconn) close() {
	_ = c.raw.SetDeadline(time.Now().Add(goodbye))
	if c.testimony != nil {
		_ = c.testimony.conn.Close()
	}
	if c.x == nil {
		_ = c.raw.Close()
	} else {
		c.x.Close()
	}
	c.done.Wait()
}

// tappedConn gives xgb the replies only.
type tappedConn struct {
	net.Conn
	replies *io.PipeReader
}

func (t *tappedConn) Read(b []byte) (int, error) { return t.replies.Read(b) }

// Close ends both directions; the tap then ends too.
func (t *tappedConn) Close() error {
	_ = t.replies.Close()
	return t.Conn.Close()
}

// maxMessage bounds one reply or event; the server is the user's own, a larger
// length means that we lost the frame.
const maxMessage = 64 << 20

// firstExtError is the first error number that belongs to an extension (X11 protocol,
// appendix B). xgb never answers a request that failed with one that it cannot name: a device
// that is gone when it is asked about would hold up the loop for ever.
const firstExtError = 128

// tap splits the server's bytes after the set-up: messages of 32 bytes, replies (1)
// and generic events (35) longer by the count of words at byte 4.
func tap(r io.Reader, replies io.Writer, events *eventQueue) error {
	if err := tapSetup(r, replies); err != nil {
		return err
	}
	for {
		b := make([]byte, 32)
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		kind := b[0]
		if kind == 1 || kind&0x7f == xproto.GeGeneric {
			n := int(binary.LittleEndian.Uint32(b[4:])) * 4
			if n > maxMessage {
				return errors.New("message too long")
			}
			b = append(b, make([]byte, n)...)
			if _, err := io.ReadFull(r, b[32:]); err != nil {
				return err
			}
		}
		if kind == 0 && b[1] >= firstExtError {
			b[1] = xproto.BadImplementation
		}
		if kind <= 1 {
			if _, err := replies.Write(b); err != nil {
				return err
			}
			continue
		}
		if !events.put(b) {
			return errors.New("too many events waiting")
		}
	}
}

func tapSetup(r io.Reader, replies io.Writer) error {
	head := make([]byte, 8)
	if _, err := io.ReadFull(r, head); err != nil {
		return err
	}
	body := make([]byte, int(binary.LittleEndian.Uint16(head[6:]))*4)
	if _, err := io.ReadFull(r, body); err != nil {
		return err
	}
	_, err := replies.Write(append(head, body...))
	return err
}

// maxQueued bounds the events that wait; nobody honest makes so many.
const maxQueued = 1 << 16

// eventQueue holds events between the tap and the loop. It never blocks the tap:
// the loop may be waiting for a reply that comes after them.
type eventQueue struct {
	ready chan struct{} // holds one token while events wait
	gone  chan struct{} // closed when no more will come

	mu    sync.Mutex
	items [][]byte
}

func newEventQueue() *eventQueue {
	return &eventQueue{ready: make(chan struct{}, 1), gone: make(chan struct{})}
}

func (q *eventQueue) put(b []byte) bool {
	q.mu.Lock()
	q.items = append(q.items, b)
	ok := len(q.items) <= maxQueued
	q.mu.Unlock()
	select {
	case q.ready <- struct{}{}:
	default:
	}
	return ok
}

// mostTaken is how many events the loop takes at once: what is due, and what others want of
// it, comes in between when a program makes a storm of them.
const mostTaken = 64

// take returns the next events, at most most of them. While more wait there is a token for
// them.
func (q *eventQueue) take(most int) [][]byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.items), most)
	items := q.items[:n:n]
	q.items = q.items[n:]
	if len(q.items) == 0 {
		q.items = nil
		return items
	}
	select {
	case q.ready <- struct{}{}:
	default:
	}
	return items
}

func (q *eventQueue) close() { close(q.gone) }
