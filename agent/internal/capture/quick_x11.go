//go:build linux

package capture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"net"

	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"beside/agent/internal/xwire"
)

// The requests of a grab, by minor or major opcode, and the answers. X11 protocol; damageproto 1.1 and
// fixesproto 5.0.
const (
	xCopyArea        = 62
	xQueryPointer    = 38
	xQueryExtVersion = 0
	damageSubtract   = 3
	fixesFetchRegion = 19
	fixesGCClip      = 20

	xError   = 0
	xReply   = 1
	xMessage = 32 // bytes of an error, an event, and of a reply's first part
)

// quick is a connection for the requests of a grab alone. xgb makes some thirty things
// in memory for them and hands each between three goroutines; here one write sends them
// all, one goroutine waits, and the answers go to the same memory each time. What the
// requests name (damage, regions, pixmaps) was made on the screen's other connection,
// which the server does not mind.
type quick struct {
	conn          net.Conn
	in            *bufio.Reader
	damage, fixes byte // major opcodes
	root          xproto.Window
	canvas        uint32 // what pictures are copied from: the root, or a stage
	lenient       bool   // a window that went before it could be copied is no error

	out   []byte
	head  [xMessage]byte
	rects []byte
}

// openQuick connects. Extensions answer a client only once it has asked for their version.
func openQuick(ext extensions, root xproto.Window) (*quick, error) {
	raw, cookie, err := xwire.DialRaw("")
	if err != nil {
		return nil, err
	}
	q := &quick{conn: raw, in: bufio.NewReaderSize(raw, 4096), damage: ext.damage, fixes: ext.fixes, root: root, canvas: uint32(root)}
	if err := q.setUp(cookie); err != nil {
		return nil, errors.Join(fmt.Errorf("second connection: %w", err), raw.Close())
	}
	return q, nil
}

// setUp introduces the client. X11 protocol, "Connection Setup".
func (q *quick) setUp(cookie []byte) error {
	const method = "MIT-MAGIC-COOKIE-1"
	hello := []byte{'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	if cookie != nil {
		hello[6], hello[8] = byte(len(method)), byte(len(cookie))
		hello = append(append(hello, method+"\x00\x00"...), cookie...)
	}
	q.out = append(hello, q.damage, xQueryExtVersion, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0)
	q.out = append(q.out, q.fixes, xQueryExtVersion, 3, 0, 5, 0, 0, 0, 0, 0, 0, 0)
	if _, err := q.conn.Write(q.out); err != nil {
		return err
	}
	answer := q.head[:8]
	if _, err := io.ReadFull(q.in, answer); err != nil {
		return err
	}
	if _, err := q.in.Discard(4 * int(binary.LittleEndian.Uint16(answer[6:]))); err != nil {
		return err
	}
	if answer[0] != 1 {
		return errors.New("the X server refuses another client")
	}
	for range 2 {
		if err := q.reply(); err != nil {
			return err
		}
	}
	return nil
}

// begin takes the damage into the region: the first of a grab's requests.
func (q *quick) begin(d damage.Damage, region xfixes.Region) {
	q.out = append(q.out[:0], q.damage, damageSubtract, 4, 0)
	q.put32(uint32(d), 0, uint32(region))
}

// copy copies the clip of the canvas into a pixmap. The clip is in the root's pixels.
func (q *quick) copy(clip xfixes.Region, to xproto.Pixmap, gc xproto.Gcontext, from image.Rectangle) {
	q.out = append(q.out, q.fixes, fixesGCClip, 4, 0)
	q.put32(uint32(gc), uint32(clip))
	q.put16(-from.Min.X, -from.Min.Y)
	q.out = append(q.out, xCopyArea, 0, 7, 0)
	q.put32(q.canvas, uint32(to), uint32(gc))
	q.put16(from.Min.X, from.Min.Y, 0, 0, from.Dx(), from.Dy())
}

// finish sends what was begun, and returns where the pointer is and the region's
// rectangles, which are valid until the next grab. All of it is done then.
func (q *quick) finish(region xfixes.Region) (pointer image.Point, rects rectangles, err error) {
	q.out = append(q.out, xQueryPointer, 0, 2, 0)
	q.put32(uint32(q.root))
	q.out = append(q.out, q.fixes, fixesFetchRegion, 2, 0)
	q.put32(uint32(region))
	if _, err := q.conn.Write(q.out); err != nil {
		return pointer, nil, err
	}
	if err := q.reply(); err != nil {
		return pointer, nil, err
	}
	pointer.X, pointer.Y = int(int16(binary.LittleEndian.Uint16(q.head[16:]))), int(int16(binary.LittleEndian.Uint16(q.head[18:])))
	err = q.reply()
	return pointer, rectangles(q.rects), err
}

// reply waits for the next answer: its first part is in head, the rest in rects.
func (q *quick) reply() error {
	for {
		if _, err := io.ReadFull(q.in, q.head[:]); err != nil {
			return err
		}
		switch q.head[0] {
		case xReply:
			size := 4 * int(binary.LittleEndian.Uint32(q.head[4:]))
			if cap(q.rects) < size {
				q.rects = make([]byte, size)
			}
			q.rects = q.rects[:size]
			_, err := io.ReadFull(q.in, q.rects)
			return err
		case xError:
			if q.lenient && (q.head[10] == xCopyArea || q.head[10] == xFillRectangle) {
				continue
			}
			return fmt.Errorf("the X server answers error %d to request %d.%d",
				q.head[1], q.head[10], binary.LittleEndian.Uint16(q.head[8:]))
		}
		// Every client hears of a new keyboard mapping.
	}
}

func (q *quick) put32(values ...uint32) {
	for _, v := range values {
		q.out = binary.LittleEndian.AppendUint32(q.out, v)
	}
}

func (q *quick) put16(values ...int) {
	for _, v := range values {
		q.out = binary.LittleEndian.AppendUint16(q.out, uint16(v))
	}
}

// rectangles are those of a region as the server sends them.
type rectangles []byte

func (l rectangles) count() int { return len(l) / 8 }

func (l rectangles) at(i int) image.Rectangle {
	b := l[8*i:]
	x, y := int(int16(binary.LittleEndian.Uint16(b))), int(int16(binary.LittleEndian.Uint16(b[2:])))
	return image.Rect(x, y, x+int(binary.LittleEndian.Uint16(b[4:])), y+int(binary.LittleEndian.Uint16(b[6:])))
}
