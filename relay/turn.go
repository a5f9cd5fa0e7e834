package relay

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"

	"beside/protocol/wire"
)

const (
	// turnLife is how long credentials open new allocations. An allocation that
	// exists may be refreshed with them for as long as its session lives.
	turnLife = 300 * time.Second
	// turnRealm is the realm of RFC 8489; it is part of the keys.
	turnRealm = "beside"
	// turnPerSession bounds the allocations of one session: two ends, a few network
	// cards each over UDP and TCP, and an ICE restart.
	turnPerSession = 32
	// turnTotal bounds the allocations of the relay.
	turnTotal = 2000
)

// turnServer relays the packets of sessions whose two ends cannot reach one another.
//
// It relays to public unicast addresses and to its own relayed ports, to nothing else:
// CreatePermission and ChannelBind are refused by address, and each packet is checked
// by address and port once more. Credentials are bound to a session; when it ends, its
// allocations are closed.
type turnServer struct {
	server *turn.Server
	key    []byte
	url    string
	public publicUnicast
	own    netip.Addr
	listen string
	ports  [2]uint16
	allow  []netip.Prefix
	log    *slog.Logger
	// streams are the clients that came over TCP.
	streams *streams

	mu       sync.Mutex
	sessions map[string]map[*relayedConn]struct{} // the live ones, with their allocations
	relayed  map[uint16]struct{}                  // ports that are ours now
}

// newTurn starts TURN; nil when it is off.
func newTurn(c Config, key []byte) (*turnServer, error) {
	if c.TurnListen == "off" {
		return nil, nil
	}
	conn, listener, err := listenTurn(c.TurnListen)
	if err != nil {
		return nil, fmt.Errorf("turn: listen on %s: %w", c.TurnListen, portError(err))
	}
	host, _, _ := net.SplitHostPort(c.TurnListen) // checked by validateTurn
	t := &turnServer{
		key: key, public: newPublicUnicast(), own: c.TurnPublicIP, listen: host,
		ports: [2]uint16{c.TurnPortMin, c.TurnPortMax}, allow: c.TurnAllow, log: c.Log,
		sessions: map[string]map[*relayedConn]struct{}{}, relayed: map[uint16]struct{}{},
		streams: newStreams(listener),
	}
	port := conn.LocalAddr().(*net.UDPAddr).Port
	t.url = net.JoinHostPort(c.TurnPublicIP.String(), strconv.Itoa(port))
	t.server, err = turn.NewServer(turn.ServerConfig{
		Realm:         turnRealm,
		AuthHandler:   t.authenticate,
		QuotaHandler:  t.quota,
		LoggerFactory: silentLoggers{},
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn:            conn,
			RelayAddressGenerator: t,
			PermissionHandler:     t.permit,
		}},
		ListenerConfigs: []turn.ListenerConfig{{
			Listener:              t.streams,
			RelayAddressGenerator: t,
			PermissionHandler:     t.permit,
		}},
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("turn: start: %w", err), conn.Close(), listener.Close())
	}
	return t, nil
}

// listenTurn opens the port over UDP and TCP: one number for both, also when it is any.
func listenTurn(address string) (net.PacketConn, net.Listener, error) {
	for try := 1; ; try++ {
		conn, err := net.ListenPacket("udp", address)
		if err != nil {
			return nil, nil, err
		}
		listener, err := net.Listen("tcp", conn.LocalAddr().String())
		if err == nil {
			return conn, listener, nil
		}
		err = errors.Join(err, conn.Close())
		if !strings.HasSuffix(address, ":0") || try == portTries {
			return nil, nil, err
		}
	}
}

// begin lets a session have allocations.
func (t *turnServer) begin(session string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sessions[session] = map[*relayedConn]struct{}{}
}

// end closes the allocations of a session and refuses its credentials from now on.
func (t *turnServer) end(session string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	conns := t.sessions[session]
	delete(t.sessions, session)
	t.mu.Unlock()
	for c := range conns {
		c.Close() // the server drops the allocation whose socket is gone
	}
	t.streams.end(session)
}

// close stops TURN with all allocations.
func (t *turnServer) close() error {
	if t == nil {
		return nil
	}
	err := t.server.Close()
	t.streams.closeAll()
	return err
}

// allocations counts the live ones.
func (t *turnServer) allocations() int {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.relayed)
}

// servers makes credentials for one end of a session.
func (t *turnServer) servers(session, side string) *wire.IceServers {
	if t == nil {
		return &wire.IceServers{}
	}
	user := fmt.Sprintf("%d:%s:%s", time.Now().Add(turnLife).Unix(), session, side)
	return &wire.IceServers{Servers: []*wire.IceServer{
		{Urls: []string{"stun:" + t.url}},
		{Urls: []string{"turn:" + t.url + "?transport=udp", "turn:" + t.url + "?transport=tcp"}, Username: user, Credential: t.password(user)},
	}}
}

func (t *turnServer) password(user string) string {
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte("beside turn " + user))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// authenticate names the owner of a request: the session and side. Expired credentials
// may still refresh what exists, but not allocate.
func (t *turnServer) authenticate(ra *turn.RequestAttributes) (string, []byte, bool) {
	expiry, owner, ok := strings.Cut(ra.Username, ":")
	session, _, ok2 := strings.Cut(owner, ":")
	unix, err := strconv.ParseInt(expiry, 10, 64)
	if !ok || !ok2 || err != nil || !t.alive(session) {
		return "", nil, false
	}
	left := time.Until(time.Unix(unix, 0))
	// Method 0x003 is Allocate (RFC 8656 section 17).
	if left > turnLife || (left <= 0 && ra.Method.String() == "Allocate") {
		return "", nil, false
	}
	return owner, turn.GenerateAuthKey(ra.Username, turnRealm, t.password(ra.Username)), true
}

func (t *turnServer) alive(session string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.sessions[session]
	return ok
}

// quota is asked before an allocation is made, of a client that has proved who it is.
func (t *turnServer) quota(owner, _ string, client net.Addr) bool {
	session, _, _ := strings.Cut(owner, ":")
	if !t.hasRoom(session) {
		return false
	}
	t.streams.adopt(client, session)
	return true
}

func (t *turnServer) hasRoom(session string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.sessions[session]) < turnPerSession && len(t.relayed) < turnTotal
}

// permit answers CreatePermission and ChannelBind. Our own address is permitted, since
// both ends of a session may be relayed; reaches looks at the port.
func (t *turnServer) permit(_ net.Addr, ip net.IP) bool {
	addr, ok := netip.AddrFromSlice(ip)
	if !ok {
		return false
	}
	addr = addr.Unmap()
	return addr == t.own || within(t.allow, addr) || t.public.contains(addr)
}

// reaches reports whether a packet may go to or come from this address and port.
func (t *turnServer) reaches(a net.Addr) bool {
	udp, ok := a.(*net.UDPAddr)
	if !ok {
		return false
	}
	addr := udp.AddrPort().Addr().Unmap()
	if addr == t.own {
		t.mu.Lock()
		defer t.mu.Unlock()
		_, ours := t.relayed[udp.AddrPort().Port()]
		return ours
	}
	return within(t.allow, addr) || t.public.contains(addr)
}

// Validate is part of turn.RelayAddressGenerator.
func (t *turnServer) Validate() error { return nil }

// portTries bounds the search for a free relayed port.
const portTries = 32

// AllocatePacketConn makes the relayed socket of an allocation.
func (t *turnServer) AllocatePacketConn(cfg turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	session, _, _ := strings.Cut(cfg.UserID, ":")
	for range portTries {
		port, err := t.randomPort()
		if err != nil {
			return nil, nil, err
		}
		conn, err := net.ListenPacket(cfg.Network, net.JoinHostPort(t.listen, strconv.Itoa(int(port))))
		if err != nil {
			continue // taken
		}
		relayed := &relayedConn{PacketConn: conn, turn: t, session: session, port: port}
		if !t.add(relayed) {
			return nil, nil, errors.Join(errors.New("turn: the session is over"), conn.Close())
		}
		return relayed, net.UDPAddrFromAddrPort(netip.AddrPortFrom(t.own, port)), nil
	}
	return nil, nil, errors.New("turn: no free port")
}

func (t *turnServer) randomPort() (uint16, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(t.ports[1]-t.ports[0])+1))
	if err != nil {
		return 0, fmt.Errorf("turn: random port: %w", err)
	}
	return t.ports[0] + uint16(n.Int64()), nil
}

func (t *turnServer) add(c *relayedConn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	conns, ok := t.sessions[c.session]
	if !ok {
		return false
	}
	conns[c] = struct{}{}
	t.relayed[c.port] = struct{}{}
	return true
}

func (t *turnServer) remove(c *relayedConn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.sessions[c.session], c)
	delete(t.relayed, c.port)
}

// errNoTCP answers every wish to relay TCP: a client may come over TCP, what is relayed
// for it is UDP, and anything else is an open door.
var errNoTCP = errors.New("turn: no TCP allocations")

// AllocateListener refuses TCP allocations (RFC 6062).
func (t *turnServer) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errNoTCP
}

// AllocateConn refuses TCP connections (RFC 6062).
func (t *turnServer) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errNoTCP }

// silentLoggers keeps the TURN library quiet: its messages hold addresses and names.
type silentLoggers struct{}

// NewLogger is part of logging.LoggerFactory.
func (silentLoggers) NewLogger(string) logging.LeveledLogger {
	return logging.NewDefaultLeveledLoggerForScope("", logging.LogLevelDisabled, nil)
}
