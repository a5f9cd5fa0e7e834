package e2e

import (
	"bytes"
	"errors"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

	"beside/agent/desktop"
	"beside/consent"
	"beside/protocol"
)

// The desktop's two monitors: halves of its screen.
var (
	leftMonitor  = image.Rect(0, 0, 960, 1080)
	rightMonitor = image.Rect(960, 0, 1920, 1080)
)

// bankTitle is of a window on the monitor that is not shown.
const bankTitle = "My bank - account 8833"

// PROMISE A3, E4: the user chooses one of two monitors. Of the other nothing is on the
// technician's page, in what comes to it, or in the recording: no pixel, no pointer, no
// title; nor does anything of the technician's get there. Monitors that are numbered anew,
// or taken away, change nothing of that, and the user says whether it goes on.
func TestOneMonitor(t *testing.T) {
	s := newScene(t)
	s.monitors("left", leftMonitor, "right", rightMonitor)
	s.terminal(bankTitle, "#ff00ff", "+1200+450")
	s.terminal("Printer", "#00ff00", "+200+450")
	s.join()
	// By keyboard: from Not now past the verb and "Everything" to the first monitor.
	for _, keys := range []xproto.Keysym{keyTab, keyTab, keyTab, keySpace} {
		s.must(s.Desktop.Person().Tap(keys))
		s.quiet(time.Now(), 150*time.Millisecond)
	}
	s.yes()
	_, err := s.page.AwaitPicture(s.ctx)
	s.must(err)
	s.must(s.page.AwaitSize(s.ctx, leftMonitor.Dx(), leftMonitor.Dy()))
	s.nothingOfTheBank("at first")
	s.record()
	s.control()

	here, there := s.target(image.Rect(40, 750, 440, 1000)), s.target(image.Rect(1400, 750, 1800, 1000))
	s.must(here.Raise())
	r := newRude(s)
	r.reaches(here, image.Pt(100, 800))
	s.must(there.Focus())
	there.Clear()
	for range 20 {
		r.send(click(image.Pt(1500, 800))...)
		r.send(chord("KeyY")...)
	}
	r.reaches(here, image.Pt(100, 800))
	s.must(there.Sync(s.ctx))
	if got := there.Clear(); len(got) > 0 {
		t.Errorf("on the other monitor %d events of the technician arrived, first %+v", len(got), got[0])
	}
	s.must(here.Focus())
	here.Clear()
	r.send(chord("KeyY")...)
	s.must(here.Wait(s.ctx, arrived(desktop.KeyRelease, 1))) // the keys themselves work

	s.roam()
	s.nothingOfTheBank("after the user moved about on the other monitor")
	s.monitorsChange()
	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
	receipt, statements := s.receipt()
	for _, st := range statements {
		if st.Event.Type == "granted" && st.Event.Scope == "view" && st.Event.Shared != consent.OneScreen {
			t.Errorf("the receipt says %q", st.Event.Shared)
		}
	}
	film := filepath.Join(t.TempDir(), "recording.mp4")
	movie, err := os.Create(film)
	s.must(err)
	s.must(errors.Join(s.openRecording(receipt).Export(movie), movie.Close()))
	if magenta, green := s.colours(film); magenta > 0 || green == 0 {
		t.Errorf("of the recording's pictures %d show the other monitor, %d the one that was chosen", magenta, green)
	}
}

// roam has the user's hand move about on both monitors; on the one that is not shown there
// is no pointer, in no message.
func (s *scene) roam() {
	s.t.Helper()
	hand := s.Desktop.Person()
	for _, at := range []image.Point{{1300, 500}, {1500, 900}, {500, 200}} {
		s.must(hand.Glide(s.ctx, at.X, at.Y, 300*time.Millisecond))
		s.quiet(time.Now(), 150*time.Millisecond)
	}
	shown := 0
	for _, data := range s.heardOn("cursor") {
		c, err := protocol.DecodeCursor(data)
		s.must(err)
		at := image.Pt(int(c.GetX()), int(c.GetY()))
		if !at.In(leftMonitor) || !c.GetVisible() && at != (image.Point{}) {
			s.t.Fatalf("the pointer was told at %v, visible %v", at, c.GetVisible())
		}
		if c.GetVisible() {
			shown++
		}
	}
	if shown == 0 {
		s.t.Error("no pointer was told at all, so that nothing was put to the test")
	}
}

// monitorsChange numbers the monitors anew, and then takes the one that is shown away.
func (s *scene) monitorsChange() {
	s.t.Helper()
	s.monitors("left", rightMonitor, "right", leftMonitor)
	s.must(s.page.WaitText(s.ctx, "The user paused the session"))
	s.resume()
	s.goesOnQuietly("after the monitors were numbered anew")
	s.monitors("left", rightMonitor, "right", image.Rect(0, 0, 400, 1080))
	s.must(s.page.WaitText(s.ctx, "The user paused the session"))
	s.resume()
	target := s.target(image.Rect(1000, 700, 1400, 1000))
	s.must(target.Focus())
	s.must(s.Rested(s.ctx, s.page))
	target.Clear()
	r := newRude(s)
	r.sequence = 1 << 42
	for range 10 {
		r.send(click(image.Pt(959, 800))...)
		r.send(chord("KeyY")...)
	}
	s.quiet(time.Now(), listenAfter)
	s.must(target.Sync(s.ctx))
	if got := target.Clear(); len(got) > 0 {
		s.t.Errorf("while the monitor is gone %d events of the technician arrived, first %+v", len(got), got[0])
	}
	s.nothingOfTheBank("while the monitor is gone")
}

// resume lets the user go on after a pause.
func (s *scene) resume() {
	s.t.Helper()
	tools, err := s.BarButtons(s.ctx, 3) // Stop control, Stop recording, Resume
	s.must(err)
	_, err = s.Press(s.ctx, middle(tools[2]))
	s.must(err)
	s.must(s.page.WaitFor(s.ctx, `!document.body.innerText.includes("The user paused the session")`, "still paused"))
}

// goesOnQuietly wants further pictures, and nothing of the other monitor in them.
func (s *scene) goesOnQuietly(when string) {
	s.t.Helper()
	s.bustle()
	s.goesOn()
	s.nothingOfTheBank(when)
}

// nothingOfTheBank wants neither the colour nor the title of the window on the other
// monitor at the technician's.
func (s *scene) nothingOfTheBank(when string) {
	s.t.Helper()
	if n := s.magenta(); n > 0 {
		s.t.Errorf("%s %d pixels of the other monitor are on the technician's page", when, n)
	}
	var text string
	s.must(s.page.Evaluate(s.ctx, "document.documentElement.outerHTML", &text))
	all := 0
	for _, label := range []string{"session", "cursor", "input"} {
		for _, data := range s.heardOn(label) {
			text += string(data)
			all += len(data)
		}
	}
	if all == 0 {
		s.t.Error("nothing came on any channel, so that nothing was put to the test")
	}
	if strings.Contains(text, "8833") || bytes.Contains([]byte(text), []byte(bankTitle)) {
		s.t.Errorf("%s the title of a window came to the technician", when)
	}
}

// monitors gives the screen two monitors, in this order, until the test ends.
func (s *scene) monitors(first string, a image.Rectangle, second string, b image.Rectangle) {
	s.t.Helper()
	s.withRandR(func(conn *xgb.Conn, root xproto.Window) {
		resources, err := randr.GetScreenResources(conn, root).Reply()
		s.must(err)
		xproto.GrabServer(conn) // so that nobody sees it half done
		defer func() { s.must(xproto.UngrabServerChecked(conn).Check()) }()
		for _, name := range []string{first, second} {
			randr.DeleteMonitor(conn, root, s.atom(conn, name)) // there may be none
		}
		for i, m := range []struct {
			name string
			at   image.Rectangle
		}{{first, a}, {second, b}} {
			info := randr.MonitorInfo{
				Name: s.atom(conn, m.name), X: int16(m.at.Min.X), Y: int16(m.at.Min.Y), Width: uint16(m.at.Dx()), Height: uint16(m.at.Dy()),
			}
			if i == 0 {
				info.Primary, info.NOutput, info.Outputs = true, 1, resources.Outputs[:1]
			}
			s.must(randr.SetMonitorChecked(conn, root, info).Check())
		}
	})
	s.t.Cleanup(func() {
		s.withRandR(func(conn *xgb.Conn, root xproto.Window) {
			for _, name := range []string{first, second} {
				_ = randr.DeleteMonitorChecked(conn, root, s.atom(conn, name)).Check() // gone already
			}
		})
	})
}

func (s *scene) atom(conn *xgb.Conn, name string) xproto.Atom {
	s.t.Helper()
	atom, err := xproto.InternAtom(conn, false, uint16(len(name)), name).Reply()
	s.must(err)
	return atom.Atom
}

// withRandR runs f with a connection to the desktop that knows of monitors.
func (s *scene) withRandR(f func(conn *xgb.Conn, root xproto.Window)) {
	s.t.Helper()
	conn, err := xgb.NewConnDisplay(s.Desktop.Display())
	s.must(err)
	defer conn.Close()
	// Not by randr.Init: that writes a table which all connections of the process read.
	ext, err := xproto.QueryExtension(conn, uint16(len("RANDR")), "RANDR").Reply()
	s.must(err)
	conn.ExtLock.Lock()
	conn.Extensions["RANDR"] = ext.MajorOpcode
	conn.ExtLock.Unlock()
	_, err = randr.QueryVersion(conn, 1, 5).Reply()
	s.must(err)
	f(conn, xproto.Setup(conn).DefaultScreen(conn).Root)
}
