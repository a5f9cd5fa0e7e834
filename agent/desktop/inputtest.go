package desktop

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"time"
)

// The messages of Xorg's inputtest driver, version 1.1, as C lays them out on 64-bit
// machines (xf86-input-inputtest-protocol.h). Each begins with its length and type.
const (
	itClientVersion = 0
	itWaitForSync   = 1
	itMotion        = 2
	itButton        = 4
	itKey           = 5

	itServerVersion = 0
	itSyncFinished  = 1

	itValuators    = 64
	itValuatorData = 4 + 8 + 4 + 2*8*itValuators // flag, mask, padding, two arrays
	itMotionLen    = 8 + 4 + 4 + itValuatorData  // padding: the doubles are aligned
	itButtonLen    = 8 + 4 + 4 + 4 + 4 + itValuatorData
	itKeyLen       = 8 + 4 + 4

	// Absolute axes run from 0 to this over the whole desktop.
	itAxisMax = 0xffff
)

// answerTimeout bounds the wait for the server's answer to one event.
const answerTimeout = 10 * time.Second

// device is one connection to an inputtest device. An event has been processed by the
// server, and its clients have been written to, when the method returns.
type device struct{ conn net.Conn }

// dialDevice connects to a device. The server makes its socket before it accepts
// clients, so there is nothing to wait for but the accept.
func dialDevice(ctx context.Context, path string) (*device, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("desktop: the person's device: %w", err)
	}
	d := &device{conn: conn}
	hello := message(12, itClientVersion)
	binary.NativeEndian.PutUint16(hello[8:], 1)
	binary.NativeEndian.PutUint16(hello[10:], 1)
	if err := d.exchange(hello, itServerVersion, 12); err != nil {
		conn.Close()
		return nil, err
	}
	return d, nil
}

func message(length, kind int) []byte {
	m := make([]byte, length)
	binary.NativeEndian.PutUint32(m, uint32(length))
	binary.NativeEndian.PutUint32(m[4:], uint32(kind))
	return m
}

// exchange writes m and reads the answer of the kind and length.
func (d *device) exchange(m []byte, kind uint32, length int) error {
	if err := d.conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return fmt.Errorf("desktop: the person's device: %w", err)
	}
	if _, err := d.conn.Write(m); err != nil {
		return fmt.Errorf("desktop: the person's device: %w", err)
	}
	answer := make([]byte, length)
	for n := 0; n < length; {
		k, err := d.conn.Read(answer[n:])
		if err != nil {
			return fmt.Errorf("desktop: the person's device: %w", err)
		}
		n += k
	}
	if got := binary.NativeEndian.Uint32(answer[4:]); got != kind {
		return fmt.Errorf("desktop: the person's device answered %d, not %d", got, kind)
	}
	return nil
}

// send writes an event and waits until the server has processed it.
func (d *device) send(event []byte) error {
	return d.exchange(append(event, message(8, itWaitForSync)...), itSyncFinished, 8)
}

// motion moves an absolute pointer; the axes run from 0 to itAxisMax.
func (d *device) motion(x, y float64) error {
	m := message(itMotionLen, itMotion)
	binary.NativeEndian.PutUint32(m[8:], 1)
	putValuators(m[16:], x, y)
	return d.send(m)
}

// putValuators sets the first two axes and no other.
func putValuators(b []byte, x, y float64) {
	b[4] = 0b11
	binary.NativeEndian.PutUint64(b[16:], math.Float64bits(x))
	binary.NativeEndian.PutUint64(b[24:], math.Float64bits(y))
}

// button presses or releases an X button.
func (d *device) button(button int, down bool) error {
	m := message(itButtonLen, itButton)
	binary.NativeEndian.PutUint32(m[12:], uint32(button))
	binary.NativeEndian.PutUint32(m[16:], flag(down))
	return d.send(m)
}

// key presses or releases an X key code.
func (d *device) key(code int, down bool) error {
	m := message(itKeyLen, itKey)
	binary.NativeEndian.PutUint32(m[8:], uint32(code))
	binary.NativeEndian.PutUint32(m[12:], flag(down))
	return d.send(m)
}

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
