package agent

import (
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"beside/consent/consenttest"
	"beside/protocol/wire"
)

// A line for film that was not offered is asked for where the way is not known to be good,
// and there alone.
func TestALineIsAskedForOnAThinWay(t *testing.T) {
	for distance, want := range map[time.Duration]bool{time.Millisecond: false, 100 * time.Millisecond: true} {
		grant, gate := consenttest.NewView(t)
		p := newPicture(grant, 0, nil)
		p.updates.Store(newUpdates(grant, nil, away(distance), nil))
		s := &session{gate: gate, picture: p, peer: &peer{video: newVideo(grant)}, mail: newMailbox()}
		s.lines = lineUse{number: 1, open: &wire.Lines{}}
		if picture, voice := s.linesInUse(0); picture != want || voice {
			t.Errorf("a viewer %v away: picture %v, voice %v; want %v and none", distance, picture, voice, want)
		}
	}
}

// A line for film that nobody uses rests where film could go by updates until it is open
// again, and stays where it could not.
func TestALineRestsOnABriskWayAlone(t *testing.T) {
	for distance, rests := range map[time.Duration]bool{time.Millisecond: true, 100 * time.Millisecond: false} {
		grant, gate := consenttest.NewView(t)
		p, v := newPicture(grant, 0, nil), newVideo(grant)
		p.updates.Store(newUpdates(grant, nil, away(distance), nil))
		v.take(&webrtc.TrackLocalStaticRTP{}, webrtc.RTPSendParameters{}, false)
		v.stand()
		s := &session{gate: gate, picture: p, peer: &peer{video: v}, mail: newMailbox()}
		s.lines = lineUse{number: 1, open: &wire.Lines{Picture: true}}
		s.restLines(0)
		s.leaveLines()
		if v.ready(false) == rests {
			t.Errorf("a viewer %v away: rests %v, want %v", distance, !rests, rests)
		}
	}
}
