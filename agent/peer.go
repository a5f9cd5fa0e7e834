package agent

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/cc"
	"github.com/pion/interceptor/pkg/gcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"beside/consent"
	"beside/protocol"
	"beside/protocol/wire"
)

// Rates of the congestion controller, in bits a second.
const (
	initialRate = 8_000_000
	lowestRate  = 150_000
	highestRate = 40_000_000
)

// Times of the connection to the viewer. A lost connection is repaired within
// repairTime without a new question.
const (
	iceDisconnected = 5 * time.Second
	iceFailed       = 15 * time.Second
	iceKeepAlive    = 2 * time.Second
	repairTime      = 30 * time.Second
	// longestRepeat bounds how long a message that was held back, by a pause for
	// instance, waits to be sent again.
	longestRepeat = time.Second
)

const (
	playoutDelayURI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
	fullChromaFmtp  = "profile-id=1"
	plainFmtp       = "profile-id=0"
)

// identity is the DTLS certificate of one session, made before the handshake so that
// the handshake can bind its fingerprint.
type identity struct {
	certificate webrtc.Certificate
	fingerprint [32]byte
}

func newIdentity() (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("agent: certificate: %w", err)
	}
	cert, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return nil, fmt.Errorf("agent: certificate: %w", err)
	}
	prints, err := cert.GetFingerprints()
	if err != nil {
		return nil, fmt.Errorf("agent: certificate: %w", err)
	}
	id := &identity{certificate: *cert}
	for _, p := range prints {
		if p.Algorithm == "sha-256" {
			return id, parseFingerprint(p.Value, &id.fingerprint)
		}
	}
	return nil, errors.New("agent: certificate has no SHA-256 fingerprint")
}

func parseFingerprint(text string, into *[32]byte) error {
	raw, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil || len(raw) != len(into) {
		return errors.New("agent: malformed fingerprint")
	}
	copy(into[:], raw)
	return nil
}

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
	voice  *webrtc.TrackLocalStaticRTP // nil when the viewer cannot talk
	events peerEvents

	streams *streams // tell the sockets the picture from voice
	readers sync.WaitGroup

	mu      sync.Mutex
	claimed map[string]bool     // guarded by mu; labels that a channel has
	session *webrtc.DataChannel // guarded by mu; nil until open
	cursor  *webrtc.DataChannel // guarded by mu; nil until open
	pipes   map[string]*pipe    // guarded by mu; those that are open
	screen  *webrtc.DataChannel // guarded by mu; nil until open
	spoken  bool                // guarded by mu; the technician's voice has a stream
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
	if err := checkFingerprint(offer, cfg.remote); err != nil {
		return nil, "", err
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
	p := &peer{pc: pc, flight: cfg.flight, events: cfg.events, streams: cfg.streams, claimed: map[string]bool{}, pipes: map[string]*pipe{}}
	p.listen()
	answer, err := p.open(offer, cfg.grant)
	if err != nil {
		return nil, "", errors.Join(err, pc.Close())
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

// newAPI puts the WebRTC stack together: VP9 and Opus alone, retransmission, congestion
// control without a pacer of its own (it would add 5 ms), and the gated network.
func newAPI(cfg peerConfig) (*webrtc.API, <-chan cc.BandwidthEstimator, error) {
	media := &webrtc.MediaEngine{}
	feedback := []webrtc.RTCPFeedback{
		{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}, {Type: "transport-cc"},
	}
	for i, fmtp := range []string{fullChromaFmtp, plainFmtp} {
		err := media.RegisterCodec(webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeVP9, ClockRate: videoClock, SDPFmtpLine: fmtp, RTCPFeedback: feedback,
			},
			PayloadType: webrtc.PayloadType(98 + 2*i),
		}, webrtc.RTPCodecTypeVideo)
		if err != nil {
			return nil, nil, fmt.Errorf("agent: %w", err)
		}
	}
	err := errors.Join(
		media.RegisterCodec(opusCodec, webrtc.RTPCodecTypeAudio),
		media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: playoutDelayURI}, webrtc.RTPCodecTypeVideo),
	)
	if err != nil {
		return nil, nil, fmt.Errorf("agent: %w", err)
	}
	registry := &interceptor.Registry{}
	congestion, err := cc.NewInterceptor(func() (cc.BandwidthEstimator, error) {
		return gcc.NewSendSideBWE(
			gcc.SendSideBWEInitialBitrate(initialRate),
			gcc.SendSideBWEMinBitrate(lowestRate),
			gcc.SendSideBWEMaxBitrate(highestRate),
			gcc.SendSideBWEPacer(gcc.NewNoOpPacer()),
		)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("agent: %w", err)
	}
	estimates := make(chan cc.BandwidthEstimator, 1)
	congestion.OnNewPeerConnection(func(_ string, e cc.BandwidthEstimator) { estimates <- e })
	registry.Add(congestion)
	registry.Add(cfg.flight)
	err = errors.Join(
		webrtc.ConfigureTWCCHeaderExtensionSender(media, registry),
		cfg.repeats.register(registry),
		webrtc.ConfigureRTCPReports(registry),
	)
	if err != nil {
		return nil, nil, fmt.Errorf("agent: %w", err)
	}
	settings, err := newSettings(cfg)
	if err != nil {
		return nil, nil, err
	}
	return webrtc.NewAPI(
		webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(settings),
	), estimates, nil
}

func newSettings(cfg peerConfig) (webrtc.SettingEngine, error) {
	settings := webrtc.SettingEngine{}
	gated, err := newGatedNet(cfg.grant, cfg.streams)
	if err != nil {
		return settings, fmt.Errorf("agent: %w", err)
	}
	settings.SetNet(gated)
	settings.SetICETimeouts(iceDisconnected, iceFailed, iceKeepAlive)
	settings.SetHostAcceptanceMinWait(0)
	settings.SetPrflxAcceptanceMinWait(0)
	settings.SetSCTPRTOMax(longestRepeat)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.DisableActiveTCP(true)
	if cfg.loopback {
		settings.SetIncludeLoopbackCandidate(true)
		settings.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
		settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	}
	return settings, nil
}

func iceServers(servers *wire.IceServers) []webrtc.ICEServer {
	var list []webrtc.ICEServer
	for _, s := range servers.GetServers() {
		list = append(list, webrtc.ICEServer{URLs: s.GetUrls(), Username: s.GetUsername(), Credential: s.GetCredential()})
	}
	return list
}

// checkFingerprint refuses a description whose certificate is not the one that the
// handshake bound, or that names more than one.
func checkFingerprint(description string, bound [32]byte) error {
	var parsed sdp.SessionDescription
	if err := parsed.UnmarshalString(description); err != nil {
		return fmt.Errorf("agent: session description: %w", err)
	}
	attributes := parsed.Attributes
	for _, m := range parsed.MediaDescriptions {
		attributes = append(attributes, m.Attributes...)
	}
	found := false
	for _, a := range attributes {
		if a.Key != "fingerprint" {
			continue
		}
		algorithm, value, _ := strings.Cut(a.Value, " ")
		var named [32]byte
		if !strings.EqualFold(algorithm, "sha-256") || parseFingerprint(value, &named) != nil || named != bound {
			return errors.New("agent: the viewer's certificate is not the one that was agreed")
		}
		found = true
	}
	if !found {
		return errors.New("agent: the viewer's description names no certificate")
	}
	return nil
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

// open reads the offer, adds the picture's track, and answers.
func (p *peer) open(offer string, grant *consent.ViewGrant) (string, error) {
	err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer})
	if err != nil {
		return "", fmt.Errorf("agent: offer: %w", err)
	}
	fmtp := plainFmtp
	if strings.Contains(offer, fullChromaFmtp) {
		fmtp = fullChromaFmtp
	}
	track, err := webrtc.NewTrackLocalStaticRTP(
		webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP9, ClockRate: videoClock, SDPFmtpLine: fmtp}, "screen", "beside")
	if err != nil {
		return "", fmt.Errorf("agent: %w", err)
	}
	sender, err := p.pc.AddTrack(track)
	if err != nil {
		return "", fmt.Errorf("agent: %w", err)
	}
	p.streams.picture.Store(uint32(sender.GetParameters().Encodings[0].SSRC))
	if err := p.openVoice(); err != nil {
		return "", err
	}
	answer, err := p.answer()
	if err != nil {
		return "", err
	}
	p.video = newVideo(track, sender, grant, fmtp == fullChromaFmtp)
	p.readers.Go(func() { p.readFeedback(sender) })
	return answer, nil
}

func (p *peer) answer() (string, error) {
	answer, err := p.pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("agent: answer: %w", err)
	}
	if err := p.pc.SetLocalDescription(answer); err != nil {
		return "", fmt.Errorf("agent: answer: %w", err)
	}
	return answer.SDP, nil
}

// restart answers a later offer of the same viewer: an ICE restart.
func (p *peer) restart(offer string, bound [32]byte) (string, error) {
	if err := checkFingerprint(offer, bound); err != nil {
		return "", err
	}
	err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer})
	if err != nil {
		return "", fmt.Errorf("agent: offer: %w", err)
	}
	return p.answer()
}

// setServers replaces TURN credentials that have run out, for the next restart.
func (p *peer) setServers(servers *wire.IceServers) {
	cfg := p.pc.GetConfiguration()
	cfg.ICEServers = iceServers(servers)
	_ = p.pc.SetConfiguration(cfg) // refused only while closing
}

func (p *peer) addCandidate(c *wire.Candidate) error {
	index := uint16(min(c.GetSdpMlineIndex(), uint32(protocol.MaxMediaLines)))
	mid := c.GetSdpMid()
	return p.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: c.GetCandidate(), SDPMid: &mid, SDPMLineIndex: &index})
}

// readFeedback hears the viewer's requests for a key frame until the peer closes.
func (p *peer) readFeedback(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			switch packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				p.events.keyFrame()
			}
		}
	}
}

// sendSession sends on the data channel "session"; false when it is not open.
func (p *peer) sendSession(data []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.session != nil && p.session.Send(data) == nil
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

// close cuts the connection and waits for what reads from it and writes to it.
func (p *peer) close() error {
	err := p.pc.Close()
	p.video.outlet.close()
	p.readers.Wait()
	return err
}
