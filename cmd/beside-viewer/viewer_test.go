package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"beside/cmd/internal/probe"
	"beside/consent"
	"beside/consent/checkpoint"
	"beside/consent/checkpoint/checkpointtest"
	"beside/protocol"
	"beside/recording"
)

const golden = "../../recording/testdata/golden"

// call runs the program with args.
func call(t *testing.T, args ...string) (code int, out, complaint string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	a := app()
	a.Writer, a.ErrWriter = &stdout, &stderr
	code = run(t.Context(), a, append([]string{"beside-viewer"}, args...))
	return code, stdout.String(), stderr.String()
}

func TestExportFromFolder(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out.mp4")
	code, said, complaint := call(t, "export", "--identity", golden+"/identity.txt", "-o", out, golden)
	if code != exitOK || !strings.Contains(said, "6.0 s, 2 segments") {
		t.Fatalf("%d: %s %s", code, said, complaint)
	}
	frames, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-of", "csv=p=0", "-show_entries", "stream=nb_read_frames", out).CombinedOutput()
	if err != nil || strings.TrimSpace(string(frames)) != "29" {
		t.Errorf("ffprobe: %s, %v", frames, err)
	}
	if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// PROMISE A11: a reviewer says why; the objects come with the token.
func TestExportFromRelay(t *testing.T) {
	relay := http.NewServeMux()
	relay.HandleFunc("POST /api/rpc/beside.v1.RecordingService/OpenRecording", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer bst_x" || !bytes.Contains(body, []byte("dispute")) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/proto")
	})
	relay.HandleFunc("GET /api/v1/recordings/0123456789abcdef0123456789abcdef/{object}", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer bst_x" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.ServeFile(w, r, filepath.Join(golden, r.PathValue("object")))
	})
	server := httptest.NewServer(relay)
	defer server.Close()
	args := func(token string) []string {
		return []string{"export", "--relay", server.URL, "--token", token, "--recording", "0123456789abcdef0123456789abcdef",
			"--reason", "dispute", "--identity", golden + "/identity.txt", "-o", filepath.Join(t.TempDir(), "out.mp4")}
	}
	if code, said, complaint := call(t, args("bst_x")...); code != exitOK {
		t.Errorf("%d: %s %s", code, said, complaint)
	}
	if code, _, _ := call(t, args("bst_y")...); code != exitRelay {
		t.Errorf("wrong token: exit code %d, want %d", code, exitRelay)
	}
}

// THREATS 16, 30: a changed recording is neither exported nor found whole.
func TestChangedRecording(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "rec")
	if err := os.CopyFS(dir, os.DirFS(golden)); err != nil {
		t.Fatal(err)
	}
	if code, said, complaint := call(t, "verify", dir); code != exitOK || !strings.Contains(said, "is whole") {
		t.Fatalf("untouched: %d: %s %s", code, said, complaint)
	}
	segment := filepath.Join(dir, recording.SegmentName(2))
	data, err := os.ReadFile(segment)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(segment, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out.mp4")
	for _, args := range [][]string{{"verify", dir}, {"export", "--identity", dir + "/identity.txt", "-o", out, dir}} {
		code, _, complaint := call(t, args...)
		if code != exitTampered || !strings.Contains(complaint, "Do not trust it") {
			t.Errorf("%s: %d: %s", args[0], code, complaint)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*export*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
		t.Error("a changed recording was exported")
	}
	if err := os.Remove(filepath.Join(dir, recording.ManifestName)); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := call(t, "export", "--identity", dir+"/identity.txt", "-o", out, dir); code != exitTampered {
		t.Errorf("without a manifest: exit code %d, want %d", code, exitTampered)
	}
	code, said, complaint := call(t, "export", "--unfinished", "--identity", dir+"/identity.txt", "-o", out, dir)
	if code != exitTampered { // the changed segment does not even decrypt
		t.Errorf("unfinished: %d: %s %s", code, said, complaint)
	}
}

// The golden recording's consent records are made up: what is inside must be signed too.
func TestVerifyLooksInside(t *testing.T) {
	code, _, complaint := call(t, "verify", "--identity", golden+"/identity.txt", golden)
	if code != exitTampered {
		t.Errorf("%d: %s", code, complaint)
	}
}

func TestReceiptOfAnotherSession(t *testing.T) {
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "receipt.json")
	receipt := consent.Receipt{
		Type: consent.ReceiptType, SessionID: "s", PublicKey: base64.RawURLEncoding.EncodeToString(pub), Records: []string{},
	}
	if err := receipt.Seal(key, consent.Afterwards{Said: &consent.Feedback{Rating: 4, Comment: "\x1b[2JQuick"}, Erased: time.Date(2026, 3, 1, 9, 5, 0, 0, time.UTC)}); err != nil {
		t.Fatal(err)
	}
	if err := receipt.Write(path); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"verify", "--receipt", path}, {"verify", path}} {
		code, said, complaint := call(t, args...)
		if code != exitOK || !strings.Contains(said, "What this shows") || !strings.Contains(said, "4 of 5") || !strings.Contains(said, "2026-03-01 09:05:00  the user erased what was recorded") || strings.Contains(said, "\x1b") {
			t.Errorf("the receipt alone: %d: %q %s", code, said, complaint)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(whole)
	if code, _, complaint := call(t, "verify", "--receipt", path, golden); code != exitTampered {
		t.Errorf("against a recording signed by another: %d: %s", code, complaint)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(text, "[]", `["a.b.c"]`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, complaint := call(t, "verify", path); code != exitTampered {
		t.Errorf("a changed receipt: %d: %s", code, complaint)
	}
}

func TestWrongIdentity(t *testing.T) {
	secret, _, err := recording.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "id")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, complaint := call(t, "export", "--identity", file, "-o", file+".mp4", golden)
	if code != exitIdentity || strings.Contains(complaint, secret) {
		t.Errorf("%d: %s", code, complaint)
	}
}

func TestUsage(t *testing.T) {
	id := golden + "/identity.txt"
	for _, args := range [][]string{
		{"probe"}, {"probe", "--relay", "http://127.0.0.1:1", "--code", "123"}, {"probe", "--nonsense"},
		{"probe", "--relay", "http://127.0.0.1:1", "--code", "abc", "--token", "x"},
		{"export"}, {"export", "--identity", id, "-o", "x"}, {"export", "--identity", "nowhere", "-o", "x", golden},
		{"export", "--identity", id, "-o", "x", "--relay", "http://127.0.0.1:1", "--recording", "0", "--token", "t"},
		{"verify"}, {"verify", "a", "b"}, {"connect"}, {"connect", "--relay", "http://relay.example"},
	} {
		code, _, complaint := call(t, args...)
		if code != exitUsage {
			t.Errorf("%v: exit code %d, want %d: %s", args, code, exitUsage, complaint)
		}
	}
}

func TestEveryEndingHasItsCode(t *testing.T) {
	for err, want := range map[error]int{
		nil: 0, errors.New("x"): 1, usageError{errors.New("x")}: 2, probe.ErrUnreachable: 3, probe.ErrToken: 3, probe.ErrCode: 4,
		protocol.ErrWrongSecret: 5, probe.ErrRefused: 6, probe.ErrNoPicture: 7, recording.ErrTampered: 8,
		recording.ErrUnfinished: 8, recording.ErrIdentity: 9,
	} {
		if err != nil {
			err = fmt.Errorf("somewhere: %w", err)
		}
		if got := exitCode(err); got != want {
			t.Errorf("%v: got %d, want %d", err, got, want)
		}
	}
}

// lent is a relay that says what of a request reached it, and a local application
// before it.
func lent(t *testing.T) (address string, relay *httptest.Server) {
	t.Helper()
	relay = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/session" {
			ws, err := websocket.Accept(w, r, nil) // wants the relay's own Origin
			if err != nil {
				return
			}
			kind, data, err := ws.Read(r.Context())
			if err == nil {
				_ = ws.Write(r.Context(), kind, append([]byte("echo "), data...))
			}
			_ = ws.CloseNow()
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "__Host-beside", Value: "new", Path: "/", Secure: true, HttpOnly: true})
		_ = json.NewEncoder(w).Encode(map[string]string{
			"host": r.Host, "origin": r.Header.Get("Origin"), "cookie": r.Header.Get("Cookie"), "path": r.URL.Path,
			"forwarded": r.Header.Get("X-Forwarded-For"),
		})
	}))
	t.Cleanup(relay.Close)
	at, err := url.Parse(relay.URL)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	address = "http://" + server.Listener.Addr().String()
	web := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "application") })
	transport := &http.Transport{}
	server.Config.Handler = newLocal(address, at, web, transport)
	server.Start()
	t.Cleanup(func() { server.Close(); transport.CloseIdleConnections() })
	return address, relay
}

// THREAT 6: the application comes from here, the data from the relay.
func TestConnectLendsTheRelaysOrigin(t *testing.T) {
	address, relay := lent(t)
	req, err := http.NewRequestWithContext(t.Context(), "POST", address+"/api/rpc/x", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", address)
	req.Header.Set("Cookie", "__Host-beside=old")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var got map[string]string
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"host": strings.TrimPrefix(relay.URL, "http://"), "origin": relay.URL, "cookie": "__Host-beside=old", "path": "/api/rpc/x", "forwarded": "",
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s: got %q, want %q", k, got[k], v)
		}
	}
	if c := resp.Header.Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-beside=new; Path=/;") {
		t.Errorf("cookie: %q", c)
	}
}

func TestConnectPassesWebSockets(t *testing.T) {
	address, _ := lent(t)
	ws, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(address, "http")+"/api/v1/session",
		&websocket.DialOptions{HTTPHeader: http.Header{"Origin": {address}}})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	if err := ws.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, data, err := ws.Read(t.Context()); err != nil || string(data) != "echo hello" {
		t.Errorf("got %q, %v", data, err)
	}
}

// THREAT 10: nobody but our own page uses the lent origin.
func TestConnectRefusesOthers(t *testing.T) {
	address, _ := lent(t)
	own := strings.TrimPrefix(address, "http://")
	for _, c := range []struct {
		name, method, path, host, origin, fetch string
		want                                    int
	}{
		{"own page", "POST", "/api/x", own, address, "", 200},
		{"own GET", "GET", "/api/x", own, "", "same-origin", 200},
		{"application", "GET", "/", own, "", "", 200},
		{"application, from a link elsewhere", "GET", "/recordings", own, "", "cross-site", 200},
		{"other page", "POST", "/api/x", own, "https://evil.example", "", 403},
		{"other page on this machine", "POST", "/api/x", own, "http://127.0.0.1:1", "", 403},
		{"hidden page", "POST", "/api/x", own, "null", "", 403},
		{"no origin", "POST", "/api/x", own, "", "", 403},
		{"no origin, said to be own", "POST", "/api/x", own, "", "same-origin", 403},
		{"GET of a program", "GET", "/api/x", own, "", "", 403},
		{"GET from elsewhere", "GET", "/api/x", own, "", "cross-site", 403},
		{"name made to point here", "GET", "/", "evil.example", "", "", 421},
		{"name made to point here, api", "POST", "/api/x", "evil.example", address, "", 421},
		{"other name of this machine", "GET", "/", strings.Replace(own, "127.0.0.1", "localhost", 1), "", "", 421},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, address+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = c.host
		for name, value := range map[string]string{"Origin": c.origin, "Sec-Fetch-Site": c.fetch} {
			if value != "" {
				req.Header.Set(name, value)
			}
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s: got %d, want %d", c.name, resp.StatusCode, c.want)
		}
	}
}

func TestServeUntil(t *testing.T) {
	server := httptest.NewUnstartedServer(nil) // for its listener
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- serveUntil(ctx, server.Listener, http.NotFoundHandler()) }()
	resp, err := http.Get("http://" + server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// THREAT 24: verify says what the receipt holds of the relay's audit log, and with the
// relay's address finds a log that was rewritten, cut or exchanged. Without it, it asks
// nobody.
func TestVerifyComparesTheRelaysLog(t *testing.T) {
	log := checkpointtest.New(t, 1, "a")
	add := func(l *checkpointtest.Log, action, session string) int64 {
		return l.Add(checkpoint.Entry{Time: time.Unix(1, 0).UTC(), Actor: "person:t1", Action: action, Object: checkpoint.OfSession(session)})
	}
	add(log, checkpoint.SessionOpened, "other")
	opened := log.Proof(add(log, checkpoint.SessionOpened, "s1"), 0)
	add(log, checkpoint.SessionOpened, "third")
	key := ed25519.NewKeyFromSeed(make([]byte, 32))
	write := func(w consent.Witness) string {
		t.Helper()
		r := consent.Receipt{Type: consent.ReceiptType, SessionID: "s1", PublicKey: base64.RawURLEncoding.EncodeToString(key.Public().(ed25519.PublicKey))}
		if err := errors.Join(r.SignWitness(key, w), r.Seal(key, consent.Afterwards{})); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "receipt.json")
		if err := r.Write(path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	held := write(consent.Witness{State: consent.WitnessHeld, Key: log.Key(), Opened: &opened})
	rewritten, cut := checkpointtest.New(t, 1, "a"), checkpointtest.New(t, 1, "a")
	add(rewritten, checkpoint.SessionOpened, "another")
	add(rewritten, checkpoint.SessionOpened, "s1")
	add(rewritten, checkpoint.SessionOpened, "third")
	cut.AddRaw(log.Entries[0])
	otherKey := checkpointtest.New(t, 2, "a")
	for _, e := range log.Entries {
		otherKey.AddRaw(e)
	}
	asked := 0
	serve := func(l *checkpointtest.Log) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if asked++; l == nil || r.URL.String() != "/api/v1/audit/"+log.ID()+"?from=2" {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			_ = json.NewEncoder(w).Encode(checkpoint.Today{Checkpoint: l.Sign(l.Head().Text()), Consistency: l.Since(2)})
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"alone":         {[]string{held}, exitOK, "had 2 entries then"},
		"the same":      {[]string{"--relay", serve(log), held}, exitOK, "has 3 entries now; the 2 of the receipt's time are unchanged"},
		"rewritten":     {[]string{"--relay", serve(rewritten), held}, exitTampered, "what stood in it was changed"},
		"cut":           {[]string{"--relay", serve(cut), held}, exitTampered, "it was cut"},
		"another key":   {[]string{"--relay", serve(otherKey), held}, exitTampered, "signature"},
		"gone":          {[]string{"--relay", serve(nil), held}, exitTampered, "keeps no such log"},
		"nobody":        {[]string{"--relay", "http://127.0.0.1:1", held}, exitRelay, "cannot be reached"},
		"no address":    {[]string{"--relay", "relay", held}, exitUsage, "no address"},
		"none, alone":   {[]string{write(consent.Witness{State: consent.WitnessNone})}, exitOK, "gave nothing of its audit log"},
		"false, alone":  {[]string{write(consent.Witness{State: consent.WitnessFalse})}, exitOK, "WAS FALSE"},
		"none to check": {[]string{"--relay", serve(log), write(consent.Witness{State: consent.WitnessNone})}, exitUsage, "nothing to compare"},
		"no receipt":    {[]string{"--relay", serve(log), golden}, exitUsage, "name the receipt"},
	} {
		asked = 0
		code, said, complaint := call(t, append([]string{"verify"}, c.args...)...)
		if code != c.code || !strings.Contains(said+complaint, c.says) {
			t.Errorf("%s: %d: %s %s", name, code, said, complaint)
		}
		if len(c.args) == 1 && asked != 0 {
			t.Errorf("%s: asked somebody", name)
		}
	}
}
