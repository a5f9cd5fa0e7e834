package probe

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"beside/protocol"
	"beside/protocol/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func says(outcomes map[wire.Scope]wire.Decision_Outcome) func(wire.Scope) wire.Decision_Outcome {
	return func(s wire.Scope) wire.Decision_Outcome { return outcomes[s] }
}

const (
	granted = wire.Decision_OUTCOME_GRANTED
	refused = wire.Decision_OUTCOME_REFUSED
)

// A whole session over a real relay and real WebRTC, with an agent whose user agrees
// to view and control and not to recording.
func TestWholeSession(t *testing.T) {
	address, token := startRelay(t)
	_, code := startAgent(t, address, says(map[wire.Scope]wire.Decision_Outcome{
		wire.Scope_SCOPE_VIEW: granted, wire.Scope_SCOPE_CONTROL: granted, wire.Scope_SCOPE_RECORD: refused,
	}))
	report, err := Run(t.Context(), Plan{
		Config: Config{Relay: address, Token: token, Code: code}, Reason: "a test",
		Ask: []wire.Scope{wire.Scope_SCOPE_CONTROL, wire.Scope_SCOPE_RECORD}, Watch: 200 * time.Millisecond,
	})
	if err != nil {
		t.Fatalf("%v: %+v", err, report)
	}
	if !report.OK || report.Frames < 5 || report.KeyFrames < 1 || report.Bytes < 3000*report.Frames || report.Packets <= report.Frames {
		t.Errorf("%+v", report)
	}
	if got := strings.Join(report.Granted, ","); got != "view,control" {
		t.Errorf("granted: got %s, want view,control", got)
	}
	if report.EndedBy != "technician" || report.Technician != "Ana" || report.Organisation != "Acme IT" {
		t.Errorf("%+v", report)
	}
	for name, ms := range map[string]*float64{
		"join": report.Times.Join, "question": report.Times.JoinToQuestion, "answer": report.Times.QuestionToAnswer,
		"packet": report.Times.GrantedToPacket, "frame": report.Times.GrantedToFullFrame,
	} {
		if ms == nil || *ms < 0 || *ms > 10_000 {
			t.Errorf("%s: %v", name, ms)
		}
	}
	if data, err := json.Marshal(report); err != nil || !strings.Contains(string(data), `"granted_to_frame":`) {
		t.Errorf("%s, %v", data, err)
	}
}

// PROMISE A1: after a no there is no picture, and the report says so.
func TestRefusedView(t *testing.T) {
	address, token := startRelay(t)
	_, code := startAgent(t, address, says(nil))
	report, err := Run(t.Context(), Plan{Config: Config{Relay: address, Token: token, Code: code}})
	if !errors.Is(err, ErrRefused) || report.OK || report.Packets != 0 || report.EndedBy != "refusal" {
		t.Errorf("got %v, %+v", err, report)
	}
}

func TestWhatCanGoWrongBeforeASession(t *testing.T) {
	address, token := startRelay(t)
	_, code := startAgent(t, address, says(nil))
	wrong := protocol.Code{Locator: code.Locator, Secret: protocol.NewSecret(other(code.Secret.Reveal()))}
	nobody := protocol.Code{Locator: other(code.Locator), Secret: code.Secret}
	for _, c := range []struct {
		name string
		cfg  Config
		want error
	}{
		{"no such relay", Config{Relay: "http://127.0.0.1:1", Token: token, Code: code}, ErrUnreachable},
		{"no address", Config{Relay: "relay", Token: token, Code: code}, ErrUnreachable},
		{"bad token", Config{Relay: address, Token: "bst_nothing", Code: code}, ErrToken},
		{"unknown code", Config{Relay: address, Token: token, Code: nobody}, ErrCode},
		{"wrong secret", Config{Relay: address, Token: token, Code: wrong}, protocol.ErrWrongSecret},
		{"used code", Config{Relay: address, Token: token, Code: code}, ErrCode},
	} {
		if s, err := Dial(t.Context(), c.cfg); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
			if s != nil {
				s.Close()
			}
		}
	}
}

// other is a different number of as many digits.
func other(digits string) string {
	last := digits[len(digits)-1]
	return digits[:len(digits)-1] + string('0'+(last-'0'+1)%10)
}

// THREAT 5: an agent's description with another certificate than the bound one.
func TestSwappedFingerprint(t *testing.T) {
	address, token := startRelay(t)
	agent, code := startAgent(t, address, says(map[wire.Scope]wire.Decision_Outcome{wire.Scope_SCOPE_VIEW: granted}))
	agent.print[0] ^= 1 // binds a certificate that it does not have
	report, err := Run(t.Context(), Plan{
		Config: Config{Relay: address, Token: token, Code: code}, Picture: time.Second,
	})
	if !errors.Is(err, ErrNoPicture) || report.Packets != 0 {
		t.Errorf("got %v, %+v", err, report)
	}
}

func TestInputIsNumbered(t *testing.T) {
	address, token := startRelay(t)
	agent, code := startAgent(t, address, says(map[wire.Scope]wire.Decision_Outcome{wire.Scope_SCOPE_VIEW: granted}))
	s, err := Dial(t.Context(), Config{Relay: address, Token: token, Code: code})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	move := &wire.Input{Kind: &wire.Input_Move{Move: &wire.PointerMove{X: 3, Y: 4}}}
	if err := s.Input(move); err == nil {
		t.Error("input before the channel is open")
	}
	if err := s.Ask(wire.Scope_SCOPE_VIEW, "", ""); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := s.Wait(ctx, func(st State) bool { return !st.Media.FirstFrame.IsZero() && s.Input(move) == nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.Input(move); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Wait(ctx, func(State) bool { agent.mu.Lock(); defer agent.mu.Unlock(); return len(agent.inputs) == 2 }); err != nil {
		t.Fatal(err)
	}
	for i, data := range agent.inputs {
		var in wire.Input
		if err := proto.Unmarshal(data, &in); err != nil || in.GetSequence() != uint64(i+1) || in.GetMove().GetY() != 4 {
			t.Errorf("input %d: %v, %v", i, &in, err)
		}
	}
}

func TestCounter(t *testing.T) {
	const first, last, inter = 0x08, 0x04, 0x40 // B, E, P of the payload descriptor
	type packet struct {
		sequence uint16
		head     byte
		marker   bool
	}
	for _, c := range []struct {
		name    string
		packets []packet
		want    Media
	}{
		{"whole", []packet{{65534, first, false}, {65535, 0, false}, {0, last, true}, {1, first | last | inter, true}}, Media{Frames: 2, KeyFrames: 1}},
		{"hole", []packet{{1, first, false}, {3, last, true}, {4, first | last | inter, true}}, Media{Frames: 1, Broken: 1}},
		{"late", []packet{{1, first, false}, {3, last, true}, {2, 0, false}, {4, first | last, true}}, Media{Frames: 1, KeyFrames: 1, Broken: 1}},
		{"twice", []packet{{1, first, false}, {1, first, false}, {2, last, true}}, Media{Frames: 1, KeyFrames: 1}},
		{"no beginning", []packet{{7, last, true}}, Media{Broken: 1}},
	} {
		var k counter
		for _, p := range c.packets {
			k.take(&rtp.Packet{
				Header: rtp.Header{SequenceNumber: p.sequence, Marker: p.marker}, Payload: []byte{p.head, 1, 2},
			}, time.Unix(1, 0))
		}
		got := Media{Frames: k.media.Frames, KeyFrames: k.media.KeyFrames, Broken: k.media.Broken}
		if got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
		if k.media.Packets != int64(len(c.packets)) || k.media.FirstFrame.IsZero() != (c.want.KeyFrames == 0) {
			t.Errorf("%s: %+v", c.name, k.media)
		}
	}
}

func TestScopeNames(t *testing.T) {
	for v := range wire.Scope_name {
		s := wire.Scope(v)
		if got, err := ParseScope(ScopeName(s)); s != 0 && (err != nil || got != s) {
			t.Errorf("%v: got %v, %v", s, got, err)
		}
	}
	for _, bad := range []string{"", "unspecified", "root"} {
		if s, err := ParseScope(bad); err == nil {
			t.Errorf("%q became %v", bad, s)
		}
	}
}
