package e2e

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// xclip runs the user's clipboard program.
func (s *scene) xclip(in []byte, args ...string) string {
	s.t.Helper()
	command := exec.CommandContext(s.ctx, "xclip", append([]string{"-selection", "clipboard"}, args...)...)
	command.Env, command.Stdin = s.Desktop.Env(), bytes.NewReader(in)
	var out bytes.Buffer
	if in == nil {
		command.Stdout = &out
	}
	if err := command.Run(); err != nil {
		return "" // nothing is there
	}
	return out.String()
}

// copies makes text what the user copied last: xclip takes it in the background.
func (s *scene) copies(text string) {
	s.t.Helper()
	s.xclip([]byte(text), "-in")
	s.must(until(s.ctx, func() bool { return s.xclip(nil, "-out") == text }))
}

// askFor asks for a scope and lets the user answer with yes.
func (s *scene) askFor(button string) {
	s.t.Helper()
	s.must(s.page.Ask(s.ctx, button, "To see the error that you copied.", button))
	s.yes()
}

const fetchedText = `(document.querySelector('[aria-label="What they copied"]')?.value ?? "")`

// PROMISE A1, A2, E6, THREAT 4, THREAT 20: nothing of the clipboard leaves before the yes,
// text and pictures go both ways exact after it, and one press on the bar ends it: the next
// fetch fails and what was put there is gone.
func TestClipboard(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.view()
	const text = "ä € 你\nsecond line\twith a tab\n"
	s.copies(text)

	s.must(s.page.Ask(s.ctx, "Ask for the clipboard", "To see the error.", "Ask for the clipboard"))
	s.must(s.AwaitArmed(s.ctx))
	s.must(s.SayNo(s.ctx))
	s.must(s.page.WaitText(s.ctx, "They said no: you may not share the clipboard"))
	// The page would not, but a technician with tools could: fetch without a yes.
	s.must(s.page.Evaluate(s.ctx, `(() => { window.besideHeard = [];
	  const c = window.besideChannels.clipboard;
	  c.addEventListener('message', (e) => window.besideHeard.push(e.data.byteLength));
	  c.send(new Uint8Array([8, 1, 18, 0])); })()`, nil))
	s.must(s.page.WaitFor(s.ctx, `window.besideHeard.length === 1 && window.besideHeard[0] < 16`, "an answer without content"))

	s.askFor("Ask for the clipboard")
	s.must(s.page.WakeToolbar(s.ctx)) // it hid if the yes took three seconds
	s.must(s.page.Click(s.ctx, "Clipboard"))
	s.must(s.page.Click(s.ctx, "Fetch their clipboard"))
	s.must(s.page.WaitFor(s.ctx, fetchedText+` !== ""`, "nothing was fetched"))
	var got string
	s.must(s.page.Evaluate(s.ctx, fetchedText, &got))
	if got != text {
		t.Errorf("fetched %q, want %q", got, text)
	}

	const mine = "für Sie: € 你好\nand a second line"
	s.must(s.page.Fill(s.ctx, "What they can paste", mine))
	s.must(s.page.Click(s.ctx, "Put it on their clipboard"))
	s.must(s.page.WaitText(s.ctx, "It is on their clipboard"))
	if got := s.xclip(nil, "-out"); got != mine {
		t.Errorf("the user would paste %q, want %q", got, mine)
	}

	s.xclip(picture(t), "-in", "-t", "image/png")
	s.must(until(s.ctx, func() bool { return strings.Contains(s.xclip(nil, "-out", "-t", "TARGETS"), "image/png") }))
	s.must(s.page.Click(s.ctx, "Fetch their clipboard"))
	s.must(s.page.WaitFor(s.ctx, `document.querySelector('[aria-label="A picture, 300 by 200 pixels"] canvas') !== null`, "no picture"))
	var pixel []int
	s.must(s.page.Evaluate(s.ctx, `[...document.querySelector('[aria-label^="A picture"] canvas').getContext('2d').getImageData(7, 9, 1, 1).data]`, &pixel))
	if len(pixel) != 4 || pixel[0] != 7 || pixel[1] != 9 || pixel[2] != 200 {
		t.Errorf("a pixel of the picture is %v", pixel)
	}

	s.must(s.page.Click(s.ctx, "Put it on their clipboard"))
	s.must(until(s.ctx, func() bool { return s.xclip(nil, "-out") == mine }))
	before := s.clipboardButton(3)
	_, err := s.Press(s.ctx, middle(before))
	s.must(err)
	s.must(s.page.WaitText(s.ctx, "The user took back the clipboard"))
	if got := s.xclip(nil, "-out"); got != "" {
		t.Errorf("the user would still paste %q", got)
	}
	s.copies("private")
	s.must(s.page.Evaluate(s.ctx, `window.besideHeard = []; window.besideChannels.clipboard.send(new Uint8Array([8, 90, 18, 0]))`, nil))
	s.must(s.page.WaitFor(s.ctx, `window.besideHeard.length === 1 && window.besideHeard[0] < 16`, "an answer without content"))
	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
	_, statements := s.receipt()
	expectRecords(t, statements, "asked view", "granted view", "asked clipboard", "refused clipboard",
		"asked clipboard", "granted clipboard", "withdrawn clipboard", "ended")
	if log := s.log.since(0); strings.Contains(log, "für Sie") || strings.Contains(log, "second line") {
		t.Error("a log holds what was copied")
	}
}

// clipboardButton is the first button of the bar, once it has so many beside End.
func (s *scene) clipboardButton(count int) image.Rectangle {
	s.t.Helper()
	buttons, err := s.BarButtons(s.ctx, count)
	s.must(err)
	return buttons[0]
}

// picture is a PNG whose pixels say where they are.
func picture(t *testing.T) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 300, 200))
	for y := range 200 {
		for x := range 300 {
			img.SetNRGBA(x, y, color.NRGBA{uint8(x), uint8(y), 200, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// writeFile puts a file somewhere.
func writeFile(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
