package agent

import (
	"errors"
	"math"
	"testing"

	"google.golang.org/protobuf/proto"

	"beside/agent/internal/upload"
	"beside/protocol/wire"
	"beside/recording"
)

// What has to be said while the user has paused, or has just ended it, is no longer than
// what leaves without a grant: a message that is held back holds back all that follow it.
func TestWhatIsSaidInAPauseIsUpkeep(t *testing.T) {
	const (
		record = 13 + 8 + 16   // DTLS 1.2 with AES-GCM (RFC 5288)
		chunk  = 12 + 16       // SCTP's common header and that of DATA (RFC 9260, 3)
		word   = 4             // to which a chunk is padded
		pause  = math.MaxInt32 // of seconds
	)
	problem := func(err error) *wire.FromAgent {
		return &wire.FromAgent{Kind: &wire.FromAgent_Recording{Recording: &wire.RecordingStatus{
			Phase: wire.RecordingStatus_PHASE_FAILED, RecordingId: newRecordingID(), Detail: recordingProblem(err),
		}}}
	}
	all := []wire.Scope{
		wire.Scope_SCOPE_VIEW, wire.Scope_SCOPE_CONTROL, wire.Scope_SCOPE_RECORD,
		wire.Scope_SCOPE_CLIPBOARD, wire.Scope_SCOPE_FILES, wire.Scope_SCOPE_VOICE,
	}
	for what, m := range map[string]*wire.FromAgent{
		"the state": {Kind: &wire.FromAgent_State{State: &wire.State{
			Granted: all, Paused: true, UserActive: true, InputLocked: true, Secret: true, Away: true, Muted: true,
		}}},
		"a question": {Kind: &wire.FromAgent_Asking{Asking: &wire.Asking{Scope: wire.Scope_SCOPE_VOICE, SecondsLeft: pause}}},
		"an answer": {Kind: &wire.FromAgent_Decision{Decision: &wire.Decision{
			Scope: wire.Scope_SCOPE_RECORD, Outcome: wire.Decision_OUTCOME_UNAVAILABLE, Detail: recordingNotSetUp,
		}}},
		"a full disk":        problem(upload.ErrDiskFull),
		"no store":           problem(recording.ErrStore),
		"a fault":            problem(errors.New("any")),
		"which lines to use": {Kind: &wire.FromAgent_Lines{Lines: &wire.Lines{Picture: true, Voice: true}}},
		"the goodbye":        {Kind: &wire.FromAgent_Ended{Ended: &wire.Ended{By: wire.Ended_BY_REFUSAL, Seconds: pause}}},
	} {
		packet := record + chunk + (proto.Size(m)+word-1)/word*word
		if pictures().carried(appData(packet)) != carriesUpkeep {
			t.Errorf("%s takes a packet of %d bytes, which needs the grant", what, packet)
		}
	}
}
