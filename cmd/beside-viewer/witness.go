package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"beside/cmd/internal/probe"
	"beside/consent"
	"beside/consent/checkpoint"
)

// tellTestimony says what the receipt holds of the relay's audit log, once verified.
func tellTestimony(w io.Writer, t consent.Testimony) {
	switch t.State {
	case "":
		fmt.Fprintln(w, "it holds nothing of the relay's audit log: it was written before there was one")
		return
	case consent.WitnessNone:
		fmt.Fprintln(w, "the relay gave nothing of its audit log: whether it logged this session cannot be shown")
		return
	case consent.WitnessFalse:
		fmt.Fprintln(w, "WHAT THE RELAY GAVE OF ITS AUDIT LOG WAS FALSE: the user's program refused it. Do not trust that log.")
	}
	for _, e := range []*checkpoint.Entry{t.Opened, t.Ended} {
		if e != nil {
			fmt.Fprintf(w, "%s  the relay's audit log: %s by %s\n", moment(e.Time), e.Action, e.Actor)
		}
	}
	if t.Head.Size > 0 {
		fmt.Fprintf(w, "audit log %s had %d entries then, root %s; signed\n", t.Head.Log(), t.Head.Size, t.Head.Root)
	}
}

// maxAnswer bounds what is read of a relay's answer: two full proofs and a checkpoint.
const maxAnswer = 16 << 10

// compareLog asks the relay for its log as it is now, and checks that it is the receipt's
// with nothing but more entries.
func compareLog(ctx context.Context, w io.Writer, relay string, t consent.Testimony) error {
	if t.Head.Size == 0 {
		return usageError{errors.New("the receipt holds no checkpoint of an audit log; there is nothing to compare: leave --relay out")}
	}
	today, err := fetchLog(ctx, relay, t.Head)
	if err != nil {
		return err
	}
	now, err := today.Check(t.Key, t.Head)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "the relay's audit log has %d entries now; the %d of the receipt's time are unchanged among them\n", now.Size, t.Head.Size)
	return nil
}

func fetchLog(ctx context.Context, relay string, since checkpoint.Head) (today checkpoint.Today, err error) {
	u, err := url.Parse(relay)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return today, usageError{fmt.Errorf("%q is no address of the form https://relay.example", relay)}
	}
	address := fmt.Sprintf("%s/api/v1/audit/%s?from=%d", strings.TrimSuffix(relay, "/"), since.Log(), since.Size)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return today, err
	}
	client := &http.Client{
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return today, fmt.Errorf("%w: %w", probe.ErrUnreachable, err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return today, fmt.Errorf("%w: this relay keeps no such log", checkpoint.ErrFalse)
	default:
		return today, fmt.Errorf("%w: %s", probe.ErrUnreachable, resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&today); err != nil {
		return today, fmt.Errorf("%w: the relay's answer cannot be read", checkpoint.ErrFalse)
	}
	return today, nil
}
