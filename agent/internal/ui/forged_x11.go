package ui

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// XTEST can be asked to press in the name of any device, the user's own mouse among them
// (XTestFakeDeviceButtonEvent): the events that come of it cannot be told from a person's. The
// request can: the server's RECORD extension hands it on before it is carried out. A program
// that makes one ends the session, and nothing that is pressed counts from then on. THREAT 1.
//
// RECORD wants a connection of its own. Nobody reads it all the time: the loop takes what has
// come when it is due, and before it believes a press that gives something. What the server
// knows it has sent by the time it answers another request.
type testimony struct {
	conn    net.Conn
	record  byte // major opcodes
	xtest   byte
	context uint32

	unread []byte
	forged bool // a program pressed in the name of a device
	broken bool // it was taken away, or changed, by another program
}

// Requests of RECORD (record.xml of the X.Org xcb-proto package) and of XTEST.
const (
	recordCreate     = 1
	recordRegister   = 2
	recordEnable     = 5
	recordFree       = 7
	recordFromClient = 1 // category of a reply
	recordBegins     = 4
	recordEnds       = 5
	xtestFakeInput   = 2
)

// firstDeviceEvent is the first number of events of extensions: XTEST's core ones, which its
// own devices make, are below.
const firstDeviceEvent = 64

// testifyWithin is how long the server may take to begin.
const testifyWithin = 5 * time.Second

// testify begins to listen for what is pressed in the name of devices. It returns nil where
// the server cannot press so, or has no RECORD extension.
func (c *xconn) testify(d displayName) (*testimony, error) {
	xtest, record := c.enter("XTEST"), c.enter("RECORD")
	if xtest == nil || record == nil {
		return nil, nil
	}
	id, err := c.x.NewId()
	if err != nil {
		return nil, err
	}
	t := &testimony{record: record.MajorOpcode, xtest: xtest.MajorOpcode, context: id}
	const allClients, nothingMore = 3, 0
	r := newRequest(t.record, recordCreate).u32(id).u32(nothingMore).u32(1).u32(2).u32(allClients)
	t.span(r, t.xtest, xtestFakeInput, xtestFakeInput)
	t.span(r, t.record, recordRegister, recordFree) // who touches the watch itself
	c.send(r)
	if t.conn, err = d.dial(); err != nil {
		return nil, err
	}
	if err := t.begin(d.cookie(), c); err != nil {
		_ = t.conn.Close()
		return nil, fmt.Errorf("record: %w", err)
	}
	return t, nil
}

// span adds a RECORDRANGE of an extension's requests.
func (t *testimony) span(r *request, major byte, from, to uint16) {
	r.u16(0).u16(0).u8(major).u8(major).u16(from).u16(to) // core requests, replies; requests of extensions
	r.u16(0).u32(0)                                       // their replies
	r.u16(0).u16(0).u16(0).u16(0)                         // events, errors, clients that come and go
}

// begin signs in and waits until the server says that it has begun.
func (t *testimony) begin(cookie string, c *xconn) error {
	_ = t.conn.SetDeadline(time.Now().Add(testifyWithin))
	if err := signIn(t.conn, cookie); err != nil {
		return err
	}
	if err := c.sync(); err != nil { // the context is there
		return err
	}
	if _, err := t.conn.Write(newRequest(t.record, recordEnable).u32(t.context).bytes()); err != nil {
		return err
	}
	first := make([]byte, 32)
	if _, err := io.ReadFull(t.conn, first); err != nil {
		return err
	}
	if first[0] != 1 || first[1] != recordBegins {
		return errors.New("refused")
	}
	return t.conn.SetDeadline(time.Time{})
}

// signIn sets a connection up and reads what the server says of itself.
func signIn(conn net.Conn, cookie string) error {
	const name = "MIT-MAGIC-COOKIE-1"
	secret, err := hex.DecodeString(cookie)
	if err != nil {
		return err
	}
	said := name
	if len(secret) == 0 {
		said = ""
	}
	le := binary.LittleEndian
	b := append(le.AppendUint16([]byte{'l', 0}, 11), 0, 0)
	b = le.AppendUint16(le.AppendUint16(b, uint16(len(said))), uint16(len(secret)))
	b = padded(append(padded(append(append(b, 0, 0), said...)), secret...))
	if _, err := conn.Write(b); err != nil {
		return err
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(conn, head); err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, conn, 4*int64(le.Uint16(head[6:]))); err != nil {
		return err
	}
	if head[0] != 1 {
		return errors.New("the server does not let us in")
	}
	return nil
}

func padded(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// take reads what has come, without waiting for more, and reports whether all is well.
func (t *testimony) take() bool {
	if t == nil {
		return true
	}
	raw, err := t.conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.broken = true
		return false
	}
	b := make([]byte, 1<<14)
	for more := !t.broken; more; {
		var n int
		var failed error
		err := raw.Read(func(fd uintptr) bool {
			n, failed = syscall.Read(int(fd), b)
			return true
		})
		switch {
		case err != nil, failed == nil && n == 0:
			t.broken, more = true, false
		case failed == syscall.EINTR:
		case failed == syscall.EAGAIN:
			more = false
		case failed != nil:
			t.broken, more = true, false
		default:
			t.hear(b[:n])
		}
	}
	return !t.forged && !t.broken
}

// hear takes the server's bytes, in whatever pieces they come.
func (t *testimony) hear(b []byte) {
	t.unread = append(t.unread, b...)
	for len(t.unread) >= 32 {
		size := 32
		if t.unread[0] == 1 {
			size += 4 * int(binary.LittleEndian.Uint32(t.unread[4:]))
		}
		switch {
		case size > maxMessage || t.unread[0] == 0 || t.unread[0] == 1 && t.unread[1] == recordEnds:
			t.broken, t.unread = true, nil
			return
		case len(t.unread) < size:
			return
		case t.unread[0] == 1 && t.unread[1] == recordFromClient:
			t.judge(t.unread[32:size], t.unread[9] != 0)
		}
		t.unread = t.unread[size:]
	}
}

// judge looks at requests of one program, which come one behind the other. A longer form
// than they need is nothing that anybody honest sends.
func (t *testimony) judge(requests []byte, swapped bool) {
	var order binary.ByteOrder = binary.LittleEndian
	if swapped {
		order = binary.BigEndian
	}
	for len(requests) >= 8 {
		size := 4 * int(order.Uint16(requests[2:]))
		switch major, minor := requests[0], requests[1]; {
		case size < 8 || size > len(requests):
			t.forged = true
			return
		case major == t.xtest && minor == xtestFakeInput:
			t.forged = t.forged || requests[4]&0x7f >= firstDeviceEvent
		case major == t.record:
			t.broken = t.broken || order.Uint32(requests[4:]) == t.context
		}
		requests = requests[size:]
	}
}

// honest reports whether what the user's devices did until now was all done by a person. It
// waits until the server has told everything. Where the user lets programs press anyway there
// is nothing to find out.
func (c *xconn) honest() bool {
	t := c.testimony
	switch {
	case t == nil || c.synthetic:
		return true
	case t.forged: // a storm of them is not to be looked at one by one
		return false
	}
	return c.sync() == nil && t.take()
}

// attested begins a session: what was pressed before it is over. A watch that was taken away
// is begun anew.
func (c *xconn) attested() error {
	t := c.testimony
	if t == nil || t.take() || !t.broken {
		if t != nil {
			t.forged = false
		}
		return nil
	}
	_ = t.conn.Close()
	c.send(newRequest(t.record, recordFree).u32(t.context))
	fresh, err := c.testify(c.display)
	if err == nil {
		c.testimony = fresh
	}
	return err
}
