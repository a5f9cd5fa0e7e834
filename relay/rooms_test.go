package relay

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"beside/protocol/wire"
	"beside/relay/internal/auth"
	"beside/relay/internal/bus"
	"beside/relay/internal/ratelimit"
	"beside/relay/internal/store"
)

// THREAT 8: a token serves its end within the time and no later, also before the room has
// looked at its clock.
func TestATokenServesForItsTime(t *testing.T) {
	secret := auth.NewSecret("")
	data, err := json.Marshal(joiner{Secret: secret.Reveal()})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		away time.Duration
		want bool
	}{"in time": {0, true}, "late": {resumeFor, false}} {
		e := end{lost: time.Now().Add(-tt.away), resume: secret.Hash()}
		if _, ok := (&room{}).mayResume(&e, bus.Message{From: "conn", Data: data}); ok != tt.want {
			t.Errorf("%s: got %v", name, ok)
		}
	}
}

// What was held goes out once.
func TestWhatWasHeldIsHandedOverOnce(t *testing.T) {
	e := end{resume: "a hash", held: [][]byte{[]byte("one"), []byte("two")}, heldBytes: 6}
	(&room{}).flush(&e) // lost again: it is held anew
	if len(e.held) != 2 || e.heldBytes != 6 {
		t.Errorf("%d messages of %d bytes are held, want two of 6", len(e.held), e.heldBytes)
	}
}

// THREAT 8: a connection that is not the end's any more says nothing for it.
func TestAnOldConnectionSaysNothing(t *testing.T) {
	r := &room{agent: end{conn: "new", resume: "a hash"}, viewer: end{conn: "new", resume: "a hash"}, session: "live"}
	for _, kind := range []string{agentGone, agentLost, viewerGone, viewerLost, fromAgent, fromViewer} {
		r.handle(bus.Message{Kind: kind, From: "old"})
	}
	if r.over || r.session == "" || r.agent.conn == "" || r.viewer.conn == "" {
		t.Error("an old connection ended something")
	}
}

// THREATS 7, 8: a session that its agent says is over leaves no code that anybody could redeem.
func TestWhatIsOverHasNoCode(t *testing.T) {
	r := &room{org: store.Organisation{ID: "acme"}, digits: "00001", desk: &desk{codes: map[string]map[string]struct{}{"acme": {"00001": {}}}}}
	over, err := proto.Marshal(&wire.AgentFrame{Kind: &wire.AgentFrame_Over{Over: &wire.SessionOver{}}})
	if err != nil {
		t.Fatal(err)
	}
	r.agentFrame(over)
	if r.digits != "" || len(r.desk.codes["acme"]) != 0 {
		t.Errorf("the code %q is live, %d are taken", r.digits, len(r.desk.codes["acme"]))
	}
}

// THREAT 8: an agent without a session is given no credentials for TURN.
func TestNoCredentialsWithoutASession(t *testing.T) {
	r := &room{agent: end{resume: "a hash"}, desk: &desk{turn: &turnServer{}}} // lost: what is sent is held
	ask, err := proto.Marshal(&wire.AgentFrame{Kind: &wire.AgentFrame_Ice{Ice: &wire.IceRequest{}}})
	if err != nil {
		t.Fatal(err)
	}
	if r.agentFrame(ask); len(r.agent.held) != 0 {
		t.Error("credentials were given")
	}
}

// THREATS 7, 18: codes are shown by one agent each, and codes and agents are bounded.
func TestCodesAndRoomsAreBounded(t *testing.T) {
	d := &desk{codes: map[string]map[string]struct{}{}, rooms: maxRooms}
	if ok, err := d.claim("acme", "00001"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if ok, err := d.claim("acme", "00001"); ok || err != nil {
		t.Errorf("a code that is shown: %v, %v", ok, err)
	}
	if ok, err := d.claim("other", "00001"); !ok || err != nil {
		t.Errorf("another organisation's: %v, %v", ok, err)
	}
	for n := len(d.codes["acme"]); n < maxLiveCodes; n++ {
		d.codes["acme"][string(rune('a'+n))] = struct{}{}
	}
	if ok, err := d.claim("acme", "00002"); ok || !errors.Is(err, errFull) {
		t.Errorf("one code more: %v, %v", ok, err)
	}
	if _, err := d.open(store.Organisation{}, "conn", false); !errors.Is(err, errFull) {
		t.Errorf("one agent more: %v", err)
	}
}

// THREAT 7: technicians who come from one address have the address's tries together.
func TestAnAddressHasItsTries(t *testing.T) {
	d := &desk{
		byTechnician:   ratelimit.New(technicianBurst, time.Hour),
		byAddress:      ratelimit.New(addressBurst, time.Hour),
		byOrganisation: ratelimit.New(10*addressBurst, time.Hour),
	}
	admitted := 0
	for n := range 2 * addressBurst {
		who := auth.Caller{UserID: string(rune('a' + n)), OrganisationID: "acme"}
		if d.admit(who, "192.0.2.1") == 0 {
			admitted++
		}
	}
	if admitted != addressBurst {
		t.Errorf("%d of %d were admitted, want %d", admitted, 2*addressBurst, addressBurst)
	}
}
