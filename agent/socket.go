package agent

import (
	"encoding/binary"
	"errors"
	"net"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"

	"beside/consent"
)

// gatedNet is the network as WebRTC sees it: every UDP socket lets a media packet out
// only inside the view grant. Queues above it (pacer, retransmission buffers, SRTP)
// may hold what they like after the user has said no; none of it leaves the machine.
//
// Handshakes, connectivity checks and the goodbye (STUN, small DTLS records) pass: they
// carry nothing of the screen. THREATS row 4.
type gatedNet struct {
	transport.Net
	grant *consent.ViewGrant
}

func newGatedNet(grant *consent.ViewGrant) (*gatedNet, error) {
	std, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	return &gatedNet{Net: std, grant: grant}, nil
}

func (n *gatedNet) ListenPacket(network, address string) (net.PacketConn, error) {
	conn, err := n.Net.ListenPacket(network, address)
	if err != nil {
		return nil, err
	}
	udp, ok := conn.(transport.UDPConn)
	if !ok {
		return nil, errors.Join(errors.New("agent: not a UDP socket"), conn.Close())
	}
	return &gatedConn{UDPConn: udp, grant: n.grant}, nil
}

func (n *gatedNet) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.Net.ListenUDP(network, local)
	if err != nil {
		return nil, err
	}
	return &gatedConn{UDPConn: conn, grant: n.grant}, nil
}

func (n *gatedNet) DialUDP(network string, local, remote *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.Net.DialUDP(network, local, remote)
	if err != nil {
		return nil, err
	}
	return &gatedConn{UDPConn: conn, grant: n.grant}, nil
}

// gatedConn is one UDP socket of gatedNet.
type gatedConn struct {
	transport.UDPConn
	grant *consent.ViewGrant
}

func (c *gatedConn) Write(b []byte) (n int, err error) {
	err = c.pass(b, func() error { n, err = c.UDPConn.Write(b); return err })
	return n, err
}

func (c *gatedConn) WriteTo(b []byte, addr net.Addr) (n int, err error) {
	err = c.pass(b, func() error { n, err = c.UDPConn.WriteTo(b, addr); return err })
	return n, err
}

func (c *gatedConn) WriteToUDP(b []byte, addr *net.UDPAddr) (n int, err error) {
	err = c.pass(b, func() error { n, err = c.UDPConn.WriteToUDP(b, addr); return err })
	return n, err
}

func (c *gatedConn) WriteMsgUDP(b, oob []byte, addr *net.UDPAddr) (n, oobn int, err error) {
	err = c.pass(b, func() error { n, oobn, err = c.UDPConn.WriteMsgUDP(b, oob, addr); return err })
	return n, oobn, err
}

func (c *gatedConn) pass(packet []byte, send func() error) error {
	if !isMedia(packet) {
		return send()
	}
	return c.grant.Use(send)
}

// upkeep is the largest record of application data that passes without the grant:
// acknowledgements, the bar's state, the goodbye. Whatever has a piece of a screen
// update in it is longer, see leastPiece.
const upkeep = 256

// isMedia tells media (RTP, RTCP, large messages of data channels) from what keeps the
// connection (STUN, DTLS), also inside what a TURN client sends. RFC 7983 gives the
// ranges of the first byte. Anything that is not known counts as media.
func isMedia(packet []byte) bool {
	if len(packet) == 0 {
		return false
	}
	const (
		channelHeader  = 4
		stunHeader     = 20
		sendIndication = 0x0016
		dataAttribute  = 0x0013
		appData        = 23 // RFC 6347, 4.1
	)
	switch first := packet[0]; {
	case first <= 3: // STUN
		if len(packet) < stunHeader || binary.BigEndian.Uint16(packet) != sendIndication {
			return false
		}
		return isMedia(stunAttribute(packet[stunHeader:], dataAttribute))
	case first >= 20 && first <= 63: // DTLS
		return first == appData && len(packet) > upkeep
	case first >= 64 && first <= 79: // TURN ChannelData
		return len(packet) > channelHeader && isMedia(packet[channelHeader:])
	default:
		return true
	}
}

// stunAttribute returns the value of the first attribute of that type (RFC 8489, 14).
func stunAttribute(b []byte, kind uint16) []byte {
	for len(b) >= 4 {
		length := int(binary.BigEndian.Uint16(b[2:]))
		if 4+length > len(b) {
			return nil
		}
		if binary.BigEndian.Uint16(b) == kind {
			return b[4 : 4+length]
		}
		b = b[min(len(b), 4+(length+3)&^3):]
	}
	return nil
}
