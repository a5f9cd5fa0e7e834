package relay

import (
	"net"
	"sync"
)

// maxConns and maxConnsEach bound the web server's connections, in all and by address. A
// browser keeps up to six open; a help desk behind one address has many browsers.
const maxConns, maxConnsEach = 40_000, 1024

// gatedListener hands out a bounded number of connections; one more is closed at once,
// before it costs a goroutine or a handshake.
type gatedListener struct {
	net.Listener
	gate *gate
}

// gateConnections bounds l. Behind a proxy all connections have the proxy's address.
func gateConnections(l net.Listener, behindProxy bool) net.Listener {
	each := maxConnsEach
	if behindProxy {
		each = maxConns
	}
	return &gatedListener{l, newGate(maxConns, each)}
}

// Accept is part of net.Listener.
func (l *gatedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if release, ok := l.gate.enter(limitKey(conn.RemoteAddr())); ok {
			return &gatedConn{Conn: conn, release: release}, nil
		}
		_ = conn.Close() // refused, and nobody is left to hear of an error
	}
}

// gatedConn counts until it is closed.
type gatedConn struct {
	net.Conn
	once    sync.Once
	release func()
}

// Close is part of net.Conn.
func (c *gatedConn) Close() error {
	c.once.Do(c.release)
	return c.Conn.Close()
}
