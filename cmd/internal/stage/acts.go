package stage

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/chromedp/cdproto/input"

	"beside/agent/desktop"
)

// AwaitStart waits for the agent's first window.
func (s *Stage) AwaitStart(ctx context.Context) (desktop.Window, error) {
	return s.Desktop.WaitWindow(ctx, agentWindow("start"))
}

// AwaitArmed waits until the open question can be answered: its yes has its colour.
func (s *Stage) AwaitArmed(ctx context.Context) error {
	w, err := s.AwaitQuestion(ctx)
	if err != nil {
		return err
	}
	_, err = s.find(ctx, w, brand, 60, 25)
	return err
}

// userRest is how long remote input waits after the user's own, and a little more.
const userRest = 3*time.Second + 200*time.Millisecond

// Rested waits until the agent no longer holds the technician's input back because of
// the user's own.
func (s *Stage) Rested(ctx context.Context, _ *Technician) error {
	select {
	case <-time.After(userRest):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Latency is the spread of a measured time.
type Latency struct {
	Count         int
	P50, P95, Max time.Duration
	Samples       []time.Duration
}

// summarise sorts samples and reads the percentiles off.
func summarise(samples []time.Duration) Latency {
	slices.Sort(samples)
	at := func(q float64) time.Duration { return samples[min(len(samples)-1, int(q*float64(len(samples))))] }
	return Latency{Count: len(samples), P50: at(0.5), P95: at(0.95), Max: samples[len(samples)-1], Samples: samples}
}

// pixelWatch resolves when the shown picture's pixel has changed after a press that
// the page's own code reports: from the event to the frame that shows it.
const pixelWatch = `((x, y, px, py) => new Promise((done, fail) => {
  const read = () => besideShown.read(x, y, 1, 1);
  const before = read();
  let pressed = 0;
  window.addEventListener('pointerdown', () => { pressed = performance.now(); }, {capture: true, once: true});
  const limit = setTimeout(() => fail(new Error('the pixel did not change')), 5000);
  const look = () => {
    const now = read();
    if (Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]) + Math.abs(now[2] - before[2]) > 120) {
      clearTimeout(limit); window.besidePixel = performance.now() - pressed; done(true); return;
    }
    requestAnimationFrame(look);
  };
  window.besidePixel = -1;
  requestAnimationFrame(look);
  window.besideWatching = true;
}))`

// ClickToPixel measures, n times, from a press in the page to the frame in the page
// that shows what the press did on the user's machine: a window there flips a patch.
func (s *Stage) ClickToPixel(ctx context.Context, t *Technician, n int) (Latency, error) {
	target, err := desktop.OpenTarget(s.Desktop.Display(), image.Rect(1240, 200, 1540, 400))
	if err != nil {
		return Latency{}, err
	}
	defer target.Close()
	if err := errors.Join(target.Raise(), s.Rested(ctx, t)); err != nil {
		return Latency{}, err
	}
	x, y := 1390, 300
	samples := make([]time.Duration, 0, n)
	for range n {
		took, err := t.pressAndWatch(ctx, x, y)
		if err != nil {
			return Latency{}, fmt.Errorf("stage: click to pixel: %w", err)
		}
		samples = append(samples, took)
	}
	return summarise(samples), nil
}

// pressAndWatch presses once on a pixel of the user's screen and times its change.
func (t *Technician) pressAndWatch(ctx context.Context, x, y int) (time.Duration, error) {
	err := t.Evaluate(ctx, fmt.Sprintf("void (window.besideWait = %s(%d, %d)); true", pixelWatch, x, y), nil)
	if err != nil {
		return 0, err
	}
	if err := t.ClickOn(ctx, x, y); err != nil {
		return 0, err
	}
	var took float64
	if err := t.Evaluate(ctx, "window.besideWait.then(() => window.besidePixel)", &took); err != nil {
		return 0, err
	}
	return time.Duration(took * float64(time.Millisecond)), nil
}

// TypeText types characters into the page: by keys where there are any, the others the
// way an input method does.
func (t *Technician) TypeText(ctx context.Context, text string) error { return t.Key(ctx, text) }

// TypeKeys presses keys one after the other, "\r" being Enter.
func (t *Technician) TypeKeys(ctx context.Context, keys string) error { return t.Key(ctx, keys) }

// TypeChord presses a letter with Ctrl held, with the events a real keyboard makes.
func (t *Technician) TypeChord(ctx context.Context, letter rune) error {
	code, key := "Key"+strings.ToUpper(string(letter)), int64(unicode.ToUpper(letter))
	const control = 17 // Windows' virtual key code of Ctrl
	steps := []*input.DispatchKeyEventParams{
		input.DispatchKeyEvent(input.KeyRawDown).WithKey("Control").WithCode("ControlLeft").WithWindowsVirtualKeyCode(control).WithModifiers(input.ModifierCtrl),
		input.DispatchKeyEvent(input.KeyRawDown).WithKey(string(letter)).WithCode(code).WithWindowsVirtualKeyCode(key).WithModifiers(input.ModifierCtrl),
		input.DispatchKeyEvent(input.KeyUp).WithKey(string(letter)).WithCode(code).WithWindowsVirtualKeyCode(key).WithModifiers(input.ModifierCtrl),
		input.DispatchKeyEvent(input.KeyUp).WithKey("Control").WithCode("ControlLeft").WithWindowsVirtualKeyCode(control),
	}
	for _, step := range steps {
		if err := t.run(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

// Scroll opens a terminal of the user's that prints lines for a while, so that there is
// something to record; meanwhile is called halfway.
func (s *Stage) Scroll(ctx context.Context, d time.Duration, meanwhile func()) error {
	p, err := s.Desktop.Run(desktop.Xterm(1000, 60, "sh", "-c", "i=0; while :; do i=$((i+1)); echo line $i of the printer log; sleep 0.2; done"))
	if err != nil {
		return err
	}
	defer p.Stop()
	halfway, end := time.After(d/2), time.After(d)
	for {
		select {
		case <-halfway:
			meanwhile()
		case <-end:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// CloseAgent lets the user close "It is over" with Escape and waits until the program
// has ended.
func (s *Stage) CloseAgent(ctx context.Context) error {
	if _, err := s.AwaitOver(ctx); err != nil {
		return err
	}
	if err := s.Desktop.Person().Tap(keyEscape); err != nil {
		return err
	}
	select {
	case <-s.Agent.Done():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stage: the agent did not end: %w", ctx.Err())
	}
}

// Recordings returns the folders of the recordings in the relay's store, by id.
func (s *Stage) Recordings() (map[string]string, error) {
	found := map[string]string{}
	err := filepath.WalkDir(filepath.Join(s.Dir, "relay"), func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Name() == "key.age" {
			found[filepath.Base(filepath.Dir(path))] = filepath.Dir(path)
		}
		return err
	})
	return found, err
}

// Export opens the one recording in the relay's store with an age identity and writes
// a plain MP4.
func (s *Stage) Export(ctx context.Context, movie, identity string) error {
	folders, err := s.Recordings()
	if err != nil {
		return err
	}
	if len(folders) != 1 {
		return fmt.Errorf("stage: want one recording, found %d", len(folders))
	}
	key := filepath.Join(s.Dir, "recovery.txt")
	if err := os.WriteFile(key, []byte(identity+"\n"), 0o600); err != nil {
		return err
	}
	for _, folder := range folders {
		out, err := exec.CommandContext(ctx, filepath.Join(s.bin, "beside-viewer"),
			"export", "--identity", key, "-o", movie, folder).CombinedOutput()
		if err != nil {
			return fmt.Errorf("stage: export: %w: %s", err, out)
		}
	}
	return nil
}
