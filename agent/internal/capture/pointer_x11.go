//go:build linux

package capture

import (
	"image"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"
)

// XInput 2 as far as it is used here; xgb does not have it. XI2proto.h names these.
const (
	xiSelectEvents     = 46
	xiQueryVersion     = 47
	xiAllMasterDevices = 1
	xiRawMotion        = 17
	xiRawTouchBegin    = 22
	xiRawTouchUpdate   = 23
)

// findXInput looks up XInput 2.2, the first whose raw events also come while another
// program holds a grab. Without it the pointer is read when the screen or its shape
// changes, and not otherwise.
func (e *extensions) findXInput(conn *xgb.Conn) error {
	x, err := find(conn, "XInputExtension")
	if err != nil || !x.Present {
		return err
	}
	request := make([]byte, 8)
	request[0], request[1] = x.MajorOpcode, xiQueryVersion
	xgb.Put16(request[2:], 2)
	xgb.Put16(request[4:], 2)
	xgb.Put16(request[6:], 2)
	cookie := conn.NewCookie(true, true)
	conn.NewRequest(request, cookie)
	reply, err := cookie.Reply()
	if err != nil {
		return err
	}
	if len(reply) >= 12 && xgb.Get16(reply[8:]) >= 2 {
		e.xinput = x.MajorOpcode
	}
	return nil
}

// reportMotion has the server report motion of any pointer device, or stop to. While
// the pointer is being polled a fast mouse would send a thousand reports a second.
func (s *screen) reportMotion(on bool) {
	if s.ext.xinput == 0 || s.polling == !on {
		return
	}
	s.polling = !on
	request := make([]byte, 20)
	request[0], request[1] = s.ext.xinput, xiSelectEvents
	xgb.Put16(request[2:], 5)
	xgb.Put32(request[4:], uint32(s.root))
	xgb.Put16(request[8:], 1)
	xgb.Put16(request[12:], xiAllMasterDevices)
	xgb.Put16(request[14:], 1)
	if on {
		xgb.Put32(request[16:], 1<<xiRawMotion|1<<xiRawTouchBegin|1<<xiRawTouchUpdate)
	}
	s.conn.NewRequest(request, s.conn.NewCookie(false, false))
}

// readCursor reads where the pointer is and, when the shape may have changed, how it
// looks. Shape is set when its serial is not the known one.
func (s *screen) readCursor(known uint32) (Cursor, error) {
	at, err := xproto.QueryPointer(s.conn, s.root).Reply()
	if err != nil {
		return Cursor{}, s.brokenOr(err)
	}
	s.hotSpot = image.Pt(int(at.RootX), int(at.RootY))
	if !s.showsPointer(at) {
		return Cursor{Serial: known}, nil
	}
	spot := s.hotSpot.Sub(s.bounds.Min)
	now := Cursor{X: spot.X, Y: spot.Y, Serial: known}
	if s.shapeChanged.Swap(false) {
		look, err := s.readShape()
		if err != nil {
			s.shapeChanged.Store(true)
			return Cursor{}, s.brokenOr(err)
		}
		if look == nil { // it was elsewhere by then
			s.shapeChanged.Store(true)
			return Cursor{Serial: known}, nil
		}
		if look.CursorSerial != known {
			now.Serial = look.CursorSerial
			now.Shape = shapeOf(int(look.Width), int(look.Height), int(look.Xhot), int(look.Yhot), look.CursorImage)
			s.visibleShape = now.Shape.opaque()
		}
	}
	now.Visible = s.visibleShape
	return now, nil
}

// readShape reads how the pointer looks; nil when it looks so over what is not shown. The
// server says with the shape where the pointer had it, and that is the place that counts:
// it may have gone there and back between two other looks.
func (s *screen) readShape() (*xfixes.GetCursorImageReply, error) {
	look, err := xfixes.GetCursorImage(s.conn).Reply()
	if err != nil {
		return nil, err
	}
	under, err := xproto.TranslateCoordinates(s.conn, s.root, s.root, look.X, look.Y).Reply()
	if err != nil {
		return nil, err
	}
	if !image.Pt(int(look.X), int(look.Y)).In(s.bounds) || !s.showsAt(under.Child) {
		return nil, nil
	}
	return look, nil
}

// showsPointer reports whether the pointer is on what is shown. What it looks like, and
// where it is, tell of what it is over: over another monitor there is no pointer either.
func (s *screen) showsPointer(at *xproto.QueryPointerReply) bool {
	return at.SameScreen && image.Pt(int(at.RootX), int(at.RootY)).In(s.bounds) && s.showsAt(at.Child)
}

// showsAt reports whether the pointer may be shown over a window of the root's. What it
// looks like tells of what it is over: of a window that is not shown there is no pointer
// either, neither its shape nor its place.
func (s *screen) showsAt(window xproto.Window) bool {
	switch {
	case s.scene == nil:
		return true
	case window == xproto.WindowNone:
		return s.scene.Shows(nil)
	}
	return s.scene.Shows([]uint32{uint32(window)})
}

// brokenOr turns an error of a dead connection into ErrLost.
func (s *screen) brokenOr(err error) error {
	if _, fromServer := err.(xgb.Error); fromServer {
		return err
	}
	return ErrLost
}
