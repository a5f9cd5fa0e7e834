package agent

import (
	"strings"
	"testing"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"beside/consent/consenttest"
	"beside/protocol/wire"
)

// viewerOffer is an offer like the viewer's: the picture to receive, three channels.
func viewerOffer(t *testing.T) (pc *webrtc.PeerConnection, id *identity, sdp string) {
	t.Helper()
	id, err := newIdentity()
	if err != nil {
		t.Fatal(err)
	}
	pc, err = webrtc.NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{id.certificate}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	_, err = pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	if err != nil {
		t.Fatal(err)
	}
	for _, label := range []string{"session", "input", "cursor"} {
		if _, err := pc.CreateDataChannel(label, nil); err != nil {
			t.Fatal(err)
		}
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	return pc, id, offer.SDP
}

func quietEvents() peerEvents {
	return peerEvents{
		candidate: func(*wire.Candidate) {}, message: func([]byte) {}, input: func([]byte) {}, screen: func([]byte) {},
		state: func(webrtc.PeerConnectionState) {}, opened: func(string) {}, keyFrame: func() {}, rate: func(int) {},
	}
}

func TestAnswerSendsOnePictureAndReceivesNone(t *testing.T) {
	_, viewer, offer := viewerOffer(t)
	own, err := newIdentity()
	if err != nil {
		t.Fatal(err)
	}
	grant, _ := consenttest.NewView(t)
	p, answer, err := newPeer(peerConfig{
		grant: grant, identity: own, remote: viewer.fingerprint, loopback: true, events: quietEvents(),
	}, offer)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	t.Log(answer)
	if strings.Count(answer, "m=video") != 1 || strings.Contains(answer, "a=sendrecv") && strings.Contains(answer, "a=recvonly") {
		t.Errorf("the answer does not send one picture:\n%s", answer)
	}
	if err := checkAnswer(answer, own.fingerprint); err != nil {
		t.Error(err)
	}
}

// checkAnswer refuses an answer of the agent's with another certificate than this.
func checkAnswer(answer string, bound [32]byte) error {
	var parsed sdp.SessionDescription
	if err := parsed.UnmarshalString(answer); err != nil {
		return err
	}
	return checkFingerprint(&parsed, bound)
}

// THREAT 5
func TestOfferWithAnotherCertificateIsRefused(t *testing.T) {
	_, viewer, offer := viewerOffer(t)
	own, err := newIdentity()
	if err != nil {
		t.Fatal(err)
	}
	other := viewer.fingerprint
	other[0] ^= 1
	for name, remote := range map[string][32]byte{"changed": other, "zero": {}} {
		grant, _ := consenttest.NewView(t)
		_, _, err := newPeer(peerConfig{
			grant: grant, identity: own, remote: remote, loopback: true, events: quietEvents(),
		}, offer)
		if err == nil {
			t.Errorf("%s: the offer was answered", name)
		}
	}
	two := strings.Replace(offer, "a=fingerprint:", "a=fingerprint:sha-256 "+strings.Repeat("00:", 31)+"00\r\na=fingerprint:", 1)
	if _, err := readOffer(two, viewer.fingerprint); err == nil {
		t.Error("an offer with a second certificate was accepted")
	}
	if _, err := readOffer("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", viewer.fingerprint); err == nil {
		t.Error("an offer without a certificate was accepted")
	}
}
