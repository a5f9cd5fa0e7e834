package agent

import (
	"encoding/binary"
	"errors"
	"net"
	"sync/atomic"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"

	"beside/consent"
)

// gatedNet is the network as WebRTC sees it: every UDP socket lets a media packet out
// only inside the grant of what it carries: the view grant for the picture, and the voice
// grant too for everything else. Queues above it (pacer, retransmission buffers, SRTP)
// may hold what they like after the user has said no; none of it leaves the machine.
//
// Handshakes, connectivity checks and the goodbye (STUN, small DTLS records) pass: they
// carry nothing of the screen. THREATS row 4.
type gatedNet struct {
	transport.Net
	grant   *consent.ViewGrant
	streams *streams
}

// streams is what a socket knows of the media streams that pass it.
type streams struct {
	picture atomic.Uint32 // SSRC of the picture's; 0 while it has no line
	// voice is the newest grant; nil until the first.
	voice atomic.Pointer[consent.VoiceGrant]
}

func newGatedNet(grant *consent.ViewGrant, s *streams) (*gatedNet, error) {
	std, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	return &gatedNet{Net: std, grant: grant, streams: s}, nil
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
	return &gatedConn{UDPConn: udp, grant: n.grant, streams: n.streams}, nil
}

func (n *gatedNet) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.Net.ListenUDP(network, local)
	if err != nil {
		return nil, err
	}
	return &gatedConn{UDPConn: conn, grant: n.grant, streams: n.streams}, nil
}

func (n *gatedNet) DialUDP(network string, local, remote *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.Net.DialUDP(network, local, remote)
	if err != nil {
		return nil, err
	}
	return &gatedConn{UDPConn: conn, grant: n.grant, streams: n.streams}, nil
}

// gatedConn is one UDP socket of gatedNet.
type gatedConn struct {
	transport.UDPConn
	grant   *consent.ViewGrant
	streams *streams
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
	switch c.streams.carried(packet) {
	case carriesUpkeep:
		return send()
	case carriesPicture:
		return c.grant.Use(send)
	}
	return c.grant.Use(func() error { return c.streams.voice.Load().Use(send) })
}

// largestUpkeep is the largest record of application data that passes without a grant:
// acknowledgements, the bar's state, what came of a question, the pointer's place, the
// goodbye. Whatever has a piece of a screen update in it, of the clipboard or of a file is
// longer, see leastPiece and marshalContents: a letter that is typed is padded to it, so
// it is no more than what has to be said while the user has paused.
const largestUpkeep = 192

// carries is what a packet carries, and so which grants it needs.
type carries uint8

const (
	carriesVoice   carries = iota // or what is not known: the picture's grant and voice's
	carriesPicture                // RTP and RTCP of the picture, large messages of data channels
	carriesUpkeep                 // what keeps the connection: STUN, DTLS
)

// carried tells what a packet carries, also inside what a TURN client sends. RFC 7983
// gives the ranges of the first byte. Only what is known to be less counts as less: a
// media stream that is not the picture's is voice.
func (s *streams) carried(packet []byte) carries {
	if len(packet) == 0 {
		return carriesUpkeep
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
			return carriesUpkeep
		}
		return s.carried(stunAttribute(packet[stunHeader:], dataAttribute))
	case first >= 20 && first <= 63: // DTLS
		if first == appData && len(packet) > largestUpkeep {
			return carriesPicture
		}
		return carriesUpkeep
	case first >= 64 && first <= 79: // TURN ChannelData
		return s.carried(packet[min(channelHeader, len(packet)):])
	case first >= 128 && first <= 191 && isOf(packet, s.picture.Load()): // RTP, RTCP
		return carriesPicture
	}
	return carriesVoice
}

// isOf reports whether an RTP packet (RFC 3550, 5.1) or an RTCP one (6.4) is of that
// stream. SRTP leaves the SSRC readable.
func isOf(packet []byte, ssrc uint32) bool {
	if ssrc == 0 {
		return false // of none
	}
	at := 8
	if len(packet) > 1 && packet[1] >= 192 && packet[1] <= 223 { // RFC 5761, 4
		at = 4
	}
	return len(packet) >= at+4 && binary.BigEndian.Uint32(packet[at:]) == ssrc
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
