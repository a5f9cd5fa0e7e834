package e2e

import (
	"context"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"beside/agent/desktop"
	"beside/cmd/internal/stage"
	"beside/consent"
)

// sceneTime bounds one test on a slow and busy machine, longer in the long form.
func sceneTime() time.Duration {
	if proving() {
		return 5 * time.Minute
	}
	return 75 * time.Second
}

// codeLine is how a code is printed for the terminal.
var codeLine = regexp.MustCompile(`\b\d{3} \d{3} \d{3} \d{3}\b`)

// What the technician writes on the form.
const (
	reason = "You wrote that your printer prints blank pages."
	ticket = "HELP-4711"
)

// scene is one run of the agent and one tab of the technician. Both are gone when the
// test ends.
type scene struct {
	*stage.Stage
	t    *testing.T
	ctx  context.Context
	log  *logbook
	page *stage.Technician
	// code is what the agent's window shows.
	code string
}

// newScene starts an agent, with further arguments, and opens a tab. What it says when the test fails: the
// programs' output, and pictures of both sides in the test's artifacts.
func newScene(t *testing.T, args ...string) *scene {
	t.Helper()
	return newSceneWith(t, nil, args...)
}

// newSceneWith is newScene with more in the agent's environment.
func newSceneWith(t *testing.T, env []string, args ...string) *scene {
	t.Helper()
	w := enterWorld(t)
	w.stage.Environ(env...)
	ctx, cancel := context.WithTimeout(t.Context(), sceneTime())
	s := &scene{Stage: w.stage, t: t, ctx: ctx, log: w.log}
	began := s.log.length()
	t.Cleanup(func() {
		cancel()
		if t.Failed() {
			t.Logf("The programs printed:\n%s", s.log.since(began))
		}
	})
	s.must(os.RemoveAll(s.Receipts()))
	// A new process knows nothing of the codes that earlier tests redeemed: one
	// technician may redeem ten at a time, and then has to wait.
	s.Relay.Stop()
	s.must(s.StartRelay(ctx))
	var err error
	s.code, _, err = s.StartAgent(ctx, args...)
	t.Cleanup(s.stopAgent)
	s.must(err)
	s.page, err = w.technician.Tab(ctx, watchChannels)
	s.must(err)
	t.Cleanup(s.page.CloseTab)
	t.Cleanup(func() {
		if t.Failed() {
			s.photograph()
		}
	})
	return s
}

// must ends the test when err is one.
func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// photograph leaves pictures of both sides.
func (s *scene) photograph() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	dir := s.t.ArtifactDir()
	if err := s.Desktop.Screenshot(filepath.Join(dir, "user.png"), true); err != nil {
		s.t.Log(err)
	}
	if err := s.page.Screenshot(ctx, filepath.Join(dir, "technician.png")); err != nil {
		s.t.Log(err)
	}
	var text string
	if err := s.page.Evaluate(ctx, "document.body.innerText", &text); err == nil {
		s.t.Logf("The page says %q", text)
	}
}

// stopAgent ends the agent, whatever became of it, and takes its windows off.
func (s *scene) stopAgent() {
	if s.Agent == nil {
		return
	}
	s.Agent.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	if err := s.Desktop.WaitGone(ctx, func(w desktop.Window) bool { return w.Class == "beside-agent" }); err != nil {
		s.t.Errorf("windows of the agent are left: %v", err)
	}
}

// join types the code and asks to see the screen.
func (s *scene) join() {
	s.t.Helper()
	_, err := s.page.Join(s.ctx, s.code, reason, ticket)
	s.must(err)
	_, err = s.AwaitQuestion(s.ctx)
	s.must(err)
}

// yes lets the user answer the open question with yes and returns when that was.
func (s *scene) yes() time.Time {
	s.t.Helper()
	at, err := s.SayYes(s.ctx)
	s.must(err)
	return at
}

// view brings the session to its first picture.
func (s *scene) view() {
	s.t.Helper()
	s.join()
	s.yes()
	_, err := s.page.AwaitPicture(s.ctx)
	s.must(err)
}

// control lets the technician use mouse and keyboard, now: the user's yes came before
// the injector looks for the user's hands.
func (s *scene) control() {
	s.t.Helper()
	s.must(s.page.AskControl(s.ctx, "I would like to look at the printer's settings."))
	s.yes()
	s.must(s.page.WaitText(s.ctx, "They said yes: you can use their mouse and keyboard"))
	s.steers()
}

// steers waits until the technician's pointer moves the user's.
func (s *scene) steers() {
	s.t.Helper()
	screen, err := s.page.Screen(s.ctx)
	s.must(err)
	turn := 0
	s.must(until(s.ctx, func() bool {
		turn = (turn + 1) % 2
		want := image.Pt(700+turn, 600)
		x, y := screen.At(want.X, want.Y)
		s.must(s.page.MoveTo(s.ctx, x, y))
		gotX, gotY, err := s.Desktop.Person().Location()
		s.must(err)
		return gotY == want.Y && (gotX == 700 || gotX == 701)
	}))
}

// record lets the technician record.
func (s *scene) record() {
	s.t.Helper()
	s.must(s.page.AskRecord(s.ctx, "To show a colleague what the printer said."))
	s.yes()
	s.must(s.page.WaitText(s.ctx, "This session is being recorded"))
}

// over waits until both people see that it is over; says is what the page must show.
func (s *scene) over(says string) {
	s.t.Helper()
	_, err := s.AwaitOver(s.ctx)
	s.must(err)
	s.must(s.page.WaitText(s.ctx, says))
}

// target opens a window of the user's that writes down what arrives at it.
func (s *scene) target(bounds image.Rectangle) *desktop.Target {
	s.t.Helper()
	target, err := desktop.OpenTarget(s.Desktop.Display(), bounds)
	s.must(err)
	s.t.Cleanup(target.Close)
	s.must(target.Raise())
	return target
}

// untouched takes it ill when anything has arrived at a window since it was last cleared.
func (s *scene) untouched(target *desktop.Target, when string) {
	s.t.Helper()
	s.must(target.Sync(s.ctx))
	if got := target.Clear(); len(got) > 0 {
		s.t.Errorf("%s %d events arrived, first %+v", when, len(got), got[0])
	}
}

// bustle keeps the screen changing, as a film would, until the test ends.
func (s *scene) bustle() { s.repeat("date +%T.%N") }

// repeat has a terminal show what a command says, 50 times a second, until the test ends.
func (s *scene) repeat(command string) {
	s.t.Helper()
	p, err := s.Desktop.Run(desktop.Xterm(100, 500, "sh", "-c", "while :; do "+command+"; sleep 0.02; done"))
	s.must(err)
	s.t.Cleanup(p.Stop)
	_, err = s.Desktop.WaitWindow(s.ctx, desktop.WithClass("XTerm"))
	s.must(err)
}

// receipt reads the one receipt and what it states.
func (s *scene) receipt() (consent.Receipt, []consent.Statement) {
	s.t.Helper()
	var found []string
	s.must(until(s.ctx, func() bool {
		found, _ = filepath.Glob(filepath.Join(s.Receipts(), "*.json"))
		return len(found) > 0
	}))
	if len(found) != 1 {
		s.t.Fatalf("found receipts %q, want one", found)
	}
	r, err := consent.ReadReceipt(found[0])
	s.must(err)
	statements, err := r.Verify()
	s.must(err)
	return r, statements
}

// hold lets the technician press a key and a button on the target, and not let go.
func (s *scene) hold(target *desktop.Target) {
	s.t.Helper()
	r, at := newRude(s), target.Bounds().Min.Add(image.Pt(40, 40))
	r.send(click(at)...)
	s.must(target.Wait(s.ctx, arrived(desktop.ButtonRelease, 1)))
	target.Clear()
	r.send(chord("KeyY")[0], click(at)[1])
	s.must(target.Wait(s.ctx, arrived(desktop.ButtonPress, 1)))
}

// letsGo waits until the key and the button of hold have come up, and returns when.
func (s *scene) letsGo(target *desktop.Target) (last time.Time) {
	s.t.Helper()
	s.must(target.Wait(s.ctx, func(events []desktop.Event) bool {
		return letGo(events) && arrived(desktop.KeyRelease, 1)(events) && arrived(desktop.ButtonRelease, 1)(events)
	}))
	for _, e := range target.Events() {
		if e.Kind == desktop.KeyRelease || e.Kind == desktop.ButtonRelease {
			last = e.At
		}
	}
	return last
}

// quiet waits for a while after a moment, in which a test listens.
func (s *scene) quiet(after time.Time, d time.Duration) {
	s.t.Helper()
	s.must(until(s.ctx, func() bool { return time.Since(after) >= d }))
}

// freeze stops processes where they are until the test ends, or until the returned
// function is called.
func freeze(t *testing.T, pids ...int) (thaw func()) {
	t.Helper()
	thaw = func() {
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGCONT) // what has ended needs none
		}
	}
	t.Cleanup(thaw)
	for _, pid := range pids {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil && running(pid) {
			t.Fatalf("process %d cannot be frozen: %v", pid, err)
		}
	}
	return thaw
}

// watchChannels runs in every page before its own code: it keeps the data channels, so that
// a test can send what the page would not, and what came on them beside the picture.
const watchChannels = `(() => {
  const channels = {}, heard = {}; window.besideChannels = channels; window.besideHeard = heard;
  const create = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (label, ...rest) {
    const channel = (channels[label] = create.call(this, label, ...rest));
    if (label !== 'screen') {
      channel.addEventListener('message', e => { (heard[label] ??= []).push(btoa(String.fromCharCode(...new Uint8Array(e.data)))); });
    }
    return channel;
  };
})()`

// heardOn are the messages that the page has got on a data channel, so far.
func (s *scene) heardOn(label string) (messages [][]byte) {
	s.t.Helper()
	s.must(s.page.Evaluate(s.ctx, fmt.Sprintf("besideHeard[%q] ?? []", label), &messages))
	return messages
}
