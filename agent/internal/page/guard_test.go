package page

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/ui"
)

func TestMain(m *testing.M) {
	if to := os.Getenv("BESIDE_TEST_KNOCK"); to != "" {
		knock(to)
		return
	}
	goleak.VerifyTestMain(m)
}

// glass are windows that write down every press, and let none count if they are told so.
type glass struct {
	mu      sync.Mutex
	tag     string
	refuse  error
	noHand  error
	answers []string
	acts    []ui.Action
	comment string
}

func (g *glass) Answer(nonce string, r ui.Reply) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answers = append(g.answers, fmt.Sprintf("%s %d", nonce, r))
	return g.refuse
}

func (g *glass) Act(a ui.Action) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.acts = append(g.acts, a)
	return g.refuse
}

func (g *glass) Hand() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.noHand
}

func (g *glass) WriteComment(text string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.noHand == nil {
		g.comment = text
	}
	return g.noHand
}

func (g *glass) Texts() *catalogue.Texts {
	g.mu.Lock()
	defer g.mu.Unlock()
	return catalogue.For(g.tag)
}

func (g *glass) pressed() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.answers) + len(g.acts)
}

// visit is a browser with its own idea of everything that a browser sends.
type visit struct {
	t      *testing.T
	page   *Page
	host   string
	header http.Header
}

const testHost = "127.0.0.1:4711"

// paper is a page without a network, and a visitor who came in by a link of it.
func paper(t *testing.T) (*Page, *glass, *visit) {
	t.Helper()
	screen := &glass{tag: "en"}
	p := New(screen, slog.New(slog.DiscardHandler))
	p.host = testHost
	t.Cleanup(p.Close)
	v := &visit{t: t, page: p, host: testHost, header: http.Header{
		"Origin": {"http://" + testHost}, "Content-Type": {"application/json"}, "Sec-Fetch-Site": {"same-origin"},
	}}
	return p, screen, v
}

func (v *visit) do(method, path, body string) *httptest.ResponseRecorder {
	v.t.Helper()
	r := httptest.NewRequestWithContext(v.t.Context(), method, path, strings.NewReader(body))
	r.Host, r.Header = v.host, v.header.Clone()
	w := httptest.NewRecorder()
	v.page.routes().ServeHTTP(w, r)
	return w
}

// enter comes in by a link and returns the path of the page.
func (v *visit) enter() string {
	v.t.Helper()
	v.page.mu.Lock()
	token := v.page.door.newToken(time.Now())
	v.page.mu.Unlock()
	w := v.do("POST", "/enter", `{"token":"`+token+`"}`)
	if w.Code != http.StatusOK {
		v.t.Fatalf("the link does not open the page: %d %s", w.Code, w.Body)
	}
	var said struct{ Path string }
	if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil {
		v.t.Fatal(err)
	}
	cookie := w.Result().Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != said.Path || cookie.MaxAge != 0 || !cookie.Expires.IsZero() {
		v.t.Errorf("the cookie is %+v", cookie)
	}
	v.header.Set("Cookie", cookie.Name+"="+cookie.Value)
	return said.Path
}

const pressEnd = `{"press":"end","nonce":""}`

// THREAT 10: nothing counts but what our own page, in the browser that came in by the
// link, sends to our own address.
func TestStrangersAreRefused(t *testing.T) {
	for name, change := range map[string]func(*visit){
		"another host":                   func(v *visit) { v.host = "evil.example:4711" },
		"a name for this address":        func(v *visit) { v.host = "localhost:4711" },
		"another port":                   func(v *visit) { v.host = "127.0.0.1:4712" },
		"no host":                        func(v *visit) { v.host = "" },
		"another origin":                 func(v *visit) { v.header.Set("Origin", "https://evil.example") },
		"another port's origin":          func(v *visit) { v.header.Set("Origin", "http://127.0.0.1:4712") },
		"a name's origin":                func(v *visit) { v.header.Set("Origin", "http://localhost:4711") },
		"the origin over TLS":            func(v *visit) { v.header.Set("Origin", "https://"+testHost) },
		"an origin like ours":            func(v *visit) { v.header.Set("Origin", "http://"+testHost+".evil.example") },
		"no origin of its own":           func(v *visit) { v.header.Set("Origin", "null") },
		"no origin":                      func(v *visit) { v.header.Del("Origin") },
		"two origins":                    func(v *visit) { v.header.Add("Origin", "https://evil.example") },
		"made to ask by another site":    func(v *visit) { v.header.Set("Sec-Fetch-Site", "cross-site") },
		"made to ask by another port":    func(v *visit) { v.header.Set("Sec-Fetch-Site", "same-site") },
		"a form":                         func(v *visit) { v.header.Set("Content-Type", "application/x-www-form-urlencoded") },
		"a form that looks like JSON":    func(v *visit) { v.header.Set("Content-Type", "text/plain") },
		"no cookie":                      func(v *visit) { v.header.Del("Cookie") },
		"another cookie":                 func(v *visit) { v.header.Set("Cookie", cookieName+"="+secret()) },
		"an empty cookie":                func(v *visit) { v.header.Set("Cookie", cookieName+"=") },
		"a cookie thrown in beside ours": func(v *visit) { v.header.Set("Cookie", cookieName+"=x; "+v.header.Get("Cookie")) },
	} {
		t.Run(name, func(t *testing.T) {
			_, screen, v := paper(t)
			path := v.enter()
			change(v)
			for _, where := range []string{"press", "next"} {
				body := pressEnd
				if where == "next" {
					body = `{"seen":0}`
				}
				if w := v.do("POST", path+where, body); w.Code < 400 || strings.Contains(w.Body.String(), "sections") {
					t.Errorf("%s: answered %d %s", where, w.Code, w.Body)
				}
			}
			if n := screen.pressed(); n != 0 {
				t.Errorf("%d presses reached the windows", n)
			}
		})
	}
	_, screen, v := paper(t)
	path := v.enter()
	if w := v.do("POST", path+"press", pressEnd); w.Code != http.StatusOK || screen.pressed() != 1 {
		t.Errorf("our own page was answered %d", w.Code)
	}
	if w := v.do("GET", path+"press", ""); w.Code < 400 {
		t.Errorf("a press by GET was answered %d", w.Code)
	}
	if w := v.do("OPTIONS", path+"press", ""); w.Code < 400 || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("a question for permission was answered %d %v", w.Code, w.Header())
	}
	v.host = "evil.example:4711"
	if w := v.do("GET", "/", ""); w.Code < 400 {
		t.Errorf("the door opens under another name: %d", w.Code)
	}
}

// A link works once, soon, and alone: the next link makes it worthless, and who comes in
// later puts out who was inside.
func TestLinkWorksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &door{}
		first := d.newToken(time.Now())
		second := d.newToken(time.Now())
		if _, _, ok := d.enter(first, time.Now()); ok {
			t.Error("a link opened after the next one was made")
		}
		cookie, path, ok := d.enter(second, time.Now())
		if !ok || !d.knows(path, cookie) {
			t.Fatal("the link does not open")
		}
		if _, _, ok := d.enter(second, time.Now()); ok {
			t.Error("the link opened twice")
		}
		if _, _, ok := d.enter("", time.Now()); ok {
			t.Error("no token opened")
		}
		if d.knows(path, "") || d.knows("", cookie) || d.knows("/p//", cookie) || (&door{}).knows("", "") {
			t.Error("somebody who did not come in is known")
		}
		late := d.newToken(time.Now())
		time.Sleep(LinkLife + time.Second)
		if _, _, ok := d.enter(late, time.Now()); ok {
			t.Error("a link opened that was too old")
		}
		another, newPath, _ := d.enter(d.newToken(time.Now()), time.Now())
		if d.knows(path, cookie) || !d.knows(newPath, another) || path == newPath {
			t.Error("two are inside")
		}
	})
}

// Every answer has the policy, and the door's own page holds nothing of the session.
func TestEveryAnswerHasThePolicy(t *testing.T) {
	p, _, v := paper(t)
	p.Update(func(s *State) { s.Start = &ui.StartView{Code: "482915037264", Expires: time.Now().Add(time.Minute)} })
	path := v.enter()
	for _, get := range []string{"/", "/page.js", "/page.css", "/favicon.ico", "/nowhere", path, path + "x", "/p/x/"} {
		w := v.do("GET", get, "")
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", get, policy)
		}
		if w.Header().Get("Referrer-Policy") != "no-referrer" || w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: headers %v", get, w.Header())
		}
		if strings.Contains(w.Body.String(), "482") {
			t.Errorf("%s: the number stands in what nobody need be signed in for", get)
		}
	}
}

// A press names what it presses; the windows get that, and their no comes back in words.
func TestPressesReachTheWindows(t *testing.T) {
	_, screen, v := paper(t)
	path := v.enter()
	for press, action := range acts {
		screen.acts = nil
		v.do("POST", path+"press", `{"press":"`+press+`"}`)
		if len(screen.acts) != 1 || screen.acts[0] != action {
			t.Errorf("%s: the windows got %v", press, screen.acts)
		}
	}
	words := catalogue.For("en").Page
	for err, want := range map[error]string{
		ui.ErrNotChosen: words.NotHere, ui.ErrTooSoon: words.TooSoon, ui.ErrNoHand: words.NoHand,
		ui.ErrKeysOnly: words.NoKeys, ui.ErrStale: words.Stale, io.EOF: words.Stale, nil: "",
	} {
		screen.refuse, screen.answers = err, nil
		w := v.do("POST", path+"press", `{"press":"yes","nonce":"n1"}`)
		var said struct{ Say string }
		if json.Unmarshal(w.Body.Bytes(), &said) != nil || said.Say != want {
			t.Errorf("%v: said %q, want %q", err, said.Say, want)
		}
		if len(screen.answers) != 1 || screen.answers[0] != fmt.Sprintf("n1 %d", ui.ReplyYes) {
			t.Errorf("the windows got %q", screen.answers)
		}
	}
	screen.answers, screen.acts = nil, nil
	for _, body := range []string{`{"press":"granted"}`, `{"press":""}`, `{"press":"YES","nonce":"n1"}`, `{"grant":"view"}`, `[]`, ``, strings.Repeat("[", 1<<16)} {
		v.do("POST", path+"press", body)
	}
	if screen.pressed() != 0 {
		t.Errorf("the windows got %v %v", screen.answers, screen.acts)
	}
}

// A browser waits until something changes, hears of it at once, and asks again when
// nothing did.
func TestBrowserHearsOfChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _, v := paper(t)
		path := v.enter()
		next := func(seen int) (int, *httptest.ResponseRecorder) {
			w := v.do("POST", path+"next", fmt.Sprintf(`{"seen":%d}`, seen))
			var got struct{ Version int }
			_ = json.Unmarshal(w.Body.Bytes(), &got)
			return got.Version, w
		}
		seen, _ := next(0)
		began := time.Now()
		go func() {
			time.Sleep(3 * time.Second)
			p.Update(func(s *State) { s.Start = &ui.StartView{Problem: "The help desk cannot be reached."} })
		}()
		_, w := next(seen)
		if took := time.Since(began); took != 3*time.Second || !strings.Contains(w.Body.String(), "cannot be reached") {
			t.Errorf("after %v: %s", took, w.Body)
		}
		began = time.Now()
		if _, w := next(seen + 1); w.Code != http.StatusNoContent || time.Since(began) != pollTime {
			t.Errorf("after %v: %d", time.Since(began), w.Code)
		}
	})
}

// The whole way over a real socket: only the link's holder comes in, and what is closed is
// closed.
func TestPageOverTheNetwork(t *testing.T) {
	p := New(&glass{tag: "en"}, slog.New(slog.DiscardHandler))
	link, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	base, token, ok := strings.Cut(link, "/#")
	if host, _, _ := net.SplitHostPort(strings.TrimPrefix(base, "http://")); host != "127.0.0.1" || !ok || len(token) < 43 {
		t.Fatalf("the link is %q", link)
	}
	again, err := p.Open()
	if err != nil || !strings.HasPrefix(again, base) || again == link {
		t.Errorf("a second link: %q, %v", again, err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get, err := client.Get(base + "/")
	if err != nil {
		t.Fatal(err)
	}
	_ = get.Body.Close()
	if get.StatusCode != http.StatusOK {
		t.Errorf("the door: %s", get.Status)
	}
	p.Close()
	if _, err := p.Open(); err == nil {
		t.Error("a closed page was opened")
	}
	if get, err := client.Get(base + "/"); err == nil {
		_ = get.Body.Close()
		t.Error("a closed page answers")
	}
}

// knock tries to speak to an address, as a process of its own, and says whether it could.
func knock(to string) {
	conn, err := net.Dial("tcp", to)
	if err != nil {
		fmt.Println("no", err)
		return
	}
	_, _ = fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", to)
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	line, err := bufio.NewReader(conn).ReadString('\n')
	fmt.Println(strings.TrimSpace(line), err)
}

// THREAT 10: on a machine with several users nobody else's program is answered, whatever
// it knows.
func TestOtherAccountsAreRefused(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs another account to knock as")
	}
	var log strings.Builder
	p := New(&glass{tag: "en"}, slog.New(slog.NewTextHandler(&log, nil)))
	link, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	base, _, _ := strings.Cut(strings.TrimPrefix(link, "http://"), "/#")
	for _, c := range []struct {
		uid  uint32
		want string
	}{{0, "HTTP/1.1 200"}, {65534, ""}} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		program := copyOfTest(t)
		command := exec.CommandContext(ctx, program)
		command.Env = []string{"BESIDE_TEST_KNOCK=" + base}
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: c.uid, Gid: c.uid}}
		command.Dir = "/"
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("uid %d: %v %s", c.uid, err, out)
		}
		if answered := strings.HasPrefix(string(out), "HTTP/1.1 200"); answered != (c.want != "") {
			t.Errorf("uid %d heard %q", c.uid, out)
		}
	}
	p.Close()
	if !strings.Contains(log.String(), "not of this account") || strings.Contains(log.String(), "#") {
		t.Errorf("the log says %q", log.String())
	}
}

// copyOfTest is this program where every account can start it.
func copyOfTest(t *testing.T) string {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "knock")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := dir + "/knock"
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
