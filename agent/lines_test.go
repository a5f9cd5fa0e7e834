package agent

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"beside/agent/desktop"
	"beside/consent"
	"beside/protocol/wire"
)

// again negotiates once more after a change of the viewer's.
func (s *screening) again(t *testing.T, change func(*webrtc.PeerConnection) error) {
	t.Helper()
	if err := change(s.viewer); err != nil {
		t.Fatal(err)
	}
	offer, err := s.viewer.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.viewer.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	answer, err := s.peer.negotiate(offer.SDP, s.print)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.viewer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
}

// closeLines closes the viewer's lines of a kind.
func closeLines(kind webrtc.RTPCodecType) func(*webrtc.PeerConnection) error {
	return func(pc *webrtc.PeerConnection) (err error) {
		for _, line := range pc.GetTransceivers() {
			if line.Kind() == kind && err == nil {
				err = line.Stop()
			}
		}
		return err
	}
}

func openLine(kind webrtc.RTPCodecType, direction webrtc.RTPTransceiverDirection) func(*webrtc.PeerConnection) error {
	return func(pc *webrtc.PeerConnection) error {
		_, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: direction})
		return err
	}
}

var (
	closePicture = closeLines(webrtc.RTPCodecTypeVideo)
	openPicture  = openLine(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverDirectionRecvonly)
)

// THREAT 4: a line that was closed carries nothing and is none of the picture's for the
// socket; one that is opened again carries the picture, once the viewer has taken the
// answer, again and again.
func TestALineClosesAndOpensAgain(t *testing.T) {
	s := openScreening(t)
	first := s.peer.streams.picture.Load()
	seen := map[uint32]bool{}
	for range 3 {
		if err := s.peer.video.send(delta(3*rtpPayload, 1), time.Now()); err != nil {
			t.Fatal(err)
		}
		ssrc := s.picture(t)[0].SSRC
		if ssrc != s.peer.streams.picture.Load() || seen[ssrc] {
			t.Errorf("the picture came as the stream %d, the socket knows %d", ssrc, s.peer.streams.picture.Load())
		}
		seen[ssrc] = true

		s.again(t, closePicture)
		if s.peer.video.ready(false) || s.peer.streams.picture.Load() != 0 {
			t.Error("the line is closed and carries the picture")
		}
		for _, ssrc := range []uint32{first, 0} {
			packet, err := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: ssrc}, Payload: make([]byte, 60)}).Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if got := s.peer.streams.carried(packet); got != carriesVoice {
				t.Errorf("the stream %d counts as %v, though the picture has none", ssrc, got)
			}
		}
		if err := s.peer.video.send(delta(100, 2), time.Now()); err != nil {
			t.Errorf("a picture for a closed line: %v", err)
		}

		s.again(t, openPicture)
		if s.peer.video.ready(false) {
			t.Error("the line carries the picture before the viewer has taken the answer")
		}
		if !s.peer.video.stand() || !s.peer.video.ready(false) {
			t.Error("the line is open and does not carry the picture")
		}
	}
}

// THREAT 20: whatever a viewer offers later, there is one picture for it to receive, one
// line for voice, and the certificate of the handshake. What is refused changes nothing.
func TestOffersOfMoreAreRefused(t *testing.T) {
	s := openScreening(t)
	line := func(kind, rest string) string {
		return "m=" + kind + " 9 UDP/TLS/RTP/SAVPF 98\r\nc=IN IP4 0.0.0.0\r\na=mid:x\r\n" + rest
	}
	whole := func() string {
		t.Helper()
		offer, err := s.viewer.CreateOffer(nil)
		if err != nil {
			t.Fatal(err)
		}
		return offer.SDP
	}
	for name, change := range map[string]func(string) string{
		"a second picture": func(o string) string { return o + line("video", "a=recvonly\r\n") },
		"a second picture, bundled": func(o string) string {
			return o + strings.Replace(line("video", "a=recvonly\r\na=bundle-only\r\n"), " 9 ", " 0 ", 1)
		},
		"two lines for voice": func(o string) string {
			return o + line("audio", "a=sendrecv\r\n") + line("audio", "a=sendrecv\r\n")
		},
		"voice one way":          func(o string) string { return o + line("audio", "a=sendonly\r\n") },
		"a camera":               func(o string) string { return strings.Replace(o, "a=recvonly", "a=sendrecv", 1) },
		"a camera alone":         func(o string) string { return strings.Replace(o, "a=recvonly", "a=sendonly", 1) },
		"a line of another kind": func(o string) string { return o + line("text", "a=recvonly\r\n") },
		"more channels": func(o string) string {
			return o + strings.Repeat("m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:y\r\na=sctp-port:5000\r\n", 2)
		},
		"too many closed lines": func(o string) string {
			return o + strings.Repeat(strings.Replace(line("video", "a=inactive\r\n"), " 9 ", " 0 ", 1), 16)
		},
		"another certificate": func(o string) string {
			at := strings.Index(o, "a=fingerprint:sha-256 ") + len("a=fingerprint:sha-256 ")
			return o[:at] + strings.Repeat("00:", 31) + "00" + o[at+95:]
		},
		"a second certificate": func(o string) string {
			return o + "a=fingerprint:sha-256 " + strings.Repeat("00:", 31) + "00\r\n"
		},
		"too much text":  func(o string) string { return o + strings.Repeat("a=x\r\n", 7000) },
		"no description": func(string) string { return "nothing" },
	} {
		if _, err := s.peer.negotiate(change(whole()), s.print); err == nil {
			t.Errorf("%s: the offer was answered", name)
		}
	}
	s.again(t, func(*webrtc.PeerConnection) error { return nil })
	if err := s.peer.video.send(delta(100, 1), time.Now()); err != nil {
		t.Fatal(err)
	}
	s.picture(t)
	if n := len(s.peer.pc.GetTransceivers()); n != 1 {
		t.Errorf("%d lines after it all, want 1", n)
	}
}

// A line that was closed stays so under its old name.
func TestAClosedLineIsNotOpenedUnderItsName(t *testing.T) {
	s := openScreening(t)
	before, err := s.viewer.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.again(t, closePicture)
	if _, err := s.peer.negotiate(before.SDP, s.print); err == nil {
		t.Error("it was opened again")
	}
	s.again(t, openPicture)
}

// What moves like film is brought by updates until the line for it is there, which is
// asked for; then it is film.
func TestFilmAwaitsItsLine(t *testing.T) {
	e, s := openEasel(t), newScribbler(t)
	asked := make(chan struct{}, 100)
	e.peer.video.mu.Lock()
	e.peer.video.ask = func() { asked <- struct{}{} }
	e.peer.video.mu.Unlock()
	e.awaitSame(t)
	e.again(t, closePicture)
	f := s.newFilm()
	next, limit := time.NewTicker(25*time.Millisecond), time.After(exactPatience)
	defer next.Stop()
	for waits := true; waits; {
		select {
		case <-asked:
			waits = false
		case <-next.C:
			f.show()
		case <-limit:
			t.Fatal("the line was not asked for")
		}
	}
	if n := e.transparent(); n > 0 {
		t.Errorf("%d pixels wait for a video that cannot come", n)
	}
	e.awaitSame(t) // without it
	e.again(t, openPicture)
	e.peer.video.stand()
	e.picture.wantKey()
	e.playUntilFilm(t, f, filmWidth*filmHeight/2, func() {})
	e.screening.picture(t)
	e.awaitSame(t)
}

// The line rests when nothing was shown for a while, and not while something is.
func TestTheLineRests(t *testing.T) {
	v := newVideo(nil)
	asked := 0
	v.ask = func() { asked++ }
	if v.ready(true); asked != 1 || !v.coming() {
		t.Errorf("asked %d times for the line", asked)
	}
	if v.ready(true); asked != 1 {
		t.Error("asked again at once")
	}
	if v.rest(0) {
		t.Error("a line that was asked for rests")
	}
	v.take(&webrtc.TrackLocalStaticRTP{}, webrtc.RTPSendParameters{}, false)
	if v.ready(true) || v.stand() != true || !v.ready(true) || v.coming() {
		t.Error("it does not stand when it was taken, or before")
	}
	v.showing(true)
	if v.rest(0) || !v.ready(false) {
		t.Error("it rests while it is shown")
	}
	v.showing(false)
	if v.rest(time.Hour) || !v.ready(false) {
		t.Error("it rests though it was used just now")
	}
	if !v.rest(0) || v.ready(false) {
		t.Error("it does not rest")
	}
	if v.ready(true) || asked != 2 {
		t.Error("it is not asked for again")
	}
}

// offerNumbered offers what the technician's connection is like now.
func (a *attended) offerNumbered(number uint32) {
	a.t.Helper()
	a.tell(&wire.FromViewer{Kind: &wire.FromViewer_Offer{Offer: &wire.Description{Sdp: a.nextOffer(), Number: number}}})
}

func (a *attended) nextOffer() string {
	a.t.Helper()
	offer, err := a.pc.CreateOffer(nil)
	if err != nil {
		a.t.Fatal(err)
	}
	a.offer = offer
	return offer.SDP
}

func isAnswer(m *wire.FromAgent) bool { return m.GetAnswer() != nil }

func (a *attended) lines(picture, voice bool) {
	a.t.Helper()
	a.hear(fmt.Sprintf("lines for picture %v, voice %v", picture, voice), func(m *wire.FromAgent) bool {
		return m.GetLines() != nil && m.GetLines().GetPicture() == picture && m.GetLines().GetVoice() == voice
	})
}

func (a *attended) apply(number uint32) {
	a.t.Helper()
	a.tell(&wire.FromViewer{Kind: &wire.FromViewer_Applied{Applied: &wire.Applied{Number: number}}})
}

// lookNumbered is look with a technician who numbers its offers.
func (a *attended) lookNumbered(more ...string) {
	a.t.Helper()
	a.number = 1
	a.look(more...)
}

// PROMISE A7, THREAT 2: a line for voice that nobody uses is given up; a yes opens it
// again over the data channel, and no device is opened before it stands.
func TestVoiceAwaitsItsLine(t *testing.T) {
	s := soundFor(t, 440)
	a := begin(t)
	a.lookNumbered("voice")
	a.lines(true, false) // this viewer paints no updates
	if err := closeLines(webrtc.RTPCodecTypeAudio)(a.pc); err != nil {
		t.Fatal(err)
	}
	a.offerNumbered(2)
	a.answer()
	a.apply(2)
	a.ask(voiceScope)
	a.person.answer(t, consent.Voice, yes)
	a.lines(true, true)
	a.apply(2) // of a line that is not there
	uses(t, s, noDevice)
	a.voice = newVoiceEnd(t, a.pc)
	a.offerNumbered(3)
	a.answer()
	a.apply(2) // of another answer
	a.tell(&wire.FromViewer{Kind: &wire.FromViewer_SelectDisplay{SelectDisplay: &wire.SelectDisplay{Index: 0}}})
	a.hear("the displays, after it", func(m *wire.FromAgent) bool { return m.GetDisplays() != nil })
	if got, err := s.InUse(t.Context(), "Beside"); err != nil || got != (desktop.InUse{}) {
		t.Errorf("the devices before the line stands: %+v, %v", got, err)
	}
	a.apply(3)
	a.decided(voiceScope, granted)
	uses(t, s, bothOpen)
	a.heardAgain("on the line that was opened for it")
}

// THREAT 18: offers without end are answered a few at a time, one that was answered or
// overtaken is dropped, and none of it ends the session or grants anything.
func TestOffersWithoutEnd(t *testing.T) {
	a := begin(t)
	a.lookNumbered()
	offer := a.nextOffer()
	send := func(number uint32) {
		a.tell(&wire.FromViewer{Kind: &wire.FromViewer_Offer{Offer: &wire.Description{Sdp: offer, Number: number}}})
	}
	began := time.Now()
	const flood = 60
	for i := range uint32(flood) {
		send(2 + i)
	}
	for range flood {
		send(2)
	}
	a.tell(&wire.FromViewer{Kind: &wire.FromViewer_SelectDisplay{SelectDisplay: &wire.SelectDisplay{Index: 0}}})
	answers := 0
	a.hear("the displays, after it all", func(m *wire.FromAgent) bool {
		if isAnswer(m) {
			answers++
		}
		return m.GetDisplays() != nil
	})
	if most := offerBurst + int(time.Since(began)/offerPace) + 1; answers == 0 || answers > most {
		t.Errorf("%d of %d offers were answered, want 1 to %d", answers, 2*flood, most)
	}
	a.allow(control, consent.Control) // the session goes on
}
