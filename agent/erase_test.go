package agent

import (
	"net/http"
	"path/filepath"
	"testing"

	"beside/agent/internal/ui"
	"beside/agent/internal/upload"
)

// PROMISE E6: the user chooses, when it is over, that nothing of the recording is kept:
// neither what the relay has, nor what is still on its way and on this machine. Keeping
// it is what happens when they choose nothing.
func TestUserErasesTheRecording(t *testing.T) {
	for name, sending := range map[string]bool{"when it has arrived": false, "while it is sent": true} {
		t.Run(name, func(t *testing.T) {
			a := begin(t, recordable(t))
			a.look()
			var release func()
			id := a.recordOnce(func() {
				if sending {
					release = a.relay.hold()
				}
				a.person.press(t, ui.StopRecording)
				a.decided(record, withdrawn)
				a.person.press(t, ui.EndSession)
			})
			want := ui.Sent
			if sending {
				want = ui.Sending
				defer release()
			}
			a.person.awaitOver(t, "the summary", func(v ui.OverView) bool { return v.Recorded && v.Delivery == want })
			if kept := len(a.relay.uploaded(id)); !sending && kept < 3 {
				t.Errorf("without a choice %d objects are kept", kept)
			}

			a.relay.refuse(http.StatusServiceUnavailable)
			a.person.press(t, ui.EraseRecording)
			a.person.awaitOver(t, "the failure", func(v ui.OverView) bool { return v.Erasure == ui.NotErased })
			a.relay.refuse(0)
			a.person.press(t, ui.EraseRecording)
			a.person.awaitOver(t, "the end of it", func(v ui.OverView) bool { return v.Erasure == ui.Erased })
			if left := a.relay.uploaded(id); len(left) > 0 {
				t.Errorf("the relay still has %d objects", len(left))
			}
			labels, err := upload.Left(a.cfg.StateDir)
			if err != nil || len(labels) > 0 {
				t.Errorf("left to be sent: %v, %v", labels, err)
			}
			empty(t, "after erasing", filepath.Clean(a.cfg.StateDir))
			a.person.press(t, ui.CloseOver)
			if err := receive(t, "the agent's end", a.ended); err != nil {
				t.Error(err)
			}
			if left := a.relay.uploaded(id); len(left) > 0 {
				t.Errorf("sent after it was erased: %d objects", len(left))
			}
		})
	}
}
