package agent

import (
	"image"
	"strings"
	"testing"

	"beside/agent/internal/capture"
	"beside/agent/internal/catalogue"
	"beside/consent"
	"beside/consent/consenttest"
	"beside/protocol/wire"
)

// The receipt and the list say who made everything wait, and why: the user, or
// Beside because the monitors changed. What the user did not do nobody says that they did.
func TestWhoMadeItWait(t *testing.T) {
	_, gate := consenttest.NewView(t)
	cfg := Config{Relay: "https://relay.example", StateDir: t.TempDir(), Log: testLog(t)}
	link, err := newSignaller(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{
		Agent: newAgent(cfg, link, newPerson()), gate: gate, mail: newMailbox(), bar: &paperBar{},
		agreed: &agreed{joined: &wire.TechnicianJoined{Technician: ana}, organisation: acme},
	}
	s.chat = s.newChat()
	s.share.area = image.Rect(0, 0, 640, 480)
	s.displays = []capture.Display{{Bounds: s.share.area}}
	s.monitorsChanged([]capture.Display{{Bounds: image.Rect(0, 0, 800, 600)}})
	if !gate.Snapshot().Paused || !s.share.missing.Load() {
		t.Fatal("it goes on without the monitor that was chosen")
	}
	gate.Resume()
	gate.Pause()
	gate.Resume()
	gate.Hold(consent.HoldSecret, consent.ByUser)
	gate.Free(consent.HoldSecret, consent.ByUser)
	gate.Hold(consent.HoldAway, consent.ByAgent)
	gate.Free(consent.HoldAway, consent.ByUser)
	gate.Hold(consent.HoldAway, consent.ByAgent)
	gate.Free(consent.HoldAway, consent.ByAgent) // control was taken back meanwhile
	statements, err := gate.Receipt().Verify()
	if err != nil {
		t.Fatal(err)
	}
	words := catalogue.For("en")
	r := &words.Receipt
	want := []string{r.PausedByUs, r.Resumed, r.Paused, r.Resumed, r.SecretBegan, r.SecretDone, r.Away, r.Back, r.Away, r.BackByUs}
	var paper []string
	for _, line := range receiptLines(words, statements)[2:] { // after the question and its answer
		paper = append(paper, line.What)
	}
	if got := strings.Join(paper, "; "); got != strings.Join(want, "; ") {
		t.Errorf("the receipt says %s\nwant %s", got, strings.Join(want, "; "))
	}
	for _, st := range statements[2:] {
		e := consent.Event{Time: st.Event.Time, Kind: consent.Paused, By: consent.ByUser}
		if st.Event.Type == consent.Resumed.String() {
			e.Kind = consent.Resumed
		}
		if st.Event.Actor == consent.ByAgent.String() {
			e.By = consent.ByAgent
		}
		for h := consent.HoldPause; h <= consent.HoldAway; h++ {
			if h.String() == st.Event.Hold {
				e.Hold = h
			}
		}
		s.history = append(s.history, e)
	}
	var list []string
	for _, line := range s.activity().Lines {
		list = append(list, line.Text)
	}
	if got := strings.Join(list, "; "); got != strings.Join(want, "; ") {
		t.Errorf("the list says %s\nwant %s", got, strings.Join(want, "; "))
	}
}
