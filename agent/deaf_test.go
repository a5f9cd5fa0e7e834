package agent

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"beside/consent"
	"beside/protocol/wire"
)

// THREAT 18: a viewer that takes nothing does not fill the user's memory: so much waits for it
// and no more, and what waits goes out when it takes something again.
func TestADeafViewerFillsNoMemory(t *testing.T) {
	opened := make(chan string, 4)
	s := openScreening(t, func(viewer *webrtc.PeerConnection, agent *peerEvents) {
		agent.opened = func(label string) { opened <- label }
		for _, label := range []string{"session", "files"} {
			if _, err := viewer.CreateDataChannel(label, nil); err != nil {
				t.Fatal(err)
			}
		}
	})
	if got := receive(t, "the channel", opened); got != "session" {
		t.Fatalf("%s opened", got)
	}
	eventually(t, "the channel for files", func() bool { return s.peer.pipe("files") != nil })
	files := s.peer.pipe("files")
	eventually(t, "it to open", func() bool { return files.channel.ReadyState() == webrtc.DataChannelStateOpen })
	s.gate.Hold(consent.HoldPause, consent.ByUser) // the socket holds what is long: nothing is taken
	message := make([]byte, 32<<10)
	const most = 2*mostUnsent/(32<<10) + 2
	for said := 0; s.peer.sendSession(message); said++ {
		if said > most {
			t.Fatalf("%d bytes wait for it", said*len(message))
		}
	}
	if !s.peer.deaf() {
		t.Error("nobody notices")
	}
	for said := 0; ; said++ {
		if err := files.send(message); errors.Is(err, errDeaf) {
			break
		} else if err != nil || said > most {
			t.Fatalf("%d bytes of files wait for it, %v", said*len(message), err)
		}
	}
	s.gate.Free(consent.HoldPause, consent.ByUser)
	eventually(t, "it to take everything", func() bool { return !s.peer.deaf() && s.peer.sendSession([]byte("more")) })
	eventually(t, "it to take the files", func() bool { return files.send([]byte("more")) == nil })
}

// THREAT 18: questions without end are put to the user as often as people ask them.
func TestQuestionsWithoutEnd(t *testing.T) {
	a := begin(t)
	a.look()
	ctx := t.Context()
	go func() { // the user says no to whatever is asked
		for {
			select {
			case q := <-a.person.questions:
				q.reply <- no
			case <-ctx.Done():
				return
			}
		}
	}()
	began, put := time.Now(), 1 // to see the screen
	for {
		a.ask(control)
		d := a.decision(control)
		if d.GetOutcome() == wire.Decision_OUTCOME_UNAVAILABLE {
			break
		}
		put++
		if most := askBurst + int(time.Since(began)/askPace) + 1; put > most {
			t.Fatalf("%d questions were put, at most %d may be", put, most)
		}
	}
	if put < askBurst {
		t.Errorf("after %d questions another was refused", put)
	}
}

// THREAT 18: no user is asked for files faster than they could choose any, and no file is read
// from its beginning without end.
func TestFilesWithoutEnd(t *testing.T) {
	home(t)
	chosen := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(chosen, []byte("some notes"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := begin(t)
	a.look("files")
	a.allow(filesScope, consent.Files)
	tool := a.tools["files"]
	tool.put(fileRequest(1))
	receive(t, "the list", a.person.choices).reply <- chosen
	if a.heard(1).GetOffer() == nil {
		t.Fatal("nothing was offered")
	}
	for range mostSeeks + 1 {
		tool.put(fileAccept(1, 0))
	}
	a.halted(1, wire.FileStop_WHY_DAMAGED)

	ctx := t.Context()
	go func() { // the user closes the list each time
		for {
			select {
			case c := <-a.person.choices:
				c.reply <- ""
			case <-ctx.Done():
				return
			}
		}
	}()
	began, asked := time.Now(), 1
	for id := uint32(2); ; id++ {
		tool.put(fileRequest(id))
		if stop := a.heard(id).GetStop(); stop.GetWhy() == wire.FileStop_WHY_BUSY {
			break
		} else if stop.GetWhy() != wire.FileStop_WHY_USER {
			t.Fatalf("request %d: %v", id, stop)
		}
		asked++
		if most := wantBurst + int(time.Since(began)/wantPace) + 1; asked > most {
			t.Fatalf("asked for %d files, at most %d may be", asked, most)
		}
	}
	if asked < wantBurst {
		t.Errorf("after %d files another was refused", asked)
	}
}
