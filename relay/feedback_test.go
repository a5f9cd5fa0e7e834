package relay

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"beside/protocol/wire"
	"beside/protocol/wire/wireconnect"
	"beside/relay/internal/auth"
)

// say sends feedback as an agent does and returns the status.
func (tr *testRelay) say(token, body string) int {
	tr.t.Helper()
	req, err := http.NewRequest(http.MethodPut, tr.URL()+"/agent/v1/feedback", strings.NewReader(body))
	if err != nil {
		tr.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		tr.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// PROMISE D1, THREAT 28: the user's rating and report reach the organisation's admins and
// reviewers, and not the technician they are about; a report is not taken back by a
// later message; what is no feedback changes nothing.
func TestFeedback(t *testing.T) {
	tr := startRelay(t, nil)
	m := tr.meet()
	token := m.joined.UploadToken
	for _, c := range []struct {
		name, token, body string
		want              int
	}{
		{"no token", "", `{"rating":5}`, 401},
		{"wrong token", "bsu_wrong", `{"rating":5}`, 401},
		{"junk", token, `rating`, 400},
		{"too many stars", token, `{"rating":6}`, 400},
		{"fewer than none", token, `{"rating":-1}`, 400},
		{"a field more", token, `{"rating":1,"organisation":"other"}`, 400},
		{"too long", token, `{"comment":"` + strings.Repeat("x", maxFeedback) + `"}`, 400},
		{"a report", token, `{"rating":1,"comment":"They asked for\u202e my bank.","reported":true}`, 204},
		{"a better word after it", token, `{"rating":2,"comment":"They asked for my\u202e bank."}`, 204},
	} {
		if got := tr.say(c.token, c.body); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
	list := func(role auth.Roles, email string) *wire.SessionSummary {
		t.Helper()
		client, _ := tr.user(tr.org, email, role)
		resp, err := wireconnect.NewSessionServiceClient(client, tr.URL()+rpc).ListSessions(context.Background(), connect.NewRequest(&wire.ListSessionsRequest{}))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range resp.Msg.Sessions {
			if s.Id == m.joined.SessionId {
				return s
			}
		}
		return nil
	}
	for email, role := range map[string]auth.Roles{"admin2@example.com": auth.Admin, "reviewer2@example.com": auth.Reviewer} {
		if s := list(role, email); s == nil || s.Rating != 2 || !s.Reported || s.Comment != "They asked for my bank." {
			t.Errorf("%s reads %v", email, s)
		}
	}
	resp, err := wireconnect.NewSessionServiceClient(m.client, tr.URL()+rpc).ListSessions(context.Background(), connect.NewRequest(&wire.ListSessionsRequest{}))
	if err != nil || len(resp.Msg.Sessions) == 0 {
		t.Fatalf("the technician's own sessions: %v, %v", resp, err)
	}
	for _, s := range resp.Msg.Sessions {
		if s.Rating != 0 || s.Reported || s.Comment != "" {
			t.Errorf("the technician reads what was said of them: %v", s)
		}
	}
}
