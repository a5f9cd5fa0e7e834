package agent

import (
	"image"
	"testing"

	"github.com/jezek/xgb/xproto"
	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"

	"beside/agent/internal/input"
	"beside/consent/consenttest"
	"beside/protocol/wire"
)

// PROMISE A5, THREAT 4: what a technician holds comes up when their connection breaks, and not
// only when it is given up: nobody is there to let go.
func TestALostConnectionLetsGo(t *testing.T) {
	pointer := pointerOf(t)
	grant, gate := consenttest.NewControl(t)
	link, err := newSignaller(Config{Relay: "https://relay.example", Log: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	s := &session{Agent: &Agent{link: link, log: testLog(t)}, gate: gate, inputs: &inputs{log: testLog(t)}}
	if err := s.inputs.start(grant, input.Options{Bounds: image.Rect(0, 0, 640, 400), Guard: newPerson()}, func(bool) {}); err != nil {
		t.Fatal(err)
	}
	defer s.inputs.wait()
	defer s.inputs.stop()
	sequence := uint64(0)
	put := func(m *wire.Input) {
		t.Helper()
		sequence++
		m.Sequence = sequence
		data, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		s.inputs.handle(data, func() {}, func() {})
	}
	const held = xproto.KeyButMaskButton1 | xproto.KeyButMaskShift
	for _, state := range []webrtc.PeerConnectionState{webrtc.PeerConnectionStateDisconnected, webrtc.PeerConnectionStateFailed} {
		put(&wire.Input{Kind: &wire.Input_Button{Button: &wire.PointerButton{X: 120, Y: 110, Down: true}}})
		put(&wire.Input{Kind: &wire.Input_Key{Key: &wire.Key{Code: "ShiftLeft", Key: "Shift", Down: true}}})
		pointer.await(t, "button and Shift to go down", func(_, _ int, mask uint16) bool { return mask&held == held })
		s.connection(state)
		pointer.await(t, "button and Shift to come up", func(_, _ int, mask uint16) bool { return mask&held == 0 })
	}
	if gate.Snapshot().Over {
		t.Error("the session ended at once")
	}
}
