package agent

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/cc"
	"github.com/pion/interceptor/pkg/gcc"
	"github.com/pion/webrtc/v4"

	"beside/protocol/wire"
)

// This file puts the WebRTC stack of a peer together: codecs, congestion control, and the
// network, which is the gated one (socket.go).

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
