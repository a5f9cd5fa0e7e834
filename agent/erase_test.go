package agent

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beside/agent/internal/catalogue"
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
			if at, page := a.erasedAt(t); !at.IsZero() || strings.Contains(page, "rased by you") {
				t.Errorf("the receipt says that it was erased, %v", at)
			}
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
			a.person.press(t, ui.Rate5) // what is said later takes nothing back
			a.person.awaitOver(t, "the rating", func(v ui.OverView) bool { return v.Rating == 5 })
			if at, page := a.erasedAt(t); time.Since(at) > time.Minute || !strings.Contains(page, "Erased by you on "+catalogue.For("en").DayTime(at.Local())) ||
				!strings.Contains(page, "Recording: you erased it") || strings.Contains(page, "It is kept until") || !strings.Contains(page, "5 / 5") {
				t.Errorf("erased at %v, the receipt says %s", at, page)
			}
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

// erasedAt is when the signed receipt says that the recording was erased, and its page.
func (a *attended) erasedAt(t *testing.T) (time.Time, string) {
	t.Helper()
	page, receipt := a.receipts(t)
	closing, err := receipt.Closing()
	if err != nil {
		t.Fatal(err)
	}
	return closing.Erased, page
}

// PROMISE E6: who closes the last window while the recording is being erased has it erased
// all the same, and has it in their receipt.
func TestErasedWhileTheWindowCloses(t *testing.T) {
	a := begin(t, recordable(t))
	a.look()
	id := a.recordOnce(func() {
		a.person.press(t, ui.StopRecording)
		a.decided(record, withdrawn)
		a.person.press(t, ui.EndSession)
	})
	a.person.awaitOver(t, "the summary", func(v ui.OverView) bool { return v.Recorded && v.Delivery == ui.Sent })
	a.person.press(t, ui.EraseRecording)
	a.person.press(t, ui.CloseOver)
	if err := receive(t, "the agent's end", a.ended); err != nil {
		t.Error(err)
	}
	if left := a.relay.uploaded(id); len(left) > 0 {
		t.Errorf("the relay still has %d objects", len(left))
	}
	if at, _ := a.erasedAt(t); at.IsZero() {
		t.Error("the receipt does not say that it was erased")
	}
}
