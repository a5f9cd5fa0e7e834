package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"beside/agent/internal/ui"
	"beside/consent"
	"beside/protocol"
)

// saying is what the user says of a session that is over: it goes into the receipt at
// once, and to the organisation when they press Send, never before (PROMISES D1).
type saying struct {
	agent   *Agent
	outcome outcome
	view    *ui.OverView
	said    consent.Feedback
	after   *consent.Afterwards // what the receipt says
	sent    chan error          // how a sending went
	done    sync.WaitGroup
}

// act takes one press.
func (s *saying) act(ctx context.Context, action ui.Action) {
	if s.outcome.keep == nil {
		return
	}
	switch {
	case action >= ui.Rate1 && action <= ui.Rate5:
		s.said.Rating = int(action-ui.Rate1) + 1
	case action == ui.ReportSession:
		s.said.Reported = true
		s.agent.known.report(s.outcome.party)
	case action == ui.CommentSession:
		s.said.Comment = protocol.CleanLines(s.agent.windows.Comment(), ui.CommentMost, ui.CommentRows)
	case action == ui.SendFeedback && s.view.Told != ui.TellingNow:
		s.send(ctx)
		return
	default:
		return
	}
	s.said.Time = time.Now().UTC()
	s.view.Rating, s.view.Reported, s.view.Comment, s.view.Told = s.said.Rating, s.said.Reported, s.said.Comment, 0
	said := s.said
	s.after.Said = &said
	if err := s.outcome.keep(*s.after); err != nil {
		s.agent.log.Error("what the user said was not kept", "err", err)
	}
	s.agent.windows.ShowOver(*s.view)
}

// feedbackTime bounds a sending.
const feedbackTime = 15 * time.Second

func (s *saying) send(ctx context.Context) {
	s.view.Told = ui.TellingNow
	s.agent.windows.ShowOver(*s.view)
	said := s.said
	s.done.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, feedbackTime)
		defer cancel()
		s.sent <- s.agent.sendFeedback(ctx, s.outcome.uploadToken, said)
	})
}

// arrived shows how a sending went.
func (s *saying) arrived(err error) {
	s.view.Told = ui.Told
	if err != nil {
		s.agent.log.Warn("what the user said was not sent", "err", err)
		s.view.Told = ui.NotTold
	}
	s.agent.windows.ShowOver(*s.view)
}

// sendFeedback tells the relay, with the token of the session.
func (a *Agent) sendFeedback(ctx context.Context, token string, said consent.Feedback) error {
	body, err := json.Marshal(said)
	if err != nil {
		return fmt.Errorf("agent: feedback: %w", err)
	}
	url := strings.TrimSuffix(a.cfg.Relay, "/") + "/agent/v1/feedback"
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("agent: feedback: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	client := *a.uploads.client
	// The token goes to the relay alone.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("agent: feedback: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("agent: feedback: %s", resp.Status)
	}
	return nil
}
