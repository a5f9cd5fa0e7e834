package relay

import (
	"net"
	"sync"
)

// relayedConn is the socket of one allocation. Packets to and from elsewhere than
// reaches allows are dropped.
type relayedConn struct {
	net.PacketConn
	turn    *turnServer
	session string
	port    uint16
	once    sync.Once
}

func (c *relayedConn) WriteTo(p []byte, to net.Addr) (int, error) {
	if !c.turn.reaches(to) {
		return len(p), nil
	}
	return c.PacketConn.WriteTo(p, to)
}

func (c *relayedConn) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.PacketConn.ReadFrom(p)
		if err != nil || c.turn.reaches(from) {
			return n, from, err
		}
	}
}

func (c *relayedConn) Close() error {
	var err error
	c.once.Do(func() {
		c.turn.remove(c)
		err = c.PacketConn.Close()
	})
	return err
}
