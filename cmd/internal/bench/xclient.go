package main

import (
	"fmt"
	"image"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// xclient is a connection of ours to the user's X server: the small programs that the
// scenes move. One goroutine reads its events, another may send requests.
type xclient struct {
	display string
	conn    *xgb.Conn
	screen  *xproto.ScreenInfo
	gc      xproto.Gcontext
	ended   chan struct{}
}

// dialX connects; each event is given to take, which may be nil.
func dialX(display string, take func(xgb.Event)) (*xclient, error) {
	conn, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, fmt.Errorf("bench: connect to %s: %w", display, err)
	}
	x := &xclient{display: display, conn: conn, screen: xproto.Setup(conn).DefaultScreen(conn), ended: make(chan struct{})}
	go x.listen(take)
	if x.gc, err = xproto.NewGcontextId(conn); err == nil {
		// A copy between drawables would otherwise answer with an event each time.
		err = xproto.CreateGCChecked(conn, x.gc, xproto.Drawable(x.screen.Root), xproto.GcGraphicsExposures, []uint32{0}).Check()
	}
	if err != nil {
		x.close()
		return nil, fmt.Errorf("bench: X: %w", err)
	}
	return x, nil
}

func (x *xclient) listen(take func(xgb.Event)) {
	defer close(x.ended)
	for {
		event, err := x.conn.WaitForEvent()
		if event == nil && err == nil {
			return
		}
		if event != nil && take != nil {
			take(event)
		}
	}
}

// close ends the connection; its windows go away.
func (x *xclient) close() {
	x.conn.Close()
	<-x.ended
}

// sync returns when the server has carried out every request so far.
func (x *xclient) sync() error {
	if _, err := xproto.GetInputFocus(x.conn).Reply(); err != nil {
		return fmt.Errorf("bench: X: %w", err)
	}
	return nil
}

// upload makes a pixmap of a picture.
func (x *xclient) upload(picture *image.RGBA) (xproto.Pixmap, error) {
	pixmap, err := xproto.NewPixmapId(x.conn)
	if err != nil {
		return 0, fmt.Errorf("bench: X: %w", err)
	}
	w, h := picture.Rect.Dx(), picture.Rect.Dy()
	if err := xproto.CreatePixmapChecked(x.conn, x.screen.RootDepth, pixmap, xproto.Drawable(x.screen.Root), uint16(w), uint16(h)).Check(); err != nil {
		return 0, fmt.Errorf("bench: X: pixmap: %w", err)
	}
	band := max(1, 200_000/(w*4)) // a request holds at most 256 KiB
	for y := 0; y < h; y += band {
		n := min(band, h-y)
		xproto.PutImage(x.conn, xproto.ImageFormatZPixmap, xproto.Drawable(pixmap), x.gc,
			uint16(w), uint16(n), 0, int16(y), 0, x.screen.RootDepth, serverRows(picture, y, n))
	}
	return pixmap, x.sync()
}

// serverRows are n rows from y as the server keeps them: blue, green, red, unused.
func serverRows(picture *image.RGBA, y, n int) []byte {
	w := picture.Rect.Dx()
	rows := make([]byte, 0, 4*w*n)
	for ; n > 0; y, n = y+1, n-1 {
		row := picture.Pix[y*picture.Stride:][:4*w]
		for i := 0; i < len(row); i += 4 {
			rows = append(rows, row[i+2], row[i+1], row[i], 0)
		}
	}
	return rows
}

// window shows a window that the window manager leaves alone, at the bottom or the top
// of the others. With a pixmap (0 is none) the server itself repaints it.
func (x *xclient) window(at image.Rectangle, pixmap xproto.Pixmap, stack uint32, events uint32) (xproto.Window, error) {
	id, err := xproto.NewWindowId(x.conn)
	if err != nil {
		return 0, fmt.Errorf("bench: X: %w", err)
	}
	mask, values := uint32(0), []uint32{}
	if pixmap != 0 {
		mask, values = xproto.CwBackPixmap, []uint32{uint32(pixmap)}
	}
	err = xproto.CreateWindowChecked(x.conn, x.screen.RootDepth, id, x.screen.Root, int16(at.Min.X), int16(at.Min.Y),
		uint16(at.Dx()), uint16(at.Dy()), 0, xproto.WindowClassInputOutput, x.screen.RootVisual,
		mask|xproto.CwOverrideRedirect|xproto.CwEventMask, append(values, 1, events)).Check()
	if err != nil {
		return 0, fmt.Errorf("bench: X: window: %w", err)
	}
	xproto.ConfigureWindow(x.conn, id, xproto.ConfigWindowStackMode, []uint32{stack})
	if err := xproto.MapWindowChecked(x.conn, id).Check(); err != nil {
		return 0, fmt.Errorf("bench: X: window: %w", err)
	}
	return id, nil
}
