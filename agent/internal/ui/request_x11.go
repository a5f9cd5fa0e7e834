package ui

import (
	"encoding/binary"
	"errors"
)

// request is an X request that xgb has no function for, built field by field.
type request struct{ b []byte }

// newRequest starts a request of an extension. The length follows when it is sent.
func newRequest(major, minor byte) *request {
	return &request{b: []byte{major, minor, 0, 0}}
}

func (r *request) u8(v byte) *request { r.b = append(r.b, v); return r }
func (r *request) u16(v uint16) *request {
	r.b = binary.LittleEndian.AppendUint16(r.b, v)
	return r
}
func (r *request) u32(v uint32) *request {
	r.b = binary.LittleEndian.AppendUint32(r.b, v)
	return r
}

// bytes pads to words and writes the length.
func (r *request) bytes() []byte {
	for len(r.b)%4 != 0 {
		r.b = append(r.b, 0)
	}
	binary.LittleEndian.PutUint16(r.b[2:], uint16(len(r.b)/4))
	return r.b
}

// send sends a request that has no reply.
func (c *xconn) send(r *request) {
	c.x.NewRequest(r.bytes(), c.x.NewCookie(false, false))
}

// call sends a request and waits for its reply, at least 32 bytes.
func (c *xconn) call(r *request) ([]byte, error) {
	cookie := c.x.NewCookie(true, true)
	c.x.NewRequest(r.bytes(), cookie)
	reply, err := cookie.Reply()
	if err == nil && len(reply) < 32 {
		err = errShort
	}
	return reply, err
}

// errShort is a reply that is not whole.
var errShort = errors.New("short reply")
