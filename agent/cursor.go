package agent

import (
	"google.golang.org/protobuf/proto"

	"beside/agent/internal/capture"
	"beside/protocol/wire"
)

// maxCursorBytes is the largest shape sent, in bytes of RGBA: 192 by 192 pixels.
const maxCursorBytes = 192 * 192 * 4

// cursorState is what the viewer must have to draw the pointer.
type cursorState struct {
	last      *wire.Cursor
	shape     *wire.CursorShape
	delivered bool // the shape has reached the channel
}

// followCursor sends the pointer's place and shape until the capture closes.
func (p *picture) followCursor(cursors <-chan capture.Cursor) {
	for c := range cursors {
		m := &wire.Cursor{X: int32(c.X), Y: int32(c.Y), Visible: c.Visible, ShapeSerial: c.Serial}
		p.mu.Lock()
		p.cursor.last = m
		if s := c.Shape; s != nil {
			p.cursor.shape = cursorShape(c.Serial, s)
			p.cursor.delivered = false
		}
		p.sendCursorLocked()
		p.mu.Unlock()
	}
}

// cursorShape puts a shape on the wire. One that is too large for a message is shown at
// half its size.
func cursorShape(serial uint32, s *capture.CursorShape) *wire.CursorShape {
	w, h, hotX, hotY, rgba := s.Width, s.Height, s.HotX, s.HotY, s.RGBA
	for len(rgba) > maxCursorBytes {
		half := make([]byte, 0, len(rgba)/4)
		for y := 0; y+1 < h; y += 2 {
			for x := 0; x+1 < w; x += 2 {
				at := 4 * (y*w + x)
				half = append(half, rgba[at:at+4]...)
			}
		}
		w, h, hotX, hotY, rgba = w/2, h/2, hotX/2, hotY/2, half
	}
	return &wire.CursorShape{
		Serial: serial, Width: uint32(w), Height: uint32(h),
		HotX: uint32(min(hotX, w-1)), HotY: uint32(min(hotY, h-1)), Rgba: rgba,
	}
}

// resendCursor sends the pointer whole, when its channel has just opened.
func (p *picture) resendCursor() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cursor.delivered = false
	p.sendCursorLocked()
}

func (p *picture) sendCursorLocked() {
	if p.cursor.last == nil || p.peer == nil {
		return
	}
	m := &wire.Cursor{
		X: p.cursor.last.X, Y: p.cursor.last.Y, Visible: p.cursor.last.Visible, ShapeSerial: p.cursor.last.ShapeSerial,
	}
	if !p.cursor.delivered {
		m.Shape = p.cursor.shape
	}
	data, err := encodeCursor(m)
	if err != nil {
		return
	}
	_ = p.grant.Use(func() error { // revoked or paused: the pointer stays here
		if p.peer.sendCursor(data) && m.Shape != nil {
			p.cursor.delivered = true
		}
		return nil
	})
}

// encodeCursor makes a message of the pointer. Its shape tells of what it is over.
func encodeCursor(m *wire.Cursor) ([]byte, error) {
	if m.Shape != nil {
		return marshalContents(m)
	}
	return proto.Marshal(m)
}
