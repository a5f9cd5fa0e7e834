package protocol

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"beside/protocol/wire"
)

// Kinds of error that every Decode function returns, for errors.Is.
var (
	// ErrTooLarge means that a message or a field is longer than its limit.
	ErrTooLarge = errors.New("protocol: too large")
	// ErrBadMessage means that a message cannot be read or says what no honest sender says.
	ErrBadMessage = errors.New("protocol: bad message")
)

// nesting is deeper than any message of ours nests.
const nesting = 16

// bad makes an ErrBadMessage about one field. It never quotes what came in.
func bad(what string) error { return fmt.Errorf("%w: %s", ErrBadMessage, what) }

func tooLarge(what string, got, most int) error {
	return fmt.Errorf("%w: %s has %d, at most %d", ErrTooLarge, what, got, most)
}

// unmarshal reads b into m, leaving out fields that this version does not know. Their
// size is bounded by that of b, and b was measured before.
func unmarshal(b []byte, m proto.Message) error {
	opts := proto.UnmarshalOptions{DiscardUnknown: true, RecursionLimit: nesting}
	if err := opts.Unmarshal(b, m); err != nil {
		return bad("cannot be read")
	}
	return nil
}

// decode measures, reads and then checks one message.
func decode[M proto.Message](b []byte, limit int, m M, check func(M) error) (M, error) {
	var none M
	if len(b) > limit {
		return none, tooLarge("message", len(b), limit)
	}
	if err := unmarshal(b, m); err != nil {
		return none, err
	}
	if err := check(m); err != nil {
		return none, err
	}
	return m, nil
}

// DecodeAgentFrame reads a frame from an agent, at the relay.
func DecodeAgentFrame(b []byte) (*wire.AgentFrame, error) {
	return decode(b, MaxFrame, &wire.AgentFrame{}, checkAgentFrame)
}

// DecodeViewerFrame reads a frame from a viewer, at the relay.
func DecodeViewerFrame(b []byte) (*wire.ViewerFrame, error) {
	return decode(b, MaxFrame, &wire.ViewerFrame{}, checkViewerFrame)
}

// DecodeRelayToAgent reads a frame from the relay, at an agent.
func DecodeRelayToAgent(b []byte) (*wire.RelayToAgent, error) {
	return decode(b, MaxFrame, &wire.RelayToAgent{}, checkRelayToAgent)
}

// DecodeRelayToViewer reads a frame from the relay, at a viewer.
func DecodeRelayToViewer(b []byte) (*wire.RelayToViewer, error) {
	return decode(b, MaxFrame, &wire.RelayToViewer{}, checkRelayToViewer)
}

// DecodePeerFrame reads what `forward` held, at either end.
func DecodePeerFrame(b []byte) (*wire.PeerFrame, error) {
	return decode(b, MaxForward, &wire.PeerFrame{}, checkPeerFrame)
}

// DecodeFromViewer reads an opened message of the viewer, at the agent. The reason and
// the ticket of an Ask come out cleaned, ready to be shown to the user.
func DecodeFromViewer(b []byte) (*wire.FromViewer, error) {
	return decode(b, MaxSessionFrame, &wire.FromViewer{}, checkFromViewer)
}

// DecodeFromAgent reads an opened message of the agent, at the viewer. Details come
// out cleaned.
func DecodeFromAgent(b []byte) (*wire.FromAgent, error) {
	return decode(b, MaxSessionFrame, &wire.FromAgent{}, checkFromAgent)
}

// DecodeInput reads one event of the data channel "input", at the agent.
func DecodeInput(b []byte) (*wire.Input, error) {
	return decode(b, MaxInputFrame, &wire.Input{}, checkInput)
}

// DecodeCursor reads one message of the data channel "cursor", at the viewer.
func DecodeCursor(b []byte) (*wire.Cursor, error) {
	return decode(b, MaxCursorFrame, &wire.Cursor{}, checkCursor)
}

// DecodeClipboard reads one message of the data channel "clipboard", at either end.
// Text in pieces is cleaned when it is whole (PlainText).
func DecodeClipboard(b []byte) (*wire.ClipboardMessage, error) {
	return decode(b, MaxClipboardFrame, &wire.ClipboardMessage{}, checkClipboard)
}

// DecodeFile reads one message of the data channel "files", at either end. Names and
// reasons come out cleaned for the eye, not for a disk.
func DecodeFile(b []byte) (*wire.FileMessage, error) {
	return decode(b, MaxFileFrame, &wire.FileMessage{}, checkFile)
}
