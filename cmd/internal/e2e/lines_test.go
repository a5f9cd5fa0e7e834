package e2e

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"beside/agent/desktop"
)

// lines are the kinds of media lines that the page has open, in the order of their names.
const lines = `besidePeers.at(-1).getTransceivers().filter((t) => t.currentDirection !== null && t.currentDirection !== 'stopped')
  .map((t) => t.receiver.track.kind).sort().join()`

func (s *scene) awaitLines(want string) {
	s.t.Helper()
	s.must(s.page.WaitFor(s.ctx, fmt.Sprintf(`%s === %q`, lines, want), "the lines that are open are not "+want))
}

// plays shows noise in a part of the screen, as restless as a film, until the returned
// function is called.
func (s *scene) plays() (stop func()) {
	s.t.Helper()
	conn, err := xgb.NewConnDisplay(s.Desktop.Display())
	s.must(err)
	const width, height, rows = 480, 320, 30
	screen := xproto.Setup(conn).DefaultScreen(conn)
	gc, err := xproto.NewGcontextId(conn)
	s.must(err)
	s.must(xproto.CreateGCChecked(conn, gc, xproto.Drawable(screen.Root), xproto.GcSubwindowMode, []uint32{xproto.SubwindowModeIncludeInferiors}).Check())
	random := rand.NewChaCha8([32]byte{7})
	pixels := make([]byte, 4*width*rows)
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		defer conn.Close()
		for tick := time.NewTicker(40 * time.Millisecond); ; {
			select {
			case <-ended:
				tick.Stop()
				return
			case <-tick.C:
			}
			_, _ = random.Read(pixels)
			for y := 0; y < height; y += rows {
				xproto.PutImage(conn, xproto.ImageFormatZPixmap, xproto.Drawable(screen.Root), gc, width, rows, 200, int16(400+y), 0, screen.RootDepth, pixels)
			}
		}
	}()
	stop = func() { close(ended); <-done }
	return stop
}

// The lines for film and voice close when nobody uses them, and open again though the
// relay hears and says nothing: film is shown, and voice is heard.
func TestLinesOpenWithoutTheRelay(t *testing.T) {
	s, sound := voiceTown(t)
	s.view()
	// Film's own line stays open where the way is not known to be brisk, as on a busy machine.
	s.must(s.page.WaitFor(s.ctx, fmt.Sprintf(`["", "video"].includes(%s)`, lines), "the line for voice does not close"))
	freeze(t, s.relayProcess()...)
	stop := s.plays()
	s.awaitLines("video")
	s.must(s.page.WaitFor(s.ctx, `(async () => [...(await besidePeers.at(-1).getStats()).values()]
	  .some((r) => r.type === 'inbound-rtp' && r.kind === 'video' && r.framesDecoded > 10))()`, "film is not shown"))
	s.must(s.page.WaitFor(s.ctx, `document.querySelector('video').style.visibility === ''`, "the video is hidden"))
	s.must(s.page.Ask(s.ctx, "Talk", "To hear what it says when it beeps.", "Ask to talk"))
	s.yes()
	s.inUse(sound, desktop.InUse{Microphone: 1, MicrophoneOpen: 1, Loudspeaker: 1, LoudspeakerOpen: 1})
	s.awaitLines("audio,video")
	if err := until(s.ctx, func() bool { return s.hears(userTone) > 0.6 }); err != nil {
		t.Errorf("the technician does not hear the user: %v", err)
	}
	stop()
	s.must(s.page.WaitFor(s.ctx, `document.querySelector('video').style.visibility === 'hidden'`, "film that is over is still shown as video"))
	_, err := s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
}
