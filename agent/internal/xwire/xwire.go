//go:build linux

// Package xwire connects to the X server so that xgb never sees an event.
//
// Begin with Dial. Events go to the function given to OnEvent, raw; requests, replies
// and errors are xgb's.
package xwire

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/jezek/xgb"
)

// GenericEvent is the one kind of event that has a length of its own (Generic Event
// Extension).
const GenericEvent = 35

// The other kinds of messages of an X server, and the first error number that belongs
// to an extension. X11 protocol, "Connection Setup" and appendix B.
const (
	xError         = 0
	xReply         = 1
	xFirstExtError = 128
	// xImplementation is the core error that stands for every extension's.
	xImplementation = 17
	xMessage        = 32 // bytes of an error, an event, and of a reply's first part
)

// Wire is a connection to an X server that takes out all events before xgb sees them
// and hands them to OnEvent's function.
//
// Two things need it. xgb cannot read events longer than 32 bytes, as those of XInput 2
// are. And xgb decodes extension events through a map shared by all connections of the
// process, written whenever any of them initialises an extension and read without a
// lock; the agent has several connections, so that one that
// begins while others live must leave this map alone.
type Wire struct {
	net.Conn
	in      *bufio.Reader
	ready   bool // the setup answer is through
	through int  // bytes to pass on as they are
	onEvent atomic.Pointer[func(event []byte)]
}

// Dial connects to the display that name, or else DISPLAY, gives.
func Dial(name string) (*xgb.Conn, *Wire, error) {
	raw, addr, cookie, err := dial(name)
	if err != nil {
		return nil, nil, err
	}
	w := &Wire{Conn: raw, in: bufio.NewReaderSize(raw, 4096)}
	var conn *xgb.Conn
	if cookie != nil {
		conn, err = xgb.NewConnNetWithCookieHex(w, hex.EncodeToString(cookie))
	} else {
		conn, err = xgb.NewConnNet(w)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("cannot use the display: %w", err), raw.Close())
	}
	conn.DefaultScreen, conn.DisplayNumber = addr.screen, addr.number
	return conn, w, nil
}

// OnEvent has f called for each event, on the goroutine that reads. f must not wait nor
// keep the bytes. Until it is called events are lost.
func (w *Wire) OnEvent(f func(event []byte)) { w.onEvent.Store(&f) }

// DialRaw opens a connection to the display that name, or else DISPLAY, gives, without
// a word on it. The cookie is what the server may ask for; nil when there is none.
func DialRaw(name string) (conn net.Conn, cookie []byte, err error) {
	conn, _, cookie, err = dial(name)
	return conn, cookie, err
}

func dial(name string) (conn net.Conn, addr address, cookie []byte, err error) {
	if name == "" {
		name = os.Getenv("DISPLAY")
	}
	if addr, err = parseDisplay(name); err != nil {
		return nil, addr, nil, err
	}
	if conn, err = net.Dial(addr.network, addr.path); err != nil {
		return nil, addr, nil, fmt.Errorf("cannot reach display %s: %w", name, err)
	}
	return conn, addr, authority(addr.number), nil
}

// Read implements net.Conn for xgb, which asks for whole messages one after the other.
func (w *Wire) Read(p []byte) (int, error) {
	for w.through == 0 {
		if err := w.nextMessage(); err != nil {
			return 0, err
		}
	}
	n, err := w.in.Read(p[:min(len(p), w.through)])
	w.through -= n
	return n, err
}

// nextMessage looks at the head of the next message: an event is taken out, all else
// will be passed through.
func (w *Wire) nextMessage() error {
	if !w.ready {
		h, err := w.in.Peek(8)
		if err != nil {
			return err
		}
		w.ready, w.through = true, 8+4*int(binary.LittleEndian.Uint16(h[6:]))
		return nil
	}
	h, err := w.in.Peek(xMessage)
	if err != nil {
		return err
	}
	more := 4 * int(binary.LittleEndian.Uint32(h[4:]))
	switch h[0] {
	case xError:
		if h[1] >= xFirstExtError {
			h[1] = xImplementation // xgb never answers an error that it cannot name
		}
		w.through = xMessage
		return nil
	case xReply:
		w.through = xMessage + more
		return nil
	}
	if f := w.onEvent.Load(); f != nil {
		(*f)(h)
	}
	size := xMessage
	if h[0]&^0x80 == GenericEvent {
		size += more
	}
	_, err = w.in.Discard(size)
	return err
}

// address is a parsed DISPLAY.
type address struct {
	network, path  string
	number, screen int
}

// parseDisplay reads "host:number.screen", X(7), "DISPLAY NAMES".
func parseDisplay(name string) (address, error) {
	if name == "" {
		return address{}, errors.New("no display: DISPLAY is not set")
	}
	bad := fmt.Errorf("bad display name %q", name)
	colon := strings.LastIndex(name, ":")
	if colon < 0 {
		return address{}, bad
	}
	host, rest := name[:colon], name[colon+1:]
	digits, screen, hasScreen := strings.Cut(rest, ".")
	var a address
	var err error
	if a.number, err = strconv.Atoi(digits); err != nil || a.number < 0 {
		return address{}, bad
	}
	if hasScreen {
		if a.screen, err = strconv.Atoi(screen); err != nil || a.screen < 0 {
			return address{}, bad
		}
	}
	switch {
	case host == "" || host == "unix":
		a.network, a.path = "unix", "/tmp/.X11-unix/X"+digits
	case strings.HasPrefix(host, "/"):
		a.network, a.path = "unix", name
	default:
		a.network, a.path = "tcp", net.JoinHostPort(strings.TrimPrefix(host, "tcp/"), strconv.Itoa(6000+a.number))
	}
	return a, nil
}

// authority finds the MIT-MAGIC-COOKIE-1 for a display in the user's authority file;
// nil when there is none. Xsecurity(7); the format is that of XauFileName(3).
func authority(number int) []byte {
	path := os.Getenv("XAUTHORITY")
	if path == "" {
		path = os.Getenv("HOME") + "/.Xauthority"
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	want, ok := strconv.Itoa(number), true
	for len(data) >= 2 {
		data = data[2:] // the family; a cookie of any family opens the same server
		var field [4]string
		for i := range field {
			if field[i], data, ok = authorityField(data); !ok {
				return nil
			}
		}
		display, method, cookie := field[1], field[2], field[3]
		if (display == want || display == "") && method == "MIT-MAGIC-COOKIE-1" && len(cookie) == 16 {
			return []byte(cookie)
		}
	}
	return nil
}

// authorityField reads one counted string, big endian as the file always is.
func authorityField(data []byte) (field string, rest []byte, ok bool) {
	if len(data) < 2 {
		return "", nil, false
	}
	n := int(binary.BigEndian.Uint16(data))
	if len(data) < 2+n {
		return "", nil, false
	}
	return string(data[2 : 2+n]), data[2+n:], true
}
