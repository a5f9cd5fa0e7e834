package probe

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"beside/protocol/wire"
)

const playoutDelayURI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"

// errNotOpen means that a data channel cannot be written to (yet).
var errNotOpen = errors.New("probe: the data channel is not open")

// peerConfig makes a peer. The callbacks run on goroutines of the WebRTC stack.
type peerConfig struct {
	relay     string
	servers   *wire.IceServers
	log       *slog.Logger
	candidate func(*wire.Candidate)
	message   func([]byte)
	cursor    func([]byte)
	connected func()
	media     func(Media)
}

// peer is the WebRTC connection to the agent.
type peer struct {
	pc             *webrtc.PeerConnection
	fingerprint    [32]byte
	session, input *webrtc.DataChannel
	tracks         sync.WaitGroup
	first          webrtc.SessionDescription // our offer, not applied yet

	mu       sync.Mutex
	answered bool
	early    []webrtc.ICECandidateInit // came before the answer
}

func newPeer(cfg peerConfig) (*peer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("probe: certificate: %w", err)
	}
	cert, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return nil, fmt.Errorf("probe: certificate: %w", err)
	}
	p := &peer{}
	if p.fingerprint, err = fingerprintOf(cert); err != nil {
		return nil, err
	}
	api, err := newAPI(cfg)
	if err != nil {
		return nil, err
	}
	p.pc, err = api.NewPeerConnection(webrtc.Configuration{
		Certificates: []webrtc.Certificate{*cert}, ICEServers: iceServers(cfg.servers),
		BundlePolicy: webrtc.BundlePolicyMaxBundle,
	})
	if err != nil {
		return nil, fmt.Errorf("probe: connection: %w", err)
	}
	if err := p.prepare(cfg); err != nil {
		return nil, errors.Join(err, p.pc.Close())
	}
	return p, nil
}

// newAPI puts the WebRTC stack together: VP9 profile 0 and the usual feedback.
func newAPI(cfg peerConfig) (*webrtc.API, error) {
	media := &webrtc.MediaEngine{}
	err := media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeVP9, ClockRate: 90_000, SDPFmtpLine: "profile-id=0",
			RTCPFeedback: []webrtc.RTCPFeedback{
				{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}, {Type: "transport-cc"},
			},
		},
		PayloadType: 98,
	}, webrtc.RTPCodecTypeVideo)
	err = errors.Join(err, media.RegisterHeaderExtension(
		webrtc.RTPHeaderExtensionCapability{URI: playoutDelayURI}, webrtc.RTPCodecTypeVideo))
	registry := &interceptor.Registry{}
	err = errors.Join(err, webrtc.ConfigureNack(media, registry), webrtc.ConfigureRTCPReports(registry),
		webrtc.ConfigureTWCCSender(media, registry))
	if err != nil {
		return nil, fmt.Errorf("probe: connection: %w", err)
	}
	settings := webrtc.SettingEngine{}
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.DisableActiveTCP(true)
	if onLoopback(cfg.relay) {
		settings.SetIncludeLoopbackCandidate(true)
		settings.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry),
		webrtc.WithSettingEngine(settings)), nil
}

func onLoopback(relay string) bool {
	u, err := url.Parse(relay)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func iceServers(servers *wire.IceServers) []webrtc.ICEServer {
	var list []webrtc.ICEServer
	for _, s := range servers.GetServers() {
		list = append(list, webrtc.ICEServer{URLs: s.GetUrls(), Username: s.GetUsername(), Credential: s.GetCredential()})
	}
	return list
}

// prepare makes channels, track and callbacks.
func (p *peer) prepare(cfg peerConfig) error {
	p.pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		m := &wire.Candidate{}
		if c != nil {
			init := c.ToJSON()
			m.Candidate = init.Candidate
			if init.SDPMid != nil {
				m.SdpMid = *init.SDPMid
			}
		}
		cfg.candidate(m)
	})
	p.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			cfg.connected()
		}
	})
	p.pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		p.tracks.Go(func() { p.count(t, cfg.media) })
	})
	_, err := p.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo,
		webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	if err != nil {
		return fmt.Errorf("probe: connection: %w", err)
	}
	var channels [3]*webrtc.DataChannel
	for i, label := range []string{"session", "input", "cursor"} {
		if channels[i], err = p.pc.CreateDataChannel(label, nil); err != nil {
			return fmt.Errorf("probe: connection: %w", err)
		}
	}
	p.session, p.input = channels[0], channels[1]
	p.session.OnMessage(func(m webrtc.DataChannelMessage) { cfg.message(m.Data) })
	channels[2].OnMessage(func(m webrtc.DataChannelMessage) { cfg.cursor(m.Data) })
	return nil
}

// offer makes our description. Nothing is gathered or sent before gather.
func (p *peer) offer() (string, error) {
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		return "", fmt.Errorf("probe: offer: %w", err)
	}
	p.first = offer
	return offer.SDP, nil
}

// gather applies the offer; candidates follow through the callback.
func (p *peer) gather() error {
	if err := p.pc.SetLocalDescription(p.first); err != nil {
		return fmt.Errorf("probe: offer: %w", err)
	}
	return nil
}

// answer takes the agent's description if its certificate is the bound one.
func (p *peer) answer(sdp string, bound [32]byte) error {
	if err := checkFingerprints(sdp, bound); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}); err != nil {
		return fmt.Errorf("probe: answer: %w", err)
	}
	p.answered = true
	for _, c := range p.early {
		_ = p.pc.AddICECandidate(c) // one path less
	}
	return nil
}

func (p *peer) add(c *wire.Candidate) error {
	init := webrtc.ICECandidateInit{Candidate: c.GetCandidate()}
	if mid := c.GetSdpMid(); mid != "" {
		init.SDPMid = &mid
	}
	line := uint16(c.GetSdpMlineIndex())
	init.SDPMLineIndex = &line
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.answered {
		p.early = append(p.early, init)
		return nil
	}
	_ = p.pc.AddICECandidate(init) // one path less
	return nil
}

func (p *peer) send(data []byte) error      { return write(p.session, data) }
func (p *peer) sendInput(data []byte) error { return write(p.input, data) }

func write(d *webrtc.DataChannel, data []byte) error {
	if d.ReadyState() != webrtc.DataChannelStateOpen {
		return errNotOpen
	}
	if err := d.Send(data); err != nil {
		return fmt.Errorf("probe: send on %s: %w", d.Label(), err)
	}
	return nil
}

// wantKeyFrame asks for a picture that stands alone.
func (p *peer) wantKeyFrame(t *webrtc.TrackRemote) {
	_ = p.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(t.SSRC())}}) // the next loss asks again
}

func (p *peer) close() {
	_ = p.pc.GracefulClose() // nothing to save; it waits for the stack's goroutines
	p.tracks.Wait()
}

func fingerprintOf(cert *webrtc.Certificate) ([32]byte, error) {
	prints, err := cert.GetFingerprints()
	if err != nil {
		return [32]byte{}, fmt.Errorf("probe: certificate: %w", err)
	}
	for _, f := range prints {
		if f.Algorithm == "sha-256" {
			return parseFingerprint("sha-256 " + f.Value)
		}
	}
	return [32]byte{}, errors.New("probe: the certificate has no SHA-256 fingerprint")
}

// parseFingerprint reads "sha-256 AB:CD:…" (RFC 8122 section 5).
func parseFingerprint(text string) (print [32]byte, err error) {
	algorithm, value, _ := strings.Cut(text, " ")
	raw, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(value), ":", ""))
	if !strings.EqualFold(algorithm, "sha-256") || err != nil || len(raw) != len(print) {
		return print, errors.New("probe: not a SHA-256 fingerprint")
	}
	copy(print[:], raw)
	return print, nil
}
