package agent

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"beside/consent/consenttest"
	"beside/protocol/wire"
)

// pathTo is a candidate of the viewer's, on a network that does not exist.
func pathTo(n int) string {
	return fmt.Sprintf("candidate:%d 1 udp 2130706431 192.0.2.%d %d typ host", n, n%250, 1024+n)
}

// THREAT 18: a technician cannot have doors knocked at without end.
func TestPathsAreBounded(t *testing.T) {
	var p paths
	named := func(ufrag string, from, to int) offered {
		o := offered{ufrag: ufrag}
		for n := from; n < to; n++ {
			o.candidates = append(o.candidates, strings.TrimPrefix(pathTo(n), "candidate:"))
		}
		return o
	}
	if err := p.offered(named("a", 0, 10)); err != nil {
		t.Fatal(err)
	}
	for n := range mostPaths {
		if !p.allow(pathTo(n)) { // the first ten once more
			t.Fatalf("number %d is refused", n)
		}
	}
	if p.allow(pathTo(mostPaths)) || !p.allow(pathTo(mostPaths-1)) {
		t.Error("one more is tried, or one that was named before is refused")
	}
	if err := p.offered(named("a", 0, mostPaths)); err != nil {
		t.Errorf("a description that names the same again: %v", err)
	}
	if err := p.offered(named("a", mostPaths, mostPaths+1)); !errors.Is(err, errPaths) {
		t.Errorf("a description that names another: %v", err)
	}
	if err := p.offered(named("b", 0, 10)); err != nil || !p.allow(pathTo(1000)) {
		t.Errorf("after an ICE restart: %v", err)
	}
	if err := p.offered(named("c", 0, mostPaths+1)); !errors.Is(err, errPaths) {
		t.Errorf("a description with too many: %v", err)
	}
}

// askedPeer is a peer that answers a viewer's offer, and asks these servers for its address.
func askedPeer(t *testing.T, servers *wire.IceServers, change func(offer string) string) (*peer, [32]byte, error) {
	t.Helper()
	_, viewer, offer := viewerOffer(t)
	own, err := newIdentity()
	if err != nil {
		t.Fatal(err)
	}
	grant, _ := consenttest.NewView(t)
	p, _, err := newPeer(peerConfig{
		grant: grant, identity: own, remote: viewer.fingerprint, loopback: true, servers: servers, events: quietEvents(),
	}, change(offer))
	if err == nil {
		t.Cleanup(func() { p.close() })
	}
	return p, viewer.fingerprint, err
}

// naming adds candidates to an offer.
func naming(paths int) func(string) string {
	return func(offer string) string {
		var lines strings.Builder
		for n := range paths {
			fmt.Fprintf(&lines, "a=%s\r\n", pathTo(n))
		}
		return strings.Replace(offer, "a=ice-ufrag:", lines.String()+"a=ice-ufrag:", 1)
	}
}

// THREAT 18: so it is with a peer, whichever way the candidates come.
func TestAPeerTriesSoManyPaths(t *testing.T) {
	if _, _, err := askedPeer(t, nil, naming(mostPaths+1)); !errors.Is(err, errPaths) {
		t.Errorf("an offer with too many: %v", err)
	}
	p, print, err := askedPeer(t, nil, naming(mostPaths/2))
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for n := range 3 * mostPaths {
		switch err := p.addCandidate(&wire.Candidate{Candidate: pathTo(n), SdpMid: "0"}); {
		case err == nil:
			taken++
		case !errors.Is(err, errPaths):
			t.Fatal(err)
		}
	}
	if taken != mostPaths {
		t.Errorf("%d are tried, want %d", taken, mostPaths)
	}
	first := p.pc.RemoteDescription().SDP
	if _, err := p.negotiate(naming(mostPaths+1)(first), print); !errors.Is(err, errPaths) {
		t.Errorf("a later offer with too many: %v", err)
	}
	// An ufrag that the library does not read makes no restart; another that it reads does.
	elsewhere := strings.Replace(first, "a=mid:1\r\n", "a=mid:1\r\na=ice-ufrag:none\r\n", 1)
	for offer, restart := range map[string]bool{
		first: false, elsewhere: false,
		strings.ReplaceAll(first, "a=ice-ufrag:", "a=ice-ufrag:x"):       true,
		strings.Replace(first, "m=video", "a=ice-ufrag:x\r\nm=video", 1): true,
	} {
		was, err1 := readOffer(first, print)
		now, err2 := readOffer(offer, print)
		if err := errors.Join(err1, err2); err != nil || was.ufrag == "" || (now.ufrag != was.ufrag) != restart {
			t.Errorf("the ufrag is %q after %q, %v, want a restart %v:\n%s", now.ufrag, was.ufrag, err, restart, offer)
		}
	}
}

// Fresh credentials that come while the library gathers candidates wait until it has: it
// reads the old ones without a lock. The race detector finds it otherwise, on a good day.
func TestFreshServersWaitForTheGathering(t *testing.T) {
	mute, err := net.ListenPacket("udp4", "127.0.0.1:0") // a server that answers nothing
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	named := func(url string) *wire.IceServers {
		return &wire.IceServers{Servers: []*wire.IceServer{{Urls: []string{url}}}}
	}
	old, fresh := "stun:"+mute.LocalAddr().String(), "stun:127.0.0.1:9"
	p, print, err := askedPeer(t, named(old), func(offer string) string { return offer })
	if err != nil {
		t.Fatal(err)
	}
	has := func(when, want string) {
		t.Helper()
		var urls []string
		for _, s := range p.pc.GetConfiguration().ICEServers {
			urls = append(urls, s.URLs...)
		}
		if !slices.Equal(urls, []string{want}) {
			t.Errorf("%s %q are asked, want %q", when, urls, want)
		}
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	p.setServers(named(fresh))
	if p.pc.ICEGatheringState() != webrtc.ICEGatheringStateGathering {
		t.Fatal("it gathers no more: the test shows nothing")
	}
	has("meanwhile", old)
	<-gathered // as long as it takes to give that server up
	if _, err := p.negotiate(p.pc.RemoteDescription().SDP, print); err != nil {
		t.Fatal(err)
	}
	has("with the next description", fresh)
	p.setServers(named(old))
	has("afterwards", old)
}
