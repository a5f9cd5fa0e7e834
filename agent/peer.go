package agent

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"beside/consent"
	"beside/protocol"
	"beside/protocol/wire"
)

// peerEvents are the callbacks of a peer. They are called on goroutines of the WebRTC
// stack and must not wait.
type peerEvents struct {
	candidate func(*wire.Candidate)
	message   func(data []byte) // data channel "session"
	input     func(data []byte) // data channel "input"
	clipboard func(data []byte) // data channel "clipboard"
	files     func(data []byte) // data channel "files"
	screen    func(data []byte) // data channel "screen"
	state     func(webrtc.PeerConnectionState)
	opened    func(label string) // data channel "session", "cursor" or "screen" can be written to
	keyFrame  func()             // the viewer lost the picture
	voice     func(*rtp.Packet)  // of the technician, whether or not anybody may hear it
	rate      func(bits int)     // the network's estimate changed
}

// peer is the WebRTC connection to the viewer. It exists only once view was granted:
// before that no candidate is gathered and no packet leaves.
type peer struct {
	pc     *webrtc.PeerConnection
	video  *video
	flight *flight
	voice  atomic.Pointer[webrtc.TrackLocalStaticRTP] // nil while there is no line for it
	events peerEvents

	// Of the session's goroutine: the lines' ids, empty while there is none, and all that
	// ever were.
	pictureID, voiceID string
	spent              map[string]bool
	paths              paths            // to the viewer, as it named them
	fresh              *wire.IceServers // for the next restart; nil when the library has them

	streams *streams // tell the sockets the picture from voice
	readers sync.WaitGroup

	mu      sync.Mutex
	closed  bool                // guarded by mu; no reader begins any more
	claimed map[string]bool     // guarded by mu; labels that a channel has
	session *webrtc.DataChannel // guarded by mu; nil until open
	cursor  *webrtc.DataChannel // guarded by mu; nil until open
	pipes   map[string]*pipe    // guarded by mu; those that are open
	screen  *webrtc.DataChannel // guarded by mu; nil until open
	spoken  bool                // guarded by mu; the line for voice has the technician's stream
}

// peerConfig makes a peer.
type peerConfig struct {
	grant    *consent.ViewGrant
	identity *identity
	// remote is the viewer's DTLS fingerprint as the handshake bound it.
	remote   [32]byte
	servers  *wire.IceServers
	loopback bool // the relay is on this machine: so is the viewer
	events   peerEvents

	repeats *repeats // made by newPeer
	flight  *flight  // made by newPeer
	streams *streams // made by newPeer
}

// newPeer answers the viewer's offer. The answer's candidates follow through events.
func newPeer(cfg peerConfig, offer string) (*peer, string, error) {
	lines, err := readOffer(offer, cfg.remote)
	if err != nil {
		return nil, "", err // before there is a socket
	}
	cfg.repeats, cfg.flight, cfg.streams = newRepeats(), &flight{}, &streams{}
	api, estimates, err := newAPI(cfg)
	if err != nil {
		return nil, "", err
	}
	pc, err := api.NewPeerConnection(webrtc.Configuration{
		Certificates: []webrtc.Certificate{cfg.identity.certificate},
		ICEServers:   iceServers(cfg.servers),
		BundlePolicy: webrtc.BundlePolicyMaxBundle,
	})
	if err != nil {
		return nil, "", fmt.Errorf("agent: %w", err)
	}
	p := &peer{
		pc: pc, flight: cfg.flight, events: cfg.events, streams: cfg.streams, video: newVideo(cfg.grant),
		spent: map[string]bool{}, claimed: map[string]bool{}, pipes: map[string]*pipe{},
	}
	p.listen()
	answer, err := p.open(offer, lines)
	if err != nil {
		return nil, "", errors.Join(err, p.close())
	}
	select {
	case estimator := <-estimates:
		estimator.OnTargetBitrateChange(func(bits int) {
			cfg.repeats.follow(bits)
			cfg.events.rate(bits)
		})
	default:
	}
	return p, answer, nil
}

// listen wires the callbacks that must be there before the offer is read.
func (p *peer) listen() {
	p.pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c == nil {
			p.events.candidate(&wire.Candidate{})
			return
		}
		init := c.ToJSON()
		message := &wire.Candidate{Candidate: init.Candidate}
		if init.SDPMid != nil {
			message.SdpMid = *init.SDPMid
		}
		p.events.candidate(message)
	})
	p.pc.OnConnectionStateChange(p.events.state)
	p.pc.OnDataChannel(p.channel)
	p.pc.OnTrack(p.track)
}

// channel takes a data channel that the viewer made. There is one by each name: a
// second "input" would let events overtake one another.
func (p *peer) channel(d *webrtc.DataChannel) {
	switch label := d.Label(); {
	case !p.claim(label):
		_ = d.Close() // carries nothing
	case label == "session":
		d.OnOpen(func() { p.setChannel(&p.session, d) })
		d.OnMessage(func(m webrtc.DataChannelMessage) { p.events.message(m.Data) })
	case label == "input":
		d.OnMessage(func(m webrtc.DataChannelMessage) { p.events.input(m.Data) })
	case label == "cursor":
		d.OnOpen(func() { p.setChannel(&p.cursor, d) })
	case label == "clipboard":
		p.openPipe(d)
		d.OnMessage(func(m webrtc.DataChannelMessage) { p.events.clipboard(m.Data) })
	case label == "files":
		p.openPipe(d)
		d.OnMessage(func(m webrtc.DataChannelMessage) { p.events.files(m.Data) })
	case label == "screen":
		d.OnOpen(func() { p.setChannel(&p.screen, d) })
		d.OnMessage(func(m webrtc.DataChannelMessage) { p.events.screen(m.Data) })
	}
}

// openPipe makes the pipe of a data channel for contents.
func (p *peer) openPipe(d *webrtc.DataChannel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pipes[d.Label()] = newPipe(d)
}

// pipe is the data channel of that name; nil while the viewer has not opened it.
func (p *peer) pipe(label string) *pipe {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pipes[label]
}

// labels are the data channels that a viewer may open.
var labels = []string{"session", "input", "screen", "cursor", "clipboard", "files"}

// claim reports whether a channel by that name is known and the first.
func (p *peer) claim(label string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.claimed[label] || !slices.Contains(labels, label) {
		return false
	}
	p.claimed[label] = true
	return true
}

func (p *peer) setChannel(field **webrtc.DataChannel, d *webrtc.DataChannel) {
	p.mu.Lock()
	*field = d
	p.mu.Unlock()
	p.events.opened(d.Label())
}

// setServers replaces TURN credentials that have run out, for the next restart.
func (p *peer) setServers(servers *wire.IceServers) {
	p.fresh = servers
	p.refreshServers()
}

// refreshServers hands the newest credentials to the library, which reads them without a lock
// while it gathers candidates: what comes meanwhile waits for the next description. It
// refuses them while it is closing, and credentials that cannot be read: then the old ones
// stay.
func (p *peer) refreshServers() {
	if p.fresh == nil || p.pc.ICEGatheringState() == webrtc.ICEGatheringStateGathering {
		return
	}
	_ = p.pc.SetConfiguration(webrtc.Configuration{ICEServers: iceServers(p.fresh)})
	p.fresh = nil
}

// addCandidate takes a way to the viewer.
func (p *peer) addCandidate(c *wire.Candidate) error {
	if !p.paths.allow(c.GetCandidate()) {
		return errPaths
	}
	index := uint16(min(c.GetSdpMlineIndex(), uint32(protocol.MaxMediaLines)))
	mid := c.GetSdpMid()
	return p.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: c.GetCandidate(), SDPMid: &mid, SDPMLineIndex: &index})
}

// mostUnsent bounds what waits in a data channel for a viewer that does not take it: more
// than all that is ever said in a pause, in which everything waits. THREAT 18.
const mostUnsent = 1 << 20

// sendSession sends on the data channel "session"; false when it is not open, or the viewer
// takes nothing.
func (p *peer) sendSession(data []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.session != nil && p.session.BufferedAmount() <= mostUnsent && p.session.Send(data) == nil
}

// deaf reports whether the viewer takes nothing of what is sent on the data channel "session".
func (p *peer) deaf() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.session != nil && p.session.BufferedAmount() > mostUnsent
}

// sessionArrived reports whether the viewer has all that was sent on the data channel
// "session".
func (p *peer) sessionArrived() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.session != nil && p.session.BufferedAmount() == 0
}

// sendCursor sends on the data channel "cursor". A message that finds the channel
// full is dropped: the next one is newer.
func (p *peer) sendCursor(data []byte) bool {
	const fullBytes = 256 << 10
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cursor == nil || p.cursor.BufferedAmount() > fullBytes {
		return false
	}
	return p.cursor.Send(data) == nil
}

// sendScreen sends on the data channel "screen"; false when it is not open.
func (p *peer) sendScreen(data []byte) bool {
	p.mu.Lock()
	d := p.screen
	p.mu.Unlock()
	return d != nil && d.Send(data) == nil
}

// distance is the round trip to the viewer as the connectivity checks measured it, zero
// when they have not.
func (p *peer) distance() time.Duration {
	stats, ok := p.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePairStats()
	if !ok {
		return 0
	}
	return time.Duration(stats.CurrentRoundTripTime * float64(time.Second))
}

// read has f read from the connection until it is closed.
func (p *peer) read(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.readers.Go(f)
	}
}

// close cuts the connection and waits for what reads from it and writes to it.
func (p *peer) close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	err := p.pc.Close()
	p.video.outlet.close()
	p.readers.Wait()
	return err
}
