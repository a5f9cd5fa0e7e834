package e2e

import (
	"encoding/json"
	"fmt"
	"image"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jezek/xgb/xproto"

	"beside/agent/desktop"
	"beside/cmd/internal/stage"
)

// reading is a scene whose user has the agent's page in a browser on their desktop, and
// uses nothing but it and their own keyboard.
type reading struct {
	*scene
	link    string // with its token, used by now
	browser *stage.Browser
}

// newReading starts an agent for a screen reader, and opens the link that it gives to the
// user's browser.
func newReading(t *testing.T, args ...string) *reading {
	t.Helper()
	env, links := openedLinks(t)
	r := &reading{scene: newSceneWith(t, env, args...)}
	r.enter(links)
	return r
}

// openedLinks stands in for what opens browsers on the user's desktop, for an agent with
// that environment, and returns what it was told to open until now.
func openedLinks(t *testing.T) (env []string, links func() []string) {
	t.Helper()
	dir := t.TempDir()
	given := filepath.Join(dir, "links")
	script := fmt.Sprintf("#!/bin/sh\nprintf '%%s\\n' \"$1\" >> %s\n", given) // a line is written at once
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return []string{"PATH=" + dir + ":" + os.Getenv("PATH")}, func() []string {
		text, err := os.ReadFile(given)
		if err != nil || len(text) == 0 {
			return nil
		}
		return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	}
}

// enter opens the first link that the agent gives in the user's browser, and gives that the
// keyboard.
func (r *reading) enter(links func() []string) {
	r.t.Helper()
	t := r.t
	r.must(until(r.ctx, func() bool { return len(links()) > 0 }))
	r.link = links()[0]
	var err error
	r.browser, err = r.OpenUserBrowser(r.ctx)
	r.must(err)
	t.Cleanup(r.browser.Close)
	r.must(r.browser.Open(r.ctx, r.link))
	r.shows("Waiting for the person helping you")
	// The browser comes up behind the agent's window, where another one has the keyboard.
	at := r.onScreen(`document.getElementById('heading')`)
	r.must(r.Desktop.Person().ClickAt(at.X, at.Y))
	r.is(`document.hasFocus()`)
}

// shows waits until the page says that.
func (r *reading) shows(text string) {
	r.t.Helper()
	r.must(r.browser.WaitText(r.ctx, text))
}

// is waits until an expression of the page is true.
func (r *reading) is(expression string) {
	r.t.Helper()
	r.must(r.browser.WaitFor(r.ctx, expression, expression))
}

// tap presses keys of the user's own keyboard.
func (r *reading) tap(keys ...xproto.Keysym) {
	r.t.Helper()
	r.must(r.Desktop.Person().Tap(keys...))
}

// press goes to a button by Tab, and presses the space bar.
func (r *reading) press(button string) {
	r.t.Helper()
	r.is(fmt.Sprintf(`[...document.querySelectorAll('button:not([aria-disabled=true], [hidden])')].some(b => b.textContent === %q)`, button))
	for range 30 {
		var at struct {
			There, Back bool
			Steps       int
		}
		r.must(r.browser.Evaluate(r.ctx, fmt.Sprintf(`(() => {
			const b = [...document.querySelectorAll('button')].find(b => b.textContent === %q), at = document.activeElement;
			window.steps ??= (document.addEventListener('focusin', () => { window.steps++; }), 0);
			return {There: at === b, Back: Boolean(at.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_PRECEDING), Steps: window.steps};
		})()`, button), &at))
		switch {
		case at.There:
			r.tap(' ')
			return
		case at.Back:
			r.tap(desktop.KeyShift, desktop.KeyTab)
		default:
			r.tap(desktop.KeyTab)
		}
		r.is(fmt.Sprintf(`window.steps > %d`, at.Steps))
	}
	r.t.Fatalf("Tab does not reach %q", button)
}

// asked waits for the question on the page, and for its no to have the focus.
func (r *reading) asked(title string) {
	r.t.Helper()
	r.shows(title)
	r.is(`document.activeElement.closest('[role=alertdialog]') !== null && document.activeElement.besidePress === 'no'`)
}

// helped has the user say yes by the page, to showing the screen and to control.
func (r *reading) helped() {
	r.t.Helper()
	_, err := r.page.Join(r.ctx, r.code, reason, ticket)
	r.must(err)
	r.asked("asks to see your screen")
	r.press("Show my screen")
	_, err = r.page.AwaitPicture(r.ctx)
	r.must(err)
	r.steered()
}

// steered has the user say yes to control by the page.
func (r *reading) steered() {
	r.t.Helper()
	r.must(r.page.AskControl(r.ctx, "I would like to look at the printer's settings."))
	r.asked("mouse and keyboard")
	r.press("Let them control")
	r.must(r.page.WaitText(r.ctx, "They said yes: you can use their mouse and keyboard"))
}

// presses sends a press as the page's script does, and returns what the page would say.
func (r *reading) presses(press, nonce string) (said string) {
	r.t.Helper()
	r.must(r.browser.Evaluate(r.ctx, fmt.Sprintf(`void (window.said = undefined, fetch('press', {method: 'POST', credentials: 'same-origin',
		headers: {'Content-Type': 'application/json'}, body: JSON.stringify({press: %q, nonce: %q})})
		.then(async a => { window.said = a.ok ? (await a.json()).say : String(a.status) }))`, press, nonce), nil))
	r.is(`window.said !== undefined`)
	r.must(r.browser.Evaluate(r.ctx, `window.said`, &said))
	return said
}

// nonce is that of the question on the page.
func (r *reading) nonce() (nonce string) {
	r.t.Helper()
	r.must(r.browser.Evaluate(r.ctx, `document.querySelector('[role=alertdialog]')?.dataset.nonce ?? ''`, &nonce))
	return nonce
}

// onScreen is where an element of the page lies on the user's screen.
func (r *reading) onScreen(element string) image.Point {
	r.t.Helper()
	var at struct{ X, Y float64 }
	r.must(r.browser.Evaluate(r.ctx, fmt.Sprintf(`(() => {
		const r = %s.getBoundingClientRect();
		return {X: screenX + r.x + r.width / 2, Y: screenY + outerHeight - innerHeight + r.y + r.height / 2};
	})()`, element), &at))
	return image.Pt(int(at.X), int(at.Y))
}

// PROMISE A1, A5: a whole session by the page and the user's own keyboard alone. Yes goes
// by the space bar until the technician has had mouse and keyboard, and by keys of the
// user's own after it.
func TestSessionByThePage(t *testing.T) {
	r := newReading(t, "--accessible")
	r.shows(r.code)
	var address string
	r.must(r.browser.Evaluate(r.ctx, `location.href + JSON.stringify(performance.getEntries())`, &address))
	if _, token, _ := strings.Cut(r.link, "#"); len(token) < 40 || strings.Contains(address, token) || strings.Contains(r.log.since(0), token) {
		t.Errorf("the link's token is still told somewhere")
	}
	_, err := r.page.Join(r.ctx, r.code, reason, ticket)
	r.must(err)
	r.asked("asks to see your screen")
	r.shows(reason)
	first := r.nonce()
	r.press("Show my screen")
	_, err = r.page.AwaitPicture(r.ctx)
	r.must(err)
	r.must(r.AwaitNoQuestion(r.ctx))
	r.shows("is helping you")
	if said := r.presses("yes", first); !strings.Contains(said, "not on the screen any more") {
		t.Errorf("a yes to a question that is over was told %q", said)
	}

	r.press("Pause")
	r.shows("Paused. Nothing is sent.")
	r.must(r.page.WaitText(r.ctx, "paused"))
	if said := r.presses("resume", ""); !strings.Contains(said, "keyboard or mouse of yours") {
		t.Errorf("going on without a hand was told %q", said) // the space bar of Pause counted once
	}
	r.press("Resume")
	r.is(`!document.body.textContent.includes('Paused. Nothing is sent.')`)

	r.steered()

	r.must(r.page.AskRecord(r.ctx, "To show a colleague what the printer said."))
	r.shows("so that nobody can press for you")
	r.is(`document.querySelector('[role=alertdialog] button:not([aria-disabled=true])') !== null`)
	if said := r.presses("yes", r.nonce()); !strings.Contains(said, "somebody else has had mouse and keyboard") {
		t.Errorf("a yes after somebody else had mouse and keyboard was told %q", said)
	}
	r.tap(desktop.KeyControl, desktop.KeyAlt, desktop.KeyShift, 'y')
	r.must(r.page.WaitText(r.ctx, "This session is being recorded"))
	r.shows("This session is being recorded.")

	r.must(r.browser.Evaluate(r.ctx, `document.querySelector('textarea').focus()`, nil))
	r.must(r.Desktop.Person().Type("my password is hunter2X7"))
	r.press("Send")
	r.shows("This looks like a password")
	r.press("Don’t send")
	r.is(`!document.querySelector('textarea').readOnly && document.activeElement === document.querySelector('textarea')`)
	r.must(r.browser.Evaluate(r.ctx, `document.querySelector('textarea').select()`, nil))
	r.must(r.Desktop.Person().Type("it is the second printer"))
	r.press("Send")
	r.shows("You: it is the second printer")

	r.press("Stop recording")
	r.shows("Nothing is recorded.")
	r.press("End session")
	r.over("The user ended the session")
	r.shows("It is over")
	r.shows("can no longer see or control anything")
	r.press("4 of 5")
	r.shows("So far it is only in your receipt.")
	receipt, statements := r.receipt()
	if wrote, err := receipt.Transcript(); err != nil || len(wrote) != 1 || wrote[0].Text != "it is the second printer" || !wrote[0].FromUser {
		t.Errorf("the receipt's chat is %+v, %v", wrote, err)
	}
	expectRecords(t, statements, "asked view", "granted view", "paused", "resumed", "asked control", "granted control",
		"asked record", "granted record", "withdrawn record", "ended")
	r.press("Close")
	<-r.Agent.Done()
	r.shows("Beside is closed")
}

// THREAT 1: a technician who has control cannot press the page's buttons for the user,
// though the browser shows them and programs may press: while anything is asked nothing is
// injected.
func TestTechnicianCannotAnswerOnThePage(t *testing.T) {
	r := newReading(t, "--accessible", "--accessible-input")
	r.helped()
	r.steers()

	r.must(r.page.AskRecord(r.ctx, "So that you need not look at what I press."))
	r.is(`document.querySelectorAll('[role=alertdialog] button:not([aria-disabled=true])').length >= 2`)
	yes, evil := r.onScreen(`[...document.querySelectorAll('[role=alertdialog] button')].find(b => b.besidePress === 'yes')`), newRude(r.scene)
	for range rudeClicks / 100 {
		for range 100 {
			evil.send(click(yes)...)
		}
		evil.send(chord("Tab")...)
		evil.send(chord("Space")...)
	}
	r.must(r.browser.Evaluate(r.ctx, `document.body.textContent`, new(string)))
	if r.nonce() == "" {
		t.Fatal("the question is gone")
	}
	r.press("Don’t record")
	r.must(r.page.WaitText(r.ctx, "They said no: you may not record this session"))
	_, err := r.EndSession(r.ctx)
	r.must(err)
	r.over("The user ended the session")
	r.noRecording()
}

// THREAT 10: a page from elsewhere in the same browser, another name for the address and a
// used link get nowhere, though they know the page's secret path.
func TestHostilePagesGetNowhere(t *testing.T) {
	r := newReading(t, "--accessible")
	_, err := r.page.Join(r.ctx, r.code, reason, ticket)
	r.must(err)
	r.asked("asks to see your screen")
	r.is(`document.querySelectorAll('[role=alertdialog] button:not([aria-disabled=true])').length >= 2`)
	var at, nonce string
	r.must(r.browser.Evaluate(r.ctx, `location.href`, &at))
	nonce = r.nonce()
	body, err := json.Marshal(map[string]string{"press": "yes", "nonce": nonce})
	r.must(err)
	hostile := hostilePage(t, at+"press", string(body))
	var told string
	r.must(r.browser.Evaluate(r.ctx, fmt.Sprintf(`void window.open(%q)`, hostile.URL), nil))
	r.must(until(r.ctx, func() bool { told = hostile.told(); return told != "" }))
	if strings.Contains(told, "read") {
		t.Errorf("a page from elsewhere could %s", told)
	}
	if got := r.nonce(); got != nonce {
		t.Errorf("the question is gone: %q", got)
	}
	for name, try := range map[string]func() int{
		"without the cookie": func() int { return postAs(t, at+"press", strings.SplitN(at, "/p/", 2)[0], string(body), "") },
		"another name": func() int {
			return postAs(t, at+"press", strings.SplitN(at, "/p/", 2)[0], string(body), "evil.example")
		},
		"another origin": func() int { return postAs(t, at+"press", "https://evil.example", string(body), "") },
		"a link that was used": func() int {
			return postAs(t, strings.SplitN(at, "/p/", 2)[0]+"/enter", strings.SplitN(at, "/p/", 2)[0], `{"token":"`+strings.SplitN(r.link, "#", 2)[1]+`"}`, "")
		},
	} {
		if code := try(); code < 400 {
			t.Errorf("%s: answered %d", name, code)
		}
	}
	if said := r.presses("no", nonce); said != "" { // the hostile page has the keyboard
		t.Errorf("our own page's no was told %q", said)
	}
	r.shows("You did not show your screen")
}

// hostileSite is a page from elsewhere that knows where ours is, and everything that it sends.
type hostileSite struct {
	*httptest.Server
	said atomic.Pointer[string]
}

func (h *hostileSite) told() string {
	if s := h.said.Load(); s != nil {
		return *s
	}
	return ""
}

// hostilePage tries a form, a request with and without reading, a frame and a socket, and
// says which of them read or changed anything.
func hostilePage(t *testing.T, press, body string) *hostileSite {
	t.Helper()
	h := &hostileSite{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/told" {
			said, _ := io.ReadAll(r.Body)
			text := string(said)
			h.said.Store(&text)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<iframe name="f" src=%[1]q></iframe>
<form id="x" method="post" enctype="text/plain" target="f" action=%[1]q><input name='%[2]s' value=""></form>
<script>(async () => {
  const told = ['tried'];
  document.getElementById('x').submit();
  for (const mode of ['cors', 'no-cors']) for (const type of ['application/json', 'text/plain']) {
    try {
      const a = await fetch(%[1]q, {method: 'POST', mode, credentials: 'include', headers: {'Content-Type': type}, body: %[3]s});
      if (a.type !== 'opaque') told.push('read ' + a.status);
    } catch {}
  }
  try { if (frames[0].document.body.textContent) told.push('read the frame'); } catch {}
  const s = new WebSocket(%[1]q.replace('http', 'ws'));
  await new Promise(done => { s.onopen = () => { told.push('read a socket'); done(); }; s.onerror = done; });
  await fetch('/told', {method: 'POST', body: told.join(', ')});
})()</script>`, press, body, strconv.Quote(body))
	}))
	t.Cleanup(h.Close)
	return h
}

// postAs sends what the page's script would, as somebody else.
func postAs(t *testing.T, to, origin, body, host string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", origin)
	req.Header.Set("Content-Type", "application/json")
	if host != "" {
		req.Host = host
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}
