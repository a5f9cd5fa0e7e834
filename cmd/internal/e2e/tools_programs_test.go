package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"beside/agent/desktop"
	"beside/cmd/internal/probe"
	"beside/cmd/internal/stage"
)

// recordedTown is a town in which a session was recorded and has ended.
func recordedTown(t *testing.T) *scene {
	t.Helper()
	s, _ := newTown(t, stage.Options{})
	s.must(s.page.SetUpRecording(s.ctx))
	s.startAgent()
	s.bustle()
	s.view()
	s.record()
	s.must(until(s.ctx, func() bool { return len(s.stored("segment-*.age")) > 0 }))
	_, err := s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
	return s
}

// viewerTool runs beside-viewer with a token and fails when its exit code is another.
func (s *scene) viewerTool(want int, token string, args ...string) string {
	s.t.Helper()
	r, err := s.Run(s.ctx, []string{"BESIDE_TOKEN=" + token}, "beside-viewer", args...)
	s.must(err)
	if r.Code != want {
		s.t.Fatalf("beside-viewer %q ended with %d, want %d: %s", args, r.Code, want, r.Complaint)
	}
	return r.Output
}

// PROMISE E2, A12: the recording opens with our tool and with stock tools alike, for
// the organisation and for the user.
func TestARecordingOpensWithStockTools(t *testing.T) {
	t.Parallel()
	s := recordedTown(t)
	var id, folder string
	for id, folder = range s.recordings(1) {
	}
	token, err := s.Token(s.ctx)
	s.must(err)
	recovery := s.write("recovery.txt", s.page.Recovery+"\n")
	receipt, keys := s.receiptKeys()
	if len(keys) != 1 || keys[0].ID != id {
		t.Fatalf("the receipt has keys %v, the relay has %s", keys, id)
	}
	own := s.write("own.txt", keys[0].Identity+"\n")

	// Ours: from the relay with a token, and as the user from the folder.
	ours, users := filepath.Join(s.Dir, "ours.mp4"), filepath.Join(s.Dir, "users.mp4")
	said := s.viewerTool(0, token, "export", "--relay", s.URL, "--recording", id, "--reason", "a dispute", "--ticket", ticket,
		"--identity", recovery, "--receipt", receipt, "-o", ours)
	if !strings.Contains(said, "signed by the agent that the receipt names") {
		t.Errorf("export said %q", said)
	}
	s.viewerTool(0, "", "export", "--identity", own, "--receipt", receipt, "-o", users, folder)
	if said := s.viewerTool(0, "", "verify", "--receipt", receipt, "--identity", own, folder); !strings.Contains(said, "is whole") ||
		!regexp.MustCompile(`granted +record +by user`).MatchString(said) {
		t.Errorf("verify said %q", said)
	}
	s.viewerTool(3, "bst_wrong", "export", "--relay", s.URL, "--recording", id, "--reason", "a dispute", "--identity", recovery, "-o", ours+".no")
	s.viewerTool(2, token, "export", "--relay", s.URL, "--recording", id, "--identity", recovery, "-o", ours+".no") // no reason

	// Stock age: the key by either identity, then everything by the key.
	for name, identity := range map[string]string{"the organisation's recovery key": recovery, "the user's own": own} {
		key := s.write("key.txt", s.stock("age", "--decrypt", "-i", identity, filepath.Join(folder, "key.age")))
		film := filepath.Join(s.Dir, "stock.mp4")
		s.must(os.WriteFile(film, s.decrypted(key, folder, "segment-*.age"), 0o600))
		want := s.frames(ours)
		if want == "" || want == "0" {
			t.Fatalf("our export has %q pictures", want)
		}
		for _, other := range []string{film, users} {
			if got := s.frames(other); got != want {
				t.Errorf("with %s: %s has %s pictures, our export %s", name, filepath.Base(other), got, want)
			}
		}
		if events := s.decrypted(key, folder, "events-*.age"); len(events) == 0 {
			t.Error("there is no event track")
		}
	}
}

// decrypted opens a recording's objects with stock age and puts them one after another.
func (s *scene) decrypted(key, folder, pattern string) (all []byte) {
	s.t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, pattern))
	s.must(err)
	slices.Sort(names)
	for _, name := range names {
		all = append(all, s.stock("age", "--decrypt", "-i", key, name)...)
	}
	return all
}

// The headless viewer goes through a whole session with the real agent and reports
// everything.
func TestProbeReportsAWholeSession(t *testing.T) {
	t.Parallel()
	s, _ := newTown(t, stage.Options{})
	s.must(s.page.SetUpRecording(s.ctx))
	token, err := s.Token(s.ctx)
	s.must(err)
	s.startAgent()
	s.bustle()
	reported := make(chan stage.Result, 1)
	go func() {
		r, err := s.Run(s.ctx, []string{"BESIDE_TOKEN=" + token}, "beside-viewer", "probe", "--relay", s.URL, "--code", s.code,
			"--ask", "control,record", "--reason", reason, "--ticket", ticket, "--duration", "2s", "--json")
		if err != nil {
			r.Complaint += err.Error()
			r.Code = -1
		}
		reported <- r
	}()
	for range 3 {
		s.yesAndNext(reported)
	}
	r := <-reported
	var report probe.Report
	decoder := json.NewDecoder(strings.NewReader(r.Output))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&report); err != nil || r.Code != 0 {
		t.Fatalf("%v; exit code %d; %s\n%s", err, r.Code, r.Complaint, r.Output)
	}
	for name, ms := range map[string]*float64{
		"joined": report.Times.Join, "question": report.Times.JoinToQuestion, "answer": report.Times.QuestionToAnswer,
		"packet": report.Times.GrantedToPacket, "frame": report.Times.GrantedToFullFrame, "last packet": report.Times.EndToLastPacket,
	} {
		if ms == nil {
			t.Errorf("the time of %s is missing", name)
		}
	}
	if !report.OK || report.Problem != "" || report.SessionID == "" || report.Technician != stage.TechnicianName || report.Organisation != "Acme IT Support" {
		t.Errorf("report is %+v", report)
	}
	if report.Frames < 2 || report.KeyFrames < 1 || report.Bytes < 1000 || report.Packets < 2 || report.Broken > 0 || report.RecordingID == "" {
		t.Errorf("counted %+v", report)
	}
	if want := []string{"view", "control", "record"}; !slices.Equal(report.Granted, want) {
		t.Errorf("granted %q, want %q", report.Granted, want)
	}
	if report.EndedBy != "technician" {
		t.Errorf("ended by %q", report.EndedBy)
	}
	_, err = s.AwaitOver(s.ctx)
	s.must(err)
	if _, ok := s.recordings(1)[report.RecordingID]; !ok {
		t.Errorf("recording %s of the report is not in the store", report.RecordingID)
	}
	s.viewerTool(4, token, "probe", "--relay", s.URL, "--code", s.code, "--json") // used
	s.viewerTool(2, token, "probe", "--relay", s.URL, "--code", mistyped(s.code), "--json")
	s.viewerTool(3, "bst_wrong", "probe", "--relay", s.URL, "--code", s.code, "--json")
}

// yesAndNext answers one question of a program, which may put the next at once.
func (s *scene) yesAndNext(reported <-chan stage.Result) {
	s.t.Helper()
	question, err := s.AwaitQuestion(s.ctx)
	if err != nil {
		select {
		case r := <-reported:
			s.t.Fatalf("no question: %v; the program ended with %+v", err, r)
		default:
			s.t.Fatal(err)
		}
	}
	button, err := s.YesButton(s.ctx)
	s.must(err)
	_, err = s.Press(s.ctx, button)
	s.must(err)
	s.must(s.Desktop.WaitGone(s.ctx, func(w desktop.Window) bool { return w.ID == question.ID }))
}

var localAddress = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// THREAT 6, THREAT 10: a whole session through beside-viewer connect: the page's code
// comes from this machine, and no other page can use it.
func TestASessionThroughConnect(t *testing.T) {
	t.Parallel()
	s, _ := newTown(t, stage.Options{})
	tool, err := s.StartProgram("beside-viewer", "connect", "--relay", s.URL)
	s.must(err)
	t.Cleanup(tool.Stop)
	address, err := tool.Await(s.ctx, localAddress)
	s.must(err)
	s.page, err = s.Through(address).SignIn(s.ctx)
	s.must(err)
	t.Cleanup(s.page.CloseTab)
	s.expectStrictCookie()

	s.startAgent()
	s.view()
	var at string
	s.must(s.page.Evaluate(s.ctx, "location.origin", &at))
	if at != address {
		t.Errorf("the page came from %s, want %s", at, address)
	}
	_, err = s.EndSession(s.ctx)
	s.must(err)
	s.over("The user ended the session")
	expectNoViolations(t, s.page)

	for name, c := range map[string]struct {
		host, origin, site, path string
		want                     int
	}{
		"our own page":          {"", address, "", "/api/rpc/beside.v1.AccountService/WhoAmI", http.StatusUnauthorized},
		"a name pointed here":   {"evil.example", "http://evil.example", "", "/", http.StatusMisdirectedRequest},
		"that name's api":       {"evil.example", "http://evil.example", "", "/api/rpc/beside.v1.AccountService/WhoAmI", http.StatusMisdirectedRequest},
		"another page":          {"", "https://evil.example", "cross-site", "/api/rpc/beside.v1.AccountService/WhoAmI", http.StatusForbidden},
		"the relay's own page":  {"", s.URL, "", "/api/rpc/beside.v1.AccountService/WhoAmI", http.StatusForbidden},
		"no page":               {"", "", "", "/api/rpc/beside.v1.AccountService/WhoAmI", http.StatusForbidden},
		"another page's socket": {"", "https://evil.example", "", "/api/v1/session", http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			if got := s.post(address+c.path, c.host, c.origin, c.site); got != c.want {
				t.Errorf("status %d, want %d", got, c.want)
			}
		})
	}
}

// post sends a request as some page would and returns the status.
func (s *scene) post(url, host, origin, site string) int {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, url, strings.NewReader("{}"))
	s.must(err)
	req.Host = host
	req.Header.Set("Content-Type", "application/json")
	for name, value := range map[string]string{"Origin": origin, "Sec-Fetch-Site": site} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	resp, err := http.DefaultClient.Do(req)
	s.must(err)
	s.must(resp.Body.Close())
	return resp.StatusCode
}

// expectStrictCookie makes sure that the page has one cookie, and a strict one.
func (s *scene) expectStrictCookie() {
	s.t.Helper()
	var cookies []*network.Cookie
	s.must(chromedp.Run(s.page.Context(), chromedp.ActionFunc(func(ctx context.Context) (err error) {
		cookies, err = network.GetCookies().Do(ctx)
		return err
	})))
	if len(cookies) != 1 {
		s.t.Fatalf("%d cookies, want one", len(cookies))
	}
	c := cookies[0]
	if c.Name != "__Host-beside" || !c.Secure || !c.HTTPOnly || c.SameSite != network.CookieSameSiteStrict || c.Path != "/" {
		s.t.Errorf("the cookie is %s", fmt.Sprint(c.Name, c.Secure, c.HTTPOnly, c.SameSite, c.Path))
	}
}
