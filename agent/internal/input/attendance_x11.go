//go:build linux

package input

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// listener hears of the user's devices and of the screen saver, and can do nothing.
type listener struct {
	conn   *xgb.Conn
	ended  chan struct{}
	asking sync.WaitGroup
}

// hearing is set once the connection knows its extensions.
type hearing struct {
	devices *xinput
	saver   byte // number of ScreenSaverNotify; 0 is none
}

func openListener(saw func(), sleeps, darkens func(bool)) (*listener, error) {
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
		case to.saver != 0 && event[0] == to.saver: // and nothing that a program sent
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
	l.asking.Go(func() { to.devices.follow(l.ended) })
	l.asking.Go(func() { l.watchPower(darkens) })
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

// powerEvery is how often the monitors' power is asked about.
const powerEvery = 3 * time.Second

// watchPower asks again and again whether the monitors are switched off (DPMSInfo), where the
// server can do that: any program may have switched them off, to work unseen.
func (l *listener) watchPower(darkens func(bool)) {
	const name = "DPMS"
	ext, err := xproto.QueryExtension(l.conn, uint16(len(name)), name).Reply()
	if err != nil || !ext.Present {
		return
	}
	tick := time.NewTicker(powerEvery)
	defer tick.Stop()
	for {
		select {
		case <-l.ended:
			return
		case <-tick.C:
		}
		const info = 7
		cookie := l.conn.NewCookie(true, true)
		l.conn.NewRequest([]byte{ext.MajorOpcode, info, 1, 0}, cookie)
		reply, err := cookie.Reply()
		if err != nil {
			return
		}
		darkens(reply[10] != 0 && xgb.Get16(reply[8:]) != 0)
	}
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
	l.asking.Wait()
}
