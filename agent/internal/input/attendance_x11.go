//go:build linux

package input

import (
	"encoding/binary"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// listener hears of the user's devices and of the screen saver, and can do nothing.
type listener struct {
	conn  *xgb.Conn
	ended chan struct{}
}

// hearing is set once the connection knows its extensions.
type hearing struct {
	devices *xinput
	saver   byte // number of ScreenSaverNotify; 0 is none
}

func openListener(saw func(), sleeps func(bool)) (*listener, error) {
	ready := make(chan struct{})
	var to hearing
	conn, err := dial(func(event []byte) bool {
		select {
		case <-ready:
		default:
			return false
		}
		const saverOn = 1 // ScreenSaverOn; a cycle of it (2) is on too
		switch {
		case to.saver != 0 && event[0]&^0x80 == to.saver:
			sleeps(event[1] >= saverOn)
			return true
		case to.devices.byPerson(event):
			saw()
		}
		return false
	})
	if err != nil {
		return nil, err
	}
	l := &listener{conn: conn, ended: make(chan struct{})}
	go l.drain()
	if to.devices, err = newXinput(conn); err != nil {
		l.close()
		return nil, err
	}
	root := xproto.Setup(conn).DefaultScreen(conn).Root
	to.saver = l.watchSaver(root)
	close(ready)
	if err := to.devices.listen(root); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// watchSaver asks for ScreenSaverNotify (MIT-SCREEN-SAVER), where the server has it.
func (l *listener) watchSaver(root xproto.Window) (event byte) {
	const name = "MIT-SCREEN-SAVER"
	ext, err := xproto.QueryExtension(l.conn, uint16(len(name)), name).Reply()
	if err != nil || !ext.Present {
		return 0
	}
	const selectInput, notify = 2, 1
	r := []byte{ext.MajorOpcode, selectInput, 3, 0}
	r = binary.LittleEndian.AppendUint32(r, uint32(root))
	r = binary.LittleEndian.AppendUint32(r, notify)
	l.conn.NewRequest(r, l.conn.NewCookie(false, false))
	return ext.FirstEvent
}

func (l *listener) drain() {
	defer close(l.ended)
	for {
		if event, err := l.conn.WaitForEvent(); event == nil && err == nil {
			return
		}
	}
}

func (l *listener) close() {
	l.conn.Close()
	<-l.ended
}
